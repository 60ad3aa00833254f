"""CHASE: the run that looks at every repository once a day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from plan.graph import Graph
from tests.harness import statements
from tests.stacks.conformance.queries import function, having, may

QUEUE = "aws:sqs/queue:Queue"
MACHINE = "aws:sfn/stateMachine:StateMachine"
SCHEDULE = "aws:scheduler/schedule:Schedule"
NAME = "chase-prod-repository-monitoring-workflow"
ALIAS = "arn:aws:lambda:ap-northeast-1:123456789012:function:chase-prod-{}:live"


def definition(graph: Graph) -> dict[str, Any]:
    text: dict[str, Any] = json.loads(having(graph, MACHINE, name=NAME).inputs["definition"])
    return text


def states(flow: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in flow["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def steps(flow: dict[str, Any]) -> list[str]:
    """The functions that a flow invokes one after the other when nothing fails, those inside a map in its place."""
    found, name = [], flow.get("StartAt")
    while name:
        state = flow["States"][name]
        if state["Type"] == "Task":
            found.append(state["Parameters"]["FunctionName"].split(":")[6])
        elif state["Type"] == "Map":
            found += steps(state["ItemProcessor"])
        name = state.get("Next")
    return found


@pytest.mark.requirement(83, 193)
def test_the_workflow_is_traced_and_logged(chase: Graph) -> None:
    machine = having(chase, MACHINE, name=NAME).inputs
    assert machine["tracingConfiguration"] == {"enabled": True}
    assert machine["loggingConfiguration"]["level"] == "ALL"
    assert machine["loggingConfiguration"]["logDestination"].endswith(f":log-group:/aws/vendedlogs/states/{NAME}:*")


@pytest.mark.requirement(84)
def test_the_workflow_s_arn_and_name_are_outputs(chase: Graph) -> None:
    assert chase.exports["monitoring_state_machine_name"] == NAME
    assert chase.exports["monitoring_state_machine_arn"] == having(chase, MACHINE, name=NAME).outputs["arn"]


@pytest.mark.requirement(85, 260, 262)
def test_sources_are_listed_then_looked_at_five_at_a_time_and_their_activities_queued(chase: Graph) -> None:
    assert steps(definition(chase)) == [
        "chase-prod-list-data-sources",
        "chase-prod-detect-updates",
        "chase-prod-enqueue-activities",
        "chase-prod-mark-checked",
        "chase-prod-summarize-run",
    ]
    [look] = [state for _, state in states(definition(chase)) if state["Type"] == "Map"]
    assert look["MaxConcurrency"] == 5


@pytest.mark.requirement(85)
def test_what_was_found_goes_by_the_queue_to_the_function_that_processes_it(chase: Graph) -> None:
    queue = having(chase, QUEUE, name="chase-prod-activities")
    variables = function(chase, "chase-prod-enqueue-activities")["environment"]["variables"]
    assert variables["ACTIVITIES_QUEUE_URL"] == queue.id
    assert {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": [queue.outputs["arn"]]} in may(
        chase, "chase-prod-enqueue-activities"
    )
    source = having(
        chase, "aws:lambda/eventSourceMapping:EventSourceMapping", eventSourceArn=queue.outputs["arn"]
    ).inputs
    assert source["functionName"] == ALIAS.format("process-updates")
    assert source["functionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.requirement(86, 264)
def test_a_message_that_fails_three_times_waits_as_a_dead_letter(chase: Graph) -> None:
    queue = having(chase, QUEUE, name="chase-prod-activities")
    letters = having(chase, QUEUE, name="chase-prod-activities-dead-letters")
    assert json.loads(queue.inputs["redrivePolicy"]) == {
        "deadLetterTargetArn": letters.outputs["arn"],
        "maxReceiveCount": 3,
    }
    assert letters.inputs["messageRetentionSeconds"] == 14 * 86_400
    consumer = function(chase, "chase-prod-process-updates")
    assert queue.inputs["visibilityTimeoutSeconds"] >= 6 * consumer["timeout"]


@pytest.mark.requirement(87)
def test_the_schedule_starts_the_workflow_at_17_o_clock_in_japan_which_is_8_in_utc(chase: Graph) -> None:
    schedule = having(chase, SCHEDULE, name="chase-prod-repository-monitoring").inputs
    assert schedule["scheduleExpression"] == "cron(0 17 * * ? *)"
    assert schedule["scheduleExpressionTimezone"] == "Asia/Tokyo"
    fired = datetime(2026, 7, 1, 17, 0, tzinfo=ZoneInfo(schedule["scheduleExpressionTimezone"]))
    assert fired.astimezone(UTC).hour == 8
    assert schedule["target"]["arn"] == chase.exports["monitoring_state_machine_arn"]


@pytest.mark.requirement(87, 90)
def test_a_start_that_fails_is_tried_again_and_at_last_a_dead_letter(chase: Graph) -> None:
    target = having(chase, SCHEDULE, name="chase-prod-repository-monitoring").inputs["target"]
    letters = having(chase, QUEUE, name="chase-prod-repository-monitoring-schedule-dead-letters")
    assert target["deadLetterConfig"] == {"arn": letters.outputs["arn"]}
    assert target["retryPolicy"]["maximumRetryAttempts"] >= 3
    role = having(chase, "aws:iam/role:Role", name=target["roleArn"].rpartition("/")[2])
    [policy] = [p for p in chase.of_type("aws:iam/rolePolicy:RolePolicy") if p.inputs["role"] == role.id]
    assert [s["Resource"] for s in statements(policy) if s["Action"] == ["states:StartExecution"]] == [
        [chase.exports["monitoring_state_machine_arn"]]
    ]


@pytest.mark.requirement(88, 90, 263)
def test_outages_are_waited_for_and_what_would_fail_again_is_not_tried_again(chase: Graph) -> None:
    detect = dict(states(definition(chase)))["DetectUpdates"]
    attempts = {error: retry["MaxAttempts"] for retry in detect["Retry"] for error in retry["ErrorEquals"]}
    assert attempts["RepositoryNotFound"] == attempts["GitHubAccessDenied"] == 0
    assert attempts["GitHubRateLimited"] >= 2
    assert attempts["States.ALL"] == 3
    for name, state in states(definition(chase)):
        if state["Type"] == "Task":
            assert state["TimeoutSeconds"] < definition(chase)["TimeoutSeconds"], name
            assert state["Retry"], name
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


@pytest.mark.requirement(88, 260, 263)
def test_a_source_that_fails_is_marked_and_the_others_go_on(chase: Graph) -> None:
    [look] = [state for _, state in states(definition(chase)) if state["Type"] == "Map"]
    inside = look["ItemProcessor"]["States"]
    for name in ("DetectUpdates", "EnqueueActivities"):
        assert [c["Next"] for c in inside[name]["Catch"]] == ["MarkFailed"]
    assert not [name for name, state in inside.items() if state["Type"] == "Fail"]
