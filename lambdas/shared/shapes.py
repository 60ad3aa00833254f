"""The shapes of the API: request bodies, query strings and answers, in camelCase JSON.

The same structs check requests, encode answers and yield the JSON Schema of the OpenAPI document.
Request bodies refuse unknown fields, so that a misspelt name is an error and not silently ignored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

# PostgreSQL cannot hold U+0000 in text, so no string of the API may.
Title = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=r"^[^\u0000]*[^\u0000\s][^\u0000]*$",
        description="1 to 200 characters, not blank.",
    ),
]
Text = Annotated[str, Meta(max_length=2000, pattern=r"^[^\u0000]*$", description="Up to 2,000 characters.")]
Reason = Annotated[str, Meta(max_length=500, pattern=r"^[^\u0000]*$", description="Up to 500 characters.")]
Limit = Annotated[int, Meta(ge=1, le=100, description="How many items a page holds.")]
Cursor = Annotated[
    str,
    # The last part stands for the end: `$` would let a line break follow.
    Meta(max_length=200, pattern=r"^[A-Za-z0-9_-]+(?![\s\S])", description="`nextCursor` of the page before."),
]
Percentage = Annotated[int, Meta(ge=0, le=100)]
Position = Annotated[int, Meta(ge=1, le=8)]
Minutes = Annotated[int, Meta(ge=30, le=60)]

GoalStatus = Literal["draft", "processing", "active", "completed", "paused", "failed"]
ChosenGoalStatus = Literal["active", "completed", "paused"]
Kind = Literal["execution", "habit"]
TaskStatus = Literal["not_started", "in_progress", "completed", "skipped"]
ExecutionStatus = Literal["running", "succeeded", "partially_succeeded", "failed", "timed_out", "cancelled"]


class Answer(Struct, kw_only=True, rename="camel"):
    """Base of everything the API answers with."""


A = TypeVar("A", bound=Answer)


def filled(shape: type[A], row: Mapping[str, Any], **more: object) -> A:
    """An answer from a database row, whose columns bear the fields' names; `more` takes precedence."""
    values = {**row, **more}
    return shape(**{name: values[name] for name in shape.__struct_fields__})


class Body(Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of everything the API accepts: request bodies and query strings."""


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


class Health(Answer):
    """The system answers and reaches its database."""

    status: Literal["ok"]
    version: str
    database_latency_ms: float


class Fault(Answer):
    """One thing that is wrong with a request, and where (a JSON Pointer, or a parameter's name)."""

    pointer: str
    message: str


class Problem(Answer):
    """A problem document (RFC 9457): what every error answers with."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault]
    request_id: str


class PageQuery(Body):
    """Which page of a list."""

    limit: Limit = 50
    cursor: Cursor | None = None


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


class ExecutionQuery(PageQuery):
    """Which executions, and which page of them."""

    goal_id: UUID | None = None
    status: ExecutionStatus | None = None
    started_from: dt.date | None = field(name="from", default=None)
    started_to: dt.date | None = field(name="to", default=None)
