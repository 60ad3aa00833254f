"""People: one row for each subject of the user pool, made when it is first seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.shared import metrics
from lambdas.shared.database import Row, Session

_COLUMNS = "id, name, locale, created_at"
CHANGEABLE = ("name", "locale")
# A session is active for half an hour after its last request; who is seen again and again is noted every 5 minutes.
_ACTIVE, _NOTED = "interval '30 minutes'", "interval '5 minutes'"


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


def read(session: Session, user: str) -> Row | None:
    """One person."""
    return session.one(f"SELECT {_COLUMNS} FROM users WHERE id = %(user)s", {"user": user})  # noqa: S608


def update(session: Session, user: str, changes: Mapping[str, Any]) -> Row | None:
    """Change some columns of a person, at least one."""
    assignments = ", ".join(f"{name} = %({name})s" for name in CHANGEABLE if name in changes)
    return session.one(
        f"UPDATE users SET {assignments} WHERE id = %(user)s RETURNING {_COLUMNS}",  # noqa: S608
        {"user": user, **changes},
    )


def erase(session: Session, user: str) -> None:
    """Delete everything the person wrote, and whatever leads back to them. The row's id stays, for the audit trail."""
    for table in ("goals", "data_sources", "proposals", "idempotency_keys", "model_calls"):
        session.run(f"DELETE FROM {table} WHERE user_id = %(user)s", {"user": user})  # noqa: S608 - fixed names
    session.run(
        "UPDATE users SET cognito_sub = 'erased:' || id, email = NULL, name = NULL, locale = 'en',"
        " last_seen_at = NULL, erased_at = now() WHERE id = %(user)s",
        {"user": user},
    )
