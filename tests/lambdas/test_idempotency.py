"""Idempotency-Key: a repeated POST has one effect and one answer."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.lambdas import workflow

KEY = {"Idempotency-Key": "3f0c"}


def test_a_repeated_post_has_one_effect_and_the_same_answer(person: Any) -> None:
    first = person.call("createGoal", body={"title": "Once"}, headers=KEY)
    again = person.call("createGoal", body={"title": "Once"}, headers=KEY)
    assert (again.status, again.text, again.headers["ETag"]) == (201, first.text, first.headers["ETag"])
    assert again.headers["Location"] == first.headers["Location"]
    assert len(person.call("listGoals").json["items"]) == 1


def test_a_key_is_not_taken_for_another_request(person: Any) -> None:
    person.call("createGoal", body={"title": "Once"}, headers=KEY)
    assert person.call("createGoal", body={"title": "Twice"}, headers=KEY).status == 422
    goal = person.goal()["id"]
    body = {"onDate": "2027-01-10"}
    assert person.call("createReflection", {"goalId": goal}, body=body, headers=KEY).status == 422


def test_another_persons_key_is_another_key(person: Any, other: Any) -> None:
    mine = person.call("createGoal", body={"title": "Once"}, headers=KEY).json
    theirs = other.call("createGoal", body={"title": "Once"}, headers=KEY).json
    assert mine["id"] != theirs["id"]


def test_a_key_is_forgotten_after_a_day(person: Any, database: Any) -> None:
    person.call("createGoal", body={"title": "Once"}, headers=KEY)
    database.query("UPDATE idempotency_keys SET expires_at = now() - interval '1 second'")
    assert person.call("createGoal", body={"title": "Twice"}, headers=KEY).status == 201


def test_what_failed_may_be_repeated_with_its_key(person: Any) -> None:
    body = {"owner": "pulumi", "repo": "pulumi"}
    source = person.call("createSource", body=body).json
    assert person.call("createSource", body=body, headers=KEY).status == 409
    person.call("deleteSource", {"sourceId": source["id"]})
    assert person.call("createSource", body=body, headers=KEY).status == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "é", "a\tb"])
def test_what_cannot_be_a_key_is_refused(person: Any, key: str) -> None:
    assert person.call("createGoal", body={"title": "Once"}, headers={"Idempotency-Key": key}).status == 400


def test_two_calls_at_once_have_one_effect(person: Any, database: Any) -> None:
    person.goal()
    blocker = threading.Barrier(2)
    ids: list[str] = []

    def call() -> None:
        from lambdas.goals import handler as goals
        from lambdas.shared import idempotency, shapes, shapes_goals
        from lambdas.shared.database import Database
        from lambdas.shared.http import Request
        from lambdas.shared.repositories import goals as kept

        reached = Database(goals.ENV.database_secret_arn)
        values = {"title": "x", "description": "", "deadline": None, "background": "", "constraints": ""}
        request: Request[None, None] = Request(
            subject="", path={}, body=None, query=None, headers={"idempotency-key": "k"}, request_id=""
        )
        user = person.user_id(database)
        blocker.wait()
        with reached.transaction() as session:

            def create() -> shapes_goals.Goal:
                return shapes.filled(shapes_goals.Goal, kept.create(session, user, values))

            ids.append(str(idempotency.once(session, user, request, shapes_goals.Goal, create).id))
        reached.close()

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_a_repeated_start_is_the_same_execution_even_after_its_end(person: Any, stub: Any) -> None:
    goal = person.goal()["id"]
    (action,) = person.chart(goal)
    call = {"body": {"goalId": goal}, "headers": KEY}
    given = workflow.started(stub, lambda: person.call("startTaskGeneration", **call))
    run = workflow.begin(given)
    workflow.step("get_actions", {"run": run})
    workflow.finish(run, [workflow.save(run, action)])
    again = person.call("startTaskGeneration", **call)
    assert (again.status, again.json["id"], again.json["status"]) == (202, given["executionId"], "succeeded")


def test_a_start_that_was_refused_is_begun_anew_with_its_key(person: Any, stub: Any) -> None:
    goal = person.goal()["id"]
    person.chart(goal)
    call = {"body": {"goalId": goal}, "headers": KEY}
    stub("stepfunctions").add_client_error("start_execution", "ThrottlingException")
    assert person.call("startTaskGeneration", **call).status == 503
    assert workflow.started(stub, lambda: person.call("startTaskGeneration", **call))["goalId"] == goal
