"""The rules of goals and their charts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.shared.errors import Conflict

Row = Mapping[str, Any]


def check_status_change(current: Row, named: Mapping[str, Any]) -> None:
    """While tasks are being made, the goal's status belongs to the workflow."""
    if "status" in named and current["status"] == "processing":
        raise Conflict("Tasks are being made for this goal; cancel the execution or wait until it has ended.")


def check_deletion(current: Row) -> None:
    """A goal for which tasks are being made is not deleted under the workflow's feet."""
    if current["status"] == "processing":
        raise Conflict("Tasks are being made for this goal; cancel the execution before you delete it.")
