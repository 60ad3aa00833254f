"""The goals function: goals and their charts."""

from __future__ import annotations

from typing import Any

import pytest

NOWHERE = "00000000-0000-4000-8000-000000000000"


def test_a_new_goal_is_a_draft_and_says_where_it_is(person: Any) -> None:
    answer = person.call("createGoal", body={"title": "Open a bakery", "deadline": "2027-04-01"})
    assert answer.status == 201
    goal = answer.json
    assert (goal["title"], goal["deadline"], goal["status"], goal["progress"]) == (
        "Open a bakery",
        "2027-04-01",
        "draft",
        0,
    )
    assert answer.headers["Location"] == f"/v1/goals/{goal['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert person.call("getGoal", {"goalId": goal["id"]}).json == goal


def test_goals_come_newest_first_and_page_by_page(person: Any) -> None:
    made = [person.goal(f"Goal {number}")["title"] for number in range(5)]
    titles, cursor, pages = [], None, 0
    while True:
        page = person.call("listGoals", query={"limit": 2} | ({"cursor": cursor} if cursor else {})).json
        titles += [goal["title"] for goal in page["items"]]
        cursor, pages = page["nextCursor"], pages + 1
        if cursor is None:
            break
    assert titles == made[::-1]
    assert pages == 3


def test_a_change_touches_only_what_it_names_and_raises_the_version(person: Any) -> None:
    goal = person.goal(description="by spring", deadline="2027-04-01")
    answer = person.call("updateGoal", {"goalId": goal["id"]}, body={"deadline": None, "status": "paused"})
    assert answer.status == 200
    assert answer.json == goal | {"deadline": None, "status": "paused", "version": 2}
    assert answer.headers["ETag"] == '"2"'


@pytest.mark.requirement(257)
def test_a_change_for_an_earlier_version_is_refused(person: Any) -> None:
    goal = person.goal()
    path = {"goalId": goal["id"]}
    assert person.call("updateGoal", path, body={"title": "B"}, headers={"If-Match": '"1"'}).status == 200
    late = person.call("updateGoal", path, body={"title": "C"}, headers={"If-Match": '"1"'})
    assert late.status == 412
    assert "version 2, not 1" in late.json["detail"]
    assert person.call("deleteGoal", path, headers={"If-Match": '"1"'}).status == 412
    assert person.call("getGoal", path).json["title"] == "B"


@pytest.mark.parametrize("tag", ["1", 'W/"1"', '"x"', '"', "", '"99999999999999999999"'])
def test_an_if_match_that_is_no_version_never_matches(person: Any, tag: str) -> None:
    goal = person.goal()
    assert (
        person.call("updateGoal", {"goalId": goal["id"]}, body={"title": "B"}, headers={"If-Match": tag}).status == 412
    )


def test_a_deleted_goal_is_gone(person: Any) -> None:
    goal = person.goal()
    person.chart(goal["id"], 2, 2)
    answer = person.call("deleteGoal", {"goalId": goal["id"]})
    assert (answer.status, answer.text) == (204, "")
    assert person.call("getGoal", {"goalId": goal["id"]}).status == 404


def test_the_mandala_holds_the_whole_chart_in_order(person: Any) -> None:
    goal = person.goal()
    for position in (8, 1, 3):
        body = {"title": f"S{position}", "description": "why"}
        person.call("putSubGoal", {"goalId": goal["id"], "position": position}, body=body)
    for position in (5, 2):
        path = {"goalId": goal["id"], "position": 3, "actionPosition": position}
        person.call("putAction", path, body={"title": f"A{position}", "kind": "habit"})
    chart = person.call("getMandala", {"goalId": goal["id"]}).json
    assert chart["goal"]["id"] == goal["id"]
    assert [s["position"] for s in chart["subGoals"]] == [1, 3, 8]
    assert [a["title"] for a in chart["subGoals"][1]["actions"]] == ["A2", "A5"]
    action = chart["subGoals"][1]["actions"][0]
    assert (action["kind"], action["progress"], action["taskCount"]) == ("habit", 0, 0)


def test_writing_a_field_again_keeps_its_identity(person: Any) -> None:
    goal = person.goal()
    path = {"goalId": goal["id"], "position": 4}
    first = person.call("putSubGoal", path, body={"title": "Sleep"}).json
    second = person.call("putSubGoal", path, body={"title": "Sleep well"}).json
    assert second == first | {"title": "Sleep well"}


def test_an_action_needs_its_sub_goal(person: Any) -> None:
    goal = person.goal()
    path = {"goalId": goal["id"], "position": 2, "actionPosition": 1}
    assert person.call("putAction", path, body={"title": "A", "kind": "execution"}).status == 404


@pytest.mark.parametrize("position", ["0", "9", "x", "1.0", "-1"])
def test_there_are_eight_positions(person: Any, position: str) -> None:
    goal = person.goal()
    assert person.call("putSubGoal", {"goalId": goal["id"], "position": position}, body={"title": "S"}).status == 404


def test_the_status_belongs_to_the_workflow_while_tasks_are_made(person: Any, database: Any) -> None:
    goal = person.goal()
    database.query("UPDATE goals SET status = 'processing' WHERE id = %s", goal["id"])
    path = {"goalId": goal["id"]}
    assert person.call("updateGoal", path, body={"status": "paused"}).status == 409
    assert person.call("deleteGoal", path).status == 409
    assert person.call("updateGoal", path, body={"title": "B"}).status == 200


def test_a_change_that_names_nothing_is_refused(person: Any) -> None:
    assert person.call("updateGoal", {"goalId": person.goal()["id"]}, body={}).status == 400


def test_the_first_visit_sets_the_language(person: Any, database: Any) -> None:
    person.call("listGoals", headers={"Accept-Language": "ja,en;q=0.8"})
    person.call("listGoals", headers={"Accept-Language": "en"})
    assert database.query("SELECT locale FROM users WHERE cognito_sub = %s", person.subject) == [("ja",)]
