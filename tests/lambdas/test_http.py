"""What the API accepts, refuses and answers, whatever the operation."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from lambdas.shared import http, operations_goals
from lambdas.shared.operations import OPERATIONS, PATH_PARAMETERS

TOO_LONG = "x" * 201


def faults(answer: Any) -> dict[str, str]:
    """The faults of a 400 problem by place."""
    assert answer.status == 400, answer.text
    return {fault["pointer"]: fault["message"] for fault in answer.json["errors"]}


def test_every_fault_of_a_body_is_told_at_once(person: Any) -> None:
    answer = person.call("createGoal", body={"title": TOO_LONG, "deadline": "soon", "a/b": 1})
    found = faults(answer)
    assert set(found) == {"/title", "/deadline", "/a~1b"}
    assert "200" in found["/title"]
    document = answer.json
    assert (document["title"], document["status"], document["type"]) == ("Bad Request", 400, "about:blank")
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ("", ""),
        ("{", ""),
        ("[]", ""),
        ("null", ""),
        ('"text"', ""),
        ("{}", "/title"),
        ('{"title": null}', "/title"),
        ('{"title": 7}', "/title"),
        ('{"title": ""}', "/title"),
        ('{"title": " \\n\\t "}', "/title"),
        ('{"title": "a\\u0000b"}', "/title"),
        ('{"title": "a", "description": "\\u0000"}', "/description"),
        ('{"title": "a", "deadline": "2027-02-30"}', "/deadline"),
        ('{"title": "\\ud800"}', ""),
        ("\ud800", ""),
    ],
)
def test_a_body_that_is_not_what_it_should_be_is_refused(person: Any, body: str, pointer: str) -> None:
    assert set(faults(person.call("createGoal", body=body))) == {pointer}


def test_a_body_may_come_in_base64(person: Any) -> None:
    body = base64.b64encode(json.dumps({"title": "日本一"}).encode()).decode()
    assert person.call("createGoal", body=body, isBase64Encoded=True).json["title"] == "日本一"
    assert person.call("createGoal", body="***", isBase64Encoded=True).status == 400


def test_only_json_is_read(person: Any) -> None:
    body = json.dumps({"title": "A"})
    assert person.call("createGoal", body=body, headers={"Content-Type": "text/plain"}).status == 415
    assert (
        person.call("createGoal", body=body, headers={"Content-Type": "application/json; charset=utf-8"}).status == 201
    )


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limt": "10"}, "limt"),
        ({"goalId": "x"}, "goalId"),
        ({"status": "done"}, "status"),
        ({"cursor": "%%%"}, "cursor"),
        ({"cursor": "bm8"}, "cursor"),
        ({"cursor": base64.urlsafe_b64encode(b"[99999999999999999999]").decode().rstrip("=")}, "cursor"),
        ({"cursor": "A"}, "cursor"),
    ],
)
def test_a_query_string_that_is_not_what_it_should_be_is_refused(
    person: Any, query: dict[str, str], place: str
) -> None:
    assert set(faults(person.call("listTasks", query=query))) == {place}


def test_a_parameter_given_twice_is_refused(person: Any) -> None:
    answer = person.call("listTasks", multiValueQueryStringParameters={"limit": ["1", "2"]})
    assert faults(answer) == {"limit": "given more than once"}


@pytest.mark.parametrize("claims", [{"sub": ""}, {"token_use": "id"}])
def test_without_an_access_token_nothing_is_answered(person: Any, claims: dict[str, str]) -> None:
    for operation in OPERATIONS:
        if operation.login:
            assert person.call(operation.id, dict.fromkeys(PATH_PARAMETERS, "x"), claims=claims).status == 401


@pytest.mark.requirement(71)
@pytest.mark.parametrize("origin", ["https://app.example.com", "https://other.example.com"])
def test_the_configured_origins_may_read_answers_and_problems(person: Any, origin: str) -> None:
    for answer in (
        person.call("listGoals", headers={"Origin": origin}),
        person.call("createGoal", body="{", headers={"Origin": origin}),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        assert answer.headers["Vary"] == "Origin"


def test_other_origins_may_not(person: Any) -> None:
    answer = person.call("listGoals", headers={"Origin": "https://evil.example.com"})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Vary"] == "Origin"


def test_every_answer_bears_the_security_headers(person: Any) -> None:
    for answer in (person.call("listGoals"), person.call("getGoal", {"goalId": "x"})):
        for name, value in http.SECURITY_HEADERS.items():
            assert answer.headers[name] == value


@pytest.mark.requirement(76, 239)
def test_every_request_is_logged_without_the_persons_id(person: Any, log: Any) -> None:
    person.call("createGoal", body={"title": "My secret wish"})
    person.call("getGoal", {"goalId": "x"})
    first, second = log()
    assert (first["method"], first["path"], first["ip"], first["status"]) == ("POST", "/goals", "192.0.2.7", 201)
    assert first["ms"] > 0
    assert (second["status"], second["user"]) == (404, first["user"])
    assert person.subject not in str(log())
    assert "My secret wish" not in str(log())


def test_a_fault_of_our_own_is_told_without_its_inside(person: Any, monkeypatch: pytest.MonkeyPatch, log: Any) -> None:
    def explode(*_: object) -> None:
        raise KeyError("the inside")

    monkeypatch.setattr("lambdas.shared.repositories.users.identify", explode)
    answer = person.call("listGoals")
    assert answer.status == 500
    assert "inside" not in answer.text
    lines = log()
    assert lines[0]["correlation_id"] == answer.json["requestId"]
    assert "the inside" in lines[0]["exception"]


def test_an_operation_of_another_function_is_unknown(person: Any) -> None:
    from lambdas.goals import handler

    assert handler.handler(person.event("listTasks"), None)["statusCode"] == 404


def test_every_operation_is_served() -> None:
    import importlib

    for operation in OPERATIONS:
        api = importlib.import_module(f"lambdas.{operation.function}.handler").API
        assert operation.id in api._serving


def test_an_operation_that_is_not_in_the_table_cannot_be_served() -> None:
    with pytest.raises(ValueError, match="inventGoal"):
        http.Api(operations_goals.OPERATIONS).serves("inventGoal")


def test_the_log_names_ids_of_the_path_and_no_other_text(person: Any, log: Any) -> None:
    goal = person.goal()["id"]
    person.call("getGoal", {"goalId": goal})
    person.call("getGoal", {"goalId": "my secret plan"})
    logged = [line["path"] for line in log() if line["message"] == "request"]
    assert logged[-2:] == [f"/goals/{goal}", "/goals/{goalId}"]
