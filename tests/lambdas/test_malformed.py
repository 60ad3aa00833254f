"""What no client library would send: refused with a problem document, nothing half done."""

from __future__ import annotations

import base64
import json
import random
import socket
import sys
import unicodedata
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from lambdas.shared.operations import OPERATIONS
from tests.lambdas import belongings
from tests.lambdas.gateway import Gateway, serving

WITH_BODY = [operation for operation in OPERATIONS if operation.body is not None]
PAGED = [o for o in OPERATIONS if o.query is not None and "cursor" in o.query.__struct_fields__]
TABLES = (
    "goals", "sub_goals", "actions", "tasks", "reflections", "workflow_executions", "data_sources", "proposals",
    "audit_events", "model_calls", "idempotency_keys",
)  # fmt: skip
DEEP = 10_000
INJECTIONS = [
    "'; DROP TABLE goals; --",
    "' OR '1'='1",
    "1; UPDATE users SET locale = 'ja'",
    "%(user)s %s %% {0} $1",
    "\\'); DELETE FROM tasks; --",
    "<script>alert(1)</script>",
    "{{7*7}} ${jndi:ldap://example.com/a}",
    "../../../../etc/passwd",
]


def contents(database: Any) -> list[tuple[Any, ...]]:
    """A digest of everything that each table holds."""
    digest = "SELECT '{0}', count(*), md5(string_agg(r::text, ' ' ORDER BY r::text)) FROM {0} r"
    found: list[tuple[Any, ...]] = database.query(" UNION ALL ".join(digest.format(table) for table in TABLES))
    return found


@pytest.fixture
def path(person: Any, database: Any) -> dict[str, Any]:
    """The path parameters of what exists."""
    found = belongings.one_of_everything(person, database)
    return {**found, "position": 1, "actionPosition": 1}


def problem(answer: Any, status: int = 400) -> dict[str, Any]:
    """The problem document of a refusal, whole and of the right type."""
    assert answer.status == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = answer.json
    assert set(document) == {"type", "title", "status", "detail", "errors", "requestId"}
    assert document["status"] == status
    assert document["detail"]
    return document


def pointers(answer: Any) -> set[str]:
    """Where a 400 problem sees its faults."""
    found = {fault["pointer"] for fault in problem(answer)["errors"]}
    assert found
    return found


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


def every_plane() -> str:
    """A character of each of Unicode's 17 planes, with what is assigned last in each."""
    kept = [chr(plane * 0x10000 + 0xFFFD) for plane in range(17)]
    return "".join(kept) + "👩‍👩‍👧‍👦🏳️‍🌈é\u0301\u202eabc\u200b\ufeff\u0001\x7f"


@pytest.mark.parametrize("text", [every_plane(), "👍🏽" * 100, "ﷺ" * 200, *INJECTIONS])
def test_a_text_comes_back_as_it_was_written(text: str, person: Any, database: Any) -> None:
    goal = person.goal(text[:200], description=text, background=text, constraints=text)
    read = person.call("getGoal", {"goalId": goal["id"]}).json
    assert (read["title"], read["description"], read["constraints"]) == (text[:200], text, text)
    assert database.query("SELECT count(*) > 0 FROM goals") == [(True,)]


def test_a_title_of_200_characters_may_be_200_emoji_and_not_201(person: Any) -> None:
    assert person.goal("🦑" * 200)["title"] == "🦑" * 200
    assert pointers(person.call("createGoal", body={"title": "🦑" * 201})) == {"/title"}


@pytest.mark.parametrize("seed", range(3))
def test_random_characters_survive(seed: int, person: Any) -> None:
    chosen = random.Random(seed)
    text = "".join(
        c for c in (chr(chosen.randrange(1, sys.maxunicode)) for _ in range(2000)) if unicodedata.category(c) != "Cs"
    )
    goal = person.goal(description=text)
    assert person.call("getGoal", {"goalId": goal["id"]}).json["description"] == text


@pytest.mark.parametrize("name", ["a\n", "-a", "a-", "a/b", "..", "a b", "a\u0000", "é", "x" * 40, "a%2f"])
def test_a_repository_is_named_as_github_names_them(name: str, person: Any) -> None:
    assert pointers(person.call("createSource", body={"owner": name, "repo": "a"})) == {"/owner"}


@pytest.mark.parametrize("name", [".", "..", "a/b", "a\n", "a b", "é", "x" * 101, ""])
def test_a_repository_s_own_name_too(name: str, person: Any) -> None:
    assert pointers(person.call("createSource", body={"owner": "a", "repo": name})) == {"/repo"}


@pytest.mark.parametrize("media", ["text/plain", "application/xml", "multipart/form-data; a=b", "a" * 500, "*/*"])
def test_another_media_type_is_refused(media: str, person: Any) -> None:
    problem(person.call("createGoal", body={"title": "A"}, headers={"Content-Type": media}), 415)


LIMITS = ["0", "-1", "101", "9" * 30, "-" + "9" * 30, "1.5", "1e9", "NaN", "Infinity", "", " ", "ten", "０１", "null"]
CURSORS = [
    "A", "AAAA", "bm8", "null", "x" * 201, "a b", "../..", "'", "", "=", "W10", "e30", "Ww", "\ud800", "a\n",
    base64.urlsafe_b64encode(b"[-1]").decode(), base64.urlsafe_b64encode(b"[9223372036854775808]").decode(),
    base64.urlsafe_b64encode(b'["2027-01-01T00:00:00", "x"]').decode().rstrip("="),
    base64.urlsafe_b64encode(b'["9999-99-99", "00000000-0000-4000-8000-000000000000"]').decode().rstrip("=")[:200],
    base64.urlsafe_b64encode(b"[" * 140).decode().rstrip("="),
]  # fmt: skip


@pytest.mark.parametrize("operation", PAGED, ids=lambda operation: str(operation.id))
def test_no_page_begins_at_a_broken_cursor_or_holds_a_senseless_number(
    operation: Any, person: Any, path: dict[str, Any]
) -> None:
    given = {key: path[key] for key in path if f"{{{key}}}" in operation.path}
    for limit in LIMITS:
        assert pointers(person.call(operation.id, given, query={"limit": limit})) == {"limit"}, limit
    for cursor in CURSORS:
        assert pointers(person.call(operation.id, given, query={"cursor": cursor})) == {"cursor"}, cursor
    assert pointers(person.call(operation.id, given, query={"\ud800": "1"})) == {"?"}
    assert pointers(person.call(operation.id, given, query={"limit\0": "1"})) == {"limit\0"}


@pytest.mark.parametrize(
    "version", ["3", 'W/"1"', '"x"', '"1", "2"', "", '"', '"-1"', '"' + "9" * 30 + '"', '"٣"', '"1\n"']
)
def test_a_change_for_no_version_or_another_one_is_refused(version: str, person: Any, database: Any) -> None:
    goal = person.goal()["id"]
    before = contents(database)
    for operation, body in (("updateGoal", {"title": "B"}), ("deleteGoal", None)):
        problem(person.call(operation, {"goalId": goal}, body=body, headers={"If-Match": version}), 412)
    assert contents(database) == before


@pytest.mark.parametrize("key", ["", "x" * 201, "é", "a\nb", "a b", "\x7f"])
def test_a_key_that_is_none_is_refused(key: str, person: Any, database: Any) -> None:
    person.goal()
    before = contents(database)
    answer = person.call("createGoal", body={"title": "A"}, headers={"Idempotency-Key": key})
    assert pointers(answer) == {"Idempotency-Key"}
    assert contents(database) == before


def test_a_key_belongs_to_one_request_of_one_person(person: Any, other: Any, database: Any) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = person.call("createGoal", body={"title": "A"}, headers=key)
    again = person.call("createGoal", body={"title": "A"}, headers=key)
    assert (again.status, again.json) == (201, first.json)
    problem(person.call("createGoal", body={"title": "B"}, headers=key), 422)
    problem(person.call("createSource", body={"owner": "a", "repo": "b"}, headers=key), 422)
    assert other.call("createGoal", body={"title": "B"}, headers=key).json["title"] == "B"
    assert len(person.call("listGoals").json["items"]) == 1


IDS = [
    "..", "../goals", "..%2f..%2fetc%2fpasswd", "%00", "\0", "null", "undefined", "1", "-1", "0", "*", "' OR 1=1 --",
    "00000000000040008000000000000000", "{00000000-0000-4000-8000-000000000000}", "\ud800", "x" * 8000,
    "urn:uuid:00000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-00000000000\n", "Ａ" * 36,
]  # fmt: skip
WITH_ID = [o for o in OPERATIONS if "Id}" in o.path]


@pytest.mark.parametrize("operation", WITH_ID, ids=lambda operation: str(operation.id))
def test_what_is_no_id_is_not_found(operation: Any, person: Any, path: dict[str, Any], database: Any) -> None:
    given = {key: path[key] for key in path if f"{{{key}}}" in operation.path}
    name = next(key for key in given if key.endswith("Id"))
    bodies = {
        "putSubGoal": {"title": "A"},
        "putAction": {"title": "A", "kind": "habit"},
        "updateSource": {"enabled": False},
    }
    bodies |= {"createReflection": {"onDate": "2027-01-10"}, "updateTask": {"status": "skipped"}}
    before = contents(database)
    for identifier in IDS:
        body = bodies.get(operation.id, {"title": "A"} if operation.id == "updateGoal" else None)
        body = {"summary": "A"} if operation.id == "updateReflection" else body
        problem(person.call(operation.id, given | {name: identifier}, body=body), 404)
    assert contents(database) == before


@pytest.mark.parametrize("place", ["0", "9", "-1", "1.0", "08", "１", "", "a", "1\n"])
def test_there_are_eight_places(place: str, person: Any) -> None:
    goal = person.goal()["id"]
    problem(person.call("putSubGoal", {"goalId": goal, "position": place}, body={"title": "A"}), 404)


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
