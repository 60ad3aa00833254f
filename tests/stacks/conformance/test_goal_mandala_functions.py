"""Goal Mandala's production: the functions, what they may do, and their alarms."""

from __future__ import annotations

import re
from typing import Any

import pytest

from plan.graph import Graph
from tests.stacks.conformance.queries import (
    ABOVE,
    AT_LEAST,
    alarm,
    alarms_on,
    condition,
    function,
    having,
    key,
    log_group,
    may,
    measured,
    metrics,
)

FUNCTION = "aws:lambda/function:Function"
PREFIX = "goal-mandala-production"
API = ("auth", "goals", "tasks", "reflections", "health", "sources")
WORKFLOW = (
    "validate-input",
    "get-actions",
    "create-batches",
    "generate-tasks",
    "save-tasks",
    "update-progress",
    "aggregate-results",
    "update-goal-status",
    "handle-error",
)
# What AWS lets nobody narrow: traces, and the network interfaces of a function in a VPC.
WITHOUT_RESOURCE = {
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
}


def names(graph: Graph) -> list[str]:
    """All functions, without the prefix."""
    found = sorted(f.inputs["name"].removeprefix(f"{PREFIX}-") for f in graph.of_type(FUNCTION))
    assert len(found) >= 20, "what holds for all functions would hold for none"
    return found


@pytest.mark.requirement(46)
def test_every_function_runs_a_python_that_is_supported_on_arm(prod: Graph) -> None:
    assert {f.inputs["runtime"] for f in prod.of_type(FUNCTION)} == {"python3.13"}
    assert {tuple(f.inputs["architectures"]) for f in prod.of_type(FUNCTION)} == {("arm64",)}


@pytest.mark.requirement(47, 49)
@pytest.mark.parametrize("name", API)
def test_functions_of_the_api_have_512_mb_and_30_seconds(prod: Graph, name: str) -> None:
    made = function(prod, f"{PREFIX}-{name}")
    assert (made["memorySize"], made["timeout"]) == (512, 30)


@pytest.mark.requirement(47, 50)
@pytest.mark.parametrize("name", ["ai", "propose", *WORKFLOW])
def test_functions_of_the_workflow_and_of_the_model_have_512_mb_and_900_seconds(prod: Graph, name: str) -> None:
    made = function(prod, f"{PREFIX}-{name}")
    assert (made["memorySize"], made["timeout"]) == (512, 900)


@pytest.mark.requirement(54, 193)
def test_every_function_is_traced(prod: Graph) -> None:
    assert {f.inputs["tracingConfig"]["mode"] for f in prod.of_type(FUNCTION)} == {"Active"}
    assert len(prod.of_type(FUNCTION)) >= 20


@pytest.mark.requirement(55, 184, 240)
def test_every_function_writes_json_to_an_encrypted_log_that_keeps_30_days(prod: Graph) -> None:
    for name in names(prod):
        logs = log_group(prod, f"/aws/lambda/{PREFIX}-{name}")
        logging = function(prod, f"{PREFIX}-{name}")["loggingConfig"]
        assert (logging["logGroup"], logging["logFormat"]) == (logs["name"], "JSON")
        assert logs["retentionInDays"] == 30
        assert key(prod, logs["kmsKeyId"])["description"] == "goal-mandala-production: encrypts log groups"


@pytest.mark.requirement(56, 57)
@pytest.mark.parametrize(
    ("name", "handler"),
    [
        ("auth", "lambdas.auth.handler.handler"),
        ("goals", "lambdas.goals.handler.handler"),
        ("tasks", "lambdas.tasks.handler.handler"),
        ("reflections", "lambdas.reflections.handler.handler"),
        ("ai", "lambdas.ai.handler.handler"),
    ],
)
def test_the_five_functions_of_the_api_are_named_by_the_rule(prod: Graph, name: str, handler: str) -> None:
    made = function(prod, f"goal-mandala-production-{name}")
    assert made["handler"] == handler
    assert made["publish"] is True


@pytest.mark.requirement(41)
@pytest.mark.parametrize("name", ["auth", "goals", "tasks", "reflections", "ai"])
def test_functions_know_their_stage_and_how_much_to_log(prod: Graph, name: str) -> None:
    variables = function(prod, f"{PREFIX}-{name}")["environment"]["variables"]
    assert (variables["STAGE"], variables["LOG_LEVEL"]) == ("prod", "INFO")
    assert variables["DATABASE_SECRET_ARN"] == prod.exports["database_secret_arn"]


def reads(graph: Graph, name: str) -> set[str]:
    """The secrets that a function may read, by name without the prefix."""
    arns = {
        resource
        for statement in may(graph, f"{PREFIX}-{name}")
        if "secretsmanager:GetSecretValue" in statement["Action"]
        for resource in statement["Resource"]
    }
    return {re.sub(r"-[0-9a-f]{6}$", "", arn.rpartition(":")[2]).removeprefix(f"{PREFIX}-") for arn in arns}


@pytest.mark.requirement(58, 203)
@pytest.mark.parametrize(
    ("name", "secrets"),
    [
        ("auth", {"database-application", "jwt"}),
        ("goals", {"database-application"}),
        ("tasks", {"database-application"}),
        ("reflections", {"database-application"}),
        ("ai", {"database-application"}),
        ("generate-tasks", {"database-application"}),
        ("create-batches", set()),
        ("aggregate-results", set()),
        ("notify-slack", {"slack-webhook"}),
        ("rotate-secret", {"database-administrator", "database-application"}),
    ],
)
def test_a_function_reads_the_secrets_that_it_uses_and_no_other(prod: Graph, name: str, secrets: set[str]) -> None:
    assert reads(prod, name) == secrets


@pytest.mark.requirement(58, 203)
def test_who_reads_secrets_may_decrypt_with_their_key_and_for_that_service_alone(prod: Graph) -> None:
    secrets_key = having(prod, "aws:secretsmanager/secret:Secret", name=f"{PREFIX}-jwt").inputs["kmsKeyId"]
    through = {"StringEquals": {"kms:ViaService": "secretsmanager.ap-northeast-1.amazonaws.com"}}
    readers = [name for name in names(prod) if reads(prod, name)]
    assert len(readers) >= 10
    for name in readers:
        decrypts = [
            s for s in may(prod, f"{PREFIX}-{name}") if "kms:Decrypt" in s["Action"] and s.get("Condition") == through
        ]
        assert [s["Resource"] for s in decrypts] == [[secrets_key]], name


@pytest.mark.requirement(58, 203)
def test_a_function_writes_its_own_log_and_no_policy_has_a_wildcard_that_aws_does_not_ask_for(prod: Graph) -> None:
    for name in names(prod):
        statements = may(prod, f"{PREFIX}-{name}")
        own = [f"arn:aws:logs:ap-northeast-1:123456789012:log-group:/aws/lambda/{PREFIX}-{name}:*"]
        assert own in [s["Resource"] for s in statements if "logs:PutLogEvents" in s["Action"]], name
        for statement in statements:
            assert not [action for action in statement["Action"] if "*" in action], f"{name}: {statement}"
            if "*" in statement["Resource"]:
                assert set(statement["Action"]) <= WITHOUT_RESOURCE, f"{name}: {statement}"


@pytest.mark.requirement(203)
def test_a_role_belongs_to_one_function_and_lambda_alone_takes_it(prod: Graph) -> None:
    roles = [f.inputs["role"] for f in prod.of_type(FUNCTION)]
    assert len(set(roles)) == len(roles)
    trusts = {
        having(prod, "aws:iam/role:Role", name=arn.rpartition("/")[2]).inputs["assumeRolePolicy"] for arn in roles
    }
    assert len(trusts) == 1
    assert '"Service": "lambda.amazonaws.com"' in trusts.pop()


def of_function(inputs: dict[str, Any]) -> set[str]:
    return {metric["dimensions"]["FunctionName"] for metric in metrics(inputs)}


@pytest.mark.requirement(59, 157)
def test_every_function_alarms_when_more_than_5_percent_fail_for_ten_minutes(prod: Graph) -> None:
    for name in names(prod):
        inputs = alarm(prod, f"{PREFIX}-{name}-error-rate")
        assert condition(inputs) == (ABOVE, 5, 300, 2)
        assert measured(inputs) == {("AWS/Lambda", "Errors"), ("AWS/Lambda", "Invocations")}
        assert {metric["stat"] for metric in metrics(inputs)} == {"Sum"}
        assert of_function(inputs) == {f"{PREFIX}-{name}"}
        [shown] = [query for query in inputs["metricQueries"] if query["returnData"]]
        assert shown["expression"] == "IF(invocations > 0, 100 * errors / invocations, 0)"


@pytest.mark.requirement(59)
def test_every_function_alarms_when_it_takes_long_for_what_it_does(prod: Graph) -> None:
    watched = {
        name.removeprefix(f"{PREFIX}-"): condition(inputs)
        for inputs in alarms_on(prod, "Duration")
        for name in of_function(inputs)
    }
    assert sorted(watched) == names(prod)
    asks_the_model = dict.fromkeys(("generate-tasks", "propose"), 110_000)
    works_through_many = dict.fromkeys(("detect-updates", "process-updates", "enforce-retention"), 240_000)
    longer = asks_the_model | works_through_many
    for name, found in watched.items():
        assert found == (AT_LEAST, longer.get(name, 20_000), 300, 1), name
        assert found[1] < 1000 * function(prod, f"{PREFIX}-{name}")["timeout"], name


@pytest.mark.requirement(59, 160)
def test_every_function_alarms_within_a_minute_when_it_is_throttled(prod: Graph) -> None:
    for name in names(prod):
        inputs = alarm(prod, f"{PREFIX}-{name}-throttles")
        assert condition(inputs) == (AT_LEAST, 1, 60, 1)
        assert measured(inputs) == {("AWS/Lambda", "Throttles")}
        assert (inputs["statistic"], inputs["dimensions"]) == ("Sum", {"FunctionName": f"{PREFIX}-{name}"})
