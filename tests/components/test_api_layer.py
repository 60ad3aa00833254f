"""The API: who may call it, how fast, and what of it is written down."""

from __future__ import annotations

import json
import re

import pytest

from plan.graph import Graph
from tests.conftest import Stacks
from tests.harness import only

METHOD = "aws:apigateway/method:Method"
INTEGRATION = "aws:apigateway/integration:Integration"
RESOURCE = "aws:apigateway/resource:Resource"
SITE = "aws:cloudfront/distribution:Distribution"


def paths(graph: Graph) -> dict[str, str]:
    """Full paths of the API's resources by id."""
    resources = {r.id: r for r in graph.of_type(RESOURCE)}

    def path(id_: str) -> str:
        return (
            f"{path(resources[id_].inputs['parentId'])}/{resources[id_].inputs['pathPart']}" if id_ in resources else ""
        )

    return {id_: path(id_) for id_ in resources}


def operations(graph: Graph) -> dict[tuple[str, str], dict[str, object]]:
    """Inputs of the methods by verb and path, preflights left out."""
    where = paths(graph)
    return {
        (m.inputs["httpMethod"], where[m.inputs["resourceId"]]): m.inputs
        for m in graph.of_type(METHOD)
        if m.inputs["httpMethod"] != "OPTIONS"
    }


@pytest.mark.requirement(61)
def test_the_api_is_regional_and_its_stage_is_v1(prod: Graph) -> None:
    api = only(prod, "aws:apigateway/restApi:RestApi")
    assert api.inputs["name"] == "goal-mandala-production-api"
    assert api.inputs["endpointConfiguration"] == {"types": "REGIONAL"}
    assert only(prod, "aws:apigateway/stage:Stage").inputs["stageName"] == "v1"


@pytest.mark.requirement(62, 63)
def test_accesses_are_logged_and_bodies_are_not(prod: Graph) -> None:
    settings = only(prod, "aws:apigateway/methodSettings:MethodSettings").inputs
    assert settings["methodPath"] == "*/*"
    assert settings["settings"]["loggingLevel"] == "INFO"
    assert settings["settings"]["metricsEnabled"] is True
    assert settings["settings"]["dataTraceEnabled"] is False
    log = only(prod, "aws:apigateway/stage:Stage").inputs["accessLogSettings"]
    group = prod.named("aws:cloudwatch/logGroup:LogGroup", "api-access-logs")
    assert log["destinationArn"] == group.outputs["arn"]
    assert group.inputs["retentionInDays"] == 30


@pytest.mark.requirement(76, 239)
def test_the_access_log_says_who_called_what_and_how_it_went(prod: Graph) -> None:
    line = json.loads(only(prod, "aws:apigateway/stage:Stage").inputs["accessLogSettings"]["format"])
    assert line["method"] == "$context.httpMethod"
    assert line["path"] == "$context.resourcePath"
    assert "$context.path" not in line.values(), "the path of a shared chart holds its token"
    assert line["ip"] == "$context.identity.sourceIp"
    assert line["status"] == "$context.status"
    assert line["requestId"] == "$context.requestId"


@pytest.mark.requirement(64, 193)
def test_the_stage_is_traced(prod: Graph) -> None:
    assert only(prod, "aws:apigateway/stage:Stage").inputs["xrayTracingEnabled"] is True


@pytest.mark.parametrize(
    ("stack", "rate", "burst"),
    [
        pytest.param("prod", 1000, 2000, marks=pytest.mark.requirement(65)),
        pytest.param("contrary", 500, 1000, marks=pytest.mark.requirement(66)),
    ],
)
def test_the_throttle_is_the_required_one(stacks: Stacks, stack: str, rate: int, burst: int) -> None:
    settings = stacks(stack).named("aws:apigateway/methodSettings:MethodSettings", "api-methods").inputs["settings"]
    assert settings["throttlingRateLimit"] == rate
    assert settings["throttlingBurstLimit"] == burst


@pytest.mark.requirement(69)
def test_goals_and_tasks_are_offered_by_lambda_proxies(prod: Graph) -> None:
    offered = operations(prod)
    for operation in [("GET", "/goals"), ("POST", "/goals"), ("GET", "/tasks"), ("GET", "/goals/{goalId}/mandala")]:
        assert operation in offered
    proxies = [i for i in prod.of_type(INTEGRATION) if i.inputs["httpMethod"] != "OPTIONS"]
    assert len(proxies) == len(offered)
    for proxy in proxies:
        assert proxy.inputs["type"] == "AWS_PROXY"
        assert proxy.inputs["integrationHttpMethod"] == "POST"
        assert proxy.inputs["timeoutMilliseconds"] == 29000
        assert re.search(r":function:goal-mandala-production-[a-z]+:live/invocations$", proxy.inputs["uri"])


@pytest.mark.parametrize(
    ("path", "function"), [("/goals", "goals"), ("/tasks", "tasks"), ("/ai/tasks", "ai"), ("/health", "health")]
)
def test_a_path_is_answered_by_its_function_which_may_be_called_for_it(prod: Graph, path: str, function: str) -> None:
    where = {path: id_ for id_, path in paths(prod).items()}
    uris = {
        i.inputs["uri"]
        for i in prod.of_type(INTEGRATION)
        if i.inputs["resourceId"] == where[path] and i.inputs["type"] == "AWS_PROXY"
    }
    assert len(uris) == 1
    assert f":function:goal-mandala-production-{function}:live/" in uris.pop()
    permission = prod.named("aws:lambda/permission:Permission", f"api-{function}-from-api-rest").inputs
    assert permission["principal"] == "apigateway.amazonaws.com"
    assert permission["qualifier"] == "live"
    assert permission["function"] == f"goal-mandala-production-{function}"
    api = only(prod, "aws:apigateway/restApi:RestApi")
    assert permission["sourceArn"] == f"{api.outputs['executionArn']}/*/*/{path.split('/')[1]}*"


@pytest.mark.requirement(72)
def test_every_operation_but_health_and_shared_charts_needs_a_signed_in_user(graph: Graph) -> None:
    authorizer = only(graph, "aws:apigateway/authorizer:Authorizer")
    assert authorizer.inputs["type"] == "COGNITO_USER_POOLS"
    assert authorizer.inputs["providerArns"] == [only(graph, "aws:cognito/userPool:UserPool").outputs["arn"]]
    assert authorizer.inputs["identitySource"] == "method.request.header.Authorization"
    open_to_all = []
    for operation, inputs in operations(graph).items():
        if inputs["authorization"] == "NONE":
            open_to_all.append(operation)
        else:
            assert inputs["authorization"] == "COGNITO_USER_POOLS"
            assert inputs["authorizerId"] == authorizer.id
            assert "openid" in inputs["authorizationScopes"]  # type: ignore[operator]
    # A shared chart is read with the token in its address, by people who have no account.
    assert sorted(open_to_all) == [("GET", "/auth/shared/{token}"), ("GET", "/health")]


def test_bodies_are_checked_before_a_function_is_called(graph: Graph) -> None:
    validator = only(graph, "aws:apigateway/requestValidator:RequestValidator")
    assert validator.inputs["validateRequestBody"] is True
    assert validator.inputs["validateRequestParameters"] is True
    models = {
        model.inputs["name"]: json.loads(model.inputs["schema"])
        for model in graph.of_type("aws:apigateway/model:Model")
    }
    for (verb, path), inputs in operations(graph).items():
        assert inputs["requestValidatorId"] == validator.id
        if "requestModels" in inputs:
            assert inputs["requestModels"]["application/json"] in models  # type: ignore[index]
        else:
            assert verb in {"GET", "DELETE"} or path.endswith(("/retry", "/cancel")), (verb, path)
    assert models["CreateGoal"]["$schema"] == "http://json-schema.org/draft-04/schema#"
    assert models["CreateGoal"]["required"] == ["title"]


@pytest.mark.requirement(71)
@pytest.mark.parametrize("stack", ["prod", "dev", "local"])
def test_browsers_may_call_from_the_site_alone(stacks: Stacks, stack: str) -> None:
    graph = stacks(stack)
    site = f"'https://{only(graph, SITE).outputs['domainName']}'"
    answers = graph.of_type("aws:apigateway/integrationResponse:IntegrationResponse")
    where = paths(graph)
    verbs: dict[str, set[str]] = {}
    for verb, path in operations(graph):
        verbs.setdefault(path, {"OPTIONS"}).add(verb)
    assert {where[answer.inputs["resourceId"]] for answer in answers} == set(verbs)
    prefix = "method.response.header.Access-Control-"
    for answer in answers:
        headers = answer.inputs["responseParameters"]
        assert headers[f"{prefix}Allow-Origin"] == site
        assert headers[f"{prefix}Allow-Credentials"] == "'true'"
        assert set(headers[f"{prefix}Allow-Headers"].strip("'").split(",")) >= {"Content-Type", "Authorization"}
        allowed = set(headers[f"{prefix}Allow-Methods"].strip("'").split(","))
        assert allowed == verbs[where[answer.inputs["resourceId"]]]
    for response in graph.of_type("aws:apigateway/response:Response"):
        assert response.inputs["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"] == site


def test_a_deployment_waits_for_all_that_it_deploys(prod: Graph) -> None:
    deployment = only(prod, "aws:apigateway/deployment:Deployment")
    needed = {r.urn for kind in (METHOD, INTEGRATION) for r in prod.of_type(kind)}
    needed |= {r.urn for r in prod.of_type("aws:apigateway/response:Response")}
    needed |= {r.urn for r in prod.of_type("aws:apigateway/integrationResponse:IntegrationResponse")}
    assert needed <= set(deployment.registration.dependencies)


@pytest.mark.requirement(77)
def test_address_and_id_are_exported(prod: Graph) -> None:
    api = only(prod, "aws:apigateway/restApi:RestApi")
    assert prod.exports["api_id"] == api.id
    assert prod.exports["api_url"] == f"https://{api.id}.execute-api.ap-northeast-1.amazonaws.com/v1"


def test_the_account_s_log_role_is_made_only_where_it_is_wanted(stacks: Stacks) -> None:
    assert len(stacks("prod").of_type("aws:apigateway/account:Account")) == 1
    assert stacks("contrary").of_type("aws:apigateway/account:Account") == []


@pytest.mark.requirement(73, 247)
def test_passwords_mail_and_second_factor_are_as_required(prod: Graph) -> None:
    pool = only(prod, "aws:cognito/userPool:UserPool")
    policy = pool.inputs["passwordPolicy"]
    assert policy["minimumLength"] == 8
    assert policy["requireUppercase"] is True
    assert policy["requireLowercase"] is True
    assert policy["requireNumbers"] is True
    assert policy["requireSymbols"] is True
    assert pool.inputs["adminCreateUserConfig"]["allowAdminCreateUserOnly"] is False
    assert pool.inputs["autoVerifiedAttributes"] == ["email"]
    assert pool.inputs["mfaConfiguration"] == "OPTIONAL"
    assert pool.inputs["softwareTokenMfaConfiguration"] == {"enabled": True}
    assert pool.inputs["userPoolAddOns"]["advancedSecurityMode"] == "ENFORCED"
    assert pool.inputs["userPoolTier"] == "PLUS"  # without it there is no advanced security
    assert pool.inputs["deletionProtection"] == "ACTIVE"
    assert pool.options["protect"] is True


@pytest.mark.requirement(247)
def test_the_site_signs_in_with_the_code_grant_and_short_tokens(prod: Graph) -> None:
    client = only(prod, "aws:cognito/userPoolClient:UserPoolClient").inputs
    assert client["allowedOauthFlows"] == ["code"]
    assert client["allowedOauthFlowsUserPoolClient"] is True
    assert set(client["allowedOauthScopes"]) == {"openid", "email", "profile"}
    assert set(client["explicitAuthFlows"]) == {"ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
    assert client["preventUserExistenceErrors"] == "ENABLED"
    assert client["enableTokenRevocation"] is True
    assert client["generateSecret"] is False
    units = client["tokenValidityUnits"]
    assert (client["accessTokenValidity"], units["accessToken"]) == (60, "minutes")
    assert (client["idTokenValidity"], units["idToken"]) == (60, "minutes")
    assert (client["refreshTokenValidity"], units["refreshToken"]) == (30, "days")


def test_users_are_sent_back_to_the_site_alone(graph: Graph) -> None:
    client = only(graph, "aws:cognito/userPoolClient:UserPoolClient").inputs
    aliases = only(graph, SITE).inputs.get("aliases") or [only(graph, SITE).outputs["domainName"]]
    home = f"https://{aliases[0]}/"
    assert client["callbackUrls"] == [home]
    assert client["logoutUrls"] == [home]


@pytest.mark.parametrize(
    ("stack", "mode", "software"), [("prod", "OPTIONAL", {"enabled": True}), ("contrary", "ON", {"enabled": True})]
)
def test_the_second_factor_is_a_setting(stacks: Stacks, stack: str, mode: str, software: object) -> None:
    pool = only(stacks(stack), "aws:cognito/userPool:UserPool").inputs
    assert pool["mfaConfiguration"] == mode
    assert pool["softwareTokenMfaConfiguration"] == software
