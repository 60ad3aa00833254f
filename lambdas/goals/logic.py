"""The rules of goals and their charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET

from lambdas.shared import shapes
from lambdas.shared.errors import Conflict, Problem
from lambdas.shared.repositories.goals import CHANGEABLE

Row = Mapping[str, Any]


def changes(wanted: shapes.UpdateGoal) -> dict[str, Any]:
    """The columns that a request names; a 400 problem when it names none."""
    given = {name: getattr(wanted, name) for name in CHANGEABLE}
    named = {name: value for name, value in given.items() if value is not UNSET}
    if not named:
        raise Problem(400, "The body names nothing to change.", errors=[("", "no field given")])
    return named


def check_status_change(current: Row, named: Mapping[str, Any]) -> None:
    """While tasks are being made, the goal's status belongs to the workflow."""
    if "status" in named and current["status"] == "processing":
        raise Conflict("Tasks are being made for this goal; cancel the execution or wait until it has ended.")


def check_deletion(current: Row) -> None:
    """A goal for which tasks are being made is not deleted under the workflow's feet."""
    if current["status"] == "processing":
        raise Conflict("Tasks are being made for this goal; cancel the execution before you delete it.")


def mandala(centre: Row, sub_goals: Sequence[Row], actions: Sequence[Row]) -> shapes.Mandala:
    """The chart of a goal, from its rows in the order of the positions."""
    around: dict[Any, list[shapes.Action]] = {sub_goal["id"]: [] for sub_goal in sub_goals}
    for action in actions:
        if action["sub_goal_id"] not in around:  # the goal was deleted between the two readings
            continue
        around[action["sub_goal_id"]].append(shapes.filled(shapes.Action, action))
    return shapes.Mandala(
        goal=shapes.filled(shapes.Goal, centre),
        sub_goals=[
            shapes.filled(shapes.SubGoalWithActions, sub_goal, actions=around[sub_goal["id"]]) for sub_goal in sub_goals
        ],
    )
