"""Progress of actions, sub-goals and goals, rounded down at every level: 100 means that nothing is left to do."""

from __future__ import annotations

from collections.abc import Sequence

from lambdas.shared.database import Session


def recalculate(session: Session, user: str, goal: str, actions: Sequence[str] | None = None) -> None:
    """Bring the progress of some actions (None: all), of the sub-goals and of the goal up to date.

    The caller holds the goal's lock.
    """
    parameters = {"goal": goal, "user": user, "actions": None if actions is None else list(actions)}
    session.run(
        "UPDATE actions a SET progress = coalesce("
        " (SELECT 100 * count(*) FILTER (WHERE t.status = 'completed') / count(*) FROM tasks t"
        "  WHERE t.action_id = a.id HAVING count(*) > 0), 0)"
        " FROM sub_goals s, goals g WHERE s.id = a.sub_goal_id AND g.id = s.goal_id"
        " AND g.id = %(goal)s AND g.user_id = %(user)s"
        " AND (%(actions)s::uuid[] IS NULL OR a.id = ANY(%(actions)s::uuid[]))",
        parameters,
    )
    session.run(
        "UPDATE sub_goals s SET progress = coalesce("
        " (SELECT floor(avg(a.progress)) FROM actions a WHERE a.sub_goal_id = s.id), 0)"
        " FROM goals g WHERE g.id = s.goal_id AND g.id = %(goal)s AND g.user_id = %(user)s",
        parameters,
    )
    session.run(
        "UPDATE goals g SET progress = coalesce("
        " (SELECT floor(avg(s.progress)) FROM sub_goals s WHERE s.goal_id = g.id), 0)"
        " WHERE g.id = %(goal)s AND g.user_id = %(user)s",
        parameters,
    )
