"""The site's distribution and bucket, to the details that no setting names."""

from __future__ import annotations

import pytest

from plan.graph import Graph
from tests.harness import only


@pytest.mark.requirement(96, 98, 104)
def test_the_distribution_speaks_the_newest_http_and_serves_reads_alone(prod: Graph) -> None:
    distribution = only(prod, "aws:cloudfront/distribution:Distribution").inputs
    assert distribution["enabled"] is True
    assert distribution["httpVersion"] == "http2and3"
    assert distribution["defaultRootObject"] == "index.html"
    behaviors = [distribution["defaultCacheBehavior"], *distribution["orderedCacheBehaviors"]]
    assert [behavior.get("pathPattern") for behavior in behaviors] == [None, "/assets/*"]
    for behavior in behaviors:
        assert behavior["allowedMethods"] == ["GET", "HEAD", "OPTIONS"]
        assert behavior["cachedMethods"] == ["GET", "HEAD"]
        assert behavior["viewerProtocolPolicy"] == "redirect-to-https"
        assert behavior["compress"] is True
    assert distribution["customErrorResponses"] == [
        {"errorCode": code, "responseCode": 200, "responsePagePath": "/index.html", "errorCachingMinTtl": 10}
        for code in (403, 404)
    ]


@pytest.mark.requirement(96)
def test_cloudfront_signs_every_request_to_the_bucket(prod: Graph) -> None:
    access = only(prod, "aws:cloudfront/originAccessControl:OriginAccessControl")
    assert access.inputs["originAccessControlOriginType"] == "s3"
    assert (access.inputs["signingBehavior"], access.inputs["signingProtocol"]) == ("always", "sigv4")
    [origin] = only(prod, "aws:cloudfront/distribution:Distribution").inputs["origins"]
    assert origin["originAccessControlId"] == access.id


@pytest.mark.requirement(94)
def test_the_bucket_answers_the_site_alone_and_reads_alone(prod: Graph) -> None:
    [rule] = only(prod, "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration").inputs["corsRules"]
    assert rule == {
        "allowedOrigins": [prod.exports["site_url"]],
        "allowedMethods": ["GET", "HEAD"],
        "allowedHeaders": ["*"],
        "maxAgeSeconds": 3600,
    }


@pytest.mark.requirement(101)
def test_cloudfront_s_log_goes_as_json_to_the_bucket_of_logs_from_us_east_1(prod: Graph) -> None:
    source = prod.named("aws:cloudwatch/logDeliverySource:LogDeliverySource", "frontend-requests").inputs
    target = prod.named("aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination", "frontend-requests")
    delivery = prod.named("aws:cloudwatch/logDelivery:LogDelivery", "frontend-requests").inputs
    assert source["logType"] == "ACCESS_LOGS"
    assert source["resourceArn"] == only(prod, "aws:cloudfront/distribution:Distribution").outputs["arn"]
    assert target.inputs["outputFormat"] == "json"
    assert target.inputs["deliveryDestinationConfiguration"] == {
        "destinationResourceArn": f"arn:aws:s3:::{prod.exports['log_bucket']}"
    }
    assert (delivery["deliverySourceName"], delivery["deliveryDestinationArn"]) == (
        source["name"],
        target.outputs["arn"],
    )
    assert {source["region"], target.inputs["region"], delivery["region"]} == {"us-east-1"}
