"""Who a token stands for: looked up by what writes, recognised for a minute by what reads."""

from __future__ import annotations

import time
from typing import Any

import pytest

from lambdas.shared.repositories import users


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The subjects that were looked up, in their order."""
    asked: list[str] = []
    original = users.identify

    def identify(session: Any, subject: str, locale: str) -> str:
        asked.append(subject)
        return original(session, subject, locale)

    monkeypatch.setattr(users, "identify", identify)
    return asked


def test_a_reader_is_looked_up_once_a_minute(
    person: Any, other: Any, looked_up: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        person.call("listGoals")
        other.call("listGoals")
    assert looked_up == [person.subject, other.subject]
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    person.call("listGoals")
    assert looked_up == [person.subject, other.subject, person.subject]


def test_whoever_writes_is_looked_up_each_time(person: Any, looked_up: list[str]) -> None:
    person.call("listGoals")
    person.goal()
    person.goal()
    assert looked_up == [person.subject] * 3


def test_what_an_erased_person_s_token_still_writes_is_not_kept_under_the_erased_id(
    person: Any, stub: Any, database: Any
) -> None:
    person.goal()
    assert len(person.call("listGoals").json["items"]) == 1
    erased = person.user_id(database)
    stub("cognito-idp").add_response("admin_delete_user", {})
    assert person.call("eraseMe", claims={"username": "aki"}).status == 204
    assert person.call("listGoals").json["items"] == []
    person.goal()
    assert database.query("SELECT count(*) FROM goals WHERE user_id = %s", erased) == [(0,)]
    assert person.user_id(database) != erased


def test_only_so_many_people_are_recognised_at_once(
    person: Any, other: Any, looked_up: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users, "_MOST_RECOGNISED", 1)
    for each in (person, other, person):
        each.call("listGoals")
    assert looked_up == [person.subject, other.subject, person.subject]
