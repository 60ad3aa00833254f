"""What a workflow does, apart from what it runs on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.parts.grant import Grant
from settings.schedule import ScheduleSettings


@dataclass(frozen=True, kw_only=True)
class Work:
    """The steps with what each uses, and the state machine over them.

    `role` is part of every name. `definition` turns the steps' alias ARNs by name into the state machine. With a
    `schedule` it starts by itself. `exported_as` is how operators' tools know it, `runbook` what to read when it fails.
    """

    role: str
    steps: Mapping[str, Grant]
    definition: Callable[[Mapping[str, pulumi.Output[str]]], dict[str, Any]]
    log_retention_days: int
    runbook: str
    exported_as: str
    schedule: ScheduleSettings | None = None
