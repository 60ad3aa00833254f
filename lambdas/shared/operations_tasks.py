"""Operations of the API: tasks."""

from __future__ import annotations

from lambdas.shared import shapes_tasks
from lambdas.shared.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="listTasks", method="GET", path="/tasks", function="tasks",
        summary="Tasks, oldest first, by goal, action, status, kind or the day they are planned for.",
        status=200, query=shapes_tasks.TaskQuery, answer=shapes_tasks.TaskPage, problems=(404,),
    ),
    Operation(
        id="listTasksOfToday", method="GET", path="/tasks/today", function="tasks",
        summary="What is begun or due, and the next undated tasks of each active goal.",
        status=200, query=shapes_tasks.TodayQuery, answer=shapes_tasks.TaskPage,
    ),
    Operation(
        id="updateTask", method="PATCH", path="/tasks/{taskId}", function="tasks",
        summary="Begin, complete, skip, reopen or plan a task; the chart's progress follows.",
        status=200, body=shapes_tasks.UpdateTask, answer=shapes_tasks.Task, conditional=True,
    ),
)  # fmt: skip
