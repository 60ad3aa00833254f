"""Runs of the task generation: at most one of a goal is running."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from lambdas.shared.database import Row, Session

_COLUMNS = (
    "e.id, e.goal_id, e.execution_arn, e.status, e.action_ids::text[] AS action_ids, e.total_actions,"
    " e.processed_actions, e.failed_actions, e.started_at, e.finished_at"
)
_OF_USER = "FROM workflow_executions e JOIN goals g ON g.id = e.goal_id WHERE g.user_id = %(user)s"


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which executions of a person; None stands for all."""

    goal: str | None = None
    status: str | None = None
    started_from: dt.date | None = None
    started_to: dt.date | None = None


def page(session: Session, user: str, wanted: Filter, limit: int, after: tuple[dt.datetime, UUID] | None) -> list[Row]:
    """Up to `limit` executions, newest first, that follow the sort key `after`."""
    started_at, execution = after or (None, None)
    conditions = ""
    if wanted.goal:
        conditions += " AND e.goal_id = %(goal)s"
    if wanted.status:
        conditions += " AND e.status = %(status)s"
    if wanted.started_from:
        conditions += " AND e.started_at >= %(started_from)s"
    if wanted.started_to:
        conditions += " AND e.started_at < %(started_to)s::date + 1"
    if after:
        conditions += " AND (e.started_at, e.id) < (%(started_at)s, %(execution)s)"
    return session.all(
        f"SELECT {_COLUMNS} {_OF_USER}{conditions} ORDER BY e.started_at DESC, e.id DESC LIMIT %(limit)s",  # noqa: S608
        {
            "user": user,
            "goal": wanted.goal,
            "status": wanted.status,
            "started_from": wanted.started_from,
            "started_to": wanted.started_to,
            "started_at": started_at,
            "execution": str(execution),
            "limit": limit,
        },
    )


def read(session: Session, user: str, execution: str) -> Row | None:
    """One execution."""
    return session.one(
        f"SELECT {_COLUMNS} {_OF_USER} AND e.id = %(execution)s",  # noqa: S608
        {"user": user, "execution": execution},
    )


def running(session: Session, user: str, goal: str) -> Row | None:
    """The execution of a goal that is running."""
    return session.one(
        f"SELECT {_COLUMNS} {_OF_USER} AND e.goal_id = %(goal)s AND e.status = 'running'",  # noqa: S608
        {"user": user, "goal": goal},
    )


def is_running(session: Session, user: str, execution: str) -> bool:
    """Whether an execution may still do something."""
    row = read(session, user, execution)
    return row is not None and row["status"] == "running"


def create(session: Session, user: str, goal: str, actions: Sequence[str] | None, total: int) -> str:
    """A new running execution; its id. The caller holds the goal's lock and has seen that none is running."""
    row = session.one(
        "INSERT INTO workflow_executions (goal_id, action_ids, total_actions)"
        " SELECT id, %(actions)s::uuid[], %(total)s FROM goals WHERE id = %(goal)s AND user_id = %(user)s RETURNING id",
        {"user": user, "goal": goal, "actions": None if actions is None else list(actions), "total": total},
    )
    assert row is not None  # noqa: S101 - the goal is locked, so it is there
    return str(row["id"])


def set_arn(session: Session, user: str, execution: str, arn: str) -> None:
    """Remember what Step Functions calls the execution."""
    session.run(
        "UPDATE workflow_executions e SET execution_arn = %(arn)s FROM goals g"
        " WHERE e.id = %(execution)s AND g.id = e.goal_id AND g.user_id = %(user)s",
        {"arn": arn, "execution": execution, "user": user},
    )


@dataclass(frozen=True, kw_only=True)
class End:
    """How an execution ended."""

    status: str
    reason: str | None = None
    cancelled_by: str | None = None


def finish(session: Session, user: str, execution: str, end: End) -> bool:
    """End a running execution; False when it has ended before, whose end then stands."""
    changed = session.run(
        "UPDATE workflow_executions e SET status = %(status)s, finished_at = now(), reason = %(reason)s,"
        " cancelled_by = %(cancelled_by)s FROM goals g"
        " WHERE e.id = %(execution)s AND e.status = 'running' AND g.id = e.goal_id AND g.user_id = %(user)s",
        {
            "execution": execution,
            "user": user,
            "status": end.status,
            "reason": end.reason,
            "cancelled_by": end.cancelled_by,
        },
    )
    return changed == 1


def actions_in_scope(session: Session, user: str, goal: str, actions: Sequence[str] | None) -> list[str]:
    """The ids of a goal's actions in the order of the chart; of those in `actions`, unless it is None."""
    rows = session.all(
        "SELECT a.id FROM actions a JOIN sub_goals s ON s.id = a.sub_goal_id JOIN goals g ON g.id = s.goal_id"
        " WHERE g.id = %(goal)s AND g.user_id = %(user)s"
        " AND (%(actions)s::uuid[] IS NULL OR a.id = ANY(%(actions)s::uuid[]))"
        " ORDER BY s.position, a.position",
        {"goal": goal, "user": user, "actions": None if actions is None else list(actions)},
    )
    return [str(row["id"]) for row in rows]


def actions_without_tasks(session: Session, user: str, execution: str) -> list[str]:
    """The actions that an execution was to make tasks for and did not, in the order of the chart."""
    rows = session.all(
        "SELECT a.id FROM workflow_executions e JOIN goals g ON g.id = e.goal_id"
        " JOIN sub_goals s ON s.goal_id = g.id JOIN actions a ON a.sub_goal_id = s.id"
        " WHERE e.id = %(execution)s AND g.user_id = %(user)s"
        " AND (e.action_ids IS NULL OR a.id = ANY(e.action_ids))"
        " AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.action_id = a.id AND t.execution_id = e.id)"
        " ORDER BY s.position, a.position",
        {"execution": execution, "user": user},
    )
    return [str(row["id"]) for row in rows]


def titles_of_actions(session: Session, user: str, actions: Sequence[str]) -> dict[str, str]:
    """The titles of actions by id."""
    rows = session.all(
        "SELECT a.id, a.title FROM actions a JOIN sub_goals s ON s.id = a.sub_goal_id"
        " JOIN goals g ON g.id = s.goal_id WHERE g.user_id = %(user)s AND a.id = ANY(%(actions)s::uuid[])",
        {"user": user, "actions": list(actions)},
    )
    return {str(row["id"]): row["title"] for row in rows}
