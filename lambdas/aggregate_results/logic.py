"""What became of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.shared import outcomes


def result(batches: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Succeeded without failed actions, failed without processed ones, partially succeeded between the two."""
    outcome = outcomes.outcome([result for batch in batches for result in batch["results"]])
    partly = "partially_succeeded" if outcome.processed else "failed"
    status = partly if outcome.failed else "succeeded"
    return {"status": status, "processed": outcome.processed, "failed": outcome.failed}
