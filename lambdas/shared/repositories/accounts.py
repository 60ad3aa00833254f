"""What the system knows of a person, and its erasure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.shared.database import Row, Session

_COLUMNS = "id, name, locale, created_at"
CHANGEABLE = ("name", "locale")


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
