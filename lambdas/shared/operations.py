"""Every operation of the API, once: routing, checks and the OpenAPI document are made from this table."""

from __future__ import annotations

from dataclasses import dataclass

from lambdas.shared import shapes, shapes_account, shapes_proposals, shapes_reflections, shapes_sources


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
    also_csv: bool = False

    @property
    def is_repeatable(self) -> bool:
        """Whether an Idempotency-Key makes a repeated call the same call."""
        return self.method == "POST"

    @property
    def key(self) -> tuple[str, str]:
        """The method and the path, as API Gateway names them."""
        return self.method, self.path


_GOAL = "/goals/{goalId}"
_SUB_GOAL = "/goals/{goalId}/sub-goals/{position}"
_EXECUTION = "/ai/executions/{executionId}"
_REFLECTION = "/reflections/{reflectionId}"
_SOURCE = "/sources/{sourceId}"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="getMe", method="GET", path="/auth/me", function="auth",
        summary="The signed-in person.",
        status=200, answer=shapes_account.Me,
    ),
    Operation(
        id="updateMe", method="PATCH", path="/auth/me", function="auth",
        summary="Change the person's name or language.",
        status=200, body=shapes_account.UpdateMe, answer=shapes_account.Me,
    ),
    Operation(
        id="eraseMe", method="DELETE", path="/auth/me", function="auth",
        summary="Erase the person: everything they wrote is deleted, and nothing leads back to them.",
        status=204, problems=(503,),
    ),
    Operation(
        id="createShareLink", method="POST", path="/auth/share-links", function="auth",
        summary="A link that shows one goal to whoever has it, until it expires.",
        status=201, body=shapes_account.CreateShareLink, answer=shapes_account.ShareLink, problems=(404,),
        answers_location=True,
    ),
    Operation(
        id="getSharedMandala", method="GET", path="/auth/shared/{token}", function="auth",
        summary="The chart that a link shows.",
        status=200, answer=shapes_account.SharedMandala, login=False,
    ),
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
        id="exportGoal", method="GET", path="/goals/{goalId}/export", function="goals",
        summary="A goal with its chart, tasks and reflections, as JSON or as a table of its tasks.",
        status=200, query=shapes_reflections.ExportQuery, answer=shapes_reflections.GoalExport, also_csv=True,
    ),
    Operation(
        id="listReflections", method="GET", path="/goals/{goalId}/reflections", function="reflections",
        summary="Reflections on a goal, newest day first.",
        status=200, query=shapes.PageQuery, answer=shapes_reflections.ReflectionPage,
    ),
    Operation(
        id="createReflection", method="POST", path="/goals/{goalId}/reflections", function="reflections",
        summary="Write down a reflection.",
        status=201, body=shapes_reflections.CreateReflection, answer=shapes_reflections.Reflection,
        answers_location=True,
    ),
    Operation(
        id="getReflection", method="GET", path=_REFLECTION, function="reflections",
        summary="One reflection.",
        status=200, answer=shapes_reflections.Reflection,
    ),
    Operation(
        id="updateReflection", method="PATCH", path=_REFLECTION, function="reflections",
        summary="Change a reflection.",
        status=200, body=shapes_reflections.UpdateReflection, answer=shapes_reflections.Reflection,
    ),
    Operation(
        id="deleteReflection", method="DELETE", path=_REFLECTION, function="reflections",
        summary="Delete a reflection.",
        status=204,
    ),
    Operation(
        id="listTasks", method="GET", path="/tasks", function="tasks",
        summary="Tasks, oldest first, by goal, action, status, kind or the day they are planned for.",
        status=200, query=shapes.TaskQuery, answer=shapes.TaskPage,
    ),
    Operation(
        id="listTasksOfToday", method="GET", path="/tasks/today", function="tasks",
        summary="What is begun or due, and the next undated tasks of each active goal.",
        status=200, query=shapes.TodayQuery, answer=shapes.TaskPage,
    ),
    Operation(
        id="updateTask", method="PATCH", path="/tasks/{taskId}", function="tasks",
        summary="Begin, complete, skip, reopen or plan a task; the chart's progress follows.",
        status=200, body=shapes.UpdateTask, answer=shapes.Task, conditional=True,
    ),
    Operation(
        id="proposeSubGoals", method="POST", path="/ai/sub-goals", function="ai",
        summary="Ask the model for eight sub-goals of a goal; answers a proposal to poll.",
        status=202, body=shapes_proposals.ProposeSubGoals, answer=shapes_proposals.Proposal, problems=(404, 503),
        answers_location=True,
    ),
    Operation(
        id="proposeActions", method="POST", path="/ai/actions", function="ai",
        summary="Ask the model for eight actions of a sub-goal; answers a proposal to poll.",
        status=202, body=shapes_proposals.ProposeActions, answer=shapes_proposals.Proposal, problems=(404, 503),
        answers_location=True,
    ),
    Operation(
        id="getProposal", method="GET", path="/ai/proposals/{proposalId}", function="ai",
        summary="One proposal: whether it is there yet, and what the model proposes.",
        status=200, answer=shapes_proposals.Proposal,
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
        id="listSources", method="GET", path="/sources", function="sources",
        summary="The repositories that the person follows, newest first.",
        status=200, query=shapes.PageQuery, answer=shapes_sources.SourcePage,
    ),
    Operation(
        id="createSource", method="POST", path="/sources", function="sources",
        summary="Follow a repository on GitHub.",
        status=201, body=shapes_sources.CreateSource, answer=shapes_sources.Source, problems=(409,),
    ),
    Operation(
        id="updateSource", method="PATCH", path=_SOURCE, function="sources",
        summary="Switch the monitoring of a repository on or off.",
        status=200, body=shapes_sources.UpdateSource, answer=shapes_sources.Source,
    ),
    Operation(
        id="deleteSource", method="DELETE", path=_SOURCE, function="sources",
        summary="Follow a repository no more; its activities are deleted.",
        status=204,
    ),
    Operation(
        id="listActivities", method="GET", path="/activities", function="sources",
        summary="What happened in the followed repositories, newest first, summarised in Japanese.",
        status=200, query=shapes_sources.ActivityQuery, answer=shapes_sources.ActivityPage,
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
    "reflectionId": "uuid",
    "sourceId": "uuid",
    "proposalId": "uuid",
    "token": "token",
    "position": "position",
    "actionPosition": "position",
}


def of(function: str) -> dict[tuple[str, str], Operation]:
    """The operations that one function serves, by method and path."""
    return {operation.key: operation for operation in OPERATIONS if operation.function == function}
