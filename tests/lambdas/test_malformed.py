"""Bodies that no client library would send: refused with a problem document, nothing half done."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from lambdas.shared.operations import OPERATIONS
from tests.lambdas import belongings
from tests.lambdas.gateway import Gateway, serving
from tests.lambdas.refusals import contents, pointers

WITH_BODY = [operation for operation in OPERATIONS if operation.body is not None]
DEEP = 10_000


@pytest.fixture
def path(person: Any, database: Any) -> dict[str, Any]:
    """The path parameters of what exists."""
    found = belongings.one_of_everything(person, database)
    return {**found, "position": 1, "actionPosition": 1}


MALFORMED = {
    "nothing": "",
    "an end too early": '{"title": 7,',
    "no JSON behind a fault": '{"title": 7, "description": nonsense}',
    "a number beyond all": '{"title": 7, "x": 1e999}',
    "a number of 5,000 digits": '{"title": 7, "x": ' + "9" * 5000 + "}",
    "not a number": '{"title": NaN}',
    "half a character": '{"title": 7, "description": "\\ud800"}',
    "half a character itself": '{"title": "\ud800"}',
    "10,000 lists": '{"title": ' + "[" * DEEP + "]" * DEEP + "}",
    "10,000 objects": '{"a":' * DEEP + "1" + "}" * DEEP,
    "10,000 lists in an unknown field": '{"x": ' + "[" * DEEP + "]" * DEEP + "}",
    "10,000 lists without an end": "[" * DEEP,
    "a list": "[1, 2]",
    "a text": '"text"',
    "two documents": "{}{}",
    "a byte order mark": "\ufeff{}",
    "a comment": "{} // really",
    "single quotes": "{'title': 'a'}",
    "a megabyte": '{"nonsense": "' + "x" * 1_000_000 + '"}',
    "a megabyte of blanks": " " * 1_000_000,
    "a form": "title=a&description=b",
    "XML": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
}


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: str(operation.id))
def test_a_malformed_body_changes_nothing_and_is_told_so(
    operation: Any, person: Any, path: dict[str, Any], database: Any
) -> None:
    before = contents(database)
    for name, body in MALFORMED.items():
        if not body.strip() and not operation.body_required:
            continue
        given = {key: path[key] for key in path if f"{{{key}}}" in operation.path}
        assert pointers(person.call(operation.id, given, body=body)), name
    assert contents(database) == before


WRONG: list[Any] = [None, True, 7, -1, 2**63, 2**64, 1.5, 1e300, "", " ", "\0", "x" * 2001, [], [1], {}, {"a": 1}]


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: str(operation.id))
def test_no_value_of_a_wrong_type_is_stored(operation: Any, person: Any, path: dict[str, Any], database: Any) -> None:
    from msgspec.structs import fields

    given = {key: path[key] for key in path if f"{{{key}}}" in operation.path}
    good = {"title": "A", "kind": "habit", "goalId": path["goalId"], "position": 1, "onDate": "2027-01-10"}
    good |= {"owner": "pulumi", "repo": "esc", "enabled": True}
    names = {field.encode_name: field for field in fields(operation.body)}
    required = {name: good[name] for name, field in names.items() if field.required}
    before = contents(database)
    refused = 0
    for name in names:
        for value in WRONG:
            if _fits(value, operation.body, {**required, name: value}):
                continue
            assert pointers(person.call(operation.id, given, body={**required, name: value})) == {f"/{name}"}
            refused += 1
    assert refused >= 5
    assert contents(database) == before


def _fits(value: Any, shape: Any, body: dict[str, Any]) -> bool:
    """Whether the body fits the schema of the document, as an independent validator sees it."""
    import jsonschema

    from tests.lambdas.conformance import DOCUMENT

    schema = json.loads(DOCUMENT.read_text())["components"]["schemas"][shape.__name__]
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    return bool(validator.is_valid(body))


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: str(operation.id))
def test_a_name_given_twice_is_refused(operation: Any, person: Any, path: dict[str, Any], database: Any) -> None:
    given = {key: path[key] for key in path if f"{{{key}}}" in operation.path}
    whole = {"title": "A", "kind": "habit", "goalId": path["goalId"], "position": 1, "onDate": "2027-01-10"}
    whole |= {"owner": "pulumi", "repo": "esc", "enabled": True, "reason": "why", "name": "Ada", "status": "active"}
    if operation.id == "updateTask":
        whole["status"] = "skipped"
    names = [n for n in whole if n in {f.encode_name for f in _fields(operation.body)}]
    fields = ", ".join(f'"{name}": {json.dumps(whole[name])}' for name in [*names, names[0]])
    before = contents(database)
    assert pointers(person.call(operation.id, given, body=f"{{{fields}}}")) == {f"/{names[0]}"}
    assert contents(database) == before


def _fields(shape: Any) -> Any:
    from msgspec.structs import fields

    return fields(shape)


DATES = [
    "2027-02-30", "2027-13-01", "0000-01-01", "10000-01-01", "-2027-01-01", "27-01-01", "20270101", "2027-W01-1",
    "2027-001", "2027/01/01", "01.02.2027", "令和9年1月1日", "ヘイセイ", "5787-04-01 AM", "١٤٤٨-٠١-٠١",
    "2027-01-01T00:00:00Z",    "infinity", "-infinity", "today", "now()", "epoch", " 2027-01-01", "2027-01-01 ",
    "2027-01-01\n", "", "0",
]  # fmt: skip


@pytest.mark.parametrize("date", DATES)
def test_only_days_of_the_calendar_are_days(date: str, person: Any) -> None:
    assert pointers(person.call("createGoal", body={"title": "A", "deadline": date})) == {"/deadline"}
    assert pointers(person.call("listTasksOfToday", query={"on": date})) == {"on"}


@pytest.mark.parametrize("date", ["0001-01-01", "1582-10-10", "2024-02-29", "9999-12-31"])
def test_the_calendar_s_ends_are_kept(date: str, person: Any) -> None:
    goal = person.goal(deadline=date)
    assert person.call("getGoal", {"goalId": goal["id"]}).json["deadline"] == date
    assert person.call("listTasksOfToday", query={"on": date}).status == 200
    assert person.call("listExecutions", query={"from": date, "to": date}).status == 200


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with serving() as gateway:
        yield gateway


def raw(gateway: Gateway, text: bytes) -> tuple[int, bytes]:
    """The status and the body that a socket answers with."""
    parts = urlsplit(gateway.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body


def test_bytes_that_are_no_text_are_refused(gateway: Gateway, person: Any) -> None:
    token = gateway.token(person.subject)
    for content in (b'{"title": "\xff\xfe"', b"\x00" * 100, bytes(range(256)), b'{"title": "\xed\xa0\x80'):
        head = (
            f"POST /v1/goals HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        )
        status, body = raw(gateway, head.encode() + b"Content-Length: %d\r\n\r\n" % len(content) + content)
        assert status == 400
        assert json.loads(body)["errors"]


@pytest.mark.parametrize(("mood", "status"), [("5", 201), ("5.0", 201), ("5e0", 201), ("5.5", 400), ("50e-1", 201)])
def test_a_whole_number_is_one_however_it_is_written(mood: str, status: int, person: Any) -> None:
    goal = person.goal()["id"]
    answer = person.call("createReflection", {"goalId": goal}, body=f'{{"onDate": "2027-01-10", "mood": {mood}}}')
    assert answer.status == status, answer.text
    assert answer.json.get("mood") == (5 if status == 201 else None)
