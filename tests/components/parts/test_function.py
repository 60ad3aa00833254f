"""Functions: their size, name, environment and what is shipped for them."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.parts.function import Function, FunctionArgs, Platform
from components.parts.grant import Grant
from components.parts.statement import allow
from plan.graph import Graph
from settings.functions import FunctionSettings
from tests.conftest import ROOT
from tests.harness import ACCOUNT_ID, KEYS, STACK, build, only, statements

FUNCTION = "aws:lambda/function:Function"
ROLE = "aws:iam/role:Role"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
API = {"goals", "tasks", "ai", "health", "auth", "reflections", "sources"}
WORKFLOW = {
    "validate_input", "get_actions", "create_batches", "generate_tasks", "save_tasks", "update_progress",
    "aggregate_results", "update_goal_status", "handle_error",
}  # fmt: skip
MONITORING = {"list_data_sources", "detect_updates", "enqueue_activities", "mark_checked", "summarize_run"}
BACKGROUND = {
    "propose", "record_ending", "rotate_secret", "extract_errors", "notify_slack", "process_updates",
    "enforce_retention",
}  # fmt: skip
EVERY_FUNCTION_HAS = {"STAGE", "LOG_LEVEL", "POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}
SETTINGS: dict[str, Any] = {
    "runtime": "python3.13",
    "architecture": "arm64",
    "log_level": "INFO",
    "log_retention_days": 30,
    "account_concurrency": 1000,
    "insights_layer_arn": None,
    "deployment": {"mode": "all_at_once"},
    "api": {"memory_mb": 512, "timeout_seconds": 30},
    "workflow": {"memory_mb": 1024, "timeout_seconds": 900},
    "utility": {"memory_mb": 256, "timeout_seconds": 20},
    "sizes": {"goals": {"memory_mb": 2048, "timeout_seconds": 25, "reserved_concurrency": 7}},
}


def platform() -> Platform:
    return Platform(
        settings=FunctionSettings.model_validate(SETTINGS),
        stack=STACK,
        layer_arn="arn:aws:lambda:ap-northeast-1:123456789012:layer:example:1",
        logs_key_arn=KEYS.logs,
        subnet_ids=["subnet-1"],
        security_group_id="sg-1",
        alerts_topic_arn="arn:aws:sns:ap-northeast-1:123456789012:alerts",
    )


def function(source: str = "create_batches", kind: Any = "workflow", grant: Grant | None = None) -> Graph:
    args = FunctionArgs(platform=platform(), source=source, kind=kind, grant=grant or Grant())
    return build(lambda: Function("part", args))


def source_of(graph: Graph) -> dict[str, dict[str, Any]]:
    """Inputs of the stack's functions by the folder that holds them."""
    return {f.inputs["handler"].split(".")[1]: f.inputs for f in graph.of_type(FUNCTION)}


def declared_environment(folder: str, *, required: bool = False) -> set[str]:
    """The environment variables that a handler's `Env` declares, read from its source; those without a default only."""
    tree = ast.parse((ROOT / "lambdas" / folder / "handler.py").read_text(encoding="utf-8"))
    [env] = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Env"]
    return {
        node.target.id.upper()
        for node in env.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and not (required and node.value)
    }


def folders() -> set[str]:
    return {path.parent.name for path in (ROOT / "lambdas").glob("*/handler.py")}


def test_a_function_is_a_folder_and_no_folder_is_two_functions(graph: Graph) -> None:
    assert set(source_of(graph)) <= folders()
    assert len(graph.of_type(FUNCTION)) == len(source_of(graph))
    assert set(source_of(graph)) >= API | WORKFLOW


def test_every_folder_with_a_handler_is_deployed_in_production(prod: Graph) -> None:
    assert set(source_of(prod)) == API | WORKFLOW | MONITORING | BACKGROUND == folders()


@pytest.mark.parametrize("folder", sorted(API | WORKFLOW | MONITORING | BACKGROUND))
@pytest.mark.requirement(41)
def test_a_function_is_told_exactly_what_it_declares(prod: Graph, folder: str) -> None:
    provided = set(source_of(prod)[folder]["environment"]["variables"])
    assert provided >= EVERY_FUNCTION_HAS
    assert declared_environment(folder, required=True) <= provided - EVERY_FUNCTION_HAS <= declared_environment(folder)


@pytest.mark.requirement(47, 49, 50)
def test_production_s_functions_have_the_required_sizes(prod: Graph) -> None:
    sizes = {folder: (inputs["memorySize"], inputs["timeout"]) for folder, inputs in source_of(prod).items()}
    for folder in API - {"ai"}:
        assert sizes[folder] == (512, 30), folder
    for folder in WORKFLOW | MONITORING | {"ai"}:
        assert sizes[folder] == (512, 900), folder


@pytest.mark.requirement(54, 193)
def test_every_function_is_traced(graph: Graph) -> None:
    assert {f.inputs["tracingConfig"]["mode"] for f in graph.of_type(FUNCTION)} == {"Active"}


@pytest.mark.requirement(55, 184)
def test_every_function_s_log_is_kept_thirty_days(prod: Graph) -> None:
    groups = {g.inputs["name"]: g.inputs["retentionInDays"] for g in prod.of_type(LOG_GROUP)}
    for inputs in source_of(prod).values():
        assert inputs["loggingConfig"]["logGroup"] == f"/aws/lambda/{inputs['name']}"
        assert groups[f"/aws/lambda/{inputs['name']}"] == 30


@pytest.mark.requirement(57)
def test_a_function_is_called_after_what_it_does(prod: Graph) -> None:
    for folder, inputs in source_of(prod).items():
        assert inputs["name"] == f"goal-mandala-production-{folder.replace('_', '-')}"


@pytest.mark.requirement(46)
def test_the_runtime_is_a_supported_python_on_arm(prod: Graph) -> None:
    for inputs in source_of(prod).values():
        assert inputs["runtime"] == "python3.13"
        assert inputs["architectures"] == ["arm64"]


@pytest.mark.requirement(58)
def test_a_function_may_do_what_it_was_granted_and_no_more() -> None:
    queue = "arn:aws:sqs:ap-northeast-1:123456789012:example"
    granted = function(grant=Grant(environment={"QUEUE": "q"}, statements=(allow("sqs:SendMessage", on=[queue]),)))
    plain = function()
    policy = "aws:iam/rolePolicy:RolePolicy"
    more = [s for s in statements(only(granted, policy)) if s not in statements(only(plain, policy))]
    assert more == [{"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": [queue]}]
    variables = only(granted, FUNCTION).inputs["environment"]["variables"]
    assert set(variables) == EVERY_FUNCTION_HAS | {"QUEUE"}
    assert variables["POWERTOOLS_SERVICE_NAME"] == "create-batches"


def test_a_role_is_assumed_by_lambda_for_this_account_alone() -> None:
    trust = json.loads(only(function(), ROLE).inputs["assumeRolePolicy"])["Statement"]
    assert trust == [
        {
            "Effect": "Allow",
            "Action": ["sts:AssumeRole"],
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}},
        }
    ]


def test_no_two_functions_share_a_role(graph: Graph) -> None:
    roles = [f.inputs["role"] for f in graph.of_type(FUNCTION)]
    assert len(set(roles)) == len(roles)


def test_callers_use_a_published_version_through_its_alias(graph: Graph) -> None:
    aliases = graph.of_type("aws:lambda/alias:Alias")
    assert len(aliases) == len(graph.of_type(FUNCTION))
    for alias in aliases:
        assert alias.inputs["name"] == "live"
        assert alias.inputs["functionVersion"] != "$LATEST"
    assert all(f.inputs["publish"] is True for f in graph.of_type(FUNCTION))


def test_a_function_waits_for_its_permissions() -> None:
    graph = function()
    policy = only(graph, "aws:iam/rolePolicy:RolePolicy")
    assert policy.urn in only(graph, FUNCTION).registration.dependencies


@pytest.mark.parametrize(
    ("source", "kind", "memory", "timeout", "reserved"),
    [
        ("goals", "api", 2048, 25, 7),
        ("tasks", "api", 512, 30, None),
        ("create_batches", "workflow", 1024, 900, None),
        ("notify_slack", "utility", 256, 20, None),
    ],
)
@pytest.mark.requirement(48)
def test_a_function_has_its_own_size_or_that_of_its_kind(
    source: str, kind: str, memory: int, timeout: int, reserved: int | None
) -> None:
    inputs = only(function(source, kind), FUNCTION).inputs
    assert (inputs["memorySize"], inputs["timeout"]) == (memory, timeout)
    assert inputs.get("reservedConcurrentExecutions") == reserved


@pytest.mark.requirement(59)
def test_a_function_signals_errors_duration_and_throttles() -> None:
    kinds: list[str] = []

    def construct() -> None:
        part = Function("part", FunctionArgs(platform=platform(), source="goals", kind="api"))
        kinds.extend(signal.kind for signal in part.signals())

    build(construct)
    assert {"function_errors", "function_error_rate", "function_duration", "function_throttles"} <= set(kinds)


def test_who_may_invoke_may_invoke_the_alias_only() -> None:
    def construct() -> None:
        part = Function("part", FunctionArgs(platform=platform(), source="goals", kind="api"))
        pulumi.export("resources", part.invokes().as_dict()["Resource"])

    assert build(construct).exports["resources"] == [
        f"arn:aws:lambda:ap-northeast-1:{ACCOUNT_ID}:function:example-production-goals:live"
    ]


def test_a_size_for_a_function_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    size = {"memory_mb": 512, "timeout_seconds": 30}
    wrong = FunctionSettings.model_validate(SETTINGS | {"sizes": {"gaols": size, "save-tasks": size, "taks": size}})
    with pytest.raises(pulumi.RunError) as raised:
        replace(platform(), settings=wrong)
    assert str(raised.value).startswith(
        "goal-mandala:functions.sizes: there is no gaols and no taks; the functions are "
    )
    assert ", generate-tasks, " in str(raised.value)
    assert "shared" not in str(raised.value)
