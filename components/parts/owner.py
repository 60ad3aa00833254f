"""What every component that can fail offers to those around it."""

from __future__ import annotations

from typing import Protocol

import pulumi

from components.parts.signal import Signal


class Owner(Protocol):
    """Says what can go wrong with it, and what operators' tools need to know of it."""

    def signals(self) -> list[Signal]:
        """What can be measured."""

    def exports(self) -> dict[str, pulumi.Output[str]]:
        """What the stack shows of it, by name."""
