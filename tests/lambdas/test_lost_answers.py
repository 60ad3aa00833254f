"""Steps whose work was done and whose answer was lost: what the database holds decides how the run ends."""

from __future__ import annotations

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


def begun(given: dict[str, Any]) -> tuple[dict[str, Any], str, str]:
    """The run and its two actions."""
    run = workflow.begin(given)
    first, second = workflow.step("get_actions", {"run": run})["actionIds"]
    return run, first, second


def shown(person: Any, run: dict[str, Any]) -> tuple[str, list[str], str]:
    """Status, failed actions and the goal's status, as their owner sees them."""
    execution = person.call("getExecution", {"executionId": run["executionId"]}).json
    goal = person.call("getGoal", {"goalId": run["goalId"]}).json
    return execution["status"], [failed["actionId"] for failed in execution["failedActions"]], goal["status"]


@pytest.mark.requirement(252, 253)
def test_an_action_whose_tasks_are_there_has_not_failed(person: Any, given: dict[str, Any], stub: Any) -> None:
    run, first, second = begun(given)
    for action in (first, second):
        workflow.save(run, action)
    lost = [{"actionId": first, "error": "Runtime.ExitError"}, {"actionId": second}]
    assert workflow.finish(run, lost)["status"] == "succeeded"
    assert shown(person, run) == ("succeeded", [], "active")


@pytest.mark.requirement(252, 256)
def test_a_run_that_seems_to_have_failed_wholly_is_a_partial_success_where_tasks_are_there(
    person: Any, given: dict[str, Any], stub: Any
) -> None:
    run, first, second = begun(given)
    workflow.save(run, first)
    sent = workflow.expect_notification(stub)
    failed = [{"actionId": action, "error": "States.Timeout"} for action in (first, second)]
    assert workflow.finish(run, failed)["status"] == "partially_succeeded"
    assert shown(person, run) == ("partially_succeeded", [second], "active")
    assert [message["status"] for message in sent] == ["partially_succeeded"]


@pytest.mark.requirement(252)
def test_failures_that_no_batch_could_note_are_noted_at_the_end(person: Any, given: dict[str, Any], stub: Any) -> None:
    run, first, second = begun(given)
    workflow.save(run, first)
    results = [{"actionId": first}, {"actionId": second, "error": "ModelThrottled"}]
    result = workflow.step("aggregate_results", {"run": run, "batches": [{"results": results}]})
    workflow.expect_notification(stub)
    workflow.step("update_goal_status", {"run": run, "result": result})
    assert shown(person, run) == ("partially_succeeded", [second], "active")


@pytest.mark.requirement(252, 256)
def test_a_run_that_fails_after_its_last_action_leaves_the_goal_in_use_and_nothing_to_retry(
    person: Any, given: dict[str, Any], stub: Any
) -> None:
    run, first, second = begun(given)
    for action in (first, second):
        workflow.save(run, action)
    workflow.expect_notification(stub)
    workflow.step("handle_error", {"input": given, "error": {"Error": "Lambda.ServiceException"}})
    assert shown(person, run) == ("failed", [], "active")
    again = person.call("retryExecution", {"executionId": run["executionId"]})
    assert again.status == 409
    assert "without tasks" in again.json["detail"]


@pytest.mark.parametrize("answer", [None, [], {}, "words", {"tasks": None}, {"tasks": ["words"]}])
def test_what_is_no_answer_of_the_model_is_not_saved(given: dict[str, Any], answer: object) -> None:
    run, first, _ = begun(given)
    with pytest.raises(InvalidInput):
        workflow.step("save_tasks", {"run": run, "actionId": first, "generated": answer})
