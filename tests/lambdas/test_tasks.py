"""The tasks function: the list, and their state."""

from __future__ import annotations

from typing import Any

import pytest


def add_tasks(database: Any, action: str, count: int) -> list[str]:
    """Tasks of an action, as a run would have left them."""
    rows = database.query(
        "INSERT INTO tasks (user_id, goal_id, action_id, ordinal, title, estimated_minutes, kind)"
        " SELECT g.user_id, g.id, a.id, n, 'Task ' || n, 30, 'execution' FROM generate_series(1, %s) n, actions a"
        " JOIN sub_goals s ON s.id = a.sub_goal_id JOIN goals g ON g.id = s.goal_id WHERE a.id = %s"
        " ORDER BY n RETURNING id",
        count,
        action,
    )
    return [str(identifier) for (identifier,) in rows]


def progress(person: Any, goal: str) -> tuple[int, list[int], list[int]]:
    """Progress of the goal, its sub-goals, its actions."""
    chart = person.call("getMandala", {"goalId": goal}).json
    actions = [action["progress"] for sub_goal in chart["subGoals"] for action in sub_goal["actions"]]
    return chart["goal"]["progress"], [sub_goal["progress"] for sub_goal in chart["subGoals"]], actions


def test_completing_tasks_moves_the_whole_chart(person: Any, database: Any) -> None:
    goal = person.goal()["id"]
    actions = person.chart(goal, 2, 2)
    tasks = add_tasks(database, actions[0], 3)
    assert person.call("updateTask", {"taskId": tasks[0]}, body={"status": "completed"}).status == 200
    assert progress(person, goal) == (8, [16, 0], [33, 0, 0, 0])
    for task in tasks[1:]:
        person.call("updateTask", {"taskId": task}, body={"status": "completed"})
    assert progress(person, goal) == (25, [50, 0], [100, 0, 0, 0])
    person.call("updateTask", {"taskId": tasks[0]}, body={"status": "not_started"})
    assert progress(person, goal) == (16, [33, 0], [66, 0, 0, 0])


def test_a_hundred_percent_means_that_nothing_is_left(person: Any, database: Any) -> None:
    goal = person.goal()["id"]
    (action,) = person.chart(goal)
    tasks = add_tasks(database, action, 200)
    database.query(
        "UPDATE tasks SET status = 'completed', completed_at = now() WHERE id = ANY(%s::uuid[])", tasks[:198]
    )
    person.call("updateTask", {"taskId": tasks[198]}, body={"status": "completed"})
    assert progress(person, goal)[0] == 99


def test_the_moment_of_completion_is_kept_and_forgotten(person: Any, database: Any) -> None:
    (task,) = add_tasks(database, person.chart(person.goal()["id"])[0], 1)
    first = person.call("updateTask", {"taskId": task}, body={"status": "completed"}).json
    again = person.call("updateTask", {"taskId": task}, body={"status": "completed"}).json
    assert first["completedAt"] is not None
    assert again["completedAt"] == first["completedAt"]
    assert person.call("updateTask", {"taskId": task}, body={"status": "in_progress"}).json["completedAt"] is None


def test_a_task_changed_elsewhere_is_not_overwritten(person: Any, database: Any) -> None:
    (task,) = add_tasks(database, person.chart(person.goal()["id"])[0], 1)
    changed = person.call("updateTask", {"taskId": task}, body={"status": "skipped"}, headers={"If-Match": '"1"'})
    assert (changed.status, changed.headers["ETag"]) == (200, '"2"')
    late = person.call("updateTask", {"taskId": task}, body={"status": "completed"}, headers={"If-Match": '"1"'})
    assert late.status == 412


def test_tasks_are_found_by_goal_action_and_status(person: Any, database: Any) -> None:
    goal = person.goal()["id"]
    one, two = person.chart(goal, 1, 2)
    elsewhere = person.chart(person.goal()["id"])[0]
    first, second, third = add_tasks(database, one, 2), add_tasks(database, two, 1), add_tasks(database, elsewhere, 1)
    person.call("updateTask", {"taskId": first[1]}, body={"status": "in_progress"})

    def found(**query: str) -> list[str]:
        return [task["id"] for task in person.call("listTasks", query=query).json["items"]]

    assert found() == [*first, *second, *third]
    assert found(goalId=goal) == [*first, *second]
    assert found(actionId=one) == first
    assert found(goalId=goal, status="in_progress") == [first[1]]
    assert found(actionId=two, status="completed") == []


def test_pages_of_tasks_hold_every_task_once(person: Any, database: Any) -> None:
    goal = person.goal()["id"]
    tasks = add_tasks(database, person.chart(goal)[0], 7)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = person.call("listTasks", query={"goalId": goal, "limit": "3"} | cursor).json
        seen += [task["id"] for task in page["items"]]
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert seen == tasks


@pytest.mark.requirement(33)
def test_the_lists_read_no_more_rows_than_they_show(person: Any, database: Any) -> None:
    goal = person.goal()["id"]
    add_tasks(database, person.chart(goal)[0], 3000)
    database.query("ANALYZE tasks")
    user = person.user_id(database)
    for condition, values in [("user_id = %s", (user,)), ("user_id = %s AND goal_id = %s", (user, goal))]:
        for status in ("", " AND status = 'not_started'"):
            sql = f"EXPLAIN SELECT * FROM tasks WHERE {condition}{status} ORDER BY sequence LIMIT 51"  # noqa: S608
            plan = "\n".join(line for (line,) in database.query(sql, *values))
            assert "Sort" not in plan
            assert "Index Scan" in plan
