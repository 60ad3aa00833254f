"""Where the stack stands and what its things are called."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.parts.naming import Naming


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What every component knows of the stack that it is part of."""

    naming: Naming
    stage: str
    release: str
    region: str
    account_id: pulumi.Input[str]
