"""What API Gateway itself answers, for each reason it has to refuse a request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import jsonschema
import pytest

from components.parts import refusals
from plan.graph import Graph
from tests.harness import only

RESPONSE = "aws:apigateway/response:Response"
DEFAULTS = {"DEFAULT_4XX", "DEFAULT_5XX"}
# As API Gateway's guide lists them ("Gateway response types").
DOCUMENTED = {
    "ACCESS_DENIED": "403",
    "API_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500",
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "EXPIRED_TOKEN": "403",
    "INTEGRATION_FAILURE": "504",
    "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "THROTTLED": "429",
    "UNAUTHORIZED": "401",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "WAF_FILTERED": "403",
}
# A function that failed is a bad gateway, and a path that is not there is not found.
OTHERWISE = {"INTEGRATION_FAILURE": "502", "MISSING_AUTHENTICATION_TOKEN": "404"}
# What API Gateway has no message for, so that its variable becomes null.
WITHOUT_MESSAGE = {"AUTHORIZER_FAILURE"}
# Answers that stood before the others have kept their names: to lose one is to leave those callers without an answer.
NAMES = {
    "api-rest-access-denied": "ACCESS_DENIED",
    "api-rest-default-4xx": "DEFAULT_4XX",
    "api-rest-default-5xx": "DEFAULT_5XX",
    "api-rest-invalid-body": "BAD_REQUEST_BODY",
    "api-rest-invalid-parameters": "BAD_REQUEST_PARAMETERS",
    "api-rest-not-found": "MISSING_AUTHENTICATION_TOKEN",
    "api-rest-throttled": "THROTTLED",
    "api-rest-unauthorized": "UNAUTHORIZED",
}


def answers(graph: Graph) -> dict[str, dict[str, Any]]:
    """The declared answers by type."""
    return {response.inputs["responseType"]: response.inputs for response in graph.of_type(RESPONSE)}


def document(answer: dict[str, Any], message: str | None = 'a "message"') -> dict[str, Any]:
    """The answer's body, its variables filled in as API Gateway does."""
    text = answer["responseTemplates"]["application/json"]
    text = text.replace("$context.error.messageString", json.dumps(message)).replace("$context.requestId", "r-1")
    assert "$" not in text
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """What the API's description says a problem is."""
    described = json.loads(Path("lambdas/openapi.json").read_text(encoding="utf-8"))
    return {"$ref": "#/components/schemas/Problem", "components": described["components"]}


def test_api_gateway_knows_no_type_that_is_not_declared(prod: Graph) -> None:
    service = boto3.client("apigateway", region_name="eu-central-1").meta.service_model
    assert set(service.shape_for("GatewayResponseType").enum) == set(answers(prod)) == DEFAULTS | set(DOCUMENTED)
    assert len(prod.of_type(RESPONSE)) == len(answers(prod))


def test_a_refusal_keeps_its_name(prod: Graph) -> None:
    assert {r.name: r.inputs["responseType"] for r in prod.of_type(RESPONSE)}.items() >= NAMES.items()


@pytest.mark.requirement(71, 206)
@pytest.mark.parametrize("kind", sorted(DOCUMENTED))
def test_every_documented_refusal_is_a_complete_problem_of_its_status(
    kind: str, prod: Graph, schema: dict[str, Any]
) -> None:
    answer, status = answers(prod)[kind], OTHERWISE.get(kind, DOCUMENTED[kind])
    problem = document(answer, None if kind in WITHOUT_MESSAGE else 'a "message"')
    jsonschema.validate(problem, schema)
    assert answer["statusCode"] == status
    assert problem["status"] == int(status)
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["detail"] == 'a "message"' or kind in WITHOUT_MESSAGE
    assert problem["errors"] == []
    assert problem["requestId"] == "r-1"


@pytest.mark.parametrize("kind", sorted(DEFAULTS))
def test_the_last_resort_keeps_each_refusals_own_status(kind: str, prod: Graph, schema: dict[str, Any]) -> None:
    answer = answers(prod)[kind]
    assert "statusCode" not in answer
    problem = document(answer)
    jsonschema.validate(problem, schema)
    assert "status" not in problem
    assert problem["title"]


@pytest.mark.requirement(71, 206)
def test_a_page_of_the_site_can_read_every_refusal_and_nobody_keeps_it(prod: Graph) -> None:
    for kind, answer in answers(prod).items():
        headers = {key.removeprefix("gatewayresponse.header."): v for key, v in answer["responseParameters"].items()}
        expected = {
            "Access-Control-Allow-Origin": f"'{prod.exports['site_url']}'",
            "Access-Control-Allow-Credentials": "'true'",
            "Access-Control-Expose-Headers": "'ETag,Location,Retry-After,X-Correlation-Id'",
            "Cache-Control": "'no-store'",
            "Content-Type": "'application/problem+json'",
            "X-Content-Type-Options": "'nosniff'",
        }
        assert headers == (expected | {"Retry-After": "'1'"} if kind == "THROTTLED" else expected), kind
        assert answer["restApiId"] == prod.exports["api_id"]


def test_another_answer_is_another_deployment(prod: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    said = only(prod, "aws:apigateway/deployment:Deployment").inputs["triggers"]["refusals"]
    assert said == refusals.digest()
    for changed in (
        refusals.Refusal("THROTTLED", "503", "Too many requests"),
        refusals.Refusal("THROTTLED", "429", "Slow down"),
        refusals.Refusal("THROTTLED", "429", "Too many requests", "Too fast."),
        refusals.Refusal("QUOTA_EXCEEDED", "429", "Too many requests"),
    ):
        monkeypatch.setattr(refusals, "REFUSALS", {**refusals.REFUSALS, "throttled": changed})
        assert refusals.digest() != said
