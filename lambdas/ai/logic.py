"""The rules of executions: how far one is, and what may be done with it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.shared import shapes, shapes_executions
from lambdas.shared.errors import Conflict, Problem

Row = Mapping[str, Any]
RETRIABLE = ("failed", "partially_succeeded", "timed_out")


def execution(row: Row, titles: Mapping[str, str], now: dt.datetime) -> shapes_executions.Execution:
    """An execution as the API shows it; `titles` are those of its failed actions by id."""
    failed = [
        shapes_executions.FailedAction(action_id=f["actionId"], title=titles.get(f["actionId"], ""), error=f["error"])
        for f in row["failed_actions"]
    ]
    done = row["processed_actions"] + len(failed)
    return shapes.filled(
        shapes_executions.Execution,
        row,
        failed_actions=failed,
        percentage=percentage(row["status"], done, row["total_actions"]),
        estimated_seconds_left=seconds_left(row["status"], done, row["total_actions"], now - row["started_at"]),
    )


def percentage(status: str, done: int, total: int) -> int:
    """The share of the actions that are done with, failed ones included; 100 only once the run has ended well."""
    if status in {"succeeded", "partially_succeeded"}:
        return 100
    if total == 0:
        return 0
    return min(99, 100 * done // total)


def seconds_left(status: str, done: int, total: int, elapsed: dt.timedelta) -> int | None:
    """How long the rest takes at the pace so far; None when that cannot be said, or nothing is left."""
    if status != "running" or done == 0 or total == 0:
        return None
    return max(0, math.ceil(elapsed.total_seconds() / done * (total - done)))


def failed_action_ids(row: Row) -> list[str]:
    """The actions noted as failed."""
    return [failed["actionId"] for failed in row["failed_actions"]]


def check_cancellation(row: Row) -> None:
    """Only what runs is cancelled."""
    if row["status"] != "running":
        raise Conflict(f"The execution has ended already ({row['status']}).")


def check_retry(row: Row) -> None:
    """Only what has ended with something undone is retried."""
    if row["status"] not in RETRIABLE:
        raise Conflict(f"The execution is {row['status']}; only one that failed, wholly or in part, can be retried.")


def check_undone(actions: Sequence[str]) -> None:
    """A run that failed after its last action has left nothing to do again."""
    if not actions:
        raise Conflict("No action of this execution is without tasks; start the task generation to replace them.")


def check_limit(taken: bool, limit: int) -> None:
    """Refuse what would go beyond the person's share of the model for today, which begins anew at midnight UTC."""
    if taken:
        return
    now = dt.datetime.now(dt.UTC)
    midnight = dt.datetime.combine(now.date() + dt.timedelta(days=1), dt.time(), dt.UTC)
    wait = math.ceil((midnight - now).total_seconds())
    raise Problem(
        429,
        f"This would take more than the {limit} questions to the model that a person has a day; try again tomorrow.",
        headers={"Retry-After": str(wait)},
    )
