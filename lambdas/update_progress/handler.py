"""Workflow, step 6: note what became of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lambdas.shared import environment, outcomes
from lambdas.shared import run as runs
from lambdas.shared.database import Database
from lambdas.shared.errors import GoalNotFound
from lambdas.shared.logging import logger
from lambdas.shared.repositories import execution_steps, goals
from lambdas.shared.transactions import recorded


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str


ENV = environment.read(Env)
DATABASE = Database(ENV.database_secret_arn)


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{"run", "results"} -> {"processed", "failed": [{"actionId", "error"}]}."""
    run = runs.read(event)
    outcome = outcomes.outcome(event["results"])
    with DATABASE.transaction() as session:
        if goals.lock(session, run.user, run.goal) is None:
            raise GoalNotFound(f"There is no goal {run.goal} of this person.")
        execution_steps.count_processed(session, run.user, run.execution)
        execution_steps.add_failures(session, run.user, run.execution, outcome.failed)
    logger.info("The batch is done.", execution=run.execution, processed=outcome.processed, failed=len(outcome.failed))
    return {"processed": outcome.processed, "failed": outcome.failed}
