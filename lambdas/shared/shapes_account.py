"""Shapes of the API: the signed-in person, and links that show a goal to others."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from lambdas.shared.shapes import Answer, Body, Percentage
from lambdas.shared.shapes_goals import GoalStatus, SubGoalWithActions

Name = Annotated[str, Meta(max_length=100, pattern=r"^[^\u0000]*$", description="Up to 100 characters.")]
Locale = Literal["en", "ja"]
Days = Annotated[int, Meta(ge=1, le=90, description="How many days the link works.")]


class Me(Answer):
    """The signed-in person."""

    id: UUID
    name: str | None
    locale: Locale
    created_at: dt.datetime


class UpdateMe(Body):
    """What a person changes of themselves; a field left out stays as it is."""

    name: Name | None | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET


class CreateShareLink(Body):
    """The goal to show to whoever has the link, and for how long."""

    goal_id: UUID
    days: Days = 7


class ShareLink(Answer):
    """A link that shows one goal without signing in, until it expires."""

    token: str
    goal_id: UUID
    expires_at: dt.datetime


class SharedGoal(Answer):
    """What a link shows of a goal: not its background nor its constraints."""

    title: str
    description: str
    deadline: dt.date | None
    status: GoalStatus
    progress: Percentage


class SharedMandala(Answer):
    """The chart of a goal as its link shows it."""

    goal: SharedGoal
    sub_goals: list[SubGoalWithActions]
    expires_at: dt.datetime
