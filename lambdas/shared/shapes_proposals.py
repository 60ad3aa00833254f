"""Shapes of the API: what a model proposes for a chart, to be accepted or edited by the person."""

from __future__ import annotations

import datetime as dt
from typing import Literal
from uuid import UUID

from lambdas.shared.shapes import Answer, Body, Kind, Position


class ProposeSubGoals(Body):
    """The goal to propose eight sub-goals for."""

    goal_id: UUID


class ProposeActions(Body):
    """The sub-goal to propose eight actions for, by its place in the chart."""

    goal_id: UUID
    position: Position


class ProposedItem(Answer):
    """One field of the chart as the model proposes it. A sub-goal has no kind."""

    title: str
    description: str
    kind: Kind | None


class Proposal(Answer):
    """What a model proposes; poll it until it is completed or failed. Nothing is written into the chart."""

    id: UUID
    goal_id: UUID
    position: Position | None
    kind: Literal["sub_goals", "actions"]
    state: Literal["pending", "processing", "completed", "failed"]
    items: list[ProposedItem]
    error: str | None
    created_at: dt.datetime
    expires_at: dt.datetime
