"""Goal Mandala's production: task generation as a state machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from plan.graph import Graph
from tests.stacks.conformance.queries import having, key, log_group, may

MACHINE = "aws:sfn/stateMachine:StateMachine"
NAME = "goal-mandala-production-task-generation-workflow"
FUNCTION = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-production-{}:live"
ORDER = ("ValidateInput", "GetActions", "CreateBatches", "GenerateAllBatches", "AggregateResults", "UpdateGoalStatus")
STEPS = {
    "ValidateInput": "validate-input",
    "GetActions": "get-actions",
    "CreateBatches": "create-batches",
    "GenerateTasks": "generate-tasks",
    "SaveTasks": "save-tasks",
    "UpdateProgress": "update-progress",
    "AggregateResults": "aggregate-results",
    "UpdateGoalStatus": "update-goal-status",
    "HandleError": "handle-error",
}


def definition(graph: Graph) -> dict[str, Any]:
    text: dict[str, Any] = json.loads(having(graph, MACHINE, name=NAME).inputs["definition"])
    return text


def states(flow: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state, those inside maps too."""
    for name, state in flow["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def state(graph: Graph, name: str) -> dict[str, Any]:
    return dict(states(definition(graph)))[name]


def waits(task: dict[str, Any]) -> list[float]:
    """The seconds before each retry of what may succeed when it is tried again; chance would make them shorter."""
    [retry] = [retry for retry in task["Retry"] if retry["ErrorEquals"] == ["States.ALL"]]
    assert retry.get("JitterStrategy", "NONE") == "NONE"
    return [retry["IntervalSeconds"] * retry["BackoffRate"] ** attempt for attempt in range(retry["MaxAttempts"])]


@pytest.mark.requirement(78, 256)
def test_the_workflow_ends_after_15_minutes_at_the_latest(prod: Graph) -> None:
    assert definition(prod)["TimeoutSeconds"] == 15 * 60


@pytest.mark.requirement(79)
def test_each_of_the_nine_steps_is_a_function_of_its_own(prod: Graph) -> None:
    tasks = {
        name: state["Parameters"]["FunctionName"] for name, state in states(definition(prod)) if state["Type"] == "Task"
    }
    assert tasks == {name: FUNCTION.format(function) for name, function in STEPS.items()}


@pytest.mark.requirement(81)
def test_batches_are_processed_then_aggregated_then_the_goal_s_status_is_updated(prod: Graph) -> None:
    flow = definition(prod)
    assert flow["StartAt"] == ORDER[0]
    assert [flow["States"][name]["Next"] for name in ORDER[:-1]] == list(ORDER[1:])


@pytest.mark.requirement(82)
def test_whatever_fails_is_handled_and_notified(prod: Graph) -> None:
    for name in ORDER:
        assert state(prod, name)["Catch"] == [
            {"ErrorEquals": ["States.ALL"], "Next": "HandleError", "ResultPath": "$.error"}
        ]
    publishes = [s for s in may(prod, "goal-mandala-production-handle-error") if s["Action"] == ["sns:Publish"]]
    assert [s["Resource"] for s in publishes] == [[prod.exports["alerts_topic_arn"]]]
    variables = having(prod, "aws:lambda/function:Function", name="goal-mandala-production-handle-error").inputs[
        "environment"
    ]["variables"]
    assert variables["ALERTS_TOPIC_ARN"] == prod.exports["alerts_topic_arn"]


@pytest.mark.requirement(78, 82, 256)
def test_a_step_gives_up_long_before_the_workflow_does(prod: Graph) -> None:
    limits = {name: found["TimeoutSeconds"] for name, found in states(definition(prod)) if found["Type"] == "Task"}
    assert limits.pop("GenerateTasks") == 120
    early = {"ValidateInput", "GetActions", "CreateBatches"}
    assert {name: limits.pop(name) for name in early} == dict.fromkeys(early, 60)
    assert set(limits.values()) == {6}


@pytest.mark.requirement(83, 184, 193, 240)
def test_the_workflow_is_traced_and_logs_without_what_people_wrote_for_30_days(prod: Graph) -> None:
    machine = having(prod, MACHINE, name=NAME).inputs
    assert machine["tracingConfiguration"] == {"enabled": True}
    group = having(prod, "aws:cloudwatch/logGroup:LogGroup", name=f"/aws/vendedlogs/states/{NAME}")
    assert machine["loggingConfiguration"] == {
        "level": "ALL",
        "includeExecutionData": False,
        "logDestination": f"{group.outputs['arn']}:*",
    }
    assert log_group(prod, group.inputs["name"])["retentionInDays"] == 30
    assert key(prod, group.inputs["kmsKeyId"])["enableKeyRotation"] is True


@pytest.mark.requirement(84)
def test_the_workflow_s_arn_and_name_are_outputs(prod: Graph) -> None:
    assert prod.exports["state_machine_name"] == NAME
    assert prod.exports["state_machine_arn"] == having(prod, MACHINE, name=NAME).outputs["arn"]


@pytest.mark.requirement(249)
def test_three_batches_run_at_a_time_and_eight_actions_in_each(prod: Graph) -> None:
    assert state(prod, "GenerateAllBatches")["MaxConcurrency"] == 3
    assert state(prod, "GenerateBatch")["MaxConcurrency"] == 8


@pytest.mark.requirement(250)
@pytest.mark.parametrize(
    ("name", "expected"),
    [("GenerateTasks", [2, 4, 8]), ("SaveTasks", [1, 2, 4]), ("GetActions", [2, 4, 8])],
)
def test_what_may_succeed_later_is_tried_three_times_more(prod: Graph, name: str, expected: list[int]) -> None:
    assert waits(state(prod, name)) == expected


@pytest.mark.requirement(251)
def test_what_would_fail_again_is_not_tried_again(prod: Graph) -> None:
    for name, found in states(definition(prod)):
        if found["Type"] == "Task" and name != "HandleError":
            never = found["Retry"][0]
            assert never["MaxAttempts"] == 0
            assert {"InvalidInput", "ModelQuotaExceeded", "ModelAccessDenied"} <= set(never["ErrorEquals"]), name


@pytest.mark.requirement(252)
def test_an_action_that_fails_is_marked_and_the_others_go_on(prod: Graph) -> None:
    for name in ("GenerateTasks", "SaveTasks"):
        failed = {"ErrorEquals": ["States.ALL"], "Next": "ActionFailed", "ResultPath": "$.error"}
        assert state(prod, name)["Catch"][-1] == failed
    assert state(prod, "ActionFailed") == {
        "Type": "Pass",
        "Parameters": {"actionId.$": "$.actionId", "error.$": "$.error.Error"},
        "End": True,
    }


@pytest.mark.requirement(203)
def test_the_workflow_may_invoke_its_own_steps_and_no_other_function(prod: Graph) -> None:
    role = having(prod, MACHINE, name=NAME).inputs["roleArn"].rpartition("/")[2]
    id_ = having(prod, "aws:iam/role:Role", name=role).id
    [policy] = [p for p in prod.of_type("aws:iam/rolePolicy:RolePolicy") if p.inputs["role"] == id_]
    invokes = [s for s in json.loads(policy.inputs["policy"])["Statement"] if s["Action"] == ["lambda:InvokeFunction"]]
    assert [sorted(s["Resource"]) for s in invokes] == [sorted(FUNCTION.format(step) for step in STEPS.values())]


@pytest.mark.requirement(255)
def test_the_api_may_start_look_at_and_stop_executions_of_this_workflow_alone(prod: Graph) -> None:
    granted = [s for s in may(prod, "goal-mandala-production-ai") if s["Action"][0].startswith("states:")]
    machine = prod.exports["state_machine_arn"]
    assert {tuple(s["Action"]): s["Resource"] for s in granted} == {
        ("states:StartExecution",): [machine],
        ("states:DescribeExecution", "states:StopExecution"): [machine.replace("stateMachine", "execution") + ":*"],
    }


@pytest.mark.requirement(256)
def test_a_run_that_no_step_could_end_is_heard_of_and_recorded(prod: Graph) -> None:
    rule = having(prod, "aws:cloudwatch/eventRule:EventRule", name="goal-mandala-production-task-generation-ending")
    pattern = json.loads(rule.inputs["eventPattern"])
    assert pattern["detail"]["status"] == ["ABORTED", "FAILED", "TIMED_OUT"]
    assert pattern["detail"]["stateMachineArn"] == [prod.exports["state_machine_arn"]]
    target = having(prod, "aws:cloudwatch/eventTarget:EventTarget", rule=rule.inputs["name"])
    assert target.inputs["arn"] == FUNCTION.format("record-ending")
