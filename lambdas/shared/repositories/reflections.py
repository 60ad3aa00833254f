"""Reflections of a person on their goals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from lambdas.shared.database import Row, Session

_COLUMNS = "r.id, r.goal_id, r.on_date, r.summary, r.went_well, r.regrets, r.next_actions, r.mood, r.created_at"
CHANGEABLE = ("on_date", "summary", "went_well", "regrets", "next_actions", "mood")


def page(session: Session, user: str, goal: str, limit: int, after: tuple[dt.date, UUID] | None) -> list[Row]:
    """Up to `limit` reflections on a goal, newest day first, that follow the sort key `after`."""
    on_date, reflection = after or (None, None)
    following = " AND (r.on_date, r.id) < (%(on_date)s, %(reflection)s)" if after else ""
    return session.all(
        f"SELECT {_COLUMNS} FROM reflections r JOIN goals g ON g.id = r.goal_id"  # noqa: S608 - fixed texts
        f" WHERE g.id = %(goal)s AND g.user_id = %(user)s{following}"
        " ORDER BY r.on_date DESC, r.id DESC LIMIT %(limit)s",
        {"user": user, "goal": goal, "on_date": on_date, "reflection": str(reflection), "limit": limit},
    )


def create(session: Session, user: str, goal: str, values: Mapping[str, Any]) -> Row | None:
    """A new reflection; None when the goal is not there."""
    return session.one(
        "INSERT INTO reflections AS r (goal_id, on_date, summary, went_well, regrets, next_actions, mood)"  # noqa: S608
        " SELECT id, %(on_date)s, %(summary)s, %(went_well)s, %(regrets)s, %(next_actions)s, %(mood)s"
        f" FROM goals WHERE id = %(goal)s AND user_id = %(user)s RETURNING {_COLUMNS}",
        {"user": user, "goal": goal, **values},
    )


def read(session: Session, user: str, reflection: str) -> Row | None:
    """One reflection."""
    return session.one(
        f"SELECT {_COLUMNS} FROM reflections r JOIN goals g ON g.id = r.goal_id"  # noqa: S608
        " WHERE r.id = %(reflection)s AND g.user_id = %(user)s",
        {"user": user, "reflection": reflection},
    )


def update(session: Session, user: str, reflection: str, changes: Mapping[str, Any]) -> Row | None:
    """Change some columns of a reflection, at least one."""
    assignments = ", ".join(f"{name} = %({name})s" for name in CHANGEABLE if name in changes)
    return session.one(
        f"UPDATE reflections r SET {assignments} FROM goals g"  # noqa: S608
        f" WHERE r.id = %(reflection)s AND g.id = r.goal_id AND g.user_id = %(user)s RETURNING {_COLUMNS}",
        {"user": user, "reflection": reflection, **changes},
    )


def delete(session: Session, user: str, reflection: str) -> bool:
    """Delete a reflection; False when it is not there."""
    removed = session.run(
        "DELETE FROM reflections r USING goals g"
        " WHERE r.id = %(reflection)s AND g.id = r.goal_id AND g.user_id = %(user)s",
        {"user": user, "reflection": reflection},
    )
    return removed == 1
