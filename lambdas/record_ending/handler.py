"""What EventBridge tells of an execution that ended by itself: timed out, aborted, or failed beyond the workflow.

A machine's time-out and an abort cannot be caught inside the workflow. Delivered twice, an event changes and tells
nothing the second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lambdas.record_ending import logic
from lambdas.shared import ending, environment
from lambdas.shared.database import Database
from lambdas.shared.errors import GoalNotFound
from lambdas.shared.logging import correlate, logger
from lambdas.shared.repositories import execution_steps
from lambdas.shared.run import ExecutionInput
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
    """EventBridge's "Step Functions Execution Status Change" -> {"status"}: the run's, or "unknown"."""
    found = logic.ending(event)
    run = _run(found) if found else None
    if found is None or run is None:
        logger.warning("The ended execution is none of this application.", execution=event["detail"]["name"])
        return {"status": "unknown"}
    correlate(run.correlation_id)

    def tell() -> None:
        ending.notify(ENV.alerts_topic_arn, run, found.status, found.reason, 0)

    try:
        status = ending.end(DATABASE, run, found.status, found.reason, before_commit=tell)
    except GoalNotFound:
        status = "unknown"
    logger.info("The execution has ended.", execution=found.execution, status=status, reason=found.reason)
    return {"status": status}


def _run(found: logic.Ending) -> ExecutionInput | None:
    """The run as the database knows it: an event does not always carry the execution's input."""
    if found.execution is None:
        return None
    with DATABASE.reading() as session:
        owner = execution_steps.owner(session, found.execution)
    if owner is None:
        return None
    return ExecutionInput(
        execution_id=UUID(found.execution),
        goal_id=UUID(owner["goal_id"]),
        user_id=UUID(owner["user_id"]),
        correlation_id=found.correlation_id,
    )
