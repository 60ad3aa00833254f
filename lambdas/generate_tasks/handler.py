"""Workflow, step 4: ask the model for one action's tasks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from lambdas.generate_tasks import logic
from lambdas.shared import environment, generated, metrics
from lambdas.shared import run as runs
from lambdas.shared.database import Database, Row
from lambdas.shared.errors import DeadlineExceeded, ExecutionNotRunning, GoalNotFound
from lambdas.shared.logging import logger
from lambdas.shared.models.choice import choose
from lambdas.shared.repositories import execution_steps, executions
from lambdas.shared.run import Run
from lambdas.shared.transactions import recorded


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str
    model_provider: str
    model_id: str
    model_key_arn: str = ""


ENV = environment.read(Env)
DATABASE = Database(ENV.database_secret_arn)
MODEL = choose(ENV.model_provider, ENV.model_id, ENV.model_key_arn)


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{"run", "actionId"} -> {"actionId", "tasks"}."""
    run, action = runs.read(event), str(event["actionId"])
    _check_time(run, f"before the action {action} was begun")
    began = time.perf_counter()
    status = "failure"
    try:
        prompt = logic.prompt(_text(run, action))
        _check_time(run, "before the model was asked")
        answer = MODEL.ask(prompt, generated.GeneratedTasks, within=run.seconds_left)
        logic.check(answer)
        _check_time(run, "while the model was asked", grace=runs.GRACE_SECONDS)
        status = "success"
    finally:
        seconds = time.perf_counter() - began
        metrics.count_generation(status, seconds, run.goal)
        logger.info(
            "The model was asked.", action=action, status=status, seconds=round(seconds, 3), prompt=logic.VERSION
        )
    return {"actionId": action, "tasks": generated.plain(answer)}


def _check_time(run: Run, when: str, grace: float = 0) -> None:
    if run.seconds_left + grace <= 0:
        raise DeadlineExceeded(f"The run's deadline has passed {when}.")


def _text(run: Run, action: str) -> Row:
    with DATABASE.reading() as session:
        if not executions.is_running(session, run.user, run.execution):
            raise ExecutionNotRunning(f"The execution {run.execution} has ended; no task is made for it.")
        row = execution_steps.action_text(session, run.user, run.goal, action)
    if row is None:
        raise GoalNotFound(f"There is no action {action} of the goal {run.goal}.")
    return row
