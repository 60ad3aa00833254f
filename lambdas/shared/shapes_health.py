"""Shapes of the API: the system's health."""

from __future__ import annotations

from typing import Literal

from lambdas.shared.shapes import Answer


class Health(Answer):
    """The system answers and reaches its database."""

    status: Literal["ok"]
    version: str
    database_latency_ms: float
