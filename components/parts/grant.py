"""What a function is told and what it may do, offered together by the owner of what it uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from components.parts.statement import Statement


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Environment variables and the statements that make them usable. Grants add up with `|`."""

    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    statements: tuple[Statement, ...] = ()

    def __or__(self, other: Grant) -> Grant:
        """Both grants; a statement that both hold stands once."""
        more = tuple(statement for statement in other.statements if statement not in self.statements)
        return Grant(environment={**self.environment, **other.environment}, statements=self.statements + more)
