"""A goal's chart and tasks as a table that spreadsheets open."""

from __future__ import annotations

import csv
import io

from lambdas.shared.shapes_exports import GoalExport

# An answer of a function holds 6 MB.
MOST = 2000
COLUMNS = (
    "sub_goal", "action", "action_kind", "task", "description", "minutes", "kind", "status", "due_on", "completed_at",
)  # fmt: skip
# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_of(content: GoalExport) -> str:
    """One line for each task, and one for each action without tasks; with the mark by which Excel knows UTF-8."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    tasks: dict[object, list[list[object]]] = {}
    for task in content.tasks:
        cells = [task.title, task.description, task.estimated_minutes, task.kind, task.status]
        tasks.setdefault(task.action_id, []).append([*cells, task.due_on, task.completed_at])
    for sub_goal in content.sub_goals:
        for action in sub_goal.actions:
            for cells in tasks.get(action.id, [[]]):
                lines.writerow([_cell(value) for value in (sub_goal.title, action.title, action.kind, *cells)])
    return "\ufeff" + text.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
