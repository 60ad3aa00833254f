"""Shapes of the API: reflections on a goal."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from lambdas.shared.shapes import Answer, Body, Text

Mood = Annotated[int, Meta(ge=1, le=5, description="From 1, bad, to 5, very good.")]


class Reflection(Answer):
    """What a person thought of a day's work on a goal."""

    id: UUID
    goal_id: UUID
    on_date: dt.date
    summary: str
    went_well: str
    regrets: str
    next_actions: str
    mood: Mood | None
    created_at: dt.datetime


class ReflectionPage(Answer):
    """A page of reflections, newest day first."""

    items: list[Reflection]
    next_cursor: str | None


class CreateReflection(Body):
    """A new reflection."""

    on_date: dt.date
    summary: Text = ""
    went_well: Text = ""
    regrets: Text = ""
    next_actions: Text = ""
    mood: Mood | None = None


class UpdateReflection(Body):
    """The fields of a reflection to change; a field left out stays as it is."""

    on_date: dt.date | UnsetType = UNSET
    summary: Text | UnsetType = UNSET
    went_well: Text | UnsetType = UNSET
    regrets: Text | UnsetType = UNSET
    next_actions: Text | UnsetType = UNSET
    mood: Mood | None | UnsetType = UNSET
