"""Why a run did not succeed, in a word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def reason(result: Mapping[str, Any]) -> str | None:
    """The names of the errors, each once, in the order in which they came; None without errors."""
    names = dict.fromkeys(str(failure["error"]) for failure in result["failed"])
    return ", ".join(names) or None
