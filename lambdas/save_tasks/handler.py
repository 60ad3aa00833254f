"""Workflow, step 5: save one action's tasks, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from lambdas.shared import environment, generated
from lambdas.shared import run as runs
from lambdas.shared.database import Database
from lambdas.shared.errors import ExecutionNotRunning, GoalNotFound, InvalidInput
from lambdas.shared.logging import logger
from lambdas.shared.repositories import execution_steps, execution_tasks, executions, goals, progress
from lambdas.shared.transactions import recorded


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str


ENV = environment.read(Env)
DATABASE = Database(ENV.database_secret_arn)


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{"run", "actionId", "generated"} -> {"actionId", "saved"}. Saving twice saves once."""
    run, action = runs.read(event), str(event["actionId"])
    try:
        made = generated.plain(msgspec.convert({"tasks": event["generated"]["tasks"]}, generated.GeneratedTasks))
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise InvalidInput(f"The tasks of the action {action} are not what a model may make: {error}.") from error
    with DATABASE.transaction() as session:
        if goals.lock(session, run.user, run.goal) is None:
            raise GoalNotFound(f"There is no goal {run.goal} of this person.")
        if not executions.is_running(session, run.user, run.execution):
            raise ExecutionNotRunning(f"The execution {run.execution} has ended; nothing is saved for it.")
        saved = execution_tasks.save(session, run.user, run.goal, action, run.execution, made)
        if saved == 0:
            raise GoalNotFound(f"There is no action {action} of the goal {run.goal}.")
        execution_steps.count_processed(session, run.user, run.execution)
        progress.recalculate(session, run.user, run.goal, actions=[action])
    logger.info("The tasks are saved.", action=action, saved=saved)
    return {"actionId": action, "saved": saved}
