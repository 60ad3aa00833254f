"""The site: its name, its web ACL, which errors are pages, and whom its pages may call."""

from __future__ import annotations

import json
from typing import Literal

import pytest
from pydantic import ValidationError

from plan.graph import Graph
from settings.frontend import SiteDomain
from settings.web_acl import PerIpLimit, WafOn
from tests.components.site import CERTIFICATE, DISTRIBUTION, directives, settings, site_of
from tests.conftest import Stacks
from tests.harness import only, statements


@pytest.mark.requirement(102)
def test_production_stays_out_of_domain_and_certificate(prod: Graph) -> None:
    inputs = only(prod, DISTRIBUTION).inputs
    assert inputs["viewerCertificate"] == {"cloudfrontDefaultCertificate": True}
    assert "aliases" not in inputs
    assert prod.of_type("aws:acm/certificate:Certificate") == []
    assert prod.exports["site_url"].endswith(".cloudfront.net")


@pytest.mark.requirement(102, 104)
def test_an_own_name_needs_a_certificate_and_speaks_tls_1_2_at_least() -> None:
    graph, _ = site_of(domain={"name": "goals.example.com", "certificate_arn": CERTIFICATE})
    inputs = only(graph, DISTRIBUTION).inputs
    assert inputs["aliases"] == ["goals.example.com"]
    assert inputs["viewerCertificate"] == {
        "acmCertificateArn": CERTIFICATE,
        "sslSupportMethod": "sni-only",
        "minimumProtocolVersion": "TLSv1.2_2021",
    }
    assert graph.of_type("aws:route53/record:Record") == [], "a zone that is not ours is not written"


@pytest.mark.requirement(102)
def test_a_zone_of_ours_proves_the_certificate_and_holds_the_addresses(stacks: Stacks) -> None:
    graph = stacks("contrary")
    distribution = only(graph, DISTRIBUTION)
    requested = graph.named("aws:acm/certificate:Certificate", "frontend-certificate")
    assert requested.inputs["domainName"] == "goals.example.com"
    assert requested.inputs["region"] == "us-east-1"
    assert distribution.inputs["viewerCertificate"]["acmCertificateArn"] == requested.outputs["arn"]
    for kind in ("a", "aaaa"):
        record = graph.named("aws:route53/record:Record", f"frontend-{kind}").inputs
        assert (record["type"], record["name"]) == (kind.upper(), "goals.example.com")
        assert record["aliases"][0]["name"] == distribution.outputs["domainName"]
        assert record["aliases"][0]["zoneId"] == "Z2FDTNDATAQYW2"
    assert graph.exports["site_url"] == "https://goals.example.com"


@pytest.mark.parametrize(
    ("domain", "message"),
    [
        (
            {"name": "goals.example.com", "certificate_arn": CERTIFICATE.replace("us-east-1", "ap-northeast-1")},
            "is in ap-northeast-1, where CloudFront cannot read it: request the certificate in us-east-1",
        ),
        ({"name": "goals.example.com", "certificate_arn": "my-certificate"}, "must be the ARN of a certificate in ACM"),
        ({"name": "goals.example.com"}, "needs certificate_arn, .* or hosted_zone_id"),
        ({"name": "https://goals.example.com", "hosted_zone_id": "Z1"}, "should match pattern"),
    ],
)
@pytest.mark.requirement(102)
def test_a_domain_that_cloudfront_would_refuse_is_refused_before(domain: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SiteDomain(**domain)


def waf(mode: Literal["regional", "cloudfront", "both"]) -> WafOn:
    limit = PerIpLimit(requests=100, window_seconds=600, message="Too many requests from this IP")
    return WafOn(mode=mode, per_ip_limit=limit, managed_rule_groups=[], log_retention_days=30)


@pytest.mark.parametrize("mode", ["cloudfront", "both"])
@pytest.mark.requirement(68, 205)
def test_a_web_acl_in_front_of_the_site_stands_in_us_east_1_with_an_encrypted_log(
    mode: Literal["cloudfront", "both"],
) -> None:
    graph, signals = site_of(waf=waf(mode))
    acl = only(graph, "aws:wafv2/webAcl:WebAcl")
    assert (acl.inputs["scope"], acl.inputs["region"]) == ("CLOUDFRONT", "us-east-1")
    assert only(graph, DISTRIBUTION).inputs["webAclId"] == acl.outputs["arn"]
    key, group = only(graph, "aws:kms/key:Key"), only(graph, "aws:cloudwatch/logGroup:LogGroup")
    assert group.inputs["kmsKeyId"] == key.outputs["arn"]
    assert (key.inputs["region"], group.inputs["region"]) == ("us-east-1", "us-east-1")
    [use] = [s for s in statements(key) if "Service" in s["Principal"]]
    assert use["Principal"] == {"Service": "logs.us-east-1.amazonaws.com"}
    assert use["Condition"] == {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:123456789012:log-group:*"}
    }
    alias = only(graph, "aws:kms/alias:Alias").inputs
    assert (alias["name"], alias["region"]) == ("alias/example-production-site-logs", "us-east-1")
    assert alias["targetKeyId"] == key.outputs["keyId"]
    assert "waf_blocked" in {signal.kind for signal in signals}


@pytest.mark.requirement(68)
def test_no_web_acl_stands_in_front_of_the_site_unless_it_is_set(prod: Graph) -> None:
    for graph in (prod, site_of(waf=waf("regional"))[0]):
        assert "webAclId" not in only(graph, DISTRIBUTION).inputs
        assert [r for r in graph.of_type("aws:wafv2/webAcl:WebAcl") if r.inputs["scope"] == "CLOUDFRONT"] == []


@pytest.mark.requirement(98)
def test_which_errors_become_pages_is_a_list_with_one_answer_for_each() -> None:
    page = {"error_code": 404, "response_code": 404, "page": "/not-found.html"}
    broken = {"error_code": 500, "response_code": 500, "page": "/broken.html"}
    graph, _ = site_of(spa_fallback=[page, broken])
    found = only(graph, DISTRIBUTION).inputs["customErrorResponses"]
    assert [(f["errorCode"], f["responseCode"], f["responsePagePath"]) for f in found] == [
        (404, 404, "/not-found.html"),
        (500, 500, "/broken.html"),
    ]
    with pytest.raises(ValidationError, match="spa_fallback answers \\[404\\] twice"):
        settings(spa_fallback=[page, page])


@pytest.mark.requirement(99)
def test_a_site_that_knows_its_addresses_calls_those_alone() -> None:
    graph, _ = site_of(connects_to=["https://api.goals.example.com"])
    policy = only(graph, "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy").inputs
    text = policy["securityHeadersConfig"]["contentSecurityPolicy"]["contentSecurityPolicy"]
    assert directives(text)["connect-src"] == ["'self'", "https://api.goals.example.com"]


def test_the_site_is_told_where_it_stands_and_nothing_secret(prod: Graph) -> None:
    file = prod.named("aws:s3/bucketObjectv2:BucketObjectv2", "site-object").inputs
    assert file["key"] == "config.json"
    assert file["bucket"] == "goal-mandala-production-website"
    assert file["cacheControl"] == "no-cache"
    values = json.loads(file["content"])
    assert values == {
        "region": "ap-northeast-1",
        "release": "0.1.0",
        "apiUrl": prod.exports["api_url"],
        "userPoolId": prod.exports["user_pool_id"],
        "clientId": prod.exports["client_id"],
        "signInUrl": "https://goal-mandala-production.auth.ap-northeast-1.amazoncognito.com",
        "issuer": f"https://cognito-idp.ap-northeast-1.amazonaws.com/{prod.exports['user_pool_id']}",
    }
