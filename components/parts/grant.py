"""What a function is told and what it may do, offered together by the owner of what it uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from components.parts.statement import Statement


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Environment variables and the statements that make them usable. Grants add up with `|`.

    `connections` is how many connections to the database all functions with the grant may hold together; None where
    the function opens none, or a pool stands between.
    """

    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    statements: tuple[Statement, ...] = ()
    connections: int | None = None

    def __or__(self, other: Grant) -> Grant:
        """Both grants; a statement that both hold stands once."""
        more = tuple(statement for statement in other.statements if statement not in self.statements)
        limits = [limit for limit in (self.connections, other.connections) if limit is not None]
        return Grant(
            environment={**self.environment, **other.environment},
            statements=self.statements + more,
            connections=min(limits, default=None),
        )
