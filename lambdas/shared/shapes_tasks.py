"""Shapes of the API: tasks."""

from __future__ import annotations

import datetime as dt
from typing import Literal
from uuid import UUID

from msgspec import UNSET, UnsetType

from lambdas.shared.shapes import Answer, Body, Kind, Minutes, PageQuery

TaskStatus = Literal["not_started", "in_progress", "completed", "skipped"]


class Task(Answer):
    """A piece of daily work of 30 to 60 minutes that belongs to an action."""

    id: UUID
    goal_id: UUID
    action_id: UUID
    ordinal: int
    title: str
    description: str
    estimated_minutes: Minutes
    kind: Kind
    status: TaskStatus
    due_on: dt.date | None
    completed_at: dt.datetime | None
    version: int


class TaskPage(Answer):
    """A page of tasks, oldest first."""

    items: list[Task]
    next_cursor: str | None


class UpdateTask(Body):
    """The new state of a task, and the day it is planned for; a field left out stays as it is."""

    status: TaskStatus | UnsetType = UNSET
    due_on: dt.date | None | UnsetType = UNSET


class TaskQuery(PageQuery):
    """Which tasks, and which page of them."""

    goal_id: UUID | None = None
    action_id: UUID | None = None
    status: TaskStatus | None = None
    kind: Kind | None = None
    due_from: dt.date | None = None
    due_to: dt.date | None = None


class TodayQuery(Body):
    """Which day it is where the person is; without it, the day in UTC."""

    on: dt.date | None = None
