"""How often a person may have the model asked on one day, in UTC."""

from __future__ import annotations

from lambdas.shared.database import Session


def take(session: Session, user: str, calls: int, limit: int) -> bool:
    """Count `calls` of today, unless that would be more than `limit`; part of the transaction that causes them."""
    row = session.one(
        "INSERT INTO model_calls AS known (user_id, on_date, calls)"
        " SELECT %(user)s, current_date, %(calls)s WHERE %(calls)s <= %(limit)s"
        " ON CONFLICT (user_id, on_date) DO UPDATE SET calls = known.calls + excluded.calls"
        " WHERE known.calls + excluded.calls <= %(limit)s RETURNING calls",
        {"user": user, "calls": calls, "limit": limit},
    )
    return row is not None


def give_back(session: Session, user: str, calls: int) -> None:
    """The calls were not made after all."""
    session.run(
        "UPDATE model_calls SET calls = greatest(calls - %(calls)s, 0)"
        " WHERE user_id = %(user)s AND on_date = current_date",
        {"user": user, "calls": calls},
    )
