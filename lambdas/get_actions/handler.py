"""Workflow, step 2: the actions to make tasks for, in the order of the chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lambdas.shared import environment
from lambdas.shared import run as runs
from lambdas.shared.database import Database
from lambdas.shared.errors import GoalNotFound
from lambdas.shared.logging import logger
from lambdas.shared.repositories import execution_steps, executions, goals
from lambdas.shared.transactions import recorded


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str


ENV = environment.read(Env)
DATABASE = Database(ENV.database_secret_arn)


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{"run"} -> {"actionIds"}; the execution's total is set to their number."""
    run = runs.read(event)
    wanted = None if run.action_ids is None else [str(action) for action in run.action_ids]
    with DATABASE.transaction() as session:
        if goals.lock(session, run.user, run.goal) is None:
            raise GoalNotFound(f"There is no goal {run.goal} of this person.")
        actions = executions.actions_in_scope(session, run.user, run.goal, wanted)
        execution_steps.set_total(session, run.user, run.execution, len(actions))
    logger.info("The actions are known.", execution=run.execution, actions=len(actions))
    return {"actionIds": actions}
