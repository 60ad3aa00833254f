"""What the emulated API Gateway and CloudFront are corrected to answer, asked for over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator

import pytest

from tests.twin.emulated import REGION, Cloud, started


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    yield from started(tmp_path_factory)


@pytest.fixture(scope="module")
def function(cloud: Cloud) -> str:
    return cloud.function()


@pytest.fixture(scope="module")
def api(cloud: Cloud, function: str) -> str:
    """The address of a REST API whose paths lead to the function, with a CORS header on its own errors."""
    gateway = cloud.client("apigateway")
    api = gateway.create_rest_api(name="api")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    for path in ("raises", "no-status", "body-not-text", "good", "slow"):
        resource = gateway.create_resource(restApiId=api, parentId=root, pathPart=path)["id"]
        gateway.put_method(restApiId=api, resourceId=resource, httpMethod="ANY", authorizationType="NONE")
        gateway.put_integration(
            restApiId=api,
            resourceId=resource,
            httpMethod="ANY",
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations",
            timeoutInMillis=200 if path == "slow" else 29_000,
        )
    gateway.put_gateway_response(
        restApiId=api,
        responseType="DEFAULT_5XX",
        responseParameters={"gatewayresponse.header.Access-Control-Allow-Origin": "'https://example.com'"},
    )
    gateway.create_deployment(restApiId=api, stageName="v1")
    return f"{cloud.endpoint}/_aws/execute-api/{api}/v1"


@pytest.mark.parametrize("path", ["raises", "no-status", "body-not-text"])
def test_a_failure_behind_the_api_is_a_502_that_a_browser_can_read_and_that_tells_nothing(api: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{api}/{path}", timeout=30)
    with caught.value as answer:
        assert answer.code == 502
        assert json.loads(answer.read()) == {"message": "Internal server error"}
        assert answer.headers["Access-Control-Allow-Origin"] == "https://example.com"


def test_a_failure_takes_the_status_that_its_own_gateway_response_states(cloud: Cloud, api: str) -> None:
    gateway, number = cloud.client("apigateway"), api.split("/")[-2]
    template = {"application/json": '{"type": "$context.error.responseType"}'}
    gateway.put_gateway_response(
        restApiId=number, responseType="INTEGRATION_FAILURE", statusCode="503", responseTemplates=template
    )
    gateway.create_deployment(restApiId=number, stageName="v2")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(api.replace("/v1", "/v2") + "/raises", timeout=30)
    with caught.value as answer:
        assert (answer.code, json.loads(answer.read())) == (503, {"type": "INTEGRATION_FAILURE"})


def test_a_function_later_than_its_integration_waits_is_a_504(api: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{api}/slow", timeout=30)
    with caught.value as answer:
        assert (answer.code, json.loads(answer.read())) == (504, {"message": "Endpoint request timed out"})
        assert answer.headers["Access-Control-Allow-Origin"] == "https://example.com"


@pytest.mark.parametrize(("size", "status"), [(6 * 2**20, 201), (6 * 2**20 + 1, 413)])
def test_a_body_that_no_function_takes_is_a_413(api: str, size: int, status: int) -> None:
    request = urllib.request.Request(f"{api}/good", data=b" " * size, headers={"Content-Type": "text/plain"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == status
    except urllib.error.HTTPError as refused:
        with refused:
            assert (refused.code, json.loads(refused.read())) == (status, {"message": "Request Too Long"})


def test_a_good_answer_passes_through_the_api_unchanged(api: str) -> None:
    with urllib.request.urlopen(f"{api}/good", timeout=30) as answer:
        assert (answer.status, answer.read(), answer.headers["X-Own"]) == (201, b"made", "1")


def test_a_distribution_reads_a_bucket_that_denies_unencrypted_requests(cloud: Cloud) -> None:
    bucket = f"site-{uuid.uuid4().hex[:8]}"
    storage = cloud.client("s3")
    storage.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    storage.put_object(Bucket=bucket, Key="index.html", Body=b"<p>hello</p>", ContentType="text/html")
    cloudfront = cloud.client("cloudfront")
    access = {"Name": bucket, "SigningProtocol": "sigv4", "SigningBehavior": "always"}
    control = cloudfront.create_origin_access_control(
        OriginAccessControlConfig={**access, "OriginAccessControlOriginType": "s3"}
    )["OriginAccessControl"]["Id"]
    origin = {"Id": "s3", "DomainName": f"{bucket}.s3.{REGION}.amazonaws.com", "OriginAccessControlId": control}
    distribution = cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": bucket,
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [{**origin, "S3OriginConfig": {"OriginAccessIdentity": ""}}]},
            "DefaultCacheBehavior": {
                "TargetOriginId": "s3",
                "ViewerProtocolPolicy": "redirect-to-https",
                "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
                "MinTTL": 0,
            },
        }
    )["Distribution"]
    everything = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    reads = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": everything,
        "Condition": {"StringEquals": {"AWS:SourceArn": distribution["ARN"]}},
    }
    unencrypted = {"Bool": {"aws:SecureTransport": "false"}}
    denies = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": everything, "Condition": unencrypted}
    storage.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [reads, denies]}))
    request = urllib.request.Request(
        f"{cloud.endpoint}/index.html", headers={"Host": distribution["DomainName"], "X-Forwarded-Proto": "https"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert (answer.status, answer.read()) == (200, b"<p>hello</p>")
