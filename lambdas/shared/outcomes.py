"""What became of the actions of a batch, as the state machine hands it on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """How many actions have their tasks, and which have none, with the name of the error."""

    processed: int
    failed: list[dict[str, str]] = field(default_factory=list)


def outcome(results: Sequence[Mapping[str, Any]]) -> Outcome:
    """Add up the results; an error is a name, or what a state machine catches: {"Error", "Cause"}."""
    failed = [
        {"actionId": str(result["actionId"]), "error": _name(result["error"])}
        for result in results
        if "error" in result
    ]
    return Outcome(len(results) - len(failed), failed)


def _name(error: object) -> str:
    if isinstance(error, Mapping):
        return str(error.get("Error", "Unknown"))
    return str(error)
