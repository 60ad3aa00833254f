"""How actions are divided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

BATCH_SIZE = 8


def batches(actions: Sequence[str]) -> list[dict[str, Any]]:
    """Batches of at most eight actions, in the order given."""
    starts = range(0, len(actions), BATCH_SIZE)
    return [
        {"index": index, "actionIds": list(actions[start : start + BATCH_SIZE])} for index, start in enumerate(starts)
    ]
