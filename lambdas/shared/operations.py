"""Every operation of the API, once: the OpenAPI document is made from this table.

Each function has a table of its own, from which it routes and checks: a change there redeploys that function alone.
"""

from __future__ import annotations

from lambdas.shared import (
    operations_ai,
    operations_auth,
    operations_goals,
    operations_health,
    operations_reflections,
    operations_sources,
    operations_tasks,
)
from lambdas.shared.operation import PATH_PARAMETERS, Operation

__all__ = ["OPERATIONS", "PATH_PARAMETERS", "Operation"]

OPERATIONS: tuple[Operation, ...] = (
    *operations_auth.OPERATIONS,
    *operations_goals.OPERATIONS,
    *operations_reflections.OPERATIONS,
    *operations_tasks.OPERATIONS,
    *operations_ai.OPERATIONS,
    *operations_sources.OPERATIONS,
    *operations_health.OPERATIONS,
)
