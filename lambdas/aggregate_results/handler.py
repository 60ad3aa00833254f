"""Workflow, step 7: what became of the whole run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lambdas.aggregate_results import logic
from lambdas.shared import environment
from lambdas.shared import run as runs
from lambdas.shared.logging import logger
from lambdas.shared.transactions import recorded


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""


ENV = environment.read(Env)


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{"run", "batches": [{"results"}]} -> {"status", "processed", "failed"}."""
    run = runs.read(event)
    result = logic.result(event["batches"])
    logger.info("The run's result is known.", execution=run.execution, status=result["status"])
    return result
