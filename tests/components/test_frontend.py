"""The site: private storage, one distribution, the security headers."""

from __future__ import annotations

import pytest

from components.parts.site_policies import content_security_policy
from plan.graph import Graph
from tests.components.site import DISTRIBUTION, directives, of_site, site_of
from tests.conftest import Stacks
from tests.harness import only, statements


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
