"""Operations of the API: the system's health."""

from __future__ import annotations

from lambdas.shared import shapes_health
from lambdas.shared.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="getHealth", method="GET", path="/health", function="health",
        summary="Whether the system works: its version and the database's latency.",
        status=200, answer=shapes_health.Health, problems=(503,), login=False,
    ),
)  # fmt: skip
