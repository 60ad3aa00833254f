"""Repository monitoring: whether it is done, when, and within which bounds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.schedule import ScheduleSettings
from settings.section import LogRetentionDays, Section, Text


class MonitoringOff(Section):
    """No repository is looked at."""

    mode: Literal["off"]

    @property
    def scheduled(self) -> tuple[MonitoringScheduled, ...]:
        """No settings at all."""
        return ()


class MonitoringScheduled(Section):
    """The followed repositories are looked at by the clock (rows 85 to 90, 260 to 265).

    `github_token` names the entry of `secrets.external` that holds the token; without one GitHub answers 60 requests
    an hour. `summary_concurrency` bounds how many batches of summaries are made at once.
    """

    mode: Literal["scheduled"]
    schedule: ScheduleSettings
    source_concurrency: Annotated[int, Field(ge=1, le=40)]
    detect_timeout_seconds: Annotated[int, Field(ge=1)]
    step_timeout_seconds: Annotated[int, Field(ge=1)]
    timeout_seconds: Annotated[int, Field(ge=60)]
    summary_concurrency: Annotated[int, Field(ge=2, le=1000)]
    max_receive_count: Annotated[int, Field(ge=1, le=1000)]
    log_retention_days: LogRetentionDays
    github_token: Text | None

    @property
    def scheduled(self) -> tuple[MonitoringScheduled, ...]:
        """These settings."""
        return (self,)

    @model_validator(mode="after")
    def _tasks_end_before_the_machine(self) -> MonitoringScheduled:
        for key in ("detect_timeout_seconds", "step_timeout_seconds"):
            if getattr(self, key) >= self.timeout_seconds:
                raise ValueError(
                    f"{key} ({getattr(self, key)}) must be below timeout_seconds ({self.timeout_seconds}): a machine's "
                    f"timeout cannot be caught, so no failure would be handled"
                )
        return self


MonitoringSettings = Annotated[MonitoringOff | MonitoringScheduled, Field(discriminator="mode")]
