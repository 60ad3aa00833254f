"""The API with other settings than production's: cache, web ACL, other sites, a name of its own."""

from __future__ import annotations

from typing import Any

import pytest

from components.api_layer import ApiLayer, ApiLayerArgs
from components.parts.function import FailedEvents, Platform
from components.parts.grant import Grant
from components.parts.openapi import read
from components.parts.signal import Signal
from plan.graph import Graph
from plan.record import RecordError
from settings.api import ApiSettings
from settings.functions import FunctionSettings
from tests.harness import KEYS, STACK, build, only

SITE = "https://d111111abcdef8.cloudfront.net"
METHOD_SETTINGS = "aws:apigateway/methodSettings:MethodSettings"
ACL = "aws:wafv2/webAcl:WebAcl"
FUNCTIONS: dict[str, Any] = {
    "runtime": "python3.13",
    "architecture": "arm64",
    "log_level": "INFO",
    "log_retention_days": 30,
    "account_concurrency": 1000,
    "insights_layer_arn": None,
    "deployment": {"mode": "all_at_once"},
    "api": {"memory_mb": 512, "timeout_seconds": 30},
    "workflow": {"memory_mb": 512, "timeout_seconds": 900},
    "utility": {"memory_mb": 256, "timeout_seconds": 30},
    "sizes": {},
}
API: dict[str, Any] = {
    "stage_name": "v1",
    "throttle": {"rate_limit": 1000, "burst_limit": 2000},
    "integration_timeout_ms": 29000,
    "authorizer_cache_seconds": 300,
    "execution_log_level": "INFO",
    "data_trace": False,
    "detailed_metrics": True,
    "manage_account_log_role": True,
    "slow_response_seconds": 2,
    "cors": {"origins": ["site"], "credentials": True},
    "cache": None,
    "domain": None,
    "waf": {"mode": "off"},
    "cognito": {
        "domain_prefix": "example",
        "mfa": "optional",
        "deletion_protection": True,
        "self_sign_up": True,
        "password_minimum_length": 8,
        "access_token_minutes": 60,
        "refresh_token_days": 30,
        "threat_protection": {"mode": "off"},
        "mail": {"mode": "cognito_default"},
        "log_delivery": False,
    },
}
CACHE = {"size_gb": "0.5", "ttl_seconds": 300, "operations": ["listTasks", "getMandala"]}
WAF = {
    "mode": "regional",
    "per_ip_limit": {"requests": 100, "window_seconds": 600, "message": "Too many requests from this IP"},
    "managed_rule_groups": ["AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"],
    "log_retention_days": 30,
}
DOMAIN = {
    "name": "api.example.com",
    "certificate_arn": "arn:aws:acm:ap-northeast-1:123456789012:certificate/1234",
    "hosted_zone_id": "Z0123456789",
}


def api(signals: list[Signal] | None = None, **changes: Any) -> Graph:
    """The API layer with these settings instead of the plain ones; its signals are put into `signals`."""
    platform = Platform(
        settings=FunctionSettings.model_validate(FUNCTIONS),
        stack=STACK,
        layer_arn="arn:aws:lambda:ap-northeast-1:123456789012:layer:example:1",
        logs_key_arn=KEYS.logs,
        subnet_ids=["subnet-1"],
        security_group_id="sg-1",
        alerts_topic_arn="arn:aws:sns:ap-northeast-1:123456789012:alerts",
    )
    args = ApiLayerArgs(
        settings=ApiSettings.model_validate({**API, **changes}),
        platform=platform,
        functions={operation.function: Grant() for operation in read().operations},
        background={},
        failed_events=FailedEvents(destination_arn="arn:aws:sns:ap-northeast-1:123456789012:alerts", grant=Grant()),
        site_origin=SITE,
    )

    def construct() -> None:
        layer = ApiLayer("api", args)
        if signals is not None:
            signals.extend(layer.signals())

    return build(construct)


@pytest.fixture(scope="module")
def cached() -> Graph:
    return api(cache=CACHE)


@pytest.mark.requirement(67)
def test_the_stage_has_a_cache_of_the_required_age(cached: Graph) -> None:
    stage = only(cached, "aws:apigateway/stage:Stage").inputs
    assert (stage["cacheClusterEnabled"], stage["cacheClusterSize"]) == (True, "0.5")
    settings = {s.inputs["methodPath"]: s.inputs["settings"] for s in cached.of_type(METHOD_SETTINGS)}
    assert set(settings) == {"*/*", "~1tasks/GET", "~1goals~1{goalId}~1mandala/GET"}
    assert settings["*/*"]["cachingEnabled"] is False
    for path in ("~1tasks/GET", "~1goals~1{goalId}~1mandala/GET"):
        assert settings[path]["cachingEnabled"] is True
        assert settings[path]["cacheTtlInSeconds"] == 300
        assert settings[path]["cacheDataEncrypted"] is True
        assert settings[path]["requireAuthorizationForCacheControl"] is True


@pytest.mark.requirement(62, 66)
def test_a_cached_method_keeps_the_throttle_and_the_log_of_all(cached: Graph) -> None:
    values = [s.inputs["settings"] for s in cached.of_type(METHOD_SETTINGS)]
    for key in ("throttlingRateLimit", "throttlingBurstLimit", "loggingLevel", "metricsEnabled", "dataTraceEnabled"):
        assert len({value[key] for value in values}) == 1, key


@pytest.mark.requirement(67)
def test_an_answer_is_kept_for_the_user_who_asked_and_for_what_was_asked(cached: Graph) -> None:
    keyed = {i.name: i.inputs for i in cached.of_type("aws:apigateway/integration:Integration")}
    with_key = {
        name: inputs["cacheKeyParameters"] for name, inputs in keyed.items() if inputs.get("cacheKeyParameters")
    }
    assert sorted(with_key) == ["api-rest-goals-goalId-mandala-get", "api-rest-tasks-get"]
    mandala = with_key["api-rest-goals-goalId-mandala-get"]
    assert mandala == [
        "method.request.header.Authorization",
        "method.request.header.Origin",
        "method.request.path.goalId",
    ]
    tasks = set(with_key["api-rest-tasks-get"])
    filters = {"goalId", "actionId", "status", "kind", "dueFrom", "dueTo", "limit", "cursor"}
    assert {f"method.request.querystring.{name}" for name in filters} <= tasks
    assert "method.request.header.Authorization" in tasks
    method = cached.named("aws:apigateway/method:Method", "api-rest-tasks-get").inputs["requestParameters"]
    assert tasks <= set(method)


@pytest.mark.parametrize(
    ("operation", "why"), [("getGoal", "has a version"), ("createGoal", "writes"), ("getHealth", "is open to all")]
)
@pytest.mark.requirement(67)
def test_what_has_a_version_or_no_reader_of_its_own_is_never_cached(operation: str, why: str) -> None:
    with pytest.raises(RecordError, match=rf"api\.cache\.operations: {operation} cannot be cached"):
        api(cache={**CACHE, "operations": [operation]})


def test_without_the_setting_nothing_is_cached_and_nothing_stands_in_front(prod: Graph) -> None:
    assert only(prod, "aws:apigateway/stage:Stage").inputs["cacheClusterEnabled"] is False
    assert [s.inputs["methodPath"] for s in prod.of_type(METHOD_SETTINGS)] == ["*/*"]
    assert prod.of_type(ACL) == []
    assert prod.of_type("aws:apigateway/domainName:DomainName") == []


@pytest.mark.requirement(68, 75, 205)
def test_a_web_acl_stands_in_front_of_the_stage() -> None:
    signals: list[Signal] = []
    graph = api(signals, waf=WAF)
    acl = only(graph, ACL)
    association = only(graph, "aws:wafv2/webAclAssociation:WebAclAssociation").inputs
    assert association["webAclArn"] == acl.outputs["arn"]
    assert association["resourceArn"] == only(graph, "aws:apigateway/stage:Stage").outputs["arn"]
    assert acl.inputs["name"] == "example-production-api"
    assert "waf_blocked" in {signal.kind for signal in signals}


@pytest.mark.parametrize("mode", ["off", "cloudfront"])
def test_the_api_has_no_web_acl_where_only_the_site_has_one(mode: str) -> None:
    assert api(waf={"mode": "off"} if mode == "off" else {**WAF, "mode": mode}).of_type(ACL) == []


@pytest.mark.requirement(71)
def test_one_of_several_sites_is_answered_with_itself() -> None:
    graph = api(cors={"origins": ["site", "https://admin.example.com"], "credentials": True})
    for answer in graph.of_type("aws:apigateway/integrationResponse:IntegrationResponse"):
        parameters = answer.inputs["responseParameters"]
        assert parameters["method.response.header.Access-Control-Allow-Origin"] == f"'{SITE}'"
        assert parameters["method.response.header.Vary"] == "'Origin'"
        template = answer.inputs["responseTemplates"]["application/json"]
        assert f'["{SITE}", "https://admin.example.com"]' in template
        assert template.count("$context.responseOverride.header.Access-Control-Allow-Origin = $origin") == 1
    for refusal in graph.of_type("aws:apigateway/response:Response"):
        headers = refusal.inputs["responseParameters"]
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
        assert "gatewayresponse.header.Access-Control-Allow-Credentials" not in headers
    for function in graph.of_type("aws:lambda/function:Function"):
        told = function.inputs["environment"]["variables"].get("CORS_ORIGINS")
        assert told == (None if function.name == "api-health-function" else f"{SITE},https://admin.example.com")


def test_any_site_may_call_when_no_credentials_are_sent() -> None:
    graph = api(cors={"origins": ["*"], "credentials": False})
    for answer in graph.of_type("aws:apigateway/integrationResponse:IntegrationResponse"):
        parameters = answer.inputs["responseParameters"]
        assert parameters["method.response.header.Access-Control-Allow-Origin"] == "'*'"
        assert "method.response.header.Access-Control-Allow-Credentials" not in parameters


@pytest.mark.requirement(102)
def test_the_api_answers_under_its_own_name_alone() -> None:
    graph = api(domain=DOMAIN)
    domain = only(graph, "aws:apigateway/domainName:DomainName")
    assert domain.inputs["domainName"] == "api.example.com"
    assert domain.inputs["regionalCertificateArn"] == DOMAIN["certificate_arn"]
    assert domain.inputs["securityPolicy"] == "TLS_1_2"
    mapping = only(graph, "aws:apigateway/basePathMapping:BasePathMapping").inputs
    assert (mapping["domainName"], mapping["stageName"]) == ("api.example.com", "v1")
    assert only(graph, "aws:apigateway/restApi:RestApi").inputs["disableExecuteApiEndpoint"] is True
    record = only(graph, "aws:route53/record:Record").inputs
    assert (record["zoneId"], record["name"], record["type"]) == ("Z0123456789", "api.example.com", "A")
    assert record["aliases"][0]["name"] == domain.outputs["regionalDomainName"]


def test_a_name_in_a_zone_kept_elsewhere_is_not_entered() -> None:
    assert api(domain={**DOMAIN, "hosted_zone_id": None}).of_type("aws:route53/record:Record") == []


@pytest.mark.requirement(206)
def test_how_long_a_token_is_trusted_without_looking_is_a_setting() -> None:
    authorizer = only(api(authorizer_cache_seconds=0), "aws:apigateway/authorizer:Authorizer")
    assert authorizer.inputs["authorizerResultTtlInSeconds"] == 0


@pytest.mark.requirement(193)
def test_faults_and_slow_answers_have_trace_groups(prod: Graph) -> None:
    groups = {g.inputs["groupName"]: g.inputs["filterExpression"] for g in prod.of_type("aws:xray/group:Group")}
    service = 'service("goal-mandala-production-api/v1")'
    assert groups == {
        "goal-mandala-production-fault": f"{service} {{ fault = true }}",
        "goal-mandala-production-slow": f"{service} {{ responsetime > 2 }}",
    }


def test_the_rate_of_refused_requests_and_the_cache_can_be_watched() -> None:
    signals: list[Signal] = []
    api(signals, cache=CACHE)
    assert {"api_4xx_rate", "api_5xx_rate", "api_cache_hits", "api_cache_misses"} <= {s.kind for s in signals}


def test_a_changed_way_of_caching_is_deployed(cached: Graph) -> None:
    plain = only(api(), "aws:apigateway/deployment:Deployment").inputs["triggers"]
    assert only(cached, "aws:apigateway/deployment:Deployment").inputs["triggers"] != plain
