"""Texts, parameters, headers and ids that nobody sends in earnest: kept as they are, or refused with nothing done."""

from __future__ import annotations

import base64
import random
import sys
import unicodedata
import uuid
from typing import Any

import pytest

from lambdas.shared.operations import OPERATIONS
from tests.lambdas import belongings
from tests.lambdas.refusals import contents, pointers, problem

PAGED = [o for o in OPERATIONS if o.query is not None and "cursor" in o.query.__struct_fields__]
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


@pytest.fixture
def path(person: Any, database: Any) -> dict[str, Any]:
    """The path parameters of what exists."""
    found = belongings.one_of_everything(person, database)
    return {**found, "position": 1, "actionPosition": 1}


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
