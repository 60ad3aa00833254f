"""Task generation: every action of a goal becomes daily tasks (rows 78 to 82, 248 to 252).

A failed action is recorded and the others go on. Whatever else fails is handled by `handle_error`, which marks the
goal and notifies. The machine's own timeout cannot be caught, so the run carries a deadline before it. Within the maps
no field of a function's answer is named, because a missing one would end the run and not the action.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pulumi

from components.parts import states
from components.parts.grant import Grant
from components.parts.work import Work
from settings.workflow import WorkflowSettings

# What would fail again: wrong input, a cancelled run, the user's quota, a refused permission, the run's deadline
# (row 251).
PERMANENT = (
    "InvalidInput",
    "GoalNotFound",
    "ExecutionNotRunning",
    "ModelQuotaExceeded",
    "ModelAccessDenied",
    "DeadlineExceeded",
)
# Within the 780 s after which a run begins no further action.
PATIENCE_SECONDS = 720
RUN = ("executionId", "goalId", "userId", "actionIds", "correlationId", "deadline")
Functions = Mapping[str, pulumi.Input[str]]


def work(settings: WorkflowSettings, *, database: Grant, alerts: Grant, model: Grant) -> Work:
    """Task generation as a workflow."""
    return Work(
        role="task-generation",
        steps=steps(database=database, alerts=alerts, model=model),
        definition=partial(definition, settings=settings),
        log_retention_days=settings.log_retention_days,
        runbook="task-generation.md",
        exported_as="state_machine",
    )


def steps(*, database: Grant, alerts: Grant, model: Grant) -> dict[str, Grant]:
    """The workflow's functions, and what each uses (row 79)."""
    return {
        "validate_input": database,
        "get_actions": database,
        "create_batches": Grant(),
        "generate_tasks": database | model,
        "save_tasks": database,
        "update_progress": database,
        "aggregate_results": Grant(),
        "update_goal_status": database | alerts,
        "handle_error": database | alerts,
    }


def _retries(interval: int) -> list[dict[str, Any]]:
    """Three retries, each wait twice the one before; none for permanent errors (rows 250, 251).

    While a function has no free place, the run waits for one instead, until no action would be begun any more.
    """
    return [
        states.never(PERMANENT),
        states.wait_for_a_place(PATIENCE_SECONDS),
        states.retry(["States.ALL"], interval=interval, attempts=3, jitter=False),
    ]


def _action(functions: Functions, settings: WorkflowSettings) -> states.State:
    """One action: generate its tasks, save them; either failing marks the action and ends its part well."""
    failed = [states.catch("ActionFailed")]
    return states.flow(
        "GenerateTasks",
        {
            "GenerateTasks": states.task(
                functions["generate_tasks"],
                payload={"run.$": "$.run", "actionId.$": "$.actionId"},
                timeout=settings.generate_timeout_seconds,
                retries=_retries(2),
                catches=failed,
                result=None,
                result_path="$.generated",
                next="SaveTasks",
            ),
            "SaveTasks": states.task(
                functions["save_tasks"],
                payload={"run.$": "$.run", "actionId.$": "$.actionId", "generated.$": "$.generated.answer"},
                timeout=settings.step_timeout_seconds,
                retries=_retries(1),
                catches=failed,
                result=None,
                result_path="$.saved",
                next="ActionDone",
            ),
            "ActionDone": states.pass_({"actionId.$": "$.actionId"}),
            "ActionFailed": states.pass_({"actionId.$": "$.actionId", "error.$": "$.error.Error"}),
        },
    )


def _batch(functions: Functions, settings: WorkflowSettings) -> states.State:
    """One batch: its actions side by side, then the progress that the user sees, without which the run goes on."""
    return states.flow(
        "GenerateBatch",
        {
            "GenerateBatch": states.map_(
                "$.batch.actionIds",
                item={"run.$": "$.run", "actionId.$": "$$.Map.Item.Value"},
                iterator=_action(functions, settings),
                concurrency=settings.action_concurrency,
                result_path="$.results",
                next="UpdateProgress",
            ),
            "UpdateProgress": states.task(
                functions["update_progress"],
                payload={"run.$": "$.run", "results.$": "$.results"},
                timeout=settings.step_timeout_seconds,
                retries=_retries(1),
                catches=[states.catch("BatchDone")],
                result=None,
                result_path="$.progress",
                next="BatchDone",
            ),
            "BatchDone": states.pass_({"results.$": "$.results"}),
        },
    )


def definition(functions: Functions, settings: WorkflowSettings) -> dict[str, Any]:
    """The whole definition; `functions` are alias ARNs by name."""
    handled = [states.catch("HandleError")]

    def step(name: str, payload: dict[str, Any], result: tuple[str, ...], result_path: str, next_: str) -> states.State:
        return states.task(
            functions[name],
            payload=payload,
            timeout=settings.step_timeout_seconds,
            retries=_retries(2),
            catches=handled,
            result=result,
            result_path=result_path,
            next=next_,
        )

    given = {"input.$": "$$.Execution.Input", "startedAt.$": "$$.Execution.StartTime"}
    result = ("status", "processed", "failed")
    flow = states.flow(
        "ValidateInput",
        {
            "ValidateInput": step("validate_input", given, RUN, "$.run", "GetActions"),
            "GetActions": step("get_actions", {"run.$": "$.run"}, ("actionIds",), "$.actions", "CreateBatches"),
            "CreateBatches": step(
                "create_batches", {"actionIds.$": "$.actions.actionIds"}, ("batches",), "$.plan", "GenerateAllBatches"
            ),
            "GenerateAllBatches": states.map_(
                "$.plan.batches",
                item={"run.$": "$.run", "batch.$": "$$.Map.Item.Value"},
                iterator=_batch(functions, settings),
                concurrency=settings.batch_concurrency,
                result_path="$.results",
                catches=handled,
                next="AggregateResults",
            ),
            "AggregateResults": step(
                "aggregate_results",
                {"run.$": "$.run", "batches.$": "$.results"},
                result,
                "$.result",
                "UpdateGoalStatus",
            ),
            "UpdateGoalStatus": step(
                "update_goal_status",
                {"run.$": "$.run", "result.$": "$.result"},
                result,
                "$.result",
                "AnyActionSucceeded",
            ),
            "AnyActionSucceeded": states.choice(
                [states.equals("$.result.status", "failed", next="AllActionsFailed")], default="Done"
            ),
            "Done": states.succeed(),
            "AllActionsFailed": states.fail(error="AllActionsFailed", cause="No action of the goal got its tasks"),
            "HandleError": states.task(
                functions["handle_error"],
                payload={"input.$": "$$.Execution.Input", "error.$": "$.error"},
                timeout=settings.step_timeout_seconds,
                retries=_retries(2),
                catches=[states.catch("ErrorNotHandled")],
                result=("status",),
                result_path="$.handled",
                next="GenerationFailed",
            ),
            "GenerationFailed": states.fail(
                error="GenerationFailed", cause="The run failed; the goal is marked and notified"
            ),
            "ErrorNotHandled": states.fail(
                error="ErrorNotHandled", cause="The run failed, and so did handling its failure"
            ),
        },
    )
    return states.machine(flow, comment="Daily tasks for every action of a goal", timeout=settings.timeout_seconds)
