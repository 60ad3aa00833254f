"""Which model may be asked, and with what."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from components.parts.grant import Grant
from components.parts.model_access import asks_model, limits_model_calls
from components.parts.statement import allow, document
from plan.graph import Graph
from settings.workflow import BedrockModel, KeyedModel
from tests.conftest import Stacks
from tests.harness import STACK, build

FUNCTION = "aws:lambda/function:Function"
ASKING = {"generation-generate-tasks-function", "api-propose-function", "activities-process-updates-function"}


def reads(entry: str, variable: str) -> Grant:
    return Grant(environment={variable: f"arn-of-{entry}"}, statements=(allow("ssm:GetParameter", on=[entry]),))


@pytest.mark.parametrize("provider", ["openai", "gemini"])
def test_a_model_of_another_company_needs_its_key_and_nothing_of_bedrock(provider: Any) -> None:
    grant = asks_model(KeyedModel(provider=provider, id="m-1", key="the-key"), STACK, reads=reads)
    assert grant.environment == {
        "MODEL_PROVIDER": provider,
        "MODEL_ID": "m-1",
        "MODEL_KEY_ARN": "arn-of-the-key",
    }
    assert [s.actions for s in grant.statements] == [("ssm:GetParameter",)]


def test_a_model_of_bedrock_needs_no_key() -> None:
    grant = asks_model(BedrockModel(provider="bedrock", id="amazon.nova-lite-v1:0"), STACK, reads=reads)
    assert grant.environment == {"MODEL_PROVIDER": "bedrock", "MODEL_ID": "amazon.nova-lite-v1:0"}
    [statement] = grant.statements
    assert statement.resources == ("arn:aws:bedrock:ap-northeast-1::foundation-model/amazon.nova-lite-v1:0",)


@pytest.mark.parametrize("geography", ["apac", "eu", "jp", "us", "global"])
def test_a_profile_of_a_geography_reaches_its_model_in_every_region(geography: str) -> None:
    model = f"{geography}.anthropic.claude-x-v1:0"

    def construct() -> None:
        grant = asks_model(BedrockModel(provider="bedrock", id=model), STACK, reads=reads)
        pulumi.export("policy", document(grant.statements))

    [statement] = json.loads(build(construct).exports["policy"])["Statement"]
    assert statement["Resource"] == [
        f"arn:aws:bedrock:ap-northeast-1:123456789012:inference-profile/{model}",
        "arn:aws:bedrock:*::foundation-model/anthropic.claude-x-v1:0",
    ]


def test_whoever_asks_is_told_where_the_key_is_and_may_read_it(stacks: Stacks, prod: Graph) -> None:
    contrary = stacks("contrary")
    told = {
        function.name: function.inputs["environment"]["variables"]["MODEL_KEY_ARN"]
        for function in contrary.of_type(FUNCTION)
        if "MODEL_KEY_ARN" in function.inputs["environment"]["variables"]
    }
    parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/goal-mandala-contrary/openai"
    assert told == dict.fromkeys(ASKING - {"activities-process-updates-function"}, parameter)
    assert "MODEL_KEY_ARN" not in str([function.inputs["environment"] for function in prod.of_type(FUNCTION)])
    asking = {f.name for f in prod.of_type(FUNCTION) if "MODEL_ID" in f.inputs["environment"]["variables"]}
    assert asking == ASKING


def test_the_function_that_counts_knows_a_person_s_daily_calls(stacks: Stacks, prod: Graph) -> None:
    for graph, calls in ((prod, "500"), (stacks("contrary"), "20")):
        limits = {
            function.name: function.inputs["environment"]["variables"].get("DAILY_MODEL_CALLS")
            for function in graph.of_type(FUNCTION)
        }
        assert {name: limit for name, limit in limits.items() if limit} == {"api-ai-function": calls}
    assert limits_model_calls(7).environment == {"DAILY_MODEL_CALLS": "7"}
