"""Shapes of the API: the task generation."""

from __future__ import annotations

import datetime as dt
from typing import Literal
from uuid import UUID

from msgspec import field

from lambdas.shared.shapes import Answer, Body, PageQuery, Percentage, Reason

ExecutionStatus = Literal["running", "succeeded", "partially_succeeded", "failed", "timed_out", "cancelled"]


class StartTaskGeneration(Body):
    """The goal whose actions are to be broken into tasks."""

    goal_id: UUID


class CancelExecution(Body):
    """Why an execution is cancelled; kept with it."""

    reason: Reason = ""


class FailedAction(Answer):
    """An action for which no tasks could be made, and the name of the error."""

    action_id: UUID
    title: str
    error: str


class Execution(Answer):
    """One run of the task generation."""

    id: UUID
    goal_id: UUID
    status: ExecutionStatus
    total_actions: int
    processed_actions: int
    failed_actions: list[FailedAction]
    percentage: Percentage
    estimated_seconds_left: int | None
    started_at: dt.datetime
    finished_at: dt.datetime | None


class ExecutionPage(Answer):
    """A page of executions, newest first."""

    items: list[Execution]
    next_cursor: str | None


class ExecutionQuery(PageQuery):
    """Which executions, and which page of them."""

    goal_id: UUID | None = None
    status: ExecutionStatus | None = None
    started_from: dt.date | None = field(name="from", default=None)
    started_to: dt.date | None = field(name="to", default=None)
