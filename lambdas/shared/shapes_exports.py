"""Shapes of the API: a goal with everything in it as an export."""

from __future__ import annotations

from typing import Literal

from lambdas.shared.shapes import Answer, Body
from lambdas.shared.shapes_goals import Goal, SubGoalWithActions
from lambdas.shared.shapes_reflections import Reflection
from lambdas.shared.shapes_tasks import Task


class ExportQuery(Body):
    """The form of an export."""

    format: Literal["json", "csv"] = "json"


class GoalExport(Answer):
    """A goal with everything that belongs to it."""

    goal: Goal
    sub_goals: list[SubGoalWithActions]
    tasks: list[Task]
    reflections: list[Reflection]
