"""The site: private storage, one distribution, the security headers."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from pydantic import ValidationError

from components.frontend import Frontend, FrontendArgs
from components.parts.signal import Signal
from components.parts.site_policies import content_security_policy
from plan.graph import Graph, Resource
from settings.frontend import FrontendSettings, SiteDomain
from settings.web_acl import PerIpLimit, WafOff, WafOn
from tests.conftest import Stacks
from tests.harness import STACK, build, only, statements

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
BUCKET = "aws:s3/bucket:Bucket"
SITE = "frontend-site"  # the logical name of the bucket and of all that belongs to it
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"


def of_site(graph: Graph, kind: str) -> Resource:
    """The site bucket, or a setting of it."""
    return graph.named(f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}", SITE)


def settings(**more: Any) -> FrontendSettings:
    values: dict[str, Any] = {
        "price_class": "PriceClass_100",
        "allowed_countries": [],
        "spa_fallback": [],
        "hsts_max_age_seconds": 60,
        "noncurrent_version_days": 1,
        "abort_multipart_days": 1,
        "retain_bucket": False,
        "access_logs": False,
        "bucket_events": False,
        "additional_metrics": False,
        "connects_to": [],
    }
    return FrontendSettings(**{**values, **more})


def site_of(**more: Any) -> tuple[Graph, list[Signal]]:
    """The site with these settings, and its signals."""
    found: list[Signal] = []

    def construction() -> None:
        waf = more.pop("waf", WafOff(mode="off"))
        args = FrontendArgs(settings=settings(**more), waf=waf, stack=STACK, logs="example-logs")
        found.extend(Frontend("frontend", args).signals())

    return build(construction), found


@pytest.mark.requirement(91)
def test_the_bucket_has_the_required_name(prod: Graph, dev: Graph) -> None:
    assert of_site(prod, "Bucket").inputs["bucket"] == "goal-mandala-production-website"
    assert of_site(dev, "Bucket").inputs["bucket"] == "goal-mandala-development-frontend-123456789012"


@pytest.mark.requirement(92, 204)
def test_the_bucket_is_encrypted_and_nothing_in_it_is_public(graph: Graph) -> None:
    encryption = of_site(graph, "BucketServerSideEncryptionConfiguration")
    assert encryption.inputs["rules"] == [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]
    block = of_site(graph, "BucketPublicAccessBlock").inputs
    for switch in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"):
        assert block[switch] is True


@pytest.mark.requirement(93)
def test_versions_are_kept_for_thirty_days_and_broken_uploads_for_seven(prod: Graph) -> None:
    assert of_site(prod, "BucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    rules = of_site(prod, "BucketLifecycleConfiguration").inputs["rules"]
    assert all(rule["status"] == "Enabled" for rule in rules)
    assert [r["abortIncompleteMultipartUpload"] for r in rules if "abortIncompleteMultipartUpload" in r] == [
        {"daysAfterInitiation": 7}
    ]
    assert [r["noncurrentVersionExpiration"] for r in rules if "noncurrentVersionExpiration" in r] == [
        {"noncurrentDays": 30}
    ]


@pytest.mark.requirement(95)
def test_the_production_bucket_outlives_the_stack(prod: Graph, dev: Graph) -> None:
    assert of_site(prod, "Bucket").options["retain_on_delete"] is True
    assert "retain_on_delete" not in of_site(dev, "Bucket").options


@pytest.mark.requirement(96)
def test_only_the_distribution_reads_and_only_over_tls(graph: Graph) -> None:
    distribution, bucket = only(graph, DISTRIBUTION), of_site(graph, "Bucket")
    access = only(graph, "aws:cloudfront/originAccessControl:OriginAccessControl")
    assert access.inputs["signingBehavior"] == "always"
    origin = distribution.inputs["origins"][0]
    assert origin["originAccessControlId"] == access.id
    assert origin["domainName"] == bucket.outputs["bucketRegionalDomainName"]
    read, deny = statements(of_site(graph, "BucketPolicy"))
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
    ("stack", "price_class"), [("prod", "PriceClass_All"), ("staging", "PriceClass_200"), ("dev", "PriceClass_100")]
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


@pytest.mark.requirement(94)
def test_the_bucket_logs_tells_and_lets_the_site_read_it_by_script(prod: Graph) -> None:
    bucket = "goal-mandala-production-website"
    logging = of_site(prod, "BucketLogging").inputs
    assert logging["bucket"] == bucket
    assert logging["targetBucket"] == "goal-mandala-production-access-logs-123456789012"
    assert of_site(prod, "BucketNotification").inputs == {"bucket": bucket, "eventbridge": True}
    [rule] = of_site(prod, "BucketCorsConfiguration").inputs["corsRules"]
    assert rule["allowedMethods"] == ["GET", "HEAD"]
    assert rule["allowedOrigins"] == [prod.exports["site_url"]]


@pytest.mark.requirement(101)
def test_each_request_is_logged_in_the_log_bucket(prod: Graph) -> None:
    source = only(prod, "aws:cloudwatch/logDeliverySource:LogDeliverySource")
    destination = only(prod, "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination")
    delivery = only(prod, "aws:cloudwatch/logDelivery:LogDelivery")
    assert source.inputs["logType"] == "ACCESS_LOGS"
    assert source.inputs["resourceArn"] == only(prod, DISTRIBUTION).outputs["arn"]
    assert destination.inputs["deliveryDestinationConfiguration"] == {
        "destinationResourceArn": "arn:aws:s3:::goal-mandala-production-access-logs-123456789012"
    }
    assert delivery.inputs["deliverySourceName"] == source.inputs["name"]
    assert delivery.inputs["deliveryDestinationArn"] == destination.outputs["arn"]
    assert {r.inputs["region"] for r in (source, destination, delivery)} == {"us-east-1"}


@pytest.mark.requirement(94, 101)
def test_logs_events_and_paid_metrics_are_choices() -> None:
    graph, signals = site_of()
    types = {resource.type for resource in graph.resources}
    assert not types & {
        "aws:s3/bucketLogging:BucketLogging",
        "aws:s3/bucketNotification:BucketNotification",
        "aws:cloudwatch/logDelivery:LogDelivery",
        "aws:cloudfront/monitoringSubscription:MonitoringSubscription",
    }
    assert "site_cache_hit_rate" not in {signal.kind for signal in signals}


@pytest.mark.requirement(152, 170, 171, 172)
def test_the_site_signals_where_and_as_cloudfront_measures() -> None:
    graph, signals = site_of(additional_metrics=True)
    distribution = only(graph, DISTRIBUTION)
    subscription = only(graph, "aws:cloudfront/monitoringSubscription:MonitoringSubscription")
    assert subscription.inputs == {
        "distributionId": distribution.id,
        "monitoringSubscription": {
            "realtimeMetricsSubscriptionConfig": {"realtimeMetricsSubscriptionStatus": "Enabled"}
        },
    }
    measured = {signal.kind: signal.metrics[0] for signal in signals}
    assert {(kind, m.namespace, m.name, m.statistic) for kind, m in measured.items()} == {
        ("site_requests", "AWS/CloudFront", "Requests", "Sum"),
        ("site_error_rate", "AWS/CloudFront", "TotalErrorRate", "Average"),
        ("site_5xx", "AWS/CloudFront", "5xxErrorRate", "Average"),
        ("site_cache_hit_rate", "AWS/CloudFront", "CacheHitRate", "Average"),
    }
    assert {signal.region for signal in signals} == {"us-east-1"}
    assert {(tuple(m.dimensions), m.dimensions["Region"]) for m in measured.values()} == {
        (("DistributionId", "Region"), "Global")
    }


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
