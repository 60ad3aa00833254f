"""What a run may be started with."""

from __future__ import annotations

import datetime as dt

import msgspec

from lambdas.shared.errors import InvalidInput
from lambdas.shared.run import ExecutionInput, Run


def run(given: object, started_at: object, deadline_seconds: object) -> Run:
    """The run with its deadline, so many seconds after the start of the execution (an ISO 8601 time)."""
    try:
        checked = msgspec.convert(given, ExecutionInput)
        begin = msgspec.convert(started_at, dt.datetime)
        seconds = msgspec.convert(deadline_seconds, int)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"The execution's input is not valid: {error}.") from error
    if checked.action_ids is not None and not checked.action_ids:
        raise InvalidInput("The execution's input names no action; leave actionIds null for all of them.")
    if begin.tzinfo is None:
        raise InvalidInput(f"The execution's start {started_at!r} has no time zone.")
    return Run(
        execution_id=checked.execution_id,
        goal_id=checked.goal_id,
        user_id=checked.user_id,
        action_ids=checked.action_ids,
        correlation_id=checked.correlation_id,
        deadline=int(begin.timestamp()) + seconds,
    )


def deadline_at(run: Run) -> str:
    """The deadline as the state machine's choices read it (RFC 3339)."""
    return dt.datetime.fromtimestamp(run.deadline, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
