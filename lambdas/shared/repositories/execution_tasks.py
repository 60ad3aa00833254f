"""Tasks that executions make, and take away again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.shared.database import Session


def save(
    session: Session, user: str, goal: str, action: str, execution: str, tasks: Sequence[Mapping[str, Any]]
) -> int:
    """Insert the tasks that an execution made for an action, unless it has done so before.

    Answers how many tasks the execution has for the action now.
    """
    columns = {
        "titles": [task["title"] for task in tasks],
        "descriptions": [task["description"] for task in tasks],
        "minutes": [task["estimatedMinutes"] for task in tasks],
        "kinds": [task["kind"] for task in tasks],
    }
    keys = {"user": user, "goal": goal, "action": action, "execution": execution}
    session.run(
        "INSERT INTO tasks"
        " (user_id, goal_id, action_id, execution_id, ordinal, title, description, estimated_minutes, kind)"
        " SELECT g.user_id, g.id, a.id, %(execution)s, new.ordinal, new.title, new.description, new.minutes, new.kind"
        " FROM goals g JOIN sub_goals s ON s.goal_id = g.id JOIN actions a ON a.sub_goal_id = s.id,"
        " unnest(%(titles)s::text[], %(descriptions)s::text[], %(minutes)s::int[], %(kinds)s::text[])"
        " WITH ORDINALITY AS new (title, description, minutes, kind, ordinal)"
        " WHERE g.id = %(goal)s AND g.user_id = %(user)s AND a.id = %(action)s"
        " AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.action_id = a.id AND t.execution_id = %(execution)s)"
        " ORDER BY new.ordinal",
        keys | columns,
    )
    counted = session.one(
        "SELECT count(*) AS saved FROM tasks"
        " WHERE action_id = %(action)s AND execution_id = %(execution)s AND user_id = %(user)s",
        keys,
    )
    return int(counted["saved"]) if counted else 0


def remove_of_execution(session: Session, user: str, execution: str) -> int:
    """Delete the tasks that an execution made; says how many there were."""
    return session.run(
        "DELETE FROM tasks WHERE execution_id = %(execution)s AND user_id = %(user)s",
        {"execution": execution, "user": user},
    )


def remove_superseded(session: Session, user: str, goal: str, execution: str) -> int:
    """Delete what earlier executions proposed for the actions that this one has made tasks for.

    Only tasks that nobody has begun: what a person has touched stays.
    """
    return session.run(
        "DELETE FROM tasks old WHERE old.user_id = %(user)s AND old.goal_id = %(goal)s"
        " AND old.status = 'not_started' AND old.execution_id <> %(execution)s"
        " AND EXISTS (SELECT 1 FROM tasks new WHERE new.action_id = old.action_id"
        "  AND new.execution_id = %(execution)s)",
        {"user": user, "goal": goal, "execution": execution},
    )
