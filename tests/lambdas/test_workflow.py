"""The workflow's functions together, on a real database."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import msgspec
import pytest

from lambdas.shared.errors import (
    DeadlineExceeded,
    ExecutionNotRunning,
    GoalNotFound,
    InvalidInput,
)
from lambdas.shared.generated import GeneratedTasks
from lambdas.shared.models.bedrock import BedrockModel
from tests.lambdas import workflow


@pytest.fixture
def goal(person: Any) -> str:
    """A goal with two sub-goals of eight and one actions."""
    identifier: str = person.goal()["id"]
    person.chart(identifier, 2, 8)
    return identifier


def read(person: Any, execution: str) -> dict[str, Any]:
    """An execution as its owner sees it."""
    shown: dict[str, Any] = person.call("getExecution", {"executionId": execution}).json
    return shown


@pytest.mark.requirement(79, 81, 248, 249)
def test_a_run_gives_every_action_its_tasks(person: Any, goal: str, stub: Any) -> None:
    given = workflow.start(person, stub, goal)
    assert person.call("getGoal", {"goalId": goal}).json["status"] == "processing"
    run = workflow.begin(given)
    actions = workflow.step("get_actions", {"run": run})["actionIds"]
    chart = person.call("getMandala", {"goalId": goal}).json
    assert actions == [action["id"] for sub_goal in chart["subGoals"] for action in sub_goal["actions"]]
    batches = workflow.step("create_batches", {"actionIds": actions})["batches"]
    assert [len(batch["actionIds"]) for batch in batches] == [8, 8]
    for batch in batches:
        results = [workflow.save(run, action) for action in batch["actionIds"]]
        assert workflow.step("update_progress", {"run": run, "results": results}) == {"processed": 8, "failed": []}
    shown = read(person, run["executionId"])
    assert (shown["status"], shown["processedActions"], shown["percentage"]) == ("running", 16, 99)
    batches_done = [{"results": [{"actionId": action} for action in batch["actionIds"]]} for batch in batches]
    result = workflow.step("aggregate_results", {"run": run, "batches": batches_done})
    assert workflow.step("update_goal_status", {"run": run, "result": result}) == result
    shown = read(person, run["executionId"])
    assert (shown["status"], shown["percentage"], shown["failedActions"]) == ("succeeded", 100, [])
    assert person.call("getGoal", {"goalId": goal}).json["status"] == "active"
    assert len(person.call("listTasks", query={"goalId": goal, "limit": 100}).json["items"]) == 48


@pytest.mark.requirement(253)
def test_saving_twice_saves_once(person: Any, goal: str, stub: Any) -> None:
    run = workflow.begin(workflow.start(person, stub, goal))
    action = workflow.step("get_actions", {"run": run})["actionIds"][0]
    assert workflow.save(run, action, 4) == {"actionId": action, "saved": 4}
    assert workflow.save(run, action, 5) == {"actionId": action, "saved": 4}
    found = person.call("listTasks", query={"actionId": action}).json["items"]
    assert [(task["ordinal"], task["title"], task["status"]) for task in found] == [
        (n, f"Task {n}", "not_started") for n in range(1, 5)
    ]
    assert read(person, run["executionId"])["processedActions"] == 1


@pytest.mark.requirement(252, 256)
def test_failed_actions_make_a_partial_success_that_is_told(person: Any, goal: str, stub: Any) -> None:
    run = workflow.begin(workflow.start(person, stub, goal))
    good, bad, worse = workflow.step("get_actions", {"run": run})["actionIds"][:3]
    results = [
        workflow.save(run, good),
        {"actionId": bad, "error": {"Error": "ModelThrottled", "Cause": "{}"}},
        {"actionId": worse, "error": "DeadlineExceeded"},
    ]
    sent = workflow.expect_notification(stub)
    assert workflow.finish(run, results)["status"] == "partially_succeeded"
    shown = read(person, run["executionId"])
    assert shown["status"] == "partially_succeeded"
    assert [(f["actionId"], f["title"], f["error"]) for f in shown["failedActions"]] == [
        (bad, "Action 1.2", "ModelThrottled"),
        (worse, "Action 1.3", "DeadlineExceeded"),
    ]
    assert person.call("getGoal", {"goalId": goal}).json["status"] == "active"
    (message,) = sent
    assert (message["status"], message["failedActions"]) == ("partially_succeeded", 2)
    assert (message["executionId"], message["goalId"]) == (run["executionId"], goal)
    assert message["error"] == "ModelThrottled, DeadlineExceeded"


def test_a_batch_noted_twice_is_noted_once(person: Any, goal: str, stub: Any) -> None:
    run = workflow.begin(workflow.start(person, stub, goal))
    action = workflow.step("get_actions", {"run": run})["actionIds"][0]
    payload = {"run": run, "results": [{"actionId": action, "error": "ModelUnavailable"}]}
    assert workflow.step("update_progress", payload) == workflow.step("update_progress", payload)
    assert len(read(person, run["executionId"])["failedActions"]) == 1


@pytest.mark.requirement(252)
def test_a_retry_redoes_only_what_is_left(person: Any, goal: str, stub: Any) -> None:
    run = workflow.begin(workflow.start(person, stub, goal))
    good, *bad = workflow.step("get_actions", {"run": run})["actionIds"]
    workflow.expect_notification(stub)
    workflow.finish(run, [workflow.save(run, good), *({"actionId": action, "error": "X"} for action in bad)])
    path = {"executionId": run["executionId"]}
    again = workflow.begin(workflow.started(stub, lambda: person.call("retryExecution", path)))
    assert again["executionId"] != run["executionId"]
    assert again["actionIds"] == bad
    assert workflow.step("get_actions", {"run": again})["actionIds"] == bad
    assert read(person, again["executionId"])["totalActions"] == len(bad)
    assert workflow.finish(again, [workflow.save(again, action) for action in bad])["status"] == "succeeded"
    assert person.call("retryExecution", {"executionId": again["executionId"]}).status == 409
    assert len(person.call("listTasks", query={"goalId": goal, "limit": 100}).json["items"]) == 48


def test_a_new_run_replaces_what_nobody_has_begun(person: Any, goal: str, stub: Any) -> None:
    run = workflow.begin(workflow.start(person, stub, goal))
    first, second = workflow.step("get_actions", {"run": run})["actionIds"][:2]
    workflow.finish(run, [workflow.save(run, first), workflow.save(run, second)])
    begun = person.call("listTasks", query={"actionId": first}).json["items"][1]["id"]
    person.call("updateTask", {"taskId": begun}, body={"status": "in_progress"})
    again = workflow.begin(workflow.start(person, stub, goal))
    workflow.expect_notification(stub)
    workflow.finish(again, [workflow.save(again, first, 5), {"actionId": second, "error": "X"}])
    kept = person.call("listTasks", query={"actionId": first}).json["items"]
    assert len(kept) == 6
    assert kept[0]["id"] == begun
    assert len(person.call("listTasks", query={"actionId": second}).json["items"]) == 3


def test_new_tasks_lower_the_share_of_completed_ones(person: Any, stub: Any) -> None:
    goal = person.goal()["id"]
    (action,) = person.chart(goal)
    run = workflow.begin(workflow.start(person, stub, goal))
    workflow.finish(run, [workflow.save(run, action)])
    for task in person.call("listTasks", query={"actionId": action}).json["items"]:
        person.call("updateTask", {"taskId": task["id"]}, body={"status": "completed"})
    assert person.call("getGoal", {"goalId": goal}).json["progress"] == 100
    again = workflow.begin(workflow.start(person, stub, goal))
    workflow.save(again, action, 3)
    assert person.call("getGoal", {"goalId": goal}).json["progress"] == 50


@pytest.mark.requirement(255)
def test_cancelling_removes_what_was_made_and_nothing_is_saved_after(
    person: Any, goal: str, stub: Any, database: Any
) -> None:
    given = workflow.start(person, stub, goal)
    run = workflow.begin(given)
    one, two = workflow.step("get_actions", {"run": run})["actionIds"][:2]
    workflow.save(run, one)
    stub("stepfunctions").add_response("stop_execution", {"stopDate": dt.datetime.now(dt.UTC)})
    path = {"executionId": run["executionId"]}
    answer = person.call("cancelExecution", path, body={"reason": "wrong chart"})
    assert (answer.status, answer.json["status"], answer.json["processedActions"]) == (200, "cancelled", 1)
    assert person.call("listTasks", query={"goalId": goal}).json["items"] == []
    assert person.call("getGoal", {"goalId": goal}).json["status"] == "draft"
    for name, payload in {
        "save_tasks": {"run": run, "actionId": two, "generated": workflow.generated()},
        "generate_tasks": {"run": run, "actionId": two},
    }.items():
        with pytest.raises(ExecutionNotRunning):
            workflow.step(name, payload)
    workflow.step("update_goal_status", {"run": run, "result": {"status": "failed", "processed": 0, "failed": []}})
    assert workflow.step("handle_error", {"input": given, "error": {"Error": "X"}}) == {"status": "cancelled"}
    assert read(person, run["executionId"])["status"] == "cancelled"
    assert person.call("cancelExecution", path).status == 200
    sql = "SELECT cancelled_by::text, reason FROM workflow_executions WHERE id = %s"
    assert database.query(sql, run["executionId"]) == [(person.user_id(database), "wrong chart")]
    sql = "SELECT action, detail FROM audit_events WHERE entity_id = %s"
    assert database.query(sql, run["executionId"]) == [("cancel", {"removed_tasks": 3})]


@pytest.mark.requirement(82, 256)
def test_any_other_failure_ends_the_run_and_is_told(person: Any, goal: str, stub: Any) -> None:
    given = workflow.start(person, stub, goal)
    sent = workflow.expect_notification(stub)
    error = {"Error": "GoalNotFound", "Cause": '{"errorMessage": "secret words"}'}
    assert workflow.step("handle_error", {"input": given, "error": error}) == {"status": "failed"}
    assert read(person, given["executionId"])["status"] == "failed"
    assert person.call("getGoal", {"goalId": goal}).json["status"] == "failed"
    assert sent[0]["error"] == "GoalNotFound"
    assert "secret words" not in str(sent)


@pytest.mark.parametrize("given", [None, {}, {"executionId": "x", "goalId": 7}])
def test_even_an_input_that_is_none_is_told(database: Any, stub: Any, given: object) -> None:
    sent = workflow.expect_notification(stub)
    assert workflow.step("handle_error", {"input": given, "error": {"Error": "InvalidInput"}}) == {"status": "failed"}
    assert sent[0]["error"] == "InvalidInput"


@pytest.mark.requirement(251)
def test_a_run_begins_only_with_an_execution_that_waits_for_it(
    person: Any, goal: str, stub: Any, other: Any, database: Any
) -> None:
    given = workflow.start(person, stub, goal)
    now = dt.datetime.now(dt.UTC).isoformat()
    other.goal()
    wrong = [
        given | {"executionId": goal},
        given | {"goalId": given["executionId"]},
        given | {"userId": other.user_id(database)},
        given | {"goalId": "x"},
        given | {"actionIds": []},
        {key: value for key, value in given.items() if key != "userId"},
    ]
    for candidate in wrong:
        with pytest.raises(InvalidInput):
            workflow.step("validate_input", {"input": candidate, "startedAt": now})
    for started in ("yesterday", "2026-01-01T00:00:00"):
        with pytest.raises(InvalidInput):
            workflow.step("validate_input", {"input": given, "startedAt": started, "deadlineSeconds": 780})
    with pytest.raises(InvalidInput, match="null"):
        workflow.step("validate_input", {"input": given, "startedAt": now})


@pytest.mark.requirement(256)
def test_the_deadline_is_so_many_seconds_after_the_start(person: Any, goal: str, stub: Any) -> None:
    at = dt.datetime(2026, 1, 1, 8, 59, 30, 900_000, tzinfo=dt.timezone(dt.timedelta(hours=9)))
    run = workflow.begin(workflow.start(person, stub, goal), at, seconds=13 * 60)
    assert run["deadline"] == dt.datetime(2026, 1, 1, 0, 12, 30, tzinfo=dt.UTC).timestamp()
    assert run["deadlineAt"] == "2026-01-01T00:12:30Z"


@pytest.mark.requirement(256)
def test_no_action_is_begun_after_the_deadline(person: Any, goal: str, stub: Any) -> None:
    run = workflow.begin(workflow.start(person, stub, goal))
    action = workflow.step("get_actions", {"run": run})["actionIds"][0]
    with pytest.raises(DeadlineExceeded):
        workflow.step("generate_tasks", {"run": run | {"deadline": int(time.time()) - 1}, "actionId": action})


@pytest.mark.requirement(256)
@pytest.mark.parametrize(("late", "handed_in"), [(4, True), (6, False)])
def test_an_answer_after_the_deadline_is_handed_in_only_while_there_is_time_to_save_it(
    person: Any, goal: str, stub: Any, monkeypatch: pytest.MonkeyPatch, late: int, handed_in: bool
) -> None:
    run = workflow.begin(workflow.start(person, stub, goal))
    action = workflow.step("get_actions", {"run": run})["actionIds"][0]
    asked: list[float] = []

    def ask(_model: object, _prompt: object, shape: type[GeneratedTasks], *, within: float) -> GeneratedTasks:
        asked.append(within)
        at = run["deadline"] + late
        monkeypatch.setattr(time, "time", lambda: at)
        return msgspec.convert({"tasks": workflow.tasks(3)}, shape)

    monkeypatch.setattr(BedrockModel, "ask", ask)
    payload = {"run": run, "actionId": action}
    if handed_in:
        assert len(workflow.step("generate_tasks", payload)["tasks"]) >= 3
    else:
        with pytest.raises(DeadlineExceeded, match="while the model was asked"):
            workflow.step("generate_tasks", payload)
    assert 770 < asked[0] <= 780


def test_another_persons_goal_is_not_found(person: Any, other: Any, goal: str, stub: Any, database: Any) -> None:
    run = workflow.begin(workflow.start(person, stub, goal))
    action = workflow.step("get_actions", {"run": run})["actionIds"][0]
    other.goal()
    foreign = run | {"userId": other.user_id(database)}
    for name, payload in {
        "get_actions": {},
        "save_tasks": {"actionId": action, "generated": workflow.generated()},
        "update_progress": {"results": []},
        "update_goal_status": {"result": {"status": "succeeded", "processed": 0, "failed": []}},
    }.items():
        with pytest.raises(GoalNotFound):
            workflow.step(name, {"run": foreign} | payload)


def test_an_action_of_another_goal_gets_no_tasks(person: Any, goal: str, stub: Any) -> None:
    elsewhere = person.chart(person.goal()["id"])[0]
    run = workflow.begin(workflow.start(person, stub, goal))
    with pytest.raises(GoalNotFound):
        workflow.save(run, elsewhere)


@pytest.mark.parametrize("count", [2, 8])
def test_too_few_or_too_many_tasks_are_not_saved(person: Any, goal: str, stub: Any, count: int) -> None:
    run = workflow.begin(workflow.start(person, stub, goal))
    action = workflow.step("get_actions", {"run": run})["actionIds"][0]
    with pytest.raises(InvalidInput):
        workflow.save(run, action, count)
