"""Operations of the API: task generation, and what a model proposes."""

from __future__ import annotations

from lambdas.shared import shapes_executions, shapes_proposals
from lambdas.shared.operation import Operation

_EXECUTION = "/ai/executions/{executionId}"

OPERATIONS: tuple[Operation, ...] = (
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
        status=202, body=shapes_executions.StartTaskGeneration, answer=shapes_executions.Execution,
        problems=(404, 409, 503), answers_location=True,
    ),
    Operation(
        id="listExecutions", method="GET", path="/ai/executions", function="ai",
        summary="Executions of the task generation, newest first.",
        status=200, query=shapes_executions.ExecutionQuery, answer=shapes_executions.ExecutionPage, problems=(404,),
    ),
    Operation(
        id="getExecution", method="GET", path=_EXECUTION, function="ai",
        summary="One execution: how far it is, how long it may still take, which actions failed.",
        status=200, answer=shapes_executions.Execution,
    ),
    Operation(
        id="cancelExecution", method="POST", path=f"{_EXECUTION}/cancel", function="ai",
        summary="Stop an execution and remove the tasks that it made.",
        status=200, body=shapes_executions.CancelExecution, body_required=False,
        answer=shapes_executions.Execution, problems=(409,),
    ),
    Operation(
        id="retryExecution", method="POST", path=f"{_EXECUTION}/retry", function="ai",
        summary="Start an execution for those actions only that an earlier one left without tasks.",
        status=202, answer=shapes_executions.Execution, problems=(409, 503), answers_location=True,
    ),
)  # fmt: skip
