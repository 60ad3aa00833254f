"""The error log and the saved queries."""

from __future__ import annotations

import re

import pytest

from components.parts.log_groups import ERROR_PATTERN, QUERIES
from plan.graph import Graph
from tests.conftest import ROOT, Stacks
from tests.harness import function_statements

SUBSCRIPTION = "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter"
QUERY = "aws:cloudwatch/queryDefinition:QueryDefinition"
FUNCTION = "aws:lambda/function:Function"
ERRORS = "goal-mandala-production-errors"


@pytest.mark.requirement(239, 274)
def test_every_function_s_errors_are_extracted_but_the_extractor_s_own(prod: Graph) -> None:
    extractor = prod.named("aws:lambda/alias:Alias", "observability-extract-errors-live")
    groups = {s.inputs["logGroup"] for s in prod.of_type(SUBSCRIPTION)}
    functions = {f.inputs["name"] for f in prod.of_type(FUNCTION)} - {"goal-mandala-production-extract-errors"}
    assert groups == {f"/aws/lambda/{name}" for name in functions}
    for subscription in prod.of_type(SUBSCRIPTION):
        assert subscription.inputs["destinationArn"] == extractor.outputs["arn"]
        assert subscription.inputs["filterPattern"] == ERROR_PATTERN


@pytest.mark.requirement(185, 274)
def test_the_error_log_is_a_group_of_its_own_encrypted_and_kept(prod: Graph) -> None:
    group = prod.named("aws:cloudwatch/logGroup:LogGroup", "observability-errors").inputs
    assert (group["name"], group["retentionInDays"]) == (ERRORS, 90)
    assert ":key/" in group["kmsKeyId"]
    function = prod.named(FUNCTION, "observability-extract-errors-function").inputs
    assert function["environment"]["variables"]["ERROR_LOG_GROUP"] == ERRORS


@pytest.mark.requirement(203)
def test_the_extractor_writes_its_own_log_and_the_error_log(prod: Graph) -> None:
    found = function_statements(prod, "observability-extract-errors")
    groups = {r for s in found if "logs:PutLogEvents" in s["Action"] for r in s["Resource"]}
    base = "arn:aws:logs:ap-northeast-1:123456789012:log-group:"
    assert groups == {f"{base}{ERRORS}:*", f"{base}/aws/lambda/goal-mandala-production-extract-errors:*"}


def test_only_log_groups_of_this_stack_s_functions_call_the_extractor(prod: Graph) -> None:
    permission = prod.named("aws:lambda/permission:Permission", "observability-extract-errors-logs").inputs
    assert permission["principal"] == "logs.amazonaws.com"
    assert permission["sourceArn"] == (
        "arn:aws:logs:ap-northeast-1:123456789012:log-group:/aws/lambda/goal-mandala-production-*"
    )


@pytest.mark.requirement(86)
def test_lines_that_could_not_be_copied_wait_for_somebody(prod: Graph) -> None:
    config = prod.named(
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", "observability-extract-errors-live"
    ).inputs
    queue = prod.named("aws:sqs/queue:Queue", "observability-errors-dead-letters")
    assert config["destinationConfig"]["onFailure"]["destination"] == queue.outputs["arn"]
    sends = [s for s in function_statements(prod, "observability-extract-errors") if "sqs:SendMessage" in s["Action"]]
    assert [s["Resource"] for s in sends] == [[queue.outputs["arn"]]]


@pytest.mark.requirement(192)
def test_an_incident_s_questions_are_saved_as_queries_over_all_functions(prod: Graph) -> None:
    found = {query.inputs["name"]: query.inputs for query in prod.of_type(QUERY)}
    assert set(found) == {
        f"goal-mandala-production/{role}"
        for role in (
            "errors", "one-request", "slow-requests", "requests-by-status", "refused-requests", "cold-starts", "memory",
        )
    }  # fmt: skip
    for query in found.values():
        assert len(query["logGroupNames"]) >= 15
        assert "/aws/lambda/goal-mandala-production-goals" in query["logGroupNames"]


@pytest.mark.requirement(76, 192)
@pytest.mark.parametrize("role", ["slow-requests", "requests-by-status", "refused-requests"])
def test_queries_about_requests_ask_for_fields_that_are_logged(role: str) -> None:
    source = (ROOT / "lambdas" / "shared" / "http.py").read_text(encoding="utf-8")
    logged = set(re.findall(r"^        (\w+)=", source[source.index("def _log(") :], re.MULTILINE))
    asked = set(re.findall(r"\b(method|path|ip|status|ms|user)\b", QUERIES[role]))
    assert asked
    assert asked <= logged


def test_a_stack_may_do_without(stacks: Stacks) -> None:
    contrary = stacks("contrary")
    assert contrary.of_type(SUBSCRIPTION) + contrary.of_type(QUERY) == []
    assert "goal-mandala-contrary-extract-errors" not in {f.inputs["name"] for f in contrary.of_type(FUNCTION)}
