"""What the steps of the workflow read and write of their execution."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from lambdas.shared.database import Row, Session
from lambdas.shared.repositories.executions import actions_without_tasks, read


def owner(session: Session, execution: str) -> Row | None:
    """The goal and the person of an execution that AWS itself names, which knows no person: {goal_id, user_id}."""
    return session.one(
        "SELECT g.id AS goal_id, g.user_id FROM workflow_executions e JOIN goals g ON g.id = e.goal_id"
        " WHERE e.id = %(execution)s",
        {"execution": execution},
    )


def set_total(session: Session, user: str, execution: str, total: int) -> None:
    """Write down how many actions the execution works on."""
    session.run(
        "UPDATE workflow_executions e SET total_actions = %(total)s FROM goals g"
        " WHERE e.id = %(execution)s AND g.id = e.goal_id AND g.user_id = %(user)s",
        {"total": total, "execution": execution, "user": user},
    )


def count_processed(session: Session, user: str, execution: str) -> None:
    """Count the actions that the execution has saved tasks for; the caller holds the goal's lock."""
    session.run(
        "UPDATE workflow_executions e SET processed_actions ="
        " (SELECT count(DISTINCT t.action_id) FROM tasks t WHERE t.execution_id = e.id)"
        " FROM goals g WHERE e.id = %(execution)s AND g.id = e.goal_id AND g.user_id = %(user)s",
        {"execution": execution, "user": user},
    )


def add_failures(session: Session, user: str, execution: str, failures: Sequence[Mapping[str, str]]) -> None:
    """Note failed actions [{actionId, error}]; an action noted before is not noted twice."""
    session.run(
        "UPDATE workflow_executions e SET failed_actions = coalesce("
        " (SELECT jsonb_agg(old) FROM jsonb_array_elements(e.failed_actions) old"
        "  WHERE NOT old->>'actionId' = ANY(%(actions)s::text[])), '[]') || %(failures)s::jsonb"
        " FROM goals g WHERE e.id = %(execution)s AND g.id = e.goal_id AND g.user_id = %(user)s",
        {
            "execution": execution,
            "user": user,
            "failures": json.dumps([dict(failure) for failure in failures]),
            "actions": [failure["actionId"] for failure in failures],
        },
    )


def forget_false_failures(session: Session, user: str, execution: str) -> None:
    """Strike actions from the failed ones that the execution has made tasks for; the order of the others stays."""
    session.run(
        "UPDATE workflow_executions e SET failed_actions = coalesce("
        " (SELECT jsonb_agg(failed ORDER BY place)"
        "  FROM jsonb_array_elements(e.failed_actions) WITH ORDINALITY AS noted(failed, place) WHERE NOT EXISTS"
        "  (SELECT 1 FROM tasks t WHERE t.execution_id = e.id AND t.action_id::text = failed->>'actionId')), '[]')"
        " FROM goals g WHERE e.id = %(execution)s AND g.id = e.goal_id AND g.user_id = %(user)s",
        {"execution": execution, "user": user},
    )


def is_complete(session: Session, user: str, execution: str) -> bool:
    """Whether an execution has made tasks for every action that it was to, and for one at least."""
    row = read(session, user, execution)
    made_any = row is not None and row["processed_actions"] > 0
    return made_any and not actions_without_tasks(session, user, execution)


def action_text(session: Session, user: str, goal: str, action: str) -> Row | None:
    """What the model needs to know of an action: its own words, its sub-goal's, its goal's, the person's language."""
    return session.one(
        "SELECT a.title AS action_title, a.description AS action_description, a.kind AS action_kind,"
        " s.title AS sub_goal_title, s.description AS sub_goal_description,"
        " g.title AS goal_title, g.description AS goal_description, g.background AS goal_background,"
        " g.constraints AS goal_constraints, g.deadline AS goal_deadline, u.locale AS language"
        " FROM actions a JOIN sub_goals s ON s.id = a.sub_goal_id JOIN goals g ON g.id = s.goal_id"
        " JOIN users u ON u.id = g.user_id"
        " WHERE a.id = %(action)s AND g.id = %(goal)s AND g.user_id = %(user)s",
        {"action": action, "goal": goal, "user": user},
    )
