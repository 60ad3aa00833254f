"""Goal Mandala's production: the API, who may call it and how they sign in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plan.graph import Graph
from tests.conftest import Stacks
from tests.stacks.conformance.queries import having, key, log_group, only

STAGE = "aws:apigateway/stage:Stage"
METHOD = "aws:apigateway/method:Method"
METHODS = "aws:apigateway/methodSettings:MethodSettings"
INTEGRATION = "aws:apigateway/integration:Integration"
POOL = "aws:cognito/userPool:UserPool"
CLIENT = "aws:cognito/userPoolClient:UserPoolClient"
FUNCTION_URI = (
    "arn:aws:apigateway:ap-northeast-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-production-{}:live/invocations"
)


def settings(graph: Graph) -> dict[str, Any]:
    """What holds for all methods of the stage."""
    found: dict[str, Any] = having(graph, METHODS, methodPath="*/*").inputs["settings"]
    return found


def integrations(graph: Graph, path: str) -> dict[str, dict[str, Any]]:
    """How the operations at a path such as `/ai/tasks` are answered, by method."""
    resources = {r.id: r.inputs for r in graph.of_type("aws:apigateway/resource:Resource")}

    def full(id_: str) -> str:
        own = resources.get(id_)
        return f"{full(own['parentId'])}/{own['pathPart']}" if own else ""

    [id_] = [id_ for id_ in resources if full(id_) == path]
    found = [i.inputs for i in graph.of_type(INTEGRATION) if i.inputs["resourceId"] == id_]
    return {inputs["httpMethod"]: inputs for inputs in found}


@pytest.mark.requirement(61)
def test_the_api_is_regional_and_its_stage_is_v1(prod: Graph) -> None:
    api = having(prod, "aws:apigateway/restApi:RestApi", name="goal-mandala-production-api")
    assert api.inputs["endpointConfiguration"] == {"types": "REGIONAL"}
    stage = only(prod, STAGE)
    assert (stage["restApi"], stage["stageName"]) == (api.id, "v1")


@pytest.mark.requirement(62, 76, 239, 240)
def test_every_request_is_logged_with_method_path_and_address_for_30_days(prod: Graph) -> None:
    access = only(prod, STAGE)["accessLogSettings"]
    logs = having(prod, "aws:cloudwatch/logGroup:LogGroup", name="/aws/apigateway/goal-mandala-production-api")
    assert access["destinationArn"] == logs.outputs["arn"]
    assert logs.inputs["retentionInDays"] == 30
    assert key(prod, logs.inputs["kmsKeyId"])["description"] == "goal-mandala-production: encrypts log groups"
    line = json.loads(access["format"])
    assert line["method"] == "$context.httpMethod"
    # The path as it is declared: a token of a shared link is part of the path itself.
    assert line["path"] == "$context.resourcePath"
    assert line["ip"] == "$context.identity.sourceIp"
    assert line["status"] == "$context.status"


@pytest.mark.requirement(62)
def test_execution_is_logged_at_info_and_metrics_are_detailed(prod: Graph) -> None:
    assert settings(prod)["loggingLevel"] == "INFO"
    assert settings(prod)["metricsEnabled"] is True
    role = having(prod, "aws:iam/role:Role", name="goal-mandala-production-api-logs")
    assert only(prod, "aws:apigateway/account:Account")["cloudwatchRoleArn"] == role.outputs["arn"]


@pytest.mark.requirement(63, 243)
def test_what_people_write_is_never_traced_into_the_log(prod: Graph) -> None:
    assert settings(prod)["dataTraceEnabled"] is False


@pytest.mark.requirement(64, 193)
def test_the_stage_is_traced(prod: Graph) -> None:
    assert only(prod, STAGE)["xrayTracingEnabled"] is True


@pytest.mark.requirement(65)
def test_1000_requests_a_second_and_bursts_of_2000_are_let_through(prod: Graph) -> None:
    assert settings(prod)["throttlingRateLimit"] == 1000
    assert settings(prod)["throttlingBurstLimit"] == 2000
    assert [m.inputs["methodPath"] for m in prod.of_type(METHODS)] == ["*/*"], "a method of its own would be unlimited"


@pytest.mark.requirement(67, 68)
def test_production_has_neither_cache_nor_web_acl(prod: Graph) -> None:
    assert only(prod, STAGE)["cacheClusterEnabled"] is False
    assert [r for r in prod.resources if r.type.startswith("aws:wafv2/")] == []


@pytest.mark.requirement(69)
@pytest.mark.parametrize(
    ("path", "methods", "function"),
    [
        ("/auth/me", {"GET", "PATCH", "DELETE"}, "auth"),
        ("/goals", {"GET", "POST"}, "goals"),
        ("/goals/{goalId}", {"GET", "PATCH", "DELETE"}, "goals"),
        ("/goals/{goalId}/reflections", {"GET", "POST"}, "reflections"),
        ("/reflections/{reflectionId}", {"GET", "PATCH", "DELETE"}, "reflections"),
        ("/tasks", {"GET"}, "tasks"),
        ("/tasks/{taskId}", {"PATCH"}, "tasks"),
        ("/ai/tasks", {"POST"}, "ai"),
        ("/health", {"GET"}, "health"),
    ],
)
def test_each_part_of_the_api_is_a_proxy_of_its_function(
    prod: Graph, path: str, methods: set[str], function: str
) -> None:
    proxies = {method: i for method, i in integrations(prod, path).items() if i["type"] == "AWS_PROXY"}
    assert set(proxies) == methods
    assert {i["uri"] for i in proxies.values()} == {FUNCTION_URI.format(function)}
    assert {i["integrationHttpMethod"] for i in proxies.values()} == {"POST"}


@pytest.mark.requirement(49)
def test_nothing_behind_the_api_is_waited_for_longer_than_29_seconds(prod: Graph) -> None:
    waits = {i.inputs["timeoutMilliseconds"] for i in prod.of_type(INTEGRATION) if i.inputs["type"] == "AWS_PROXY"}
    assert waits == {29_000}


@pytest.mark.requirement(71)
def test_browsers_may_send_every_method_and_credentials_from_the_site_alone(prod: Graph) -> None:
    site = prod.exports["site_url"]
    answers = [
        r.inputs["responseParameters"]
        for r in prod.of_type("aws:apigateway/integrationResponse:IntegrationResponse")
        if r.name.endswith("-options")
    ]
    paths = {m.inputs["resourceId"] for m in prod.of_type(METHOD) if m.inputs["httpMethod"] != "OPTIONS"}
    assert len(answers) == len(paths), "each path answers the question that a browser asks first"
    for answer in answers:
        headers = {name.removeprefix("method.response.header."): value for name, value in answer.items()}
        assert headers["Access-Control-Allow-Origin"] == f"'{site}'"
        assert headers["Access-Control-Allow-Credentials"] == "'true'"
        allowed = headers["Access-Control-Allow-Headers"].strip("'").replace(" ", "").split(",")
        assert {"authorization", "content-type"} <= {name.lower() for name in allowed}


@pytest.mark.requirement(71)
def test_the_preflight_names_the_methods_that_the_path_has(prod: Graph) -> None:
    by_path: dict[str, set[str]] = {}
    for method in prod.of_type(METHOD):
        by_path.setdefault(method.inputs["resourceId"], set()).add(method.inputs["httpMethod"])
    assert len(by_path) >= 15
    for answer in prod.of_type("aws:apigateway/integrationResponse:IntegrationResponse"):
        named = answer.inputs["responseParameters"]["method.response.header.Access-Control-Allow-Methods"]
        assert by_path[answer.inputs["resourceId"]] <= set(named.strip("'").replace(" ", "").split(","))


@pytest.mark.requirement(72)
def test_everything_but_health_and_shared_links_asks_for_a_token_of_the_pool(prod: Graph) -> None:
    authorizer = having(prod, "aws:apigateway/authorizer:Authorizer")
    assert authorizer.inputs["type"] == "COGNITO_USER_POOLS"
    assert authorizer.inputs["providerArns"] == [having(prod, POOL).outputs["arn"]]
    methods = [m.inputs for m in prod.of_type(METHOD) if m.inputs["httpMethod"] != "OPTIONS"]
    open_to_all = {m["operationName"] for m in methods if m["authorization"] == "NONE"}
    assert open_to_all == {"getHealth", "getSharedMandala"}
    guarded = [m for m in methods if m["authorization"] != "NONE"]
    assert len(guarded) >= 25
    assert {m["authorization"] for m in guarded} == {"COGNITO_USER_POOLS"}
    assert {m["authorizerId"] for m in guarded} == {authorizer.id}


@pytest.mark.requirement(73)
def test_the_pool_is_protected_and_refuses_compromised_passwords_and_risky_sign_ins(prod: Graph) -> None:
    pool = having(prod, POOL, name="goal-mandala-production-users")
    assert pool.inputs["deletionProtection"] == "ACTIVE"
    assert pool.options["protect"] is True
    assert pool.inputs["userPoolAddOns"] == {"advancedSecurityMode": "ENFORCED"}
    assert pool.inputs["userPoolTier"] == "PLUS"
    risk = only(prod, "aws:cognito/riskConfiguration:RiskConfiguration")
    assert risk["compromisedCredentialsRiskConfiguration"]["actions"] == {"eventAction": "BLOCK"}
    actions = risk["accountTakeoverRiskConfiguration"]["actions"]
    assert {level: action["eventAction"] for level, action in actions.items()} == {
        "lowAction": "NO_ACTION",
        "mediumAction": "MFA_IF_CONFIGURED",
        "highAction": "BLOCK",
    }


@pytest.mark.requirement(73)
def test_mail_of_the_pool_goes_through_ses(prod: Graph) -> None:
    mail = having(prod, POOL).inputs["emailConfiguration"]
    assert mail["emailSendingAccount"] == "DEVELOPER"
    assert mail["sourceArn"] == "arn:aws:ses:ap-northeast-1:123456789012:identity/goal-mandala.example"


@pytest.mark.requirement(73, 247)
def test_a_second_factor_by_an_authenticator_is_offered(prod: Graph) -> None:
    pool = having(prod, POOL).inputs
    assert (pool["mfaConfiguration"], pool["softwareTokenMfaConfiguration"]) == ("OPTIONAL", {"enabled": True})


@pytest.mark.requirement(247)
def test_people_sign_themselves_up_with_a_verified_address_and_a_password_of_every_kind(prod: Graph) -> None:
    pool = having(prod, POOL).inputs
    policy = pool["passwordPolicy"]
    assert policy["minimumLength"] == 8
    kinds = ("requireLowercase", "requireUppercase", "requireNumbers", "requireSymbols")
    assert {kind: policy[kind] for kind in kinds} == dict.fromkeys(kinds, True)
    assert pool["adminCreateUserConfig"] == {"allowAdminCreateUserOnly": False}
    assert pool["usernameAttributes"] == ["email"]
    assert pool["autoVerifiedAttributes"] == ["email"]


@pytest.mark.requirement(247)
def test_the_site_gets_tokens_by_code_alone_for_60_minutes_and_refreshes_them_for_30_days(prod: Graph) -> None:
    client = only(prod, CLIENT)
    assert client["allowedOauthFlows"] == ["code"]
    assert set(client["allowedOauthScopes"]) == {"openid", "email", "profile"}
    assert set(client["explicitAuthFlows"]) == {"ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
    lifetimes = ("accessTokenValidity", "idTokenValidity", "refreshTokenValidity")
    assert [client[name] for name in lifetimes] == [60, 60, 30]
    assert client["tokenValidityUnits"] == {"accessToken": "minutes", "idToken": "minutes", "refreshToken": "days"}
    assert client["enableTokenRevocation"] is True
    assert client["preventUserExistenceErrors"] == "ENABLED"
    assert client["generateSecret"] is False
    assert client["callbackUrls"] == [f"{prod.exports['site_url']}/"]


@pytest.mark.requirement(77)
def test_the_api_s_url_and_id_are_outputs(prod: Graph) -> None:
    api = having(prod, "aws:apigateway/restApi:RestApi")
    assert prod.exports["api_id"] == api.id
    assert prod.exports["api_url"] == f"https://{api.id}.execute-api.ap-northeast-1.amazonaws.com/v1"


@pytest.mark.requirement(102)
@pytest.mark.parametrize("stack", ["prod", "staging", "dev"])
def test_goal_mandala_has_no_domain_of_its_own(stack: str, stacks: Stacks) -> None:
    graph = stacks(stack)
    assert [r for r in graph.resources if r.type.startswith(("aws:route53/", "aws:acm/"))] == []
    assert graph.of_type("aws:apigateway/domainName:DomainName") == []
    assert "aliases" not in only(graph, "aws:cloudfront/distribution:Distribution")


@pytest.mark.requirement(240, 243)
def test_sign_ins_are_recorded_in_an_encrypted_log(prod: Graph) -> None:
    logs = log_group(prod, "/aws/vendedlogs/cognito/goal-mandala-production-users")
    assert logs["retentionInDays"] == 30
    assert key(prod, logs["kmsKeyId"])["enableKeyRotation"] is True
    delivered = only(prod, "aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration")["logConfigurations"]
    assert {c["eventSource"]: c["logLevel"] for c in delivered} == {
        "userNotification": "ERROR",
        "userAuthEvents": "INFO",
    }
