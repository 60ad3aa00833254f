"""Optimistic locking: a change names the version it was made for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.shared.errors import Problem


def check(current: Mapping[str, Any], expected: int | None, what: str) -> None:
    """Refuse a change that was meant for another version; `expected` None takes any."""
    if expected is not None and current["version"] != expected:
        raise Problem(
            412, f"The {what} is at version {current['version']}, not {expected}; read it again and repeat the change."
        )
