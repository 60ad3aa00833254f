"""The summary of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# A state's payload holds 256 KB, and a reader has seen enough after this many.
MOST_FAILURES = 100


def summary(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many sources were looked at, how much was new, and which could not be looked at, with the error's name."""
    failures = [
        {"sourceId": str(result["sourceId"]), "error": str(result["error"])} for result in results if "error" in result
    ]
    return {
        "sources": len(results),
        "newActivities": sum(int(result.get("new", 0)) for result in results),
        "failedSources": len(failures),
        "failures": failures[:MOST_FAILURES],
    }
