"""Every operation of the document that takes an id, called with ids that exist and belong to somebody else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambdas.shared.database import Session
from tests.lambdas import belongings, refusals
from tests.lambdas.conformance import DOCUMENT

NOWHERE = "00000000-0000-4000-8000-000000000000"
SPEC = json.loads(DOCUMENT.read_text(encoding="utf-8"))


def taking(place: str) -> list[Any]:
    """(operation, names of its ids) for each operation that takes an id in that place of a request."""
    found = []
    for path in SPEC["paths"].values():
        for operation in path.values():
            names = [name for name, schema in inputs(operation, place).items() if schema.get("format") == "uuid"]
            if names and operation["security"]:
                found.append(pytest.param(operation, names, id=operation["operationId"]))
    return found


def inputs(operation: dict[str, Any], place: str) -> dict[str, dict[str, Any]]:
    """The schemas of what an operation takes in a place, by name."""
    if place != "body":
        return {p["name"]: p["schema"] for p in operation.get("parameters", []) if p["in"] == place}
    if "requestBody" not in operation:
        return {}
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    found: dict[str, dict[str, Any]] = SPEC["components"]["schemas"][reference.rpartition("/")[2]]["properties"]
    return found


@pytest.fixture
def theirs(other: Any, database: Any) -> dict[str, Any]:
    """One of everything, of somebody else."""
    return {**belongings.one_of_everything(other, database), "position": 1, "actionPosition": 1}


@pytest.fixture
def contents(person: Any, database: Any) -> Any:
    """A digest of everything that each table holds; the one who asks is known already."""
    assert person.call("getMe").status == 200
    return lambda: refusals.contents(database)


def same(one: Any, two: Any) -> bool:
    """Whether two answers tell the same."""
    return bool(one.status == two.status and one.json | {"requestId": ""} == two.json | {"requestId": ""})


def test_the_document_names_the_operations_to_try() -> None:
    path, body, query = (len(taking(place)) for place in ("path", "body", "query"))
    assert (path >= 19, body >= 4, query >= 3) == (True, True, True)


@pytest.mark.parametrize(("operation", "names"), taking("path"))
def test_another_s_id_in_a_path_is_no_id(
    operation: dict[str, Any], names: list[str], theirs: dict[str, Any], person: Any, contents: Any
) -> None:
    path = {name: theirs[name] for name in inputs(operation, "path")}
    body = belongings.BODIES.get(operation["operationId"])
    before = contents()
    foreign = person.call(operation["operationId"], path, body=body)
    unknown = person.call(operation["operationId"], path | dict.fromkeys(names, NOWHERE), body=body)
    assert foreign.status == 404, foreign.text
    assert same(foreign, unknown)
    assert contents() == before


@pytest.mark.parametrize(("operation", "names"), taking("body"))
def test_another_s_id_in_a_body_is_no_id(
    operation: dict[str, Any], names: list[str], theirs: dict[str, Any], person: Any, contents: Any
) -> None:
    body = {name: theirs[name] for name in inputs(operation, "body") if name in theirs}
    before = contents()
    foreign = person.call(operation["operationId"], body=body)
    unknown = person.call(operation["operationId"], body=body | dict.fromkeys(names, NOWHERE))
    assert foreign.status == 404, foreign.text
    assert same(foreign, unknown)
    assert contents() == before


@pytest.mark.parametrize(("operation", "names"), taking("query"))
def test_another_s_id_in_a_query_is_no_id(
    operation: dict[str, Any], names: list[str], theirs: dict[str, Any], person: Any, contents: Any
) -> None:
    before = contents()
    for name in names:
        foreign = person.call(operation["operationId"], query={name: theirs[name]})
        assert foreign.status == 404, foreign.text
        assert same(foreign, person.call(operation["operationId"], query={name: NOWHERE}))
    assert contents() == before


@pytest.mark.parametrize(("operation", "names"), taking("query"))
def test_one_s_own_id_in_a_query_is_found_and_hides_no_other(
    operation: dict[str, Any], names: list[str], theirs: dict[str, Any], person: Any, database: Any
) -> None:
    own = belongings.one_of_everything(person, database)
    database.query("DELETE FROM tasks WHERE id = %s", own["taskId"])
    database.query("DELETE FROM workflow_executions WHERE id = %s", own["executionId"])
    named = {name: own[name] for name in names}
    nothing = person.call(operation["operationId"], query=named)
    assert (nothing.status, nothing.json) == (200, {"items": [], "nextCursor": None})
    for name in names:
        mixed = person.call(operation["operationId"], query=named | {name: theirs[name]})
        assert mixed.status == 404, mixed.text


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the functions ask the database from now on."""
    asked: list[str] = []
    ask = Session.all

    def noted(session: Session, sql: str, parameters: Any) -> Any:
        asked.append(sql)
        return ask(session, sql, parameters)

    monkeypatch.setattr(Session, "all", noted)
    return asked


@pytest.mark.parametrize(
    ("operation", "names"), [("listTasks", ["goalId", "actionId"]), ("listExecutions", ["goalId"])]
)
def test_a_page_that_holds_something_needs_no_further_question(
    operation: str, names: list[str], person: Any, database: Any, statements: list[str]
) -> None:
    own = belongings.one_of_everything(person, database)
    person.call(operation)  # who it is, is asked here
    statements.clear()
    assert len(person.call(operation).json["items"]) == 1
    without = len(statements)
    assert len(person.call(operation, query={name: own[name] for name in names}).json["items"]) == 1
    assert len(statements) == 2 * without


def test_reflections_are_read_by_one_question(person: Any, database: Any, statements: list[str]) -> None:
    own = belongings.one_of_everything(person, database)
    statements.clear()
    assert len(person.call("listReflections", {"goalId": own["goalId"]}).json["items"]) == 1
    assert ["reflections" in sql for sql in statements] == [False, True]
    database.query("DELETE FROM reflections WHERE id = %s", own["reflectionId"])
    nothing = person.call("listReflections", {"goalId": own["goalId"]})
    assert (nothing.status, nothing.json) == (200, {"items": [], "nextCursor": None})


def test_nothing_of_somebody_else_stands_in_any_list(theirs: dict[str, Any], person: Any, other: Any) -> None:
    lists = [
        operation["operationId"]
        for path in SPEC["paths"].values()
        for operation in path.values()
        if "cursor" in inputs(operation, "query") and not inputs(operation, "path")
    ]
    assert len(lists) == 5
    for operation in lists:
        assert person.call(operation).json["items"] == []
    assert sum(len(other.call(operation).json["items"]) for operation in lists) == 4


def test_a_link_shows_the_chart_of_its_goal_and_nothing_else(
    theirs: dict[str, Any], person: Any, other: Any, database: Any
) -> None:
    secret = other.goal("The other goal")
    words = {"background": "Nobody knows", "constraints": "Nobody asks"}
    assert other.call("updateGoal", {"goalId": theirs["goalId"]}, body=words).status == 200
    shown = person.call("getSharedMandala", {"token": theirs["token"]})
    assert shown.status == 200
    hidden = (secret["id"], secret["title"], *words.values(), theirs["taskId"], theirs["reflectionId"])
    for each in (*hidden, other.subject, other.user_id(database)):
        assert each not in shown.text


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_link_that_was_altered_shows_nothing(part: int, theirs: dict[str, Any], person: Any) -> None:
    pieces = theirs["token"].split(".")
    pieces[part] = pieces[part][:-4] + ("AAAA" if not pieces[part].endswith("AAAA") else "BBBB")
    assert person.call("getSharedMandala", {"token": ".".join(pieces)}).status == 404
