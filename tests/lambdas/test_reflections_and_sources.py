"""The reflections and sources functions, the export of a goal, and what is to be done today."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest

from tests.lambdas import workflow


def test_reflections_are_written_read_changed_and_deleted(person: Any) -> None:
    path = {"goalId": person.goal()["id"]}
    days = ["2027-01-08", "2027-01-10", "2027-01-09"]
    made = [person.call("createReflection", path, body={"onDate": day, "mood": 4}) for day in days]
    assert [answer.status for answer in made] == [201] * 3
    assert made[0].headers["Location"] == f"/v1/reflections/{made[0].json['id']}"
    page = person.call("listReflections", path, query={"limit": 2}).json
    assert [item["onDate"] for item in page["items"]] == ["2027-01-10", "2027-01-09"]
    rest = person.call("listReflections", path, query={"cursor": page["nextCursor"]}).json
    assert ([item["onDate"] for item in rest["items"]], rest["nextCursor"]) == (["2027-01-08"], None)
    one = {"reflectionId": made[0].json["id"]}
    changed = person.call("updateReflection", one, body={"wentWell": "Ran", "mood": None})
    assert changed.json == made[0].json | {"wentWell": "Ran", "mood": None}
    assert person.call("getReflection", one).json == changed.json
    assert person.call("deleteReflection", one).status == 204
    assert person.call("getReflection", one).status == 404
    assert person.call("deleteReflection", one).status == 404


@pytest.mark.parametrize("body", [{}, {"onDate": "tomorrow"}, {"onDate": "2027-01-10", "mood": 6}])
def test_a_reflection_without_a_day_or_with_an_impossible_mood_is_refused(person: Any, body: dict[str, Any]) -> None:
    assert person.call("createReflection", {"goalId": person.goal()["id"]}, body=body).status == 400


def test_a_repository_is_followed_once_switched_off_and_given_up(person: Any) -> None:
    made = person.call("createSource", body={"owner": "Pulumi", "repo": "pulumi-aws"})
    assert (made.status, made.json["enabled"], made.json["lastCheckedAt"]) == (201, True, None)
    assert person.call("createSource", body={"owner": "pulumi", "repo": "Pulumi-AWS"}).status == 409
    path = {"sourceId": made.json["id"]}
    assert person.call("updateSource", path, body={"enabled": False}).json["enabled"] is False
    assert person.call("listSources").json["items"] == [made.json | {"enabled": False}]
    assert person.call("deleteSource", path).status == 204
    assert person.call("listSources").json == {"items": [], "nextCursor": None}


@pytest.mark.parametrize(
    ("owner", "repo"), [("-a", "b"), ("a" * 40, "b"), ("a/b", "c"), ("a", ".."), ("a", "b c"), ("", "b"), ("a", "")]
)
def test_what_cannot_be_a_repository_is_refused(person: Any, owner: str, repo: str) -> None:
    assert person.call("createSource", body={"owner": owner, "repo": repo}).status == 400


def test_nobody_follows_more_than_fifty_repositories(person: Any) -> None:
    for number in range(50):
        assert person.call("createSource", body={"owner": "a", "repo": f"r{number}"}).status == 201
    refused = person.call("createSource", body={"owner": "a", "repo": "one-more"})
    assert (refused.status, "50" in refused.json["detail"]) == (409, True)


def test_activities_are_found_by_source_kind_and_state(person: Any, other: Any, database: Any) -> None:
    source = person.call("createSource", body={"owner": "pulumi", "repo": "pulumi"}).json["id"]
    for number, kind in enumerate(["release", "issue", "pull_request"]):
        database.query(
            "INSERT INTO activities (data_source_id, kind, github_id, title, url, occurred_at)"
            " VALUES (%s, %s, %s, %s, 'https://github.com/x', timestamptz '2027-01-01' + %s * interval '1 day')",
            *(source, kind, number, kind, number),
        )
    page = person.call("listActivities", query={"limit": 2}).json
    assert [item["kind"] for item in page["items"]] == ["pull_request", "issue"]
    rest = person.call("listActivities", query={"cursor": page["nextCursor"]}).json["items"]
    assert [(item["kind"], item["owner"], item["state"]) for item in rest] == [("release", "pulumi", "pending")]
    for query, found in (
        ({"kind": "issue"}, 1),
        ({"state": "completed"}, 0),
        ({"sourceId": source, "state": "pending"}, 3),
    ):
        assert len(person.call("listActivities", query=query).json["items"]) == found, query
    assert other.call("listActivities", query={"sourceId": source}).status == 404


@pytest.fixture
def planned(person: Any, stub: Any) -> dict[str, Any]:
    """A goal with two actions, the first with five tasks, after its run."""
    goal = person.goal()["id"]
    actions = person.chart(goal, 1, 2)
    run = workflow.begin(workflow.start(person, stub, goal))
    workflow.step("get_actions", {"run": run})
    workflow.expect_notification(stub)
    workflow.finish(run, [workflow.save(run, actions[0], 5), {"actionId": actions[1], "error": "ModelThrottled"}])
    tasks = person.call("listTasks").json["items"]
    return {"goal": goal, "actions": actions, "tasks": [task["id"] for task in tasks]}


def test_today_holds_what_is_begun_what_is_due_and_what_comes_next(person: Any, planned: dict[str, Any]) -> None:
    def today() -> list[str]:
        page = person.call("listTasksOfToday", query={"on": "2027-01-10"}).json
        return [task["title"] for task in page["items"]]

    assert today() == ["Task 1", "Task 2", "Task 3"]
    ids = planned["tasks"]
    person.call("updateTask", {"taskId": ids[4]}, body={"status": "in_progress"})
    person.call("updateTask", {"taskId": ids[0]}, body={"dueOn": "2027-01-11"})
    assert today() == ["Task 2", "Task 3", "Task 4", "Task 5"]
    person.call("updateTask", {"taskId": ids[0]}, body={"dueOn": "2027-01-09"})
    assert today() == ["Task 1", "Task 2", "Task 3", "Task 4", "Task 5"]
    person.call("updateTask", {"taskId": ids[0]}, body={"status": "completed"})
    assert today() == ["Task 2", "Task 3", "Task 4", "Task 5"]


def test_tasks_are_found_by_kind_and_day(person: Any, planned: dict[str, Any]) -> None:
    first, second, *_ = planned["tasks"]
    person.call("updateTask", {"taskId": first}, body={"dueOn": "2027-01-10"})
    changed = person.call("updateTask", {"taskId": second}, body={"dueOn": "2027-01-12", "status": "in_progress"})
    assert (changed.json["dueOn"], changed.json["status"], changed.json["version"]) == ("2027-01-12", "in_progress", 2)
    assert person.call("updateTask", {"taskId": second}, body={}).status == 400
    for query, found in (
        ({"kind": "habit"}, 0),
        ({"kind": "execution"}, 5),
        ({"dueFrom": "2027-01-10", "dueTo": "2027-01-11"}, 1),
        ({"dueFrom": "2027-01-10"}, 2),
        ({"dueTo": "2027-01-09"}, 0),
    ):
        assert len(person.call("listTasks", query=query).json["items"]) == found, query


@pytest.mark.requirement(258)
def test_executions_are_found_by_the_day_of_their_start(person: Any, planned: dict[str, Any]) -> None:
    today = dt.datetime.now(dt.UTC).date()
    tomorrow, yesterday = today + dt.timedelta(days=1), today - dt.timedelta(days=1)
    for query, found in (
        ({"from": today, "to": today}, 1),
        ({"from": tomorrow}, 0),
        ({"to": yesterday}, 0),
        ({"status": "partially_succeeded", "from": yesterday}, 1),
    ):
        assert len(person.call("listExecutions", query=query).json["items"]) == found, query


def test_a_goal_is_exported_with_everything_in_it(person: Any, planned: dict[str, Any]) -> None:
    path = {"goalId": planned["goal"]}
    person.call("createReflection", path, body={"onDate": "2027-01-10", "summary": "Good"})
    whole = person.call("exportGoal", path).json
    assert [len(whole[name]) for name in ("subGoals", "tasks", "reflections")] == [1, 5, 1]
    person.call("putAction", path | {"position": 1, "actionPosition": 2}, body={"title": "=SUM(A1)", "kind": "habit"})
    table = person.call("exportGoal", path, query={"format": "csv"})
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert table.headers["Content-Disposition"] == f'attachment; filename="goal-{planned["goal"]}.csv"'
    rows = list(csv.DictReader(io.StringIO(table.text.removeprefix("\ufeff"))))
    assert [row["task"] for row in rows] == ["Task 1", "Task 2", "Task 3", "Task 4", "Task 5", None]
    assert rows[5]["action"] == "'=SUM(A1)"
