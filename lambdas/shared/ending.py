"""The end of a run: its row, its goal, the tasks it replaces, and the notification, always in this order."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from lambdas.shared import notifications
from lambdas.shared.database import Database, Session
from lambdas.shared.errors import GoalNotFound
from lambdas.shared.repositories import audit, execution_steps, execution_tasks, executions, goals, progress
from lambdas.shared.run import ExecutionInput

GOAL_STATUS = {"succeeded": "active", "partially_succeeded": "active", "failed": "failed", "timed_out": "failed"}


def end(
    database: Database,
    run: ExecutionInput,
    status: str,
    reason: str | None,
    before_commit: Callable[[], None] | None = None,
    failures: Sequence[Mapping[str, str]] = (),
) -> str:
    """End the run with a status, unless it has ended before; answers the status it has now.

    `before_commit` is called when this call ends the run: should it fail, the run has not ended, and a repetition
    does both. `failures` are the actions without tasks as the workflow saw it; what the database holds decides, since
    an answer may have been lost after its tasks were saved.

    Called twice it changes nothing the second time. Tasks that earlier runs proposed and nobody began give way to
    those that this run made. A goal is in use once each action has its tasks, however the run ended.
    """
    user, goal, execution = str(run.user_id), str(run.goal_id), str(run.execution_id)
    with database.transaction() as session:
        if goals.lock(session, user, goal) is None:
            raise GoalNotFound(f"The goal {goal} of the execution {execution} is gone.")
        if executions.is_running(session, user, execution):
            execution_steps.count_processed(session, user, execution)
            complete = execution_steps.is_complete(session, user, execution)
            if failures:
                execution_steps.add_failures(session, user, execution, failures)
                execution_steps.forget_false_failures(session, user, execution)
                status, reason = _found(session, user, execution, reason, complete=complete)
            executions.finish(session, user, execution, executions.End(status=status, reason=reason))
            execution_tasks.remove_superseded(session, user, goal, execution)
            goals.update(session, user, goal, {"status": "active" if complete else GOAL_STATUS[status]})
            progress.recalculate(session, user, goal)
            audit.note(session, None, "end", ("workflow_execution", execution), {"status": status})
            if before_commit is not None:
                before_commit()
        row = executions.read(session, user, execution)
    return status if row is None else str(row["status"])


def _found(
    session: Session, user: str, execution: str, reason: str | None, *, complete: bool
) -> tuple[str, str | None]:
    """Status and reason by what the database holds of a run of which some actions are said to have failed."""
    if complete:
        return "succeeded", None
    row = executions.read(session, user, execution)
    return ("partially_succeeded" if row and row["processed_actions"] else "failed"), reason


def notify(topic_arn: str, run: ExecutionInput, status: str, error: str, failed_actions: int) -> None:
    """Tell the operators that a run did not succeed: ids, states and the error's name."""
    notifications.publish(
        topic_arn,
        subject=f"Task generation {status.replace('_', ' ')}",
        message={
            "kind": "task_generation",
            "stage": os.environ.get("STAGE", ""),
            "status": status,
            "error": error,
            "failedActions": failed_actions,
            "executionId": str(run.execution_id),
            "goalId": str(run.goal_id),
            "correlationId": run.correlation_id,
        },
    )
