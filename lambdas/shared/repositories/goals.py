"""Goals of a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from lambdas.shared.database import Row, Session

_COLUMNS = "id, title, description, deadline, background, constraints, status, progress, version, created_at"
CHANGEABLE = ("title", "description", "deadline", "background", "constraints", "status")


def page(session: Session, user: str, limit: int, after: tuple[dt.datetime, UUID] | None) -> list[Row]:
    """Up to `limit` goals, newest first, that follow the sort key `after`."""
    created_at, goal = after or (None, None)
    following = " AND (created_at, id) < (%(created_at)s, %(goal)s)" if after else ""
    return session.all(
        f"SELECT {_COLUMNS} FROM goals WHERE user_id = %(user)s{following}"  # noqa: S608 - fixed texts
        " ORDER BY created_at DESC, id DESC LIMIT %(limit)s",
        {"user": user, "created_at": created_at, "goal": str(goal), "limit": limit},
    )


def create(session: Session, user: str, values: Mapping[str, Any]) -> Row:
    """A new goal, a draft."""
    row = session.one(
        "INSERT INTO goals (user_id, title, description, deadline, background, constraints) VALUES"  # noqa: S608
        " (%(user)s, %(title)s, %(description)s, %(deadline)s, %(background)s, %(constraints)s)"
        f" RETURNING {_COLUMNS}",
        {"user": user, **values},
    )
    assert row is not None  # noqa: S101 - an INSERT returns its row
    return row


def read(session: Session, user: str, goal: str) -> Row | None:
    """One goal."""
    return session.one(
        f"SELECT {_COLUMNS} FROM goals WHERE id = %(goal)s AND user_id = %(user)s",  # noqa: S608
        {"goal": goal, "user": user},
    )


def lock(session: Session, user: str, goal: str) -> Row | None:
    """One goal, locked until the transaction ends.

    Everything that changes a goal's chart, tasks or executions takes this lock first: sums over the rows beneath
    are then true, and no two transactions wait for each other.
    """
    return session.one(
        f"SELECT {_COLUMNS} FROM goals WHERE id = %(goal)s AND user_id = %(user)s FOR UPDATE",  # noqa: S608
        {"goal": goal, "user": user},
    )


def update(session: Session, user: str, goal: str, changes: Mapping[str, Any]) -> Row | None:
    """Change some columns of a goal; its version rises by one."""
    names = [name for name in CHANGEABLE if name in changes]
    assignments = ", ".join(["version = version + 1", *(f"{name} = %({name})s" for name in names)])
    return session.one(
        f"UPDATE goals SET {assignments} WHERE id = %(goal)s AND user_id = %(user)s RETURNING {_COLUMNS}",  # noqa: S608
        {"goal": goal, "user": user, **changes},
    )


def delete(session: Session, user: str, goal: str) -> None:
    """Delete a goal with everything beneath it."""
    session.run("DELETE FROM goals WHERE id = %(goal)s AND user_id = %(user)s", {"goal": goal, "user": user})
