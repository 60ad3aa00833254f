"""Workflow, step 8: end the run, and tell when it did not succeed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lambdas.shared import ending, environment
from lambdas.shared import run as runs
from lambdas.shared.database import Database
from lambdas.shared.logging import logger
from lambdas.shared.transactions import recorded
from lambdas.update_goal_status import logic


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str
    alerts_topic_arn: str


ENV = environment.read(Env)
DATABASE = Database(ENV.database_secret_arn)


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{"run", "result"} -> the result, with the status that the database bears out.

    A run that was cancelled meanwhile stays cancelled.
    """
    run = runs.read(event)
    result: dict[str, Any] = event["result"]
    reason = logic.reason(result)
    status = ending.end(DATABASE, run, result["status"], reason, failures=result["failed"])
    logger.info("The run has ended.", execution=run.execution, status=status)
    if status in {"failed", "partially_succeeded"}:
        ending.notify(ENV.alerts_topic_arn, run, status, reason or status, len(result["failed"]))
    return result | {"status": status}
