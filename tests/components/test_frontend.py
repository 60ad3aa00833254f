"""The site: private storage, one distribution, the security headers."""

from __future__ import annotations

import json

import pytest

from components.frontend import content_security_policy
from plan.graph import Graph
from tests.conftest import Stacks
from tests.harness import only, statements

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
BUCKET = "aws:s3/bucket:Bucket"


@pytest.mark.requirement(91)
def test_the_bucket_has_the_required_name(prod: Graph, dev: Graph) -> None:
    assert only(prod, BUCKET).inputs["bucket"] == "goal-mandala-production-website"
    assert only(dev, BUCKET).inputs["bucket"] == "goal-mandala-development-frontend-123456789012"


@pytest.mark.requirement(92, 204)
def test_the_bucket_is_encrypted_and_nothing_in_it_is_public(graph: Graph) -> None:
    encryption = only(graph, "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
    assert encryption.inputs["rules"] == [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]
    block = only(graph, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").inputs
    for switch in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"):
        assert block[switch] is True


@pytest.mark.requirement(93)
def test_versions_are_kept_for_thirty_days_and_broken_uploads_for_seven(prod: Graph) -> None:
    assert only(prod, "aws:s3/bucketVersioning:BucketVersioning").inputs["versioningConfiguration"] == {
        "status": "Enabled"
    }
    rules = only(prod, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").inputs["rules"]
    assert all(rule["status"] == "Enabled" for rule in rules)
    assert [r["abortIncompleteMultipartUpload"] for r in rules if "abortIncompleteMultipartUpload" in r] == [
        {"daysAfterInitiation": 7}
    ]
    assert [r["noncurrentVersionExpiration"] for r in rules if "noncurrentVersionExpiration" in r] == [
        {"noncurrentDays": 30}
    ]


@pytest.mark.requirement(95)
def test_the_production_bucket_outlives_the_stack(prod: Graph, dev: Graph) -> None:
    assert only(prod, BUCKET).options["retain_on_delete"] is True
    assert "retain_on_delete" not in only(dev, BUCKET).options


@pytest.mark.requirement(96)
def test_only_the_distribution_reads_and_only_over_tls(graph: Graph) -> None:
    distribution, bucket = only(graph, DISTRIBUTION), only(graph, BUCKET)
    access = only(graph, "aws:cloudfront/originAccessControl:OriginAccessControl")
    assert access.inputs["signingBehavior"] == "always"
    origin = distribution.inputs["origins"][0]
    assert origin["originAccessControlId"] == access.id
    assert origin["domainName"] == bucket.outputs["bucketRegionalDomainName"]
    read, deny = statements(only(graph, "aws:s3/bucketPolicy:BucketPolicy"))
    assert read["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert read["Action"] == ["s3:GetObject"]
    assert read["Condition"] == {"StringEquals": {"AWS:SourceArn": distribution.outputs["arn"]}}
    assert deny["Effect"] == "Deny"
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.requirement(96, 105)
def test_every_path_redirects_to_https_and_compresses(graph: Graph) -> None:
    inputs = only(graph, DISTRIBUTION).inputs
    for behaviour in [inputs["defaultCacheBehavior"], *inputs["orderedCacheBehaviors"]]:
        assert behaviour["viewerProtocolPolicy"] == "redirect-to-https"
        assert behaviour["compress"] is True
        assert behaviour["targetOriginId"] == inputs["origins"][0]["originId"]
    for policy in graph.of_type("aws:cloudfront/cachePolicy:CachePolicy"):
        forwarded = policy.inputs["parametersInCacheKeyAndForwardedToOrigin"]
        assert forwarded["enableAcceptEncodingBrotli"] is True
        assert forwarded["enableAcceptEncodingGzip"] is True


@pytest.mark.requirement(97)
def test_pages_live_minutes_and_assets_months(prod: Graph) -> None:
    inputs = only(prod, DISTRIBUTION).inputs
    policies = {p.id: p.inputs for p in prod.of_type("aws:cloudfront/cachePolicy:CachePolicy")}
    pages = policies[inputs["defaultCacheBehavior"]["cachePolicyId"]]
    assert (pages["defaultTtl"], pages["maxTtl"]) == (5 * 60, 60 * 60)
    [behaviour] = inputs["orderedCacheBehaviors"]
    assert behaviour["pathPattern"] == "/assets/*"
    assets = policies[behaviour["cachePolicyId"]]
    assert (assets["defaultTtl"], assets["maxTtl"]) == (30 * 86400, 365 * 86400)


@pytest.mark.requirement(98)
def test_unknown_pages_are_answered_by_the_application(prod: Graph) -> None:
    fallbacks = only(prod, DISTRIBUTION).inputs["customErrorResponses"]
    assert {(f["errorCode"], f["responseCode"], f["responsePagePath"]) for f in fallbacks} == {
        (403, 200, "/index.html"),
        (404, 200, "/index.html"),
    }


@pytest.mark.requirement(99)
def test_every_answer_carries_the_security_headers(prod: Graph) -> None:
    policy = only(prod, "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy")
    headers = policy.inputs["securityHeadersConfig"]
    assert headers["strictTransportSecurity"]["accessControlMaxAgeSec"] == 31536000
    assert headers["contentTypeOptions"] == {"override": True}
    assert headers["frameOptions"]["frameOption"] == "DENY"
    assert headers["referrerPolicy"]["referrerPolicy"] == "strict-origin-when-cross-origin"
    assert headers["contentSecurityPolicy"]["contentSecurityPolicy"]
    assert all(header["override"] is True for header in headers.values())
    inputs = only(prod, DISTRIBUTION).inputs
    for behaviour in [inputs["defaultCacheBehavior"], *inputs["orderedCacheBehaviors"]]:
        assert behaviour["responseHeadersPolicyId"] == policy.id


def directives(policy: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for words in (part.split() for part in policy.split("; "))}


@pytest.mark.requirement(99)
def test_a_page_loads_from_itself_and_calls_this_region_only() -> None:
    found = directives(content_security_policy("eu-west-1"))
    assert found["default-src"] == ["'self'"]
    assert found["object-src"] == ["'none'"]
    assert found["frame-ancestors"] == ["'none'"]
    assert found["connect-src"] == [
        "'self'",
        "https://*.execute-api.eu-west-1.amazonaws.com",
        "https://*.auth.eu-west-1.amazoncognito.com",
        "https://cognito-idp.eu-west-1.amazonaws.com",
    ]
    assert "unsafe" not in content_security_policy("eu-west-1")


@pytest.mark.parametrize(
    ("stack", "price_class"), [("prod", "PriceClass_All"), ("contrary", "PriceClass_200"), ("dev", "PriceClass_100")]
)
@pytest.mark.requirement(100)
def test_the_price_class_follows_the_environment(stacks: Stacks, stack: str, price_class: str) -> None:
    assert only(stacks(stack), DISTRIBUTION).inputs["priceClass"] == price_class


@pytest.mark.requirement(103)
def test_production_is_for_japan_and_the_united_states(prod: Graph, local: Graph) -> None:
    assert only(prod, DISTRIBUTION).inputs["restrictions"]["geoRestriction"] == {
        "restrictionType": "whitelist",
        "locations": ["JP", "US"],
    }
    assert only(local, DISTRIBUTION).inputs["restrictions"]["geoRestriction"]["restrictionType"] == "none"


@pytest.mark.requirement(104)
def test_ipv6_is_on(prod: Graph) -> None:
    assert only(prod, DISTRIBUTION).inputs["isIpv6Enabled"] is True


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
