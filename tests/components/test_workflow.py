"""Task generation as a state machine: its order, its limits, and what happens when a step fails."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.parts import states
from plan.graph import Graph, Resource
from tests.conftest import Stacks
from tests.harness import statements

MACHINE = "aws:sfn/stateMachine:StateMachine"
STEPS = {
    "validate-input", "get-actions", "create-batches", "generate-tasks", "save-tasks", "update-progress",
    "aggregate-results", "update-goal-status", "handle-error",
}  # fmt: skip
PERMANENT = {"InvalidInput", "GoalNotFound", "ModelQuotaExceeded", "ModelAccessDenied", "DeadlineExceeded"}


def machine_of(graph: Graph) -> Resource:
    return graph.named(MACHINE, "generation-machine")


@pytest.fixture(scope="session")
def definition(prod: Graph) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(machine_of(prod).inputs["definition"])
    return body


@pytest.fixture(scope="session")
def tasks(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return dict(states.tasks(definition))


def order(definition: dict[str, Any]) -> list[str]:
    """The names on the way from the start when nothing fails, Maps entered."""
    found, name = [], definition["StartAt"]
    while name:
        state = definition["States"][name]
        found.append(name)
        if state["Type"] == "Map":
            found += order(state["ItemProcessor"])
        name = state.get("Next") or state.get("Default")
    return found


@pytest.mark.requirement(78, 256)
def test_the_machine_ends_within_fifteen_minutes(prod: Graph, definition: dict[str, Any]) -> None:
    assert machine_of(prod).inputs["name"] == "goal-mandala-production-task-generation-workflow"
    assert definition["TimeoutSeconds"] == 900


@pytest.mark.requirement(79, 81)
def test_the_steps_run_in_the_required_order(definition: dict[str, Any]) -> None:
    assert order(definition) == [
        "ValidateInput",
        "GetActions",
        "CreateBatches",
        "GenerateAllBatches",
        "GenerateBatch",
        "BeginAction",
        "GenerateTasks",
        "SaveTasks",
        "ActionDone",
        "ShowProgress",
        "UpdateProgress",
        "BatchDone",
        "AggregateResults",
        "UpdateGoalStatus",
        "AnyActionSucceeded",
        "Done",
    ]


@pytest.mark.requirement(79)
def test_every_step_calls_the_live_version_of_its_own_function(tasks: dict[str, dict[str, Any]]) -> None:
    called = {name: task["Parameters"]["FunctionName"] for name, task in tasks.items()}
    assert {arn.split(":")[-2].removeprefix("goal-mandala-production-") for arn in called.values()} == STEPS
    assert all(arn.endswith(":live") for arn in called.values())


@pytest.mark.requirement(82)
def test_any_failure_reaches_the_handler(definition: dict[str, Any]) -> None:
    for name, state in definition["States"].items():
        if state["Type"] in {"Task", "Map"} and name != "HandleError":
            assert [(c["ErrorEquals"], c["Next"]) for c in state["Catch"]] == [(["States.ALL"], "HandleError")], name
    assert definition["States"]["GenerationFailed"]["Type"] == "Fail"


@pytest.mark.requirement(82, 256)
def test_the_handler_the_last_step_and_what_hears_of_endings_can_notify(prod: Graph) -> None:
    topic = "arn:aws:sns:ap-northeast-1:123456789012:goal-mandala-production-alerts"
    publishers = {
        policy.name: statement["Resource"]
        for policy in prod.of_type("aws:iam/rolePolicy:RolePolicy")
        for statement in statements(policy)
        if "sns:Publish" in statement["Action"] and policy.name.startswith("generation-")
    }
    assert publishers == {
        "generation-ending-record-policy": [topic],
        "generation-handle-error-policy": [topic],
        "generation-update-goal-status-policy": [topic],
    }


@pytest.mark.requirement(249)
def test_three_batches_and_eight_actions_run_side_by_side(definition: dict[str, Any]) -> None:
    batches = definition["States"]["GenerateAllBatches"]
    assert batches["MaxConcurrency"] == 3
    assert batches["ItemProcessor"]["States"]["GenerateBatch"]["MaxConcurrency"] == 8


@pytest.mark.requirement(250)
@pytest.mark.parametrize(("name", "first_wait"), [("GenerateTasks", 2), ("SaveTasks", 1), ("GetActions", 2)])
def test_transient_errors_are_retried_three_times_at_doubling_waits(
    tasks: dict[str, dict[str, Any]], name: str, first_wait: int
) -> None:
    rule = tasks[name]["Retry"][-1]
    assert rule["ErrorEquals"] == ["States.ALL"]
    assert rule["IntervalSeconds"] == first_wait
    assert rule["MaxAttempts"] == 3
    assert rule["BackoffRate"] == 2


@pytest.mark.requirement(250)
def test_generating_may_take_120_seconds(tasks: dict[str, dict[str, Any]]) -> None:
    assert tasks["GenerateTasks"]["TimeoutSeconds"] == 120


@pytest.mark.requirement(251)
def test_permanent_errors_are_not_retried(tasks: dict[str, dict[str, Any]]) -> None:
    for name, task in tasks.items():
        first = task["Retry"][0]
        assert set(first["ErrorEquals"]) >= PERMANENT, name
        assert first["MaxAttempts"] == 0, name


@pytest.mark.requirement(252)
def test_a_failed_action_is_marked_and_the_others_go_on(definition: dict[str, Any]) -> None:
    batch = definition["States"]["GenerateAllBatches"]["ItemProcessor"]["States"]["GenerateBatch"]
    action = batch["ItemProcessor"]["States"]
    for name in ("GenerateTasks", "SaveTasks"):
        assert (action[name]["Catch"][-1]["ErrorEquals"], action[name]["Catch"][-1]["Next"]) == (
            ["States.ALL"],
            "ActionFailed",
        )
    failed = action["ActionFailed"]
    assert failed["End"] is True
    assert failed["Parameters"] == {"actionId.$": "$.actionId", "error.$": "$.error.Error"}


def test_a_run_without_any_success_is_a_failed_execution(definition: dict[str, Any]) -> None:
    choice = definition["States"]["AnyActionSucceeded"]
    assert choice["Choices"] == [{"Variable": "$.result.status", "StringEquals": "failed", "Next": "AllActionsFailed"}]
    assert definition["States"]["AllActionsFailed"]["Type"] == "Fail"


@pytest.mark.requirement(83, 184, 193)
def test_executions_are_logged_thirty_days_and_traced(prod: Graph) -> None:
    machine = machine_of(prod).inputs
    group = prod.named("aws:cloudwatch/logGroup:LogGroup", "generation-logs")
    assert machine["loggingConfiguration"]["level"] == "ALL"
    assert machine["loggingConfiguration"]["logDestination"] == f"{group.outputs['arn']}:*"
    assert group.inputs["retentionInDays"] == 30
    assert machine["tracingConfiguration"] == {"enabled": True}


@pytest.mark.requirement(243)
def test_what_people_wrote_stays_out_of_the_logs(graph: Graph) -> None:
    assert machine_of(graph).inputs["loggingConfiguration"]["includeExecutionData"] is False


@pytest.mark.requirement(84)
def test_arn_and_name_are_exported(prod: Graph) -> None:
    machine = machine_of(prod)
    assert prod.exports["state_machine_arn"] == machine.id
    assert prod.exports["state_machine_name"] == "goal-mandala-production-task-generation-workflow"


def test_the_machine_may_call_its_own_functions_only(prod: Graph) -> None:
    policy = prod.named("aws:iam/rolePolicy:RolePolicy", "generation-policy")
    invoked = [s["Resource"] for s in statements(policy) if "lambda:InvokeFunction" in s["Action"]]
    assert len(invoked) == 1
    assert {arn.split(":")[-2].removeprefix("goal-mandala-production-") for arn in invoked[0]} == STEPS
    machine = machine_of(prod)
    role = prod.named("aws:iam/role:Role", "generation-role")
    assert machine.inputs["roleArn"] == role.outputs["arn"]
    trust = json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]
    assert trust["Principal"] == {"Service": "states.amazonaws.com"}
    assert trust["Condition"]["ArnLike"] == {"aws:SourceArn": machine.id}


def test_limits_follow_the_settings(stacks: Stacks) -> None:
    body = json.loads(machine_of(stacks("contrary")).inputs["definition"])
    assert body["TimeoutSeconds"] == 600
    batches = body["States"]["GenerateAllBatches"]
    assert batches["MaxConcurrency"] == 1
    assert batches["ItemProcessor"]["States"]["GenerateBatch"]["MaxConcurrency"] == 2
    tasks = dict(states.tasks(body))
    assert tasks["GenerateTasks"]["TimeoutSeconds"] == 90
    assert tasks["ValidateInput"]["TimeoutSeconds"] == 30
    assert tasks["SaveTasks"]["TimeoutSeconds"] == 6
    assert tasks["ValidateInput"]["Parameters"]["Payload"]["deadlineSeconds"] == 480


@pytest.mark.requirement(257)
def test_every_step_waits_for_a_place_at_times_of_its_own(tasks: dict[str, dict[str, Any]]) -> None:
    for name, task in tasks.items():
        rules = [rule for rule in task["Retry"] if "Lambda.TooManyRequestsException" in rule["ErrorEquals"]]
        assert [rule["JitterStrategy"] for rule in rules] == ["FULL"], name


@pytest.mark.requirement(249, 257)
def test_an_action_waits_for_a_place_as_long_as_it_may_be_begun(definition: dict[str, Any]) -> None:
    batch = definition["States"]["GenerateAllBatches"]["ItemProcessor"]["States"]["GenerateBatch"]
    action = batch["ItemProcessor"]["States"]
    assert batch["ItemProcessor"]["StartAt"] == action["AwaitPlace"]["Next"] == "BeginAction"
    full = action["GenerateTasks"]["Catch"][0]
    assert (full["ErrorEquals"], full["Next"]) == (["Lambda.TooManyRequestsException"], "AwaitPlace")
    late = {
        "Variable": "$$.State.EnteredTime",
        "TimestampGreaterThanEqualsPath": "$.run.deadlineAt",
        "Next": "ActionTooLate",
    }
    assert (action["BeginAction"]["Choices"], action["BeginAction"]["Default"]) == ([late], "GenerateTasks")
    assert action["ActionTooLate"]["Parameters"] == {"actionId.$": "$.actionId", "error": "DeadlineExceeded"}
    # Each round writes twelve events, 24 actions wait side by side, and Step Functions keeps 25,000 events of a run.
    seconds = action["AwaitPlace"]["Seconds"] + 3  # half of the random wait before
    assert 24 * 12 * 780 / seconds < 20_000


@pytest.mark.requirement(252)
def test_within_the_maps_no_answer_can_end_the_run(definition: dict[str, Any]) -> None:
    batch = definition["States"]["GenerateAllBatches"]["ItemProcessor"]
    for name, task in states.tasks(batch):
        assert task["ResultSelector"] == {"answer.$": "$.Payload"}, name
