"""What a browser is told before and with an answer from another origin, by API Gateway itself."""

from __future__ import annotations

import json

import pytest

from components.parts.cors import CrossOrigin
from plan.graph import Graph
from tests.harness import build

ALLOWED = "'Authorization,Content-Type,Idempotency-Key,If-Match,X-Correlation-Id'"


@pytest.mark.requirement(71)
@pytest.mark.parametrize(
    ("place", "methods"),
    [
        ("goals", "'GET,POST,OPTIONS'"),
        ("goals-goalId", "'DELETE,GET,PATCH,OPTIONS'"),
        ("tasks-taskId", "'PATCH,OPTIONS'"),
    ],
)
def test_a_question_before_a_request_is_answered_without_a_function(prod: Graph, place: str, methods: str) -> None:
    name = f"api-rest-{place}-options"
    asked = prod.named("aws:apigateway/method:Method", name).inputs
    integration = prod.named("aws:apigateway/integration:Integration", name).inputs
    answer = prod.named("aws:apigateway/integrationResponse:IntegrationResponse", name).inputs
    declared = prod.named("aws:apigateway/methodResponse:MethodResponse", name).inputs
    assert (asked["httpMethod"], asked["authorization"]) == ("OPTIONS", "NONE")
    assert integration["type"] == "MOCK"
    assert {kind: json.loads(text) for kind, text in integration["requestTemplates"].items()} == {
        "application/json": {"statusCode": 204}
    }
    assert answer["statusCode"] == declared["statusCode"] == "204"
    headers = {key.rpartition(".")[2]: value for key, value in answer["responseParameters"].items()}
    assert headers == {
        "Access-Control-Allow-Origin": f"'{prod.exports['site_url']}'",
        "Access-Control-Allow-Credentials": "'true'",
        "Access-Control-Allow-Headers": ALLOWED,
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Max-Age": "'7200'",
    }
    assert declared["responseParameters"] == dict.fromkeys(answer["responseParameters"], False)


SITES = CrossOrigin(origins=("https://goals.example.com", "https://admin.example.com"), credentials=True)


def test_one_of_several_sites_is_told_itself_and_every_branch_is_closed() -> None:
    said: list[str] = []

    def ask() -> None:
        template = SITES.preflight_template()
        assert template is not None
        template.apply(said.append)

    build(ask)
    assert said[0].splitlines() == [
        '#set($origins = ["https://goals.example.com", "https://admin.example.com"])',
        "#set($origin = $input.params('Origin'))",
        "#if($origin == '')#set($origin = $input.params('origin'))#end",
        "#if($origins.contains($origin))",
        "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)",
        "#end",
    ]
    assert said[0].count("#if(") == said[0].count("#end")


def test_caches_tell_the_answers_of_several_sites_apart() -> None:
    assert SITES.preflight_headers(["GET"])["Vary"] == "'Origin'"
    alone = CrossOrigin(origins=("https://goals.example.com",), credentials=False)
    assert alone.preflight_template() is None
    assert alone.preflight_headers(["GET", "OPTIONS"]) == {
        "Access-Control-Allow-Origin": "'https://goals.example.com'",
        "Access-Control-Allow-Headers": ALLOWED,
        "Access-Control-Allow-Methods": "'GET,OPTIONS'",
        "Access-Control-Max-Age": "'7200'",
    }
    assert "Access-Control-Allow-Credentials" not in alone.refusal_headers()
