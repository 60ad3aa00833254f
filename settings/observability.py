"""What is watched, and who hears of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.alarms import AlarmRule, AnomalyRule, CompositeRule, without_fast_rule
from settings.section import LogRetentionDays, Section

DashboardName = Literal["workflow", "database", "frontend", "api"]
Percent = Annotated[int, Field(ge=1, le=1000)]


class CostSettings(Section):
    """The budget and the watch for unusual costs (rows 176, 212, 242).

    `scope` is `account` where the account is the project's own; `project` counts what carries the tags Project and
    Environment, which AWS can only do once both are activated as cost allocation tags. `activate_tags` does that; AWS
    refuses it until a day after the first deploy, because it does not know the tags before.
    """

    monthly_usd: Annotated[float, Field(gt=0)]
    actual_percents: Annotated[list[Percent], Field(min_length=1, max_length=5)]
    forecast_percents: Annotated[list[Percent], Field(max_length=5)]
    scope: Literal["account", "project"]
    activate_tags: bool
    anomaly_usd: Annotated[float, Field(gt=0)] | None

    @model_validator(mode="after")
    def _ten_notifications(self) -> CostSettings:
        for key in ("actual_percents", "forecast_percents"):
            given = getattr(self, key)
            if sorted(set(given)) != given:
                raise ValueError(f"{key} ({given}) must rise and name nothing twice")
        return self


class ObservabilitySettings(Section):
    """Alarms, dashboards, logs and who hears of them (rows 148 to 194).

    `enable_alerts` false: alarms exist and change their state, but notify nobody. `enable_detailed_monitoring` false:
    dashboards resolve five minutes instead of one, and there are no anomaly alarms, which cost three times as much.
    """

    enable_alerts: bool
    enable_detailed_monitoring: bool
    alarms: list[AlarmRule]
    anomalies: list[AnomalyRule]
    composites: list[CompositeRule]
    dashboards: list[DashboardName]
    audit_alarms: bool
    error_log_retention_days: LogRetentionDays | None
    saved_queries: bool
    costs: CostSettings | None
    notification_email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None = None
    dead_letter_retention_days: Annotated[int, Field(ge=1, le=14)]
    notify_max_receive_count: Annotated[int, Field(ge=1, le=1000)]

    @model_validator(mode="after")
    def _names_are_unique(self) -> ObservabilitySettings:
        names = [rule.name for rules in (self.alarms, self.anomalies) for rule in rules]
        names += [rule.name for rule in self.composites]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"alarms {twice} are named twice: each alarm rule needs a name of its own")
        return self

    @model_validator(mode="after")
    def _critical_is_fast(self) -> ObservabilitySettings:
        if slow := without_fast_rule(self.alarms):
            raise ValueError(
                f"alarms: {slow} are critical but no critical rule about them is raised within five minutes (row 235): "
                f"add a rule with period_seconds 60 and at most 5 periods"
            )
        return self
