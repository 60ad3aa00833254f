"""Repository monitoring, step 5: what the whole run has seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lambdas.shared import environment, metrics
from lambdas.shared.logging import logger
from lambdas.shared.transactions import recorded
from lambdas.summarize_run import logic


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""


ENV = environment.read(Env)


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{"results"} -> {"sources", "newActivities", "failedSources", "failures": [{"sourceId", "error"}]}."""
    summary = logic.summary(event["results"])
    failed = summary["failedSources"]
    metrics.show_monitoring(summary["sources"], summary["newActivities"], failed)
    level = logger.warning if failed else logger.info
    level("The run has ended.", sources=summary["sources"], new=summary["newActivities"], failures=failed)
    return summary
