"""The ends of a run that no step brings about, and many runs at once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.twin.experiments.laboratory import Laboratory, side_by_side
from tests.twin.system import User, eventually

TITLES = ["Tie a bowline", "Reef the main", "Anchor in sand"]


@pytest.fixture
def user(laboratory: Laboratory) -> User:
    return laboratory.person()


def saved(laboratory: Laboratory, execution: str) -> int:
    """How many actions the run has made tasks for."""
    sql = "SELECT count(DISTINCT action_id) FROM tasks WHERE execution_id = %s"
    return int(laboratory.query(sql, execution)[0][0])


def hold(laboratory: Laboratory, user: User, seconds: int) -> tuple[str, str, str]:
    """A run of which one action hangs so long, once the others have their tasks: goal, execution, hanging action."""
    laboratory.pace(seconds / 120)
    goal = user.goal_with_actions(TITLES)
    hanging = laboratory.actions(goal)[0]
    laboratory.inject(laboratory.functions()["GenerateTasks"], "timeout", contains=hanging)
    execution = laboratory.start(user, goal)
    eventually(lambda: saved(laboratory, execution) == 2, within=30)
    return goal, execution, hanging


@pytest.mark.requirement(255)
def test_a_run_that_is_cancelled_in_the_middle_leaves_nothing(laboratory: Laboratory, user: User) -> None:
    goal, execution, _ = hold(laboratory, user, 10)
    answer = user.call("POST", f"/ai/executions/{execution}/cancel", {"reason": "Another chart"})
    assert (answer.status, answer.json["status"]) == (200, "cancelled")
    run = laboratory.ended(execution)
    assert (run.machine, run.error, run.status, run.goal) == ("ABORTED", "Cancelled", "cancelled", "draft")
    assert run.tasks == {}
    sql = "SELECT reason, cancelled_by::text FROM workflow_executions WHERE id = %s"
    ((reason, who),) = laboratory.query(sql, execution)
    assert (reason, bool(who)) == ("Another chart", True)
    time.sleep(1)  # whatever was under way when it was stopped
    assert laboratory.look(execution) == run
    assert laboratory.told(execution) == []
    assert user.call("GET", f"/tasks?goalId={goal}").json["items"] == []


@pytest.mark.requirement(256)
def test_a_run_that_an_operator_stops_is_written_down_and_told(laboratory: Laboratory, user: User) -> None:
    _, execution, _ = hold(laboratory, user, 10)
    arn = laboratory.describe(execution)["executionArn"]
    laboratory.states.stop_execution(executionArn=arn, error="Maintenance", cause="by an operator")
    run = laboratory.ended(execution)
    assert (run.machine, run.status, run.goal) == ("ABORTED", "failed", "failed")
    assert len(run.tasks) == 2
    (told,) = eventually(lambda: laboratory.told(execution))
    assert "Task generation failed" in told


def hears(laboratory: Laboratory) -> str:
    """The function that hears of endings."""
    return laboratory.functions()["GetActions"].replace("get-actions", "record-ending")


@pytest.mark.requirement(256)
@pytest.mark.parametrize("kind", ["throttle", "exception", "crash", "crash_after", "reset", "twice"])
def test_an_ending_is_written_down_and_told_once_though_hearing_of_it_fails_at_first(
    laboratory: Laboratory, user: User, kind: str
) -> None:
    goal = user.goal_with_actions(TITLES[:1])
    laboratory.inject(hears(laboratory), kind, contains=goal, times=1)
    laboratory.inject(laboratory.functions()["GenerateTasks"], "timeout", contains=goal)
    execution = laboratory.start(user, goal)
    laboratory.states.stop_execution(executionArn=laboratory.describe(execution)["executionArn"])
    run = laboratory.ended(execution)
    assert (run.machine, run.status, run.goal) == ("ABORTED", "failed", "failed")
    eventually(lambda: laboratory.told(execution))
    time.sleep(0.5)
    assert len(laboratory.told(execution)) == 1


@pytest.mark.requirement(256)
def test_an_ending_that_cannot_be_written_down_waits_where_it_raises_an_alarm(
    laboratory: Laboratory, user: User
) -> None:
    goal = user.goal_with_actions(TITLES[:1])
    laboratory.inject(hears(laboratory), "exception", contains=goal)
    laboratory.inject(laboratory.functions()["GenerateTasks"], "timeout", contains=goal)
    execution = laboratory.start(user, goal)
    laboratory.states.stop_execution(executionArn=laboratory.describe(execution)["executionArn"])
    queues = laboratory.system.client("sqs")
    (letters,) = [url for url in queues.list_queues()["QueueUrls"] if "ending-dead-letters" in url]

    def letter() -> Any:
        messages = queues.receive_message(QueueUrl=letters, VisibilityTimeout=0).get("Messages", [])
        return [message for message in messages if execution in message["Body"]]

    (kept,) = eventually(letter, within=30)
    laboratory.control("DELETE", "/functions/faults")
    event = json.loads(kept["Body"])["requestPayload"]
    functions = laboratory.system.client("lambda")
    functions.invoke(FunctionName=f"{hears(laboratory)}:live", Payload=json.dumps(event).encode())
    assert (laboratory.look(execution).status, laboratory.look(execution).goal) == ("failed", "failed")
    queues.delete_message(QueueUrl=letters, ReceiptHandle=kept["ReceiptHandle"])


@pytest.mark.requirement(252, 256)
def test_a_run_beyond_its_time_is_written_down_and_told_and_can_be_finished(laboratory: Laboratory, user: User) -> None:
    described = laboratory.states.describe_state_machine(stateMachineArn=laboratory.machine)
    short = json.loads(described["definition"]) | {"TimeoutSeconds": 8}
    laboratory.states.update_state_machine(stateMachineArn=laboratory.machine, definition=json.dumps(short))
    try:
        _, execution, hanging = hold(laboratory, user, 20)
        run = laboratory.ended(execution)
    finally:
        laboratory.states.update_state_machine(stateMachineArn=laboratory.machine, definition=described["definition"])
    assert (run.machine, run.status, run.goal) == ("TIMED_OUT", "timed_out", "failed")
    assert set(run.tasks) == set(run.actions) - {hanging}
    (told,) = eventually(lambda: laboratory.told(execution))
    assert "Task generation timed out" in told
    laboratory.control("DELETE", "/functions/faults")
    again = user.call("POST", f"/ai/executions/{execution}/retry")
    assert (again.status, again.json["totalActions"]) == (202, 1)
    finished = laboratory.ended(again.json["id"])
    assert (finished.status, finished.goal) == ("succeeded", "active")
    assert set(finished.tasks) == set(run.actions)
    assert {action: finished.tasks[action] for action in run.tasks} == run.tasks


@pytest.mark.requirement(248)
def test_ten_starts_at_the_same_moment_are_one_run(laboratory: Laboratory, user: User) -> None:
    goal = user.goal_with_actions(TITLES)
    answers = side_by_side(lambda _: user.call("POST", "/ai/tasks", {"goalId": goal}), list(range(10)), width=10)
    assert {answer.status for answer in answers} == {202}
    (execution,) = {answer.json["id"] for answer in answers}
    run = laboratory.ended(execution)
    assert (run.machine, run.status, run.goal, len(run.tasks)) == ("SUCCEEDED", "succeeded", "active", 3)
    assert len(laboratory.query("SELECT id FROM workflow_executions WHERE goal_id = %s", goal)) == 1


@pytest.mark.requirement(248)
@pytest.mark.parametrize("kind", ["crash", "crash_after", "reset"])
def test_a_start_whose_answer_is_lost_is_the_same_run_when_it_is_repeated(
    laboratory: Laboratory, user: User, kind: str
) -> None:
    goal = user.goal_with_actions(TITLES)
    prefix = laboratory.functions()["GetActions"].removesuffix("get-actions")
    laboratory.inject(f"{prefix}ai", kind, contains=goal, times=1)
    assert user.call("POST", "/ai/tasks", {"goalId": goal}).status == 502
    run = laboratory.ended(laboratory.start(user, goal))
    assert (run.status, run.goal, len(run.tasks)) == ("succeeded", "active", 3)
    # With the answer lost the run may have ended before it was asked for again: then that is a second run.
    runs = laboratory.query("SELECT status FROM workflow_executions WHERE goal_id = %s", goal)
    assert set(runs) == {("succeeded",)}
    assert len(runs) <= (1 if kind == "crash" else 2)


@pytest.mark.requirement(252)
def test_a_run_that_failed_after_its_last_action_leaves_a_goal_in_use_and_nothing_to_retry(
    laboratory: Laboratory, user: User
) -> None:
    goal = user.goal_with_actions(TITLES)
    laboratory.inject(laboratory.functions()["AggregateResults"], "exception", contains=goal)
    run = laboratory.ended(laboratory.start(user, goal))
    assert (run.status, run.goal, len(run.tasks)) == ("failed", "active", 3)
    again = user.call("POST", f"/ai/executions/{run.execution}/retry")
    assert again.status == 409
    assert "without tasks" in again.json["detail"]


@pytest.mark.requirement(257)
@pytest.mark.parametrize("many", [6, pytest.param(20, marks=pytest.mark.prove)])
def test_the_runs_of_many_people_do_not_disturb_each_other(laboratory: Laboratory, few_places: None, many: int) -> None:
    people = side_by_side(lambda _: laboratory.person(), list(range(many)))
    goals = side_by_side(lambda person: person.goal_with_actions([*TITLES, "Read the chart"]), people)
    executions = side_by_side(lambda pair: laboratory.start(*pair), list(zip(people, goals, strict=True)), width=many)
    runs = [laboratory.ended(execution, within=180) for execution in executions]
    assert {(run.machine, run.error, run.status, run.goal, run.failed) for run in runs} == {
        ("SUCCEEDED", None, "succeeded", "active", ())
    }
    assert all(set(run.tasks) == set(run.actions) and len(run.actions) == 4 for run in runs)
    for person, goal in zip(people, goals, strict=True):
        assert {task["goalId"] for task in person.tasks(goal)} == {goal}
    sql = (
        "SELECT count(*) FROM tasks t JOIN goals g ON g.id = t.goal_id JOIN workflow_executions e"
        " ON e.id = t.execution_id WHERE t.user_id <> g.user_id OR e.goal_id <> t.goal_id"
    )
    assert laboratory.query(sql) == [(0,)]


@pytest.fixture
def few_places(laboratory: Laboratory) -> Iterator[None]:
    """As few places for each function as where 45 connections must do for all of them."""
    laboratory.pace(1)  # work takes its whole time, and so must the waits for it
    functions, places = laboratory.system.client("lambda"), {"GenerateTasks": 5, "SaveTasks": 5}
    names = laboratory.functions()
    before = {name: functions.get_function_concurrency(FunctionName=name) for name in names.values()}
    for state, name in names.items():
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=places.get(state, 1))
    yield
    for name, answer in before.items():
        if "ReservedConcurrentExecutions" in answer:
            reserved = answer["ReservedConcurrentExecutions"]
            functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
        else:
            functions.delete_function_concurrency(FunctionName=name)


@pytest.mark.prove
@pytest.mark.requirement(250)
def test_the_waits_between_retries_double_in_real_time(laboratory: Laboratory, user: User) -> None:
    laboratory.pace(1)
    functions, faults = laboratory.functions(), {}
    runs = []
    for state, wait in (("GetActions", 2), ("GenerateTasks", 2), ("SaveTasks", 1)):
        goal = user.goal_with_actions(TITLES[:1])
        marked = goal if state == "GetActions" else laboratory.actions(goal)[0]
        faults[laboratory.inject(functions[state], "service_error", contains=marked)] = wait
        runs.append(laboratory.start(user, goal))
    for execution in runs:
        assert laboratory.ended(execution).status == "failed"
    for fault, wait in faults.items():
        at = [call["at"] for call in laboratory.calls(fault)]
        waited = [later - earlier for earlier, later in zip(at, at[1:], strict=False)]
        assert len(waited) == 3
        for seconds, least in zip(waited, (wait, 2 * wait, 4 * wait), strict=True):
            assert least <= seconds < least + 2
