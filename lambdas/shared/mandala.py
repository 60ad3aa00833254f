"""The mandala chart of a goal from its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.shared import shapes, shapes_goals

Row = Mapping[str, Any]


def of(centre: Row, sub_goals: Sequence[Row], actions: Sequence[Row]) -> shapes_goals.Mandala:
    """The whole chart, from rows in the order of the positions."""
    return shapes_goals.Mandala(goal=shapes.filled(shapes_goals.Goal, centre), sub_goals=around(sub_goals, actions))


def around(sub_goals: Sequence[Row], actions: Sequence[Row]) -> list[shapes_goals.SubGoalWithActions]:
    """The sub-goals around the centre, each with its actions."""
    beneath: dict[Any, list[shapes_goals.Action]] = {sub_goal["id"]: [] for sub_goal in sub_goals}
    for action in actions:
        if action["sub_goal_id"] not in beneath:  # the goal was deleted between the two readings
            continue
        beneath[action["sub_goal_id"]].append(shapes.filled(shapes_goals.Action, action))
    return [
        shapes.filled(shapes_goals.SubGoalWithActions, sub_goal, actions=beneath[sub_goal["id"]])
        for sub_goal in sub_goals
    ]
