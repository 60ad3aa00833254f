"""Every operation of the API, once: routing, checks and the OpenAPI document are made from this table."""

from __future__ import annotations

from dataclasses import dataclass

from lambdas.shared import shapes


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method on one path: who serves it, what it takes, what it answers."""

    id: str
    method: str
    path: str
    function: str
    summary: str
    status: int
    answer: type[shapes.Answer] | None = None
    body: type[shapes.Body] | None = None
    body_required: bool = True
    query: type[shapes.Body] | None = None
    problems: tuple[int, ...] = ()
    login: bool = True
    conditional: bool = False  # answers with an ETag; a change honours If-Match
    answers_location: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """The method and the path, as API Gateway names them."""
        return self.method, self.path


_GOAL = "/goals/{goalId}"
_SUB_GOAL = "/goals/{goalId}/sub-goals/{position}"
_EXECUTION = "/ai/executions/{executionId}"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="listGoals", method="GET", path="/goals", function="goals",
        summary="The goals of the signed-in person, newest first.",
        status=200, query=shapes.PageQuery, answer=shapes.GoalPage,
    ),
    Operation(
        id="createGoal", method="POST", path="/goals", function="goals",
        summary="Write down a goal.",
        status=201, body=shapes.CreateGoal, answer=shapes.Goal, conditional=True, answers_location=True,
    ),
    Operation(
        id="getGoal", method="GET", path=_GOAL, function="goals",
        summary="One goal.",
        status=200, answer=shapes.Goal, conditional=True,
    ),
    Operation(
        id="updateGoal", method="PATCH", path=_GOAL, function="goals",
        summary="Change a goal; If-Match refuses the change when somebody else was faster.",
        status=200, body=shapes.UpdateGoal, answer=shapes.Goal, conditional=True, problems=(409,),
    ),
    Operation(
        id="deleteGoal", method="DELETE", path=_GOAL, function="goals",
        summary="Delete a goal with its chart, tasks and executions.",
        status=204, conditional=True, problems=(409,),
    ),
    Operation(
        id="getMandala", method="GET", path="/goals/{goalId}/mandala", function="goals",
        summary="The whole mandala chart of a goal in one answer.",
        status=200, answer=shapes.Mandala,
    ),
    Operation(
        id="putSubGoal", method="PUT", path=_SUB_GOAL, function="goals",
        summary="Write one of the eight sub-goals.",
        status=200, body=shapes.PutSubGoal, answer=shapes.SubGoal,
    ),
    Operation(
        id="putAction", method="PUT", path=f"{_SUB_GOAL}/actions/{{actionPosition}}", function="goals",
        summary="Write one of the eight actions of a sub-goal.",
        status=200, body=shapes.PutAction, answer=shapes.Action,
    ),
    Operation(
        id="listTasks", method="GET", path="/tasks", function="tasks",
        summary="Tasks, oldest first, by goal, action or status.",
        status=200, query=shapes.TaskQuery, answer=shapes.TaskPage,
    ),
    Operation(
        id="updateTask", method="PATCH", path="/tasks/{taskId}", function="tasks",
        summary="Begin, complete, skip or reopen a task; the chart's progress follows.",
        status=200, body=shapes.UpdateTask, answer=shapes.Task, conditional=True,
    ),
    Operation(
        id="startTaskGeneration", method="POST", path="/ai/tasks", function="ai",
        summary="Break the actions of a goal into tasks; a goal has one running execution at most, which is answered.",
        status=202, body=shapes.StartTaskGeneration, answer=shapes.Execution, problems=(404, 409, 503),
        answers_location=True,
    ),
    Operation(
        id="listExecutions", method="GET", path="/ai/executions", function="ai",
        summary="Executions of the task generation, newest first.",
        status=200, query=shapes.ExecutionQuery, answer=shapes.ExecutionPage,
    ),
    Operation(
        id="getExecution", method="GET", path=_EXECUTION, function="ai",
        summary="One execution: how far it is, how long it may still take, which actions failed.",
        status=200, answer=shapes.Execution,
    ),
    Operation(
        id="cancelExecution", method="POST", path=f"{_EXECUTION}/cancel", function="ai",
        summary="Stop an execution and remove the tasks that it made.",
        status=200, body=shapes.CancelExecution, body_required=False, answer=shapes.Execution, problems=(409,),
    ),
    Operation(
        id="retryExecution", method="POST", path=f"{_EXECUTION}/retry", function="ai",
        summary="Start an execution for those actions only that an earlier one left without tasks.",
        status=202, answer=shapes.Execution, problems=(409, 503), answers_location=True,
    ),
    Operation(
        id="getHealth", method="GET", path="/health", function="health",
        summary="Whether the system works: its version and the database's latency.",
        status=200, answer=shapes.Health, problems=(503,), login=False,
    ),
)  # fmt: skip

PATH_PARAMETERS: dict[str, str] = {
    "goalId": "uuid",
    "taskId": "uuid",
    "executionId": "uuid",
    "position": "position",
    "actionPosition": "position",
}


def of(function: str) -> dict[tuple[str, str], Operation]:
    """The operations that one function serves, by method and path."""
    return {operation.key: operation for operation in OPERATIONS if operation.function == function}
