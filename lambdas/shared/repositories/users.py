"""People: one row for each subject of the user pool, made when it is first seen."""

from __future__ import annotations

import time

from lambdas.shared import metrics
from lambdas.shared.database import Session

# A session is active for half an hour after its last request; who is seen again and again is noted every 5 minutes.
_ACTIVE, _NOTED = "interval '30 minutes'", "interval '5 minutes'"


# For so long an execution environment takes a person's id as known, and of so many people at once.
_RECOGNISED_SECONDS, _MOST_RECOGNISED = 60, 10_000
_recognised: dict[str, tuple[str, float]] = {}


def recognise(session: Session, subject: str, locale: str) -> str:
    """`identify`, for operations that only read: who was identified within the last minute is not looked up again.

    No operation that writes may use it: the token of a person who has just been erased is still good for a while, and
    what it wrote would be kept under the erased id.
    """
    user, until = _recognised.get(subject, ("", 0.0))
    if time.monotonic() >= until:
        user = identify(session, subject, locale)
        if len(_recognised) >= _MOST_RECOGNISED:
            _recognised.clear()
        _recognised[subject] = user, time.monotonic() + _RECOGNISED_SECONDS
    return user


def forget() -> None:
    """Recognise nobody, as a new execution environment does."""
    _recognised.clear()


def identify(session: Session, subject: str, locale: str) -> str:
    """The id of the person whom an access token names."""
    known = session.one(
        f"SELECT id, last_seen_at > now() - {_NOTED} AS is_noted FROM users WHERE cognito_sub = %(subject)s",  # noqa: S608
        {"subject": subject},
    )
    if known is not None and known["is_noted"]:
        return str(known["id"])
    seen = session.one(
        "INSERT INTO users (cognito_sub, locale, last_seen_at) VALUES (%(subject)s, %(locale)s, now())"
        " ON CONFLICT (cognito_sub) DO UPDATE SET last_seen_at = excluded.last_seen_at RETURNING id",
        {"subject": subject, "locale": locale},
    )
    assert seen is not None  # noqa: S101 - the statement returns a row in both cases
    active = session.one(f"SELECT count(*) AS sessions FROM users WHERE last_seen_at > now() - {_ACTIVE}", {})  # noqa: S608
    metrics.show_active_sessions(int(active["sessions"]) if active else 0)
    return str(seen["id"])
