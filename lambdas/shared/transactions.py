"""The record of one unit of work: its name, how long it took, what memory it added, how it ended, and when.

The moment is the log line's own timestamp. Memory is the growth of the process's peak: 0 means that the work found
room in what earlier invocations had used.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from lambdas.shared.logging import logger

R = TypeVar("R")


def _peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@dataclass(frozen=True)
class Transaction:
    """A unit of work that has begun."""

    name: str
    began: float = field(default_factory=time.perf_counter)
    peak_kb: int = field(default_factory=_peak_kb)

    def record(self, status: str) -> dict[str, Any]:
        """What is logged at its end."""
        return {
            "name": self.name,
            "durationMs": round((time.perf_counter() - self.began) * 1000, 1),
            "memoryDeltaKb": _peak_kb() - self.peak_kb,
            "status": status,
        }


def recorded(handler: Callable[[dict[str, Any], Any], R]) -> Callable[[dict[str, Any], Any], R]:
    """A handler that logs a record of each invocation under the function's name."""

    @wraps(handler)
    def recording(event: dict[str, Any], context: Any) -> R:  # noqa: ANN401 - as Lambda calls it
        transaction = Transaction(os.environ["POWERTOOLS_SERVICE_NAME"])
        status = "failure"
        try:
            answer = handler(event, context)
            status = "success"
            return answer
        finally:
            logger.info("transaction", transaction=transaction.record(status))

    return recording
