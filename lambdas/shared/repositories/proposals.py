"""What a model proposes for a chart. A proposal is forgotten a day after it was asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lambdas.shared.database import Row, Session

_COLUMNS = "p.id, p.goal_id, s.position, p.kind, p.state, p.result, p.created_at, p.expires_at"
# Longer than a proposal can take: what is pending still has been lost.
_PATIENCE = "interval '5 minutes'"


def create(session: Session, user: str, goal: str, position: int | None) -> str | None:
    """A pending proposal of sub-goals, or of actions for the sub-goal at a position; None when that is not there."""
    row = session.one(
        "INSERT INTO proposals (user_id, goal_id, sub_goal_id, kind, expires_at)"
        " SELECT g.user_id, g.id, s.id, %(kind)s, now() + interval '1 day'"
        " FROM goals g LEFT JOIN sub_goals s ON s.goal_id = g.id AND s.position = %(position)s::int"
        " WHERE g.id = %(goal)s AND g.user_id = %(user)s AND (%(position)s::int IS NULL OR s.id IS NOT NULL)"
        " RETURNING id",
        {"user": user, "goal": goal, "position": position, "kind": "sub_goals" if position is None else "actions"},
    )
    return None if row is None else str(row["id"])


def read(session: Session, user: str, proposal: str) -> Row | None:
    """One proposal; one that has been silent for too long has failed."""
    return session.one(
        f"SELECT {_COLUMNS}, p.state IN ('pending', 'processing') AND p.created_at < now() - {_PATIENCE} AS is_lost"  # noqa: S608
        " FROM proposals p LEFT JOIN sub_goals s ON s.id = p.sub_goal_id"
        " WHERE p.id = %(proposal)s AND p.user_id = %(user)s AND p.expires_at > now()",
        {"user": user, "proposal": proposal},
    )


def claim(session: Session, user: str, proposal: str) -> Row | None:
    """Begin a proposal and answer what the model must know for it; None when it is done, or gone."""
    changed = session.run(
        "UPDATE proposals SET state = 'processing'"
        " WHERE id = %(proposal)s AND user_id = %(user)s AND state IN ('pending', 'processing')",
        {"user": user, "proposal": proposal},
    )
    if not changed:
        return None
    return session.one(
        "SELECT p.kind, g.title AS goal_title, g.description AS goal_description, g.background AS goal_background,"
        " g.constraints AS goal_constraints, g.deadline AS goal_deadline, s.title AS sub_goal_title,"
        " s.description AS sub_goal_description, u.locale AS language,"
        " (SELECT string_agg(coalesce(a.title, o.title), E'\\n' ORDER BY o.position, a.position) FROM sub_goals o"
        "  LEFT JOIN actions a ON a.sub_goal_id = o.id AND p.kind = 'actions'"
        "  WHERE o.goal_id = g.id AND (p.kind = 'sub_goals' OR o.id = p.sub_goal_id AND a.id IS NOT NULL)) AS existing"
        " FROM proposals p JOIN goals g ON g.id = p.goal_id JOIN users u ON u.id = g.user_id"
        " LEFT JOIN sub_goals s ON s.id = p.sub_goal_id WHERE p.id = %(proposal)s AND p.user_id = %(user)s",
        {"user": user, "proposal": proposal},
    )


def finish(session: Session, user: str, proposal: str, state: str, result: Mapping[str, Any]) -> None:
    """Write down what became of a proposal: {"items"} when completed, {"error"} when failed."""
    session.run(
        "UPDATE proposals SET state = %(state)s, result = %(result)s"
        " WHERE id = %(proposal)s AND user_id = %(user)s AND state IN ('pending', 'processing')",
        {"user": user, "proposal": proposal, "state": state, "result": json.dumps(result, ensure_ascii=False)},
    )
