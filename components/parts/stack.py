"""Where the stack stands and what its things are called."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.parts.naming import Naming
from settings.stack import StackSettings


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What every component knows of the stack that it is part of."""

    naming: Naming
    stage: str
    release: str
    region: str
    account_id: pulumi.Input[str]

    @classmethod
    def of(cls, settings: StackSettings, *, region: str, account_id: pulumi.Input[str]) -> Stack:
        """The stack that the settings describe, in this region of this account."""
        naming = Naming(prefix=settings.name_prefix, overrides=settings.name_overrides)
        return cls(naming=naming, stage=settings.stage, release=settings.release, region=region, account_id=account_id)
