"""Alarms and who hears of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.section import Section, Text

Severity = Literal["critical", "high", "medium", "warning"]


class AlarmRule(Section):
    """When a signal becomes an alarm. `threshold` is in the metric's own unit (milliseconds, percent, count)."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    signal: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    comparison: Literal[">", ">=", "<", "<="]
    threshold: float
    period_seconds: Annotated[int, Field(ge=10)]
    periods: Annotated[int, Field(ge=1)]
    severity: Severity

    @model_validator(mode="after")
    def _cloudwatch_periods(self) -> AlarmRule:
        if self.period_seconds not in {10, 30} and self.period_seconds % 60:
            raise ValueError(f"period_seconds ({self.period_seconds}) must be 10, 30 or a multiple of 60")
        if self.period_seconds * self.periods > 86_400:
            raise ValueError(
                f"period_seconds x periods ({self.period_seconds * self.periods}) must not be above 86400, one day"
            )
        return self


class ObservabilitySettings(Section):
    """Alarms, dashboards and who hears of them (rows 148 to 183)."""

    alarms: list[AlarmRule]
    dashboard: bool
    notification_email: Text | None = None
    dead_letter_retention_days: Annotated[int, Field(ge=1, le=14)]
    notify_max_receive_count: Annotated[int, Field(ge=1, le=1000)]

    @model_validator(mode="after")
    def _names_are_unique(self) -> ObservabilitySettings:
        names = [rule.name for rule in self.alarms]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"alarms {twice} are named twice: each alarm rule needs a name of its own")
        return self
