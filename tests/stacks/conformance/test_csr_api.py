"""The CSR system's API, site and buckets: what it demands, as it is registered."""

from __future__ import annotations

import json

import pytest

from plan.graph import Graph
from tests.stacks.conformance.queries import bucket, function, having, key, log_group, of_bucket, only

SERVING = ("ai", "auth", "goals", "reflections", "tasks")


@pytest.mark.requirement(62, 66)
def test_the_stage_is_throttled_logged_and_measured(csr: Graph) -> None:
    settings = having(csr, "aws:apigateway/methodSettings:MethodSettings", methodPath="*/*").inputs["settings"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (500, 1000)
    assert settings["loggingLevel"] == "INFO"
    assert settings["metricsEnabled"] is True
    destination = only(csr, "aws:apigateway/stage:Stage")["accessLogSettings"]["destinationArn"]
    assert log_group(csr, destination.rpartition("log-group:")[2])["retentionInDays"] == 90


@pytest.mark.requirement(67)
def test_answers_are_cached_for_300_seconds_for_each_caller_alone(csr: Graph) -> None:
    stage = only(csr, "aws:apigateway/stage:Stage")
    assert stage["cacheClusterEnabled"] is True
    every = [r.inputs for r in csr.of_type("aws:apigateway/methodSettings:MethodSettings")]
    cached = {each["methodPath"]: each["settings"] for each in every if each["settings"].get("cachingEnabled")}
    assert set(cached) == {"~1goals/GET", "~1goals~1{goalId}~1mandala/GET"}
    assert {(s["cacheTtlInSeconds"], s["cacheDataEncrypted"]) for s in cached.values()} == {(300, True)}
    keys = [
        r.inputs["cacheKeyParameters"]
        for r in csr.of_type("aws:apigateway/integration:Integration")
        if r.inputs.get("cacheKeyParameters")
    ]
    assert len(keys) == 2
    assert all("method.request.header.Authorization" in parameters for parameters in keys)


@pytest.mark.requirement(49, 71, 102)
def test_the_api_has_a_name_of_its_own_and_gives_up_before_api_gateway_does(csr: Graph) -> None:
    domain = only(csr, "aws:apigateway/domainName:DomainName")
    assert domain["domainName"] == "api.csr.example"
    assert domain["regionalCertificateArn"].startswith("arn:aws:acm:ap-northeast-1:")
    assert only(csr, "aws:apigateway/restApi:RestApi")["disableExecuteApiEndpoint"] is True
    called = [
        r.inputs for r in csr.of_type("aws:apigateway/integration:Integration") if r.inputs["type"] == "AWS_PROXY"
    ]
    assert {integration["timeoutMilliseconds"] for integration in called} == {29_000}
    for name in SERVING:
        origins = function(csr, f"csr-prod-{name}")["environment"]["variables"]["CORS_ORIGINS"]
        assert origins == "https://www.csr.example"


@pytest.mark.requirement(68, 205)
def test_a_web_acl_refuses_known_attacks_on_api_and_site(csr: Graph) -> None:
    known = {
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesSQLiRuleSet",
        "AWSManagedRulesAmazonIpReputationList",
    }
    for name, scope in (("csr-prod-api", "REGIONAL"), ("csr-prod-site", "CLOUDFRONT")):
        acl = having(csr, "aws:wafv2/webAcl:WebAcl", name=name).inputs
        assert acl["scope"] == scope
        assert {rule["name"] for rule in acl["rules"]} == known
        assert {json.dumps(rule["overrideAction"]) for rule in acl["rules"]} == {'{"none": {}}'}
    association = only(csr, "aws:wafv2/webAclAssociation:WebAclAssociation")
    assert association["resourceArn"].endswith("/stages/v1")
    front = having(csr, "aws:wafv2/webAcl:WebAcl", name="csr-prod-site")
    assert front.inputs["region"] == "us-east-1"
    distribution = only(csr, "aws:cloudfront/distribution:Distribution")
    assert distribution["webAclId"] == front.outputs["arn"]


@pytest.mark.requirement(72, 206)
def test_every_operation_asks_cognito_but_the_health_check_and_what_carries_a_token_of_its_own(csr: Graph) -> None:
    methods = [r.inputs for r in csr.of_type("aws:apigateway/method:Method")]
    asked = [m for m in methods if m["authorization"] == "COGNITO_USER_POOLS"]
    assert len(asked) > 25
    open_ = {m["operationName"] for m in methods if m["authorization"] == "NONE" and m["httpMethod"] != "OPTIONS"}
    assert open_ == {"getHealth", "getSharedMandala"}
    pool = only(csr, "aws:cognito/userPool:UserPool")
    assert (pool["mfaConfiguration"], pool["userPoolAddOns"]["advancedSecurityMode"]) == ("ON", "ENFORCED")


@pytest.mark.requirement(92, 204)
def test_the_sites_bucket_is_encrypted_and_closed(csr: Graph) -> None:
    name = "csr-prod-frontend-123456789012"
    assert bucket(csr, name)["bucket"] == name
    encryption = of_bucket(
        csr, "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", name
    )
    assert encryption["rules"] == [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]
    block = of_bucket(csr, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", name)
    kinds = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert [block[kind] for kind in kinds] == [True] * 4


@pytest.mark.requirement(93, 112, 113)
@pytest.mark.parametrize(
    ("name", "abort", "noncurrent", "expire", "colder"),
    [
        ("csr-prod-frontend-123456789012", 7, 30, None, []),
        ("csr-prod-artifacts-123456789012", 7, 30, None, [(90, "STANDARD_IA")]),
        ("csr-prod-access-logs-123456789012", 7, 7, 365, []),
        ("csr-prod-cloudtrail-logs", 7, 30, 365, [(30, "STANDARD_IA"), (90, "GLACIER")]),
    ],
)
def test_what_a_bucket_holds_gets_colder_and_ends(
    csr: Graph, name: str, abort: int, noncurrent: int, expire: int | None, colder: list[tuple[int, str]]
) -> None:
    rules = of_bucket(csr, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", name)["rules"]
    assert {rule["status"] for rule in rules} == {"Enabled"}
    every = {key: value for rule in rules for key, value in rule.items()}
    assert every["abortIncompleteMultipartUpload"]["daysAfterInitiation"] == abort
    assert every["noncurrentVersionExpiration"]["noncurrentDays"] == noncurrent
    assert every.get("expiration", {}).get("days") == expire
    assert [(move["days"], move["storageClass"]) for move in every.get("transitions", [])] == colder


@pytest.mark.requirement(99, 100, 102, 105)
def test_the_site_is_compressed_everywhere_under_its_own_name_with_strict_headers(csr: Graph) -> None:
    distribution = only(csr, "aws:cloudfront/distribution:Distribution")
    assert distribution["priceClass"] == "PriceClass_All"
    assert distribution["aliases"] == ["www.csr.example"]
    assert distribution["viewerCertificate"]["acmCertificateArn"].startswith("arn:aws:acm:us-east-1:")
    assert distribution["viewerCertificate"]["minimumProtocolVersion"] == "TLSv1.2_2021"
    behaviours = [distribution["defaultCacheBehavior"], *distribution["orderedCacheBehaviors"]]
    assert {behaviour["compress"] for behaviour in behaviours} == {True}
    headers = only(csr, "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy")["securityHeadersConfig"]
    assert headers["strictTransportSecurity"]["accessControlMaxAgeSec"] == 31_536_000
    assert headers["frameOptions"]["frameOption"] == "DENY"
    assert headers["contentTypeOptions"] == {"override": True}
    assert headers["referrerPolicy"]["referrerPolicy"] == "strict-origin-when-cross-origin"
    policy = headers["contentSecurityPolicy"]["contentSecurityPolicy"]
    assert policy.startswith("default-src 'self'; ")
    assert (
        "connect-src 'self' https://api.csr.example https://cognito-idp.ap-northeast-1.amazonaws.com "
        "https://csr-prod.auth.ap-northeast-1.amazoncognito.com;"
    ) in policy


@pytest.mark.requirement(185, 204)
def test_every_log_group_is_encrypted_with_a_key_of_the_stack(csr: Graph) -> None:
    groups = [r.inputs for r in csr.of_type("aws:cloudwatch/logGroup:LogGroup")]
    assert len(groups) > 30
    for group in groups:
        assert key(csr, group["kmsKeyId"])["enableKeyRotation"] is True, group["name"]
