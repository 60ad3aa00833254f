"""Tasks: the pieces of daily work beneath the actions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lambdas.shared.database import Row, Session

_COLUMNS = (
    "id, sequence, goal_id, action_id, ordinal, title, description, estimated_minutes, kind, status, due_on,"
    " completed_at, version"
)


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which tasks of a person; None stands for all."""

    goal: str | None = None
    action: str | None = None
    status: str | None = None
    kind: str | None = None
    due_from: dt.date | None = None
    due_to: dt.date | None = None


CHANGEABLE = ("status", "due_on")
_CONDITIONS = {
    "goal": "goal_id = %(goal)s",
    "action": "action_id = %(action)s",
    "status": "status = %(status)s",
    "kind": "kind = %(kind)s",
    "due_from": "due_on >= %(due_from)s",
    "due_to": "due_on <= %(due_to)s",
}
# How many undated tasks of each active goal are offered for a day.
_NEXT = 3


def page(session: Session, user: str, wanted: Filter, limit: int, after: int | None) -> list[Row]:
    """Up to `limit` tasks, oldest first, that follow the sequence number `after`."""
    given = {name: value for name, value in asdict(wanted).items() if value}
    conditions = ["user_id = %(user)s", *(_CONDITIONS[name] for name in given)]
    if after is not None:
        conditions.append("sequence > %(after)s")
    return session.all(
        f"SELECT {_COLUMNS} FROM tasks WHERE {' AND '.join(conditions)} ORDER BY sequence LIMIT %(limit)s",  # noqa: S608
        {"user": user, "after": after, "limit": limit, **given},
    )


def of_day(session: Session, user: str, day: dt.date, limit: int) -> list[Row]:
    """What a person can do on a day: what is begun, what is due, and the next undated tasks of each active goal."""
    return session.all(
        f"SELECT {_COLUMNS} FROM tasks WHERE user_id = %(user)s AND status = 'in_progress'"  # noqa: S608
        f" UNION SELECT {_COLUMNS} FROM tasks"
        " WHERE user_id = %(user)s AND due_on <= %(day)s AND (status = 'not_started' OR due_on = %(day)s)"
        " UNION SELECT upcoming.* FROM goals g CROSS JOIN LATERAL"
        f" (SELECT {_COLUMNS} FROM tasks WHERE goal_id = g.id AND status = 'not_started' AND due_on IS NULL"
        "   ORDER BY sequence LIMIT %(next)s) upcoming"
        " WHERE g.user_id = %(user)s AND g.status = 'active'"
        " ORDER BY due_on NULLS LAST, sequence LIMIT %(limit)s",
        {"user": user, "day": day, "next": _NEXT, "limit": limit},
    )


def read(session: Session, user: str, task: str) -> Row | None:
    """One task."""
    return session.one(
        f"SELECT {_COLUMNS} FROM tasks WHERE id = %(task)s AND user_id = %(user)s",  # noqa: S608
        {"task": task, "user": user},
    )


def update(session: Session, user: str, task: str, changes: Mapping[str, Any]) -> Row | None:
    """Change a task's status or day; the moment of completion is kept when it is completed again."""
    assignments = ["version = version + 1", *(f"{name} = %({name})s" for name in CHANGEABLE if name in changes)]
    if "status" in changes:
        assignments.append("completed_at = CASE WHEN %(status)s = 'completed' THEN coalesce(completed_at, now()) END")
    return session.one(
        f"UPDATE tasks SET {', '.join(assignments)}"  # noqa: S608
        f" WHERE id = %(task)s AND user_id = %(user)s RETURNING {_COLUMNS}",
        {"task": task, "user": user, **changes},
    )
