"""Task generation: every action of a goal becomes daily tasks (rows 78 to 82, 248 to 252).

A failed action is recorded and the others go on. Whatever else fails is handled by `handle_error`, which marks the
goal and notifies. The machine's own timeout cannot be caught, so the run carries a deadline before it: from then on no
action is begun, and what is under way, saving it and ending the run fit into the rest, which is counted when the
program is composed. Within the maps no field of a function's answer is named, because a missing one would end the run
and not the action.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pulumi

from components.parts import durations, states
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
# An action waits for a place until the deadline: each round takes at most these two together. A round writes twelve
# events, so that 24 actions that all wait for a whole run stay below the 25,000 of an execution's history.
PLACE_RETRY_SECONDS, PLACE_WAIT_SECONDS = 6, 12
# How long the steps before the actions wait for a place, and those after them, whose time is short.
EARLY_PATIENCE_SECONDS, CLOSING_PATIENCE_SECONDS = 20, 4
# How long after the deadline `generate_tasks` may still hand in an answer.
GRACE_SECONDS = 5
# A chart's 64 actions in batches of at most eight.
MOST = {"GenerateAllBatches": 8, "GenerateBatch": 8}
RUN = ("executionId", "goalId", "userId", "actionIds", "correlationId", "deadline", "deadlineAt")
DEADLINE = "$.run.deadlineAt"
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


def _retries(full: dict[str, Any], interval: int, attempts: int = 3) -> list[dict[str, Any]]:
    """Retries whose waits double, none for permanent errors (rows 250, 251), and `full` for a full function."""
    return [
        states.never(PERMANENT),
        full,
        states.retry(["States.ALL"], interval=interval, attempts=attempts, jitter=False),
    ]


def _early() -> list[dict[str, Any]]:
    return _retries(states.wait_for_a_place(EARLY_PATIENCE_SECONDS, longest=5), 2)


def _closing(attempts: int) -> list[dict[str, Any]]:
    return _retries(states.wait_for_a_place(CLOSING_PATIENCE_SECONDS, longest=2), 1, attempts)


def _action(functions: Functions, settings: WorkflowSettings) -> states.State:
    """One action: generate its tasks, save them; either failing marks the action and ends its part well."""
    failed = [states.catch("ActionFailed")]
    place = states.retry(states.THROTTLED, interval=PLACE_RETRY_SECONDS, attempts=1)
    return states.flow(
        "BeginAction",
        {
            "BeginAction": states.choice([states.has_passed(DEADLINE, next="ActionTooLate")], default="GenerateTasks"),
            "GenerateTasks": states.task(
                functions["generate_tasks"],
                payload={"run.$": "$.run", "actionId.$": "$.actionId"},
                timeout=settings.generate_timeout_seconds,
                retries=_retries(place, 2),
                catches=[states.catch("AwaitPlace", errors=states.THROTTLED), *failed],
                result=None,
                result_path="$.generated",
                next="SaveTasks",
            ),
            "AwaitPlace": states.wait(PLACE_WAIT_SECONDS, next="BeginAction"),
            "SaveTasks": states.task(
                functions["save_tasks"],
                payload={"run.$": "$.run", "actionId.$": "$.actionId", "generated.$": "$.generated.answer"},
                timeout=settings.closing_timeout_seconds,
                retries=_closing(3),
                catches=failed,
                result=None,
                result_path="$.saved",
                next="ActionDone",
            ),
            "ActionDone": states.pass_({"actionId.$": "$.actionId"}),
            "ActionFailed": states.pass_({"actionId.$": "$.actionId", "error.$": "$.error.Error"}),
            "ActionTooLate": states.pass_({"actionId.$": "$.actionId", "error": "DeadlineExceeded"}),
        },
    )


def _batch(functions: Functions, settings: WorkflowSettings) -> states.State:
    """One batch: its actions side by side, then the progress that the user sees, without which the run goes on.

    After the deadline the run's end, which is near, shows it.
    """
    return states.flow(
        "GenerateBatch",
        {
            "GenerateBatch": states.map_(
                "$.batch.actionIds",
                item={"run.$": "$.run", "actionId.$": "$$.Map.Item.Value"},
                iterator=_action(functions, settings),
                concurrency=settings.action_concurrency,
                result_path="$.results",
                next="ShowProgress",
            ),
            "ShowProgress": states.choice([states.has_passed(DEADLINE, next="BatchDone")], default="UpdateProgress"),
            "UpdateProgress": states.task(
                functions["update_progress"],
                payload={"run.$": "$.run", "results.$": "$.results"},
                timeout=settings.closing_timeout_seconds,
                retries=_closing(1),
                catches=[states.catch("BatchDone")],
                result=None,
                result_path="$.progress",
                next="BatchDone",
            ),
            "BatchDone": states.pass_({"results.$": "$.results"}),
        },
    )


def definition(functions: Functions, settings: WorkflowSettings) -> dict[str, Any]:
    """The whole definition; `functions` are alias ARNs by name. RunError when a run might not end in time."""
    machine = states.machine(
        _run(functions, settings), comment="Daily tasks for every action of a goal", timeout=settings.timeout_seconds
    )
    _check_time(machine, settings)
    return machine


def times(machine: Mapping[str, Any], settings: WorkflowSettings) -> tuple[float, float, float]:
    """The longest run in seconds: one that meets the deadline while generating, one that meets it before, and one
    that had no deadline.

    The first two are what the machine's timeout must be above. The third says why there is a deadline (row 256);
    waiting for a place again and again would come on top.
    """
    deadline = durations.Deadline(seconds=settings.deadline_seconds, grace=GRACE_SECONDS, heeded_by=["GenerateTasks"])
    late = durations.Count(items=MOST, past=deadline)
    return (
        deadline.seconds + durations.after(machine, late),
        durations.flow(machine, late),
        durations.flow(machine, durations.Count(items=MOST)),
    )


def _check_time(machine: Mapping[str, Any], settings: WorkflowSettings) -> None:
    generating, early, _ = times(machine, settings)
    ends, key, why = max(
        (generating, "deadline_seconds or closing_timeout_seconds", "what the deadline finds under way is ended"),
        (early, "step_timeout_seconds", "its first steps fail as late as they can"),
    )
    if ends >= settings.timeout_seconds:
        raise pulumi.RunError(
            f"goal-mandala:workflow: a run may last {ends:.0f} s, until {why}, and timeout_seconds is "
            f"{settings.timeout_seconds}: a machine's timeout cannot be caught, so neither its goal's status would be "
            f"set nor anyone told; lower {key} until it ends before that"
        )


def _run(functions: Functions, settings: WorkflowSettings) -> states.State:
    actions = states.map_(
        "$.plan.batches",
        item={"run.$": "$.run", "batch.$": "$$.Map.Item.Value"},
        iterator=_batch(functions, settings),
        concurrency=settings.batch_concurrency,
        result_path="$.results",
        catches=[states.catch("HandleError")],
        next="AggregateResults",
    )
    return states.flow(
        "ValidateInput",
        {**_beginning(functions, settings), "GenerateAllBatches": actions, **_ending(functions, settings)},
    )


def _beginning(functions: Functions, settings: WorkflowSettings) -> dict[str, states.State]:
    """What is done before the actions."""

    def step(name: str, payload: dict[str, Any], result: tuple[str, ...], result_path: str, next_: str) -> states.State:
        return states.task(
            functions[name],
            payload=payload,
            timeout=settings.step_timeout_seconds,
            retries=_early(),
            catches=[states.catch("HandleError")],
            result=result,
            result_path=result_path,
            next=next_,
        )

    given = {
        "input.$": "$$.Execution.Input",
        "startedAt.$": "$$.Execution.StartTime",
        "deadlineSeconds": settings.deadline_seconds,
    }
    return {
        "ValidateInput": step("validate_input", given, RUN, "$.run", "GetActions"),
        "GetActions": step("get_actions", {"run.$": "$.run"}, ("actionIds",), "$.actions", "CreateBatches"),
        "CreateBatches": step(
            "create_batches", {"actionIds.$": "$.actions.actionIds"}, ("batches",), "$.plan", "GenerateAllBatches"
        ),
    }


def _ending(functions: Functions, settings: WorkflowSettings) -> dict[str, states.State]:
    """What is done after the actions, and when something fails."""
    result = ("status", "processed", "failed")

    def step(
        name: str, payload: dict[str, Any], attempts: int, next_: str, failed: str = "HandleError", **more: Any
    ) -> states.State:
        return states.task(
            functions[name],
            payload=payload,
            timeout=settings.closing_timeout_seconds,
            retries=_closing(attempts),
            catches=[states.catch(failed)],
            next=next_,
            **{"result": result, "result_path": "$.result", **more},
        )

    aggregated = {"run.$": "$.run", "batches.$": "$.results"}
    ended = {"run.$": "$.run", "result.$": "$.result"}
    failed = {"input.$": "$$.Execution.Input", "error.$": "$.error"}
    return {
        "AggregateResults": step("aggregate_results", aggregated, 1, "UpdateGoalStatus"),
        "UpdateGoalStatus": step("update_goal_status", ended, 2, "AnyActionSucceeded"),
        "AnyActionSucceeded": states.choice(
            [states.equals("$.result.status", "failed", next="AllActionsFailed")], default="Done"
        ),
        "Done": states.succeed(),
        "AllActionsFailed": states.fail(error="AllActionsFailed", cause="No action of the goal got its tasks"),
        "HandleError": step(
            "handle_error", failed, 2, "GenerationFailed", "ErrorNotHandled",
            result=("status",), result_path="$.handled",
        ),
        "GenerationFailed": states.fail(
            error="GenerationFailed", cause="The run failed; the goal is marked and notified"
        ),
        "ErrorNotHandled": states.fail(
            error="ErrorNotHandled", cause="The run failed, and so did handling its failure"
        ),
    }  # fmt: skip
