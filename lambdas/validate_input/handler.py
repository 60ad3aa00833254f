"""Workflow, step 1: check the execution's input and set the run's deadline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from lambdas.shared import environment
from lambdas.shared.database import Database
from lambdas.shared.errors import InvalidInput
from lambdas.shared.logging import correlate, logger
from lambdas.shared.repositories import executions
from lambdas.shared.transactions import recorded
from lambdas.validate_input import logic


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str


ENV = environment.read(Env)
DATABASE = Database(ENV.database_secret_arn)


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{"input", "startedAt", "deadlineSeconds"} -> the run, and its deadline as "deadlineAt".

    InvalidInput when there is nothing to be run.
    """
    run = logic.run(event.get("input"), event.get("startedAt"), event.get("deadlineSeconds"))
    correlate(run.correlation_id)
    with DATABASE.reading() as session:
        row = executions.read(session, run.user, run.execution)
    if row is None or row["goal_id"] != run.goal:
        raise InvalidInput(f"There is no execution {run.execution} of the goal {run.goal}.")
    if row["status"] != "running":
        raise InvalidInput(f"The execution {run.execution} has ended already ({row['status']}).")
    logger.info("The run begins.", execution=run.execution, goal=run.goal, deadline=run.deadline)
    built: dict[str, Any] = msgspec.to_builtins(run)
    return built | {"deadlineAt": logic.deadline_at(run)}
