"""Shapes of the API: goals, and the mandala chart around each."""

from __future__ import annotations

import datetime as dt
from typing import Literal
from uuid import UUID

from msgspec import UNSET, UnsetType

from lambdas.shared.shapes import Answer, Body, Kind, Percentage, Position, Text, Title

GoalStatus = Literal["draft", "processing", "active", "completed", "paused", "failed"]
ChosenGoalStatus = Literal["active", "completed", "paused"]


class Goal(Answer):
    """What a person wants to reach; the centre of the mandala chart."""

    id: UUID
    title: str
    description: str
    deadline: dt.date | None
    background: str
    constraints: str
    status: GoalStatus
    progress: Percentage
    version: int
    created_at: dt.datetime


class GoalPage(Answer):
    """A page of goals, newest first."""

    items: list[Goal]
    next_cursor: str | None


class CreateGoal(Body):
    """A new goal."""

    title: Title
    description: Text = ""
    deadline: dt.date | None = None
    background: Text = ""
    constraints: Text = ""


class UpdateGoal(Body):
    """The fields of a goal to change; a field left out stays as it is."""

    title: Title | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    deadline: dt.date | None | UnsetType = UNSET
    background: Text | UnsetType = UNSET
    constraints: Text | UnsetType = UNSET
    status: ChosenGoalStatus | UnsetType = UNSET


class Action(Answer):
    """One of the eight actions around a sub-goal."""

    id: UUID
    position: Position
    title: str
    description: str
    kind: Kind
    progress: Percentage
    task_count: int


class SubGoal(Answer):
    """One of the eight sub-goals around the goal."""

    id: UUID
    position: Position
    title: str
    description: str
    progress: Percentage


class SubGoalWithActions(Answer):
    """A sub-goal with the actions around it."""

    id: UUID
    position: Position
    title: str
    description: str
    progress: Percentage
    actions: list[Action]


class Mandala(Answer):
    """The whole chart of one goal, in the order of the positions."""

    goal: Goal
    sub_goals: list[SubGoalWithActions]


class PutSubGoal(Body):
    """What stands in one of the eight fields around the goal."""

    title: Title
    description: Text = ""


class PutAction(Body):
    """What stands in one of the eight fields around a sub-goal."""

    title: Title
    kind: Kind
    description: Text = ""
