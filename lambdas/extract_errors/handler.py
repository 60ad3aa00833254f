"""Copies error lines of all functions to a log of their own, one stream for each function.

CloudWatch Logs calls it, at least once, with lines that look like errors. A failed call is repeated by Lambda and then
kept in the dead-letter queue, so nothing is caught here.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lambdas.extract_errors import logic
from lambdas.shared import aws, environment
from lambdas.shared.transactions import recorded


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    error_log_group: str


ENV = environment.read(Env)


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Lines of one log group -> {"copied"}."""
    found = logic.lines(event)
    errors = [line for line in found.events if logic.is_error(line["message"])]
    for batch in logic.batches(errors):
        _put(found.stream, batch)
    return {"copied": len(errors)}


def _put(stream: str, batch: list[dict[str, Any]]) -> None:
    """Write a batch; the stream is made when it is first needed, by whichever call comes first."""
    logs = aws.client("logs")
    target = {"logGroupName": ENV.error_log_group, "logStreamName": stream}
    try:
        logs.put_log_events(**target, logEvents=batch)
    except logs.exceptions.ResourceNotFoundException:
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(**target)
        logs.put_log_events(**target, logEvents=batch)
