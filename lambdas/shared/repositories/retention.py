"""Rows that are over their time, of everybody; a few at a time, so that no statement holds others up."""

from __future__ import annotations

from collections.abc import Sequence

from lambdas.shared.database import Row, Session

_LIMIT = 1000


def delete(session: Session, table: str, since: str, days: int) -> int:
    """Delete some rows of a table whose moment lies too far back; says how many. `table` and `since` are our own."""
    return session.run(
        f"DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table}"  # noqa: S608
        f" WHERE {since} < now() - %(days)s * interval '1 day' LIMIT %(limit)s))",
        {"days": days, "limit": _LIMIT},
    )


def inactive_users(session: Session, days: int) -> list[str]:
    """Some people who have not been seen for so long."""
    rows = session.all(
        "SELECT id FROM users WHERE erased_at IS NULL"
        " AND coalesce(last_seen_at, created_at) < now() - %(days)s * interval '1 day' ORDER BY id LIMIT %(limit)s",
        {"days": days, "limit": _LIMIT},
    )
    return [str(row["id"]) for row in rows]


def forget_audit_events(session: Session, days: int) -> int:
    """Delete old audit events, which only the database's own function may."""
    row = session.one("SELECT forget_audit_events(now() - %(days)s * interval '1 day') AS removed", {"days": days})
    return int(row["removed"]) if row else 0


def ended_executions(session: Session, days: int) -> list[Row]:
    """Some executions that ended so long ago, oldest first."""
    return session.all(
        "SELECT e.id, e.goal_id, g.user_id, e.status, e.total_actions, e.processed_actions, e.failed_actions,"
        " e.started_at, e.finished_at FROM workflow_executions e JOIN goals g ON g.id = e.goal_id"
        " WHERE e.finished_at < now() - %(days)s * interval '1 day' ORDER BY e.finished_at, e.id LIMIT %(limit)s",
        {"days": days, "limit": _LIMIT},
    )


def remove_executions(session: Session, executions: Sequence[str]) -> int:
    """Delete executions that are archived; their tasks stay."""
    return session.run(
        "DELETE FROM workflow_executions WHERE id = ANY(%(executions)s::uuid[])", {"executions": list(executions)}
    )
