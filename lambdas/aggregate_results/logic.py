"""What became of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def result(batches: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Succeeded without failed actions, failed without processed ones, partially succeeded between the two."""
    processed = sum(int(batch["processed"]) for batch in batches)
    failed = [failure for batch in batches for failure in batch["failed"]]
    partly = "partially_succeeded" if processed else "failed"
    return {"status": partly if failed else "succeeded", "processed": processed, "failed": failed}
