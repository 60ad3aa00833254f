"""Workflow, step 3: the actions in batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lambdas.create_batches import logic
from lambdas.shared import environment
from lambdas.shared.logging import logger
from lambdas.shared.transactions import recorded


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""


ENV = environment.read(Env)


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{"actionIds"} -> {"batches": [{"index", "actionIds"}]}, the order kept."""
    batches = logic.batches(event["actionIds"])
    logger.info("The batches are made.", actions=len(event["actionIds"]), batches=len(batches))
    return {"batches": batches}
