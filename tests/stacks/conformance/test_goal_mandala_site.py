"""Goal Mandala's production: the site, its bucket and its distribution."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plan.graph import Graph
from tests.conftest import Stacks
from tests.harness import statements
from tests.stacks.conformance.queries import bucket, having, of_bucket, only

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
CACHE = "aws:cloudfront/cachePolicy:CachePolicy"
SITE = "goal-mandala-production-website"
LOGS = "goal-mandala-production-access-logs-123456789012"


def distribution(graph: Graph) -> dict[str, Any]:
    return only(graph, DISTRIBUTION)


def behaviors(graph: Graph) -> list[dict[str, Any]]:
    found = distribution(graph)
    return [found["defaultCacheBehavior"], *found["orderedCacheBehaviors"]]


def cached(graph: Graph, behavior: dict[str, Any]) -> tuple[int, int]:
    """Usual and longest time in seconds that a behavior keeps an answer."""
    [policy] = [p for p in graph.of_type(CACHE) if p.id == behavior["cachePolicyId"]]
    return policy.inputs["defaultTtl"], policy.inputs["maxTtl"]


@pytest.mark.requirement(91, 92)
def test_the_site_s_bucket_is_encrypted_and_closed_to_the_public(prod: Graph) -> None:
    assert bucket(prod, "goal-mandala-production-website")
    encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    [rule] = of_bucket(prod, encryption, SITE)["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    block = of_bucket(prod, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", SITE)
    kinds = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert [block[kind] for kind in kinds] == [True] * 4


@pytest.mark.requirement(91)
def test_where_no_name_is_given_the_bucket_s_name_ends_with_the_account(stacks: Stacks) -> None:
    assert bucket(stacks("staging"), "goal-mandala-staging-frontend-123456789012")


@pytest.mark.requirement(93)
def test_versions_are_kept_30_days_and_unfinished_uploads_7(prod: Graph) -> None:
    versioning = of_bucket(prod, "aws:s3/bucketVersioning:BucketVersioning", SITE)
    assert versioning["versioningConfiguration"] == {"status": "Enabled"}
    rules = of_bucket(prod, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", SITE)["rules"]
    assert {rule["status"] for rule in rules} == {"Enabled"}
    [aborts] = [r["abortIncompleteMultipartUpload"] for r in rules if "abortIncompleteMultipartUpload" in r]
    [expires] = [r["noncurrentVersionExpiration"] for r in rules if "noncurrentVersionExpiration" in r]
    assert (aborts, expires) == ({"daysAfterInitiation": 7}, {"noncurrentDays": 30})
    assert not [r for r in rules if "expiration" in r], "what the site is made of never expires"


@pytest.mark.requirement(94, 101)
def test_each_access_to_the_bucket_is_logged(prod: Graph) -> None:
    assert of_bucket(prod, "aws:s3/bucketLogging:BucketLogging", SITE)["targetBucket"] == LOGS


@pytest.mark.requirement(94)
def test_eventbridge_hears_of_the_bucket_and_scripts_of_the_site_may_read_it(prod: Graph) -> None:
    assert of_bucket(prod, "aws:s3/bucketNotification:BucketNotification", SITE)["eventbridge"] is True
    [rule] = of_bucket(prod, "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration", SITE)["corsRules"]
    assert rule["allowedMethods"] == ["GET", "HEAD"]
    assert rule["allowedOrigins"] == [prod.exports["site_url"]]


@pytest.mark.requirement(95)
def test_production_s_bucket_outlives_the_stack_and_development_s_does_not(prod: Graph, dev: Graph) -> None:
    assert having(prod, "aws:s3/bucket:Bucket", bucket=SITE).options["retain_on_delete"] is True
    in_dev = having(dev, "aws:s3/bucket:Bucket", bucket="goal-mandala-development-frontend-123456789012")
    assert not in_dev.options.get("retain_on_delete")


@pytest.mark.requirement(92, 96)
def test_the_distribution_alone_reads_the_bucket_by_signed_requests(prod: Graph) -> None:
    made = having(prod, DISTRIBUTION)
    [origin] = made.inputs["origins"]
    access = having(prod, "aws:cloudfront/originAccessControl:OriginAccessControl")
    assert origin["originAccessControlId"] == access.id
    assert origin["domainName"] == f"{SITE}.s3.ap-northeast-1.amazonaws.com"
    assert (access.inputs["originAccessControlOriginType"], access.inputs["signingBehavior"]) == ("s3", "always")
    policy = having(prod, "aws:s3/bucketPolicy:BucketPolicy", bucket=SITE)
    allowed, denied = statements(policy)
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert allowed["Condition"] == {"StringEquals": {"AWS:SourceArn": made.outputs["arn"]}}
    assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


@pytest.mark.requirement(96, 105)
def test_every_answer_comes_over_https_and_compressed(prod: Graph) -> None:
    assert {b["viewerProtocolPolicy"] for b in behaviors(prod)} == {"redirect-to-https"}
    assert {b["compress"] for b in behaviors(prod)} == {True}
    assert len(behaviors(prod)) == 2


@pytest.mark.requirement(97)
def test_assets_are_kept_30_days_and_at_most_365_and_pages_5_minutes_and_at_most_an_hour(prod: Graph) -> None:
    pages, assets = behaviors(prod)
    assert assets["pathPattern"] == "/assets/*"
    assert cached(prod, assets) == (30 * 86_400, 365 * 86_400)
    assert cached(prod, pages) == (300, 3600)


@pytest.mark.requirement(98)
def test_what_is_not_found_or_forbidden_is_the_application_s_page(prod: Graph) -> None:
    errors = distribution(prod)["customErrorResponses"]
    answers = {error["errorCode"]: (error["responseCode"], error["responsePagePath"]) for error in errors}
    assert answers == {403: (200, "/index.html"), 404: (200, "/index.html")}
    assert distribution(prod)["defaultRootObject"] == "index.html"


@pytest.mark.requirement(99)
def test_every_answer_carries_the_security_headers(prod: Graph) -> None:
    policy = having(prod, "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy")
    assert {b["responseHeadersPolicyId"] for b in behaviors(prod)} == {policy.id}
    headers = policy.inputs["securityHeadersConfig"]
    assert headers["strictTransportSecurity"]["accessControlMaxAgeSec"] == 31_536_000
    assert headers["frameOptions"]["frameOption"] == "DENY"
    assert headers["referrerPolicy"]["referrerPolicy"] == "strict-origin-when-cross-origin"
    assert headers["contentSecurityPolicy"]["contentSecurityPolicy"].startswith("default-src 'self';")
    assert {name: header["override"] for name, header in headers.items()} == {
        "strictTransportSecurity": True,
        "contentTypeOptions": True,
        "frameOptions": True,
        "referrerPolicy": True,
        "contentSecurityPolicy": True,
    }


@pytest.mark.requirement(100)
@pytest.mark.parametrize(
    ("stack", "price_class"), [("prod", "PriceClass_All"), ("staging", "PriceClass_200"), ("dev", "PriceClass_100")]
)
def test_the_price_class_follows_the_environment(stacks: Stacks, stack: str, price_class: str) -> None:
    assert distribution(stacks(stack))["priceClass"] == price_class


@pytest.mark.requirement(101)
def test_each_request_to_the_site_is_logged(prod: Graph) -> None:
    source = only(prod, "aws:cloudwatch/logDeliverySource:LogDeliverySource")
    assert (source["logType"], source["resourceArn"]) == ("ACCESS_LOGS", having(prod, DISTRIBUTION).outputs["arn"])
    target = only(prod, "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination")
    assert target["deliveryDestinationConfiguration"] == {"destinationResourceArn": f"arn:aws:s3:::{LOGS}"}
    delivery = only(prod, "aws:cloudwatch/logDelivery:LogDelivery")
    assert delivery["deliverySourceName"] == source["name"]


@pytest.mark.requirement(103)
def test_people_in_japan_and_the_united_states_are_let_in(prod: Graph) -> None:
    restriction = distribution(prod)["restrictions"]["geoRestriction"]
    assert restriction["restrictionType"] == "whitelist"
    assert set(restriction["locations"]) == {"JP", "US"}


@pytest.mark.requirement(104)
def test_the_site_is_on_ipv6_and_speaks_tls_1_2_at_least_under_a_name_of_its_own(prod: Graph, stacks: Stacks) -> None:
    assert distribution(prod)["isIpv6Enabled"] is True
    # Under CloudFront's own name and certificate AWS lets nobody choose.
    assert distribution(prod)["viewerCertificate"] == {"cloudfrontDefaultCertificate": True}
    own = distribution(stacks("contrary"))["viewerCertificate"]
    assert own["minimumProtocolVersion"] == "TLSv1.2_2021"


@pytest.mark.requirement(106)
def test_what_a_deploy_uploads_to_and_invalidates_are_outputs(prod: Graph) -> None:
    assert prod.exports["site_bucket"] == SITE
    assert prod.exports["distribution_id"] == having(prod, DISTRIBUTION).id
    assert prod.exports["site_url"] == f"https://{having(prod, DISTRIBUTION).outputs['domainName']}"


@pytest.mark.requirement(97)
def test_what_the_site_is_told_is_never_served_from_a_cache_unasked(prod: Graph) -> None:
    told = only(prod, "aws:s3/bucketObjectv2:BucketObjectv2")
    assert (told["key"], told["cacheControl"]) == ("config.json", "no-cache")
    assert json.loads(told["content"])["apiUrl"] == prod.exports["api_url"]
