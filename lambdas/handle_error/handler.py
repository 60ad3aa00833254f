"""Workflow, when all else failed: end the run as failed, and tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lambdas.handle_error import logic
from lambdas.shared import ending, environment
from lambdas.shared.database import Database
from lambdas.shared.errors import GoalNotFound
from lambdas.shared.logging import correlate, logger
from lambdas.shared.transactions import recorded


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str
    alerts_topic_arn: str


ENV = environment.read(Env)
DATABASE = Database(ENV.database_secret_arn)


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{"input", "error": {"Error", "Cause"}} -> {"status": "failed"}, or the status that the run had already."""
    run = logic.run(event.get("input"))
    error = logic.error_name(event.get("error"))
    correlate(run.correlation_id)
    logger.error("The run failed.", execution=str(run.execution_id), error=error)
    try:
        status = ending.end(DATABASE, run, "failed", error)
    except GoalNotFound:
        status = "failed"
    if status == "failed":
        ending.notify(ENV.alerts_topic_arn, run, status, error, 0)
    return {"status": status}
