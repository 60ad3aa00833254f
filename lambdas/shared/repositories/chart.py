"""The mandala chart beneath a goal: sub-goals and actions."""

from __future__ import annotations

from lambdas.shared.database import Row, Session

_TASK_COUNT = "(SELECT count(*) FROM tasks t WHERE t.action_id = a.id) AS task_count"


def sub_goals(session: Session, user: str, goal: str) -> list[Row]:
    """The sub-goals of a goal, by position."""
    return session.all(
        "SELECT s.id, s.position, s.title, s.description, s.progress FROM sub_goals s"
        " JOIN goals g ON g.id = s.goal_id WHERE g.id = %(goal)s AND g.user_id = %(user)s ORDER BY s.position",
        {"goal": goal, "user": user},
    )


def actions(session: Session, user: str, goal: str) -> list[Row]:
    """The actions of a goal in the order of the chart, each with its sub-goal's id and its number of tasks."""
    return session.all(
        "SELECT a.id, a.sub_goal_id, a.position, a.title, a.description, a.kind, a.progress,"  # noqa: S608
        f" {_TASK_COUNT} FROM actions a JOIN sub_goals s ON s.id = a.sub_goal_id JOIN goals g ON g.id = s.goal_id"
        " WHERE g.id = %(goal)s AND g.user_id = %(user)s ORDER BY s.position, a.position",
        {"goal": goal, "user": user},
    )


def has_action(session: Session, user: str, action: str) -> bool:
    """Whether an action stands in one of the person's charts."""
    row = session.one(
        "SELECT a.id FROM actions a JOIN sub_goals s ON s.id = a.sub_goal_id JOIN goals g ON g.id = s.goal_id"
        " WHERE a.id = %(action)s AND g.user_id = %(user)s",
        {"action": action, "user": user},
    )
    return row is not None


def put_sub_goal(session: Session, user: str, goal: str, position: int, title: str, description: str) -> Row | None:
    """Write a sub-goal; None when the goal is not there."""
    return session.one(
        "INSERT INTO sub_goals (goal_id, position, title, description)"
        " SELECT id, %(position)s, %(title)s, %(description)s FROM goals WHERE id = %(goal)s AND user_id = %(user)s"
        " ON CONFLICT (goal_id, position) DO UPDATE SET title = excluded.title, description = excluded.description"
        " RETURNING id, position, title, description, progress",
        {"goal": goal, "user": user, "position": position, "title": title, "description": description},
    )


def put_action(
    session: Session,
    user: str,
    goal: str,
    places: tuple[int, int],
    values: tuple[str, str, str],
) -> Row | None:
    """Write an action at (position of the sub-goal, position); `values` are title, description, kind.

    None when the goal or the sub-goal is not there.
    """
    sub_goal_position, position = places
    title, description, kind = values
    return session.one(
        "WITH a AS (INSERT INTO actions (sub_goal_id, position, title, description, kind)"  # noqa: S608
        " SELECT s.id, %(position)s, %(title)s, %(description)s, %(kind)s"
        " FROM sub_goals s JOIN goals g ON g.id = s.goal_id"
        " WHERE g.id = %(goal)s AND g.user_id = %(user)s AND s.position = %(sub_goal_position)s"
        " ON CONFLICT (sub_goal_id, position) DO UPDATE"
        " SET title = excluded.title, description = excluded.description, kind = excluded.kind"
        " RETURNING id, position, title, description, kind, progress)"
        f" SELECT a.*, {_TASK_COUNT} FROM a",
        {
            "goal": goal,
            "user": user,
            "sub_goal_position": sub_goal_position,
            "position": position,
            "title": title,
            "description": description,
            "kind": kind,
        },
    )
