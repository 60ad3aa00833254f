"""The record_ending function: executions that end by a time-out, an abort or beyond the workflow."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

import pytest

from lambdas.shared.errors import InvalidInput
from tests.lambdas import workflow


@pytest.fixture
def given(person: Any, stub: Any) -> dict[str, Any]:
    """The input of a running execution of a goal with two actions."""
    goal = person.goal()["id"]
    person.chart(goal, 1, 2)
    return workflow.start(person, stub, goal)


def event(name: str, status: str, given: dict[str, Any] | None = None, **detail: Any) -> dict[str, Any]:
    """What EventBridge sends; a large input is left out."""
    arn = f"arn:aws:states:ap-northeast-1:123456789012:execution:task-generation:{name}"
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": "123456789012",
        "time": "2027-01-10T08:00:00Z",
        "region": "ap-northeast-1",
        "resources": [arn],
        "detail": {
            "executionArn": arn,
            "stateMachineArn": "arn:aws:states:ap-northeast-1:123456789012:stateMachine:task-generation",
            "name": name,
            "status": status,
            "startDate": 1799568000000,
            "stopDate": 1799568900000,
            "input": json.dumps(given) if given else None,
            "inputDetails": {"included": given is not None},
            "output": None,
            "outputDetails": None,
            **detail,
        },
    }


@pytest.mark.requirement(256)
@pytest.mark.parametrize(
    ("ended", "detail", "status", "error"),
    [
        ("TIMED_OUT", {}, "timed_out", "States.Timeout"),
        ("ABORTED", {}, "failed", "Aborted"),
        ("FAILED", {"error": "ErrorNotHandled", "cause": "words"}, "failed", "ErrorNotHandled"),
    ],
)
def test_an_execution_that_ended_by_itself_is_written_down_and_told_once(
    person: Any, given: dict[str, Any], stub: Any, ended: str, detail: dict[str, Any], status: str, error: str
) -> None:
    sent = workflow.expect_notification(stub)
    told = event(given["executionId"], ended, given, **detail)
    assert workflow.step("record_ending", told) == {"status": status}
    assert workflow.step("record_ending", told) == {"status": status}
    (message,) = sent
    assert (message["kind"], message["status"], message["error"]) == ("task_generation", status, error)
    assert (message["executionId"], message["goalId"]) == (given["executionId"], given["goalId"])
    assert message["correlationId"] == given["correlationId"]
    shown = person.call("getExecution", {"executionId": given["executionId"]}).json
    assert shown["status"] == status
    assert shown["finishedAt"] is not None
    assert person.call("getGoal", {"goalId": given["goalId"]}).json["status"] == "failed"


def test_what_a_timed_out_run_has_saved_stays_and_the_rest_can_be_retried(
    person: Any, given: dict[str, Any], stub: Any
) -> None:
    run = workflow.begin(given)
    first, second = workflow.step("get_actions", {"run": run})["actionIds"]
    workflow.save(run, first)
    workflow.expect_notification(stub)
    workflow.step("record_ending", event(given["executionId"], "TIMED_OUT"))
    assert len(person.call("listTasks", query={"goalId": given["goalId"]}).json["items"]) == 3
    again = workflow.started(stub, lambda: person.call("retryExecution", {"executionId": given["executionId"]}))
    assert again["actionIds"] == [second]


def test_a_notification_that_fails_leaves_everything_to_the_repetition(
    person: Any, given: dict[str, Any], stub: Any
) -> None:
    stub("sns").add_client_error("publish", "InternalError", http_status_code=500)
    with pytest.raises(Exception, match="InternalError"):
        workflow.step("record_ending", event(given["executionId"], "TIMED_OUT", given))
    assert person.call("getExecution", {"executionId": given["executionId"]}).json["status"] == "running"
    sent = workflow.expect_notification(stub)
    assert workflow.step("record_ending", event(given["executionId"], "TIMED_OUT", given)) == {"status": "timed_out"}
    assert len(sent) == 1


def test_an_execution_that_its_owner_cancelled_stays_cancelled_and_is_not_told(
    person: Any, given: dict[str, Any], stub: Any
) -> None:
    stub("stepfunctions").add_response("stop_execution", {"stopDate": dt.datetime.now(dt.UTC)})
    person.call("cancelExecution", {"executionId": given["executionId"]}, body={"reason": "No more"})
    assert workflow.step("record_ending", event(given["executionId"], "ABORTED", given)) == {"status": "cancelled"}
    assert person.call("getGoal", {"goalId": given["goalId"]}).json["status"] == "draft"


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_what_runs_or_succeeded_is_left_alone(person: Any, given: dict[str, Any], status: str) -> None:
    assert workflow.step("record_ending", event(given["executionId"], status, given)) == {"status": "unknown"}
    assert person.call("getExecution", {"executionId": given["executionId"]}).json["status"] == "running"


@pytest.mark.parametrize("name", ["daily-run", "00000000-0000-4000-8000-000000000000"])
def test_an_execution_that_nobody_here_started_is_left_alone(database: Any, name: str) -> None:
    assert workflow.step("record_ending", event(name, "FAILED")) == {"status": "unknown"}


def test_an_event_of_another_kind_is_refused(database: Any) -> None:
    with pytest.raises(InvalidInput, match="status change"):
        workflow.step("record_ending", {"detail-type": "Scheduled Event", "detail": {}})
