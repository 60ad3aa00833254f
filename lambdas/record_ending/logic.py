"""What an event of Step Functions says about a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lambdas.shared.errors import InvalidInput

# What a run is called whose execution ended without one of its steps writing the end down. An abort by the person
# has set the row to `cancelled` before; what is aborted and still runs was stopped by somebody else.
STATUS = {"TIMED_OUT": "timed_out", "ABORTED": "failed", "FAILED": "failed"}
REASON = {"TIMED_OUT": "States.Timeout", "ABORTED": "Aborted", "FAILED": "Failed"}


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How an execution ended. `execution` is None when its name is none that this application gives."""

    execution: str | None
    status: str
    reason: str
    correlation_id: str


def ending(event: Mapping[str, Any]) -> Ending | None:
    """The ending that an event tells of; None when the execution has begun or succeeded."""
    try:
        detail = event["detail"]
        name, status = str(detail["name"]), str(detail["status"])
    except (KeyError, TypeError) as error:
        raise InvalidInput(f"The event is no status change of an execution: {error!r} is missing.") from error
    if status not in STATUS:
        return None
    return Ending(
        execution=_uuid(name),
        status=STATUS[status],
        reason=str(detail.get("error") or REASON[status]),
        correlation_id=_correlation_id(detail.get("input")),
    )


def _uuid(name: str) -> str | None:
    try:
        return str(UUID(name))
    except ValueError:
        return None


def _correlation_id(given: object) -> str:
    """From the execution's input, which EventBridge leaves out when it is large."""
    try:
        return str(json.loads(str(given))["correlationId"])
    except (ValueError, KeyError, TypeError):
        return ""
