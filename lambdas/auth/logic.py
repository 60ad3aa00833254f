"""What a link shows of a goal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.shared import mandala, shapes
from lambdas.shared.shapes_account import SharedGoal, SharedMandala

Row = Mapping[str, Any]


def shared(goal: Row, sub_goals: Sequence[Row], actions: Sequence[Row], expires_at: int) -> SharedMandala:
    """The chart without the goal's background and constraints, which were written for the person and the model."""
    return SharedMandala(
        goal=shapes.filled(SharedGoal, goal),
        sub_goals=mandala.around(sub_goals, actions),
        expires_at=dt.datetime.fromtimestamp(expires_at, dt.UTC),
    )
