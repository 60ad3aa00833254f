"""The ai function: starting, watching, cancelling and retrying the task generation."""

from __future__ import annotations

import datetime as dt
import os
from typing import Any

import pytest

from lambdas.ai import logic
from lambdas.shared.errors import Conflict
from tests.lambdas import workflow


@pytest.fixture
def goal(person: Any) -> str:
    """A goal with two actions."""
    identifier: str = person.goal()["id"]
    person.chart(identifier, 1, 2)
    return identifier


def test_starting_twice_is_starting_once(person: Any, goal: str, stub: Any, database: Any) -> None:
    given = workflow.start(person, stub, goal)
    second = person.call("startTaskGeneration", body={"goalId": goal})
    assert (second.status, second.json["id"]) == (202, given["executionId"])
    assert second.headers["Location"] == f"/v1/ai/executions/{given['executionId']}"
    rows = database.query("SELECT execution_arn FROM workflow_executions WHERE goal_id = %s", goal)
    assert rows == [(f"arn:aws:states:ap-northeast-1:123456789012:execution:task-generation:{given['executionId']}",)]
    assert given["actionIds"] is None
    assert given["userId"] == person.user_id(database)


def test_a_start_that_crashed_before_it_told_step_functions_is_repaired_by_the_next(
    person: Any, goal: str, stub: Any, database: Any
) -> None:
    given = workflow.start(person, stub, goal)
    database.query("UPDATE workflow_executions SET execution_arn = NULL WHERE id = %s", given["executionId"])
    stub("stepfunctions").add_client_error("start_execution", "ExecutionAlreadyExists")
    again = person.call("startTaskGeneration", body={"goalId": goal})
    assert (again.status, again.json["id"]) == (202, given["executionId"])
    ((arn,),) = database.query("SELECT execution_arn FROM workflow_executions WHERE id = %s", given["executionId"])
    assert arn.endswith(f":execution:task-generation:{given['executionId']}")


@pytest.mark.parametrize("status", ["draft", "active"])
def test_a_start_that_step_functions_refuses_changes_nothing(
    person: Any, goal: str, stub: Any, database: Any, status: str
) -> None:
    database.query("UPDATE goals SET status = %s WHERE id = %s", status, goal)
    stub("stepfunctions").add_client_error("start_execution", "ThrottlingException", http_status_code=400)
    answer = person.call("startTaskGeneration", body={"goalId": goal})
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert person.call("getGoal", {"goalId": goal}).json["status"] == status
    (execution,) = person.call("listExecutions", query={"goalId": goal}).json["items"]
    assert execution["status"] == "failed"
    assert workflow.start(person, stub, goal)["executionId"] != execution["id"]


def test_a_goal_without_actions_has_nothing_to_generate(person: Any) -> None:
    assert person.call("startTaskGeneration", body={"goalId": person.goal()["id"]}).status == 409


def test_what_runs_is_not_retried_and_what_has_ended_is_not_cancelled(person: Any, goal: str, stub: Any) -> None:
    run = workflow.begin(workflow.start(person, stub, goal))
    path = {"executionId": run["executionId"]}
    assert person.call("retryExecution", path).json["id"] == run["executionId"]
    actions = workflow.step("get_actions", {"run": run})["actionIds"]
    workflow.finish(run, [workflow.save(run, action) for action in actions])
    assert person.call("cancelExecution", path).status == 409
    assert person.call("retryExecution", path).status == 409


def test_a_stop_that_fails_does_not_undo_the_cancellation(person: Any, goal: str, stub: Any) -> None:
    given = workflow.start(person, stub, goal)
    stub("stepfunctions").add_client_error("stop_execution", "InternalFailure")
    answer = person.call("cancelExecution", {"executionId": given["executionId"]})
    assert (answer.status, answer.json["status"]) == (200, "cancelled")


def test_executions_are_kept_and_found_by_goal_and_status(person: Any, goal: str, stub: Any) -> None:
    ids = []
    for _ in range(3):
        given = workflow.start(person, stub, goal)
        stub("stepfunctions").add_response("stop_execution", {"stopDate": dt.datetime.now(dt.UTC)})
        person.call("cancelExecution", {"executionId": given["executionId"]})
        ids.append(given["executionId"])
    ids.append(workflow.start(person, stub, goal)["executionId"])
    page = person.call("listExecutions", query={"goalId": goal, "limit": 3}).json
    assert [execution["id"] for execution in page["items"]] == ids[:0:-1]
    rest = person.call("listExecutions", query={"goalId": goal, "cursor": page["nextCursor"]}).json
    assert [execution["id"] for execution in rest["items"]] == ids[:1]
    running = person.call("listExecutions", query={"status": "running"}).json["items"]
    assert [execution["id"] for execution in running] == ids[3:]


@pytest.mark.requirement(257)
def test_the_database_itself_refuses_a_second_running_execution(
    person: Any, goal: str, stub: Any, database: Any
) -> None:
    workflow.start(person, stub, goal)
    with pytest.raises(Exception, match="one_running_execution_per_goal"):
        database.query("INSERT INTO workflow_executions (goal_id) VALUES (%s)", goal)


@pytest.mark.requirement(254)
@pytest.mark.parametrize(
    ("status", "done", "total", "percentage", "left"),
    [
        ("running", 0, 64, 0, None),
        ("running", 16, 64, 25, 90),
        ("running", 64, 64, 99, 0),
        ("running", 0, 0, 0, None),
        ("succeeded", 64, 64, 100, None),
        ("partially_succeeded", 64, 64, 100, None),
        ("failed", 32, 64, 50, None),
        ("failed", 64, 64, 99, None),
    ],
)
def test_how_far_a_run_is_and_how_long_it_takes(
    status: str, done: int, total: int, percentage: int, left: int | None
) -> None:
    assert logic.percentage(status, done, total) == percentage
    assert logic.seconds_left(status, done, total, dt.timedelta(seconds=30)) == left


@pytest.mark.parametrize("status", ["failed", "partially_succeeded", "timed_out", "cancelled"])
def test_only_what_runs_can_be_cancelled(status: str) -> None:
    logic.check_cancellation({"status": "running"})
    with pytest.raises(Conflict):
        logic.check_cancellation({"status": status})


def test_the_clients_environment_names_the_state_machine() -> None:
    from lambdas.ai import workflow as machine

    arn = machine.arn(os.environ["STATE_MACHINE_ARN"], "name")
    assert arn == "arn:aws:states:ap-northeast-1:123456789012:execution:task-generation:name"
