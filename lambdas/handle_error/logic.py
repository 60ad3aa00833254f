"""What can be known of a run that failed somewhere, even in its very input."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec

from lambdas.shared.run import ExecutionInput

NOBODY = UUID(int=0)


def run(given: object) -> ExecutionInput:
    """The execution's input, with zeros for ids that it does not hold."""
    values = given if isinstance(given, Mapping) else {}
    return ExecutionInput(
        execution_id=_id(values.get("executionId")),
        goal_id=_id(values.get("goalId")),
        user_id=_id(values.get("userId")),
        correlation_id=str(values.get("correlationId", "")),
    )


def _id(value: object) -> UUID:
    try:
        return msgspec.convert(value, UUID)
    except msgspec.ValidationError:
        return NOBODY


def error_name(error: object) -> str:
    """The error's name; its cause may quote a person's words and stays in the execution's history."""
    if isinstance(error, Mapping):
        return str(error.get("Error", "Unknown"))
    return "Unknown"
