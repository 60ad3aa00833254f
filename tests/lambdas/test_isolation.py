"""No operation shows, changes or admits to what belongs to somebody else."""

from __future__ import annotations

import os
from typing import Any

import pytest

from lambdas.shared.database import Database
from lambdas.shared.operations import OPERATIONS
from lambdas.shared.repositories import chart, execution_steps, execution_tasks, executions, goals, progress, tasks
from tests.lambdas import workflow

BODIES: dict[str, dict[str, Any]] = {
    "updateGoal": {"title": "Mine now"},
    "putSubGoal": {"title": "Mine now"},
    "putAction": {"title": "Mine now", "kind": "habit"},
    "updateTask": {"status": "skipped"},
    "cancelExecution": {},
    "createReflection": {"onDate": "2027-01-10"},
    "updateReflection": {"summary": "Mine now"},
    "updateSource": {"enabled": False},
}
WITH_ID = [operation.id for operation in OPERATIONS if "{" in operation.path and operation.login]
NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def belongings(person: Any, stub: Any) -> dict[str, Any]:
    """One of everything a person can have."""
    goal = person.goal()["id"]
    (action,) = person.chart(goal)
    run = workflow.begin(workflow.start(person, stub, goal))
    workflow.save(run, action)
    (task, *_) = person.call("listTasks").json["items"]
    reflection = person.call("createReflection", {"goalId": goal}, body={"onDate": "2027-01-09"}).json
    source = person.call("createSource", body={"owner": "pulumi", "repo": "pulumi"}).json
    stub("lambda").add_response("invoke", {"StatusCode": 202})
    proposal = person.call("proposeSubGoals", body={"goalId": goal}).json
    return {
        "goalId": goal,
        "taskId": task["id"],
        "executionId": run["executionId"],
        "position": 1,
        "actionPosition": 1,
        "reflectionId": reflection["id"],
        "sourceId": source["id"],
        "proposalId": proposal["id"],
    }


def everything(database: Any, goal: str) -> list[tuple[Any, ...]]:
    """What the tables hold of a goal."""
    return [
        *database.query("SELECT * FROM goals WHERE id = %s", goal),
        *database.query("SELECT * FROM sub_goals WHERE goal_id = %s", goal),
        *database.query("SELECT a.* FROM actions a JOIN sub_goals s ON s.id = sub_goal_id WHERE goal_id = %s", goal),
        *database.query("SELECT * FROM tasks WHERE goal_id = %s ORDER BY sequence", goal),
        *database.query("SELECT * FROM reflections WHERE goal_id = %s", goal),
        *database.query("SELECT * FROM proposals WHERE goal_id = %s", goal),
        *database.query("SELECT s.* FROM data_sources s JOIN goals g ON g.user_id = s.user_id WHERE g.id = %s", goal),
        *database.query("SELECT * FROM workflow_executions WHERE goal_id = %s ORDER BY id", goal),
    ]


@pytest.mark.parametrize("operation", WITH_ID)
def test_another_persons_id_is_unknown(
    operation: str, belongings: dict[str, Any], person: Any, other: Any, database: Any
) -> None:
    names = [name for name in belongings if f"{{{name}}}" in _path(operation)]
    path = {name: belongings[name] for name in names}
    before = everything(database, belongings["goalId"])
    foreign = other.call(operation, path, body=BODIES.get(operation))
    unknown = other.call(operation, path | {_first_id(names): NOWHERE}, body=BODIES.get(operation))
    assert foreign.status == 404
    assert foreign.json | {"requestId": ""} == unknown.json | {"requestId": ""}
    assert everything(database, belongings["goalId"]) == before


@pytest.mark.parametrize("operation", ["startTaskGeneration", "proposeSubGoals", "proposeActions", "createShareLink"])
def test_another_persons_goal_starts_nothing(operation: str, belongings: dict[str, Any], other: Any) -> None:
    more = {"position": 1} if operation == "proposeActions" else {}
    assert other.call(operation, body={"goalId": belongings["goalId"], **more}).status == 404


@pytest.mark.parametrize("operation", ["listGoals", "listTasks", "listExecutions", "listSources"])
def test_lists_hold_only_what_is_ones_own(operation: str, belongings: dict[str, Any], person: Any, other: Any) -> None:
    assert other.call(operation).json["items"] == []
    assert len(person.call(operation).json["items"]) >= 1


@pytest.mark.parametrize("operation", ["listTasks", "listExecutions"])
def test_the_list_of_another_persons_goal_is_not_there(
    operation: str, belongings: dict[str, Any], person: Any, other: Any
) -> None:
    asked = {"goalId": belongings["goalId"]}
    assert other.call(operation, query=asked).status == 404
    assert len(person.call(operation, query=asked).json["items"]) >= 1


def test_not_even_a_repository_finds_what_is_anothers(
    belongings: dict[str, Any], person: Any, other: Any, database: Any
) -> None:
    other.goal()
    user, goal = other.user_id(database), belongings["goalId"]
    task, execution = belongings["taskId"], belongings["executionId"]
    # One of the tasks comes from an earlier run, so that there is something to supersede.
    sql = "INSERT INTO workflow_executions (goal_id, status, finished_at) VALUES (%s, 'failed', now()) RETURNING id"
    ((earlier,),) = database.query(sql, goal)
    database.query("UPDATE tasks SET execution_id = %s WHERE id = %s", earlier, task)
    before = everything(database, goal)
    (action,) = {row[0] for row in database.query("SELECT action_id::text FROM tasks WHERE goal_id = %s", goal)}
    reached = Database(os.environ["DATABASE_SECRET_ARN"])
    with reached.transaction() as session:
        assert goals.read(session, user, goal) is None
        assert goals.lock(session, user, goal) is None
        assert goals.update(session, user, goal, {"title": "x"}) is None
        goals.delete(session, user, goal)
        assert chart.sub_goals(session, user, goal) == []
        assert chart.actions(session, user, goal) == []
        assert chart.put_sub_goal(session, user, goal, 1, "x", "") is None
        assert chart.put_action(session, user, goal, (1, 1), ("x", "", "habit")) is None
        assert tasks.read(session, user, task) is None
        assert tasks.update(session, user, task, {"status": "skipped"}) is None
        assert execution_tasks.save(session, user, goal, action, execution, workflow.tasks()) == 0
        assert execution_tasks.remove_of_execution(session, user, execution) == 0
        assert execution_tasks.remove_superseded(session, user, goal, execution) == 0
        assert executions.read(session, user, execution) is None
        assert executions.running(session, user, goal) is None
        assert executions.actions_in_scope(session, user, goal, None) == []
        assert executions.actions_without_tasks(session, user, execution) == []
        assert executions.titles_of_actions(session, user, [action]) == {}
        assert execution_steps.action_text(session, user, goal, action) is None
        assert not executions.finish(session, user, execution, executions.End(status="failed"))
        executions.set_arn(session, user, execution, "x")
        execution_steps.set_total(session, user, execution, 99)
        execution_steps.add_failures(session, user, execution, [{"actionId": action, "error": "X"}])
    assert everything(database, goal) == before
    # Sums that are not true now, so that making them true would show.
    database.query("UPDATE actions SET progress = 7 WHERE id = %s", action)
    database.query("UPDATE workflow_executions SET processed_actions = 0 WHERE id = %s", execution)
    before = everything(database, goal)
    with reached.transaction() as session:
        progress.recalculate(session, user, goal)
        execution_steps.count_processed(session, user, execution)
    reached.close()
    assert everything(database, goal) == before


def _path(operation: str) -> str:
    return next(o.path for o in OPERATIONS if o.id == operation)


def _first_id(names: list[str]) -> str:
    return next(name for name in names if name.endswith("Id"))
