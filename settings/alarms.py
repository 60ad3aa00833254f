"""When something measurable becomes an alarm: rules as data, each checked against the unit of what it is about."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from settings.section import Section

Severity = Literal["critical", "high", "medium", "warning"]
RuleName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
SignalKind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Statistic = Annotated[str, Field(pattern=r"^(Sum|Average|Minimum|Maximum|SampleCount|p\d{1,2}(\.\d{1,2})?)$")]
Subjects = list[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]]
DAY = 86_400
# A fault must be an alarm within five minutes (row 235).
FAST_PERIOD, FAST_SECONDS = 60, 300


class Unit(NamedTuple):
    """What a signal's metric is counted in: the sensible thresholds, and the figure that people mistake."""

    name: str
    low: float
    high: float
    example: str


_MILLISECONDS = Unit("milliseconds", 100, 900_000, "20 s is 20000")
_LAG = Unit("milliseconds", 10, 900_000, "1 s is 1000")
_RUN = Unit("milliseconds", 1_000, 86_400_000, "15 min is 900000")
_PERCENT = Unit("percent", 1, 100, "5 % is 5")
_SHARE = Unit("a share from 0 to 1", 0.01, 1, "80 % is 0.8")
_WAIT = Unit("seconds", 60, 1_209_600, "15 min is 900")
_DOLLARS = Unit("US dollars", 1, 1_000_000, "100 USD is 100")
_BYTES = Unit("bytes", 1_048_576, 2**50, "256 MB is 268435456")

# The unit of each signal whose metric is not a count, by kind (CloudWatch metrics of the services); all others count.
UNITS: dict[str, Unit] = {
    "function_duration": _MILLISECONDS,
    "api_latency": _MILLISECONDS,
    "workflow_duration": _RUN,
    "database_replica_lag": _LAG,
    "function_error_rate": _PERCENT,
    "function_memory": _PERCENT,
    "api_5xx_rate": _PERCENT,
    "api_4xx_rate": _PERCENT,
    "workflow_failure_rate": _PERCENT,
    "database_cpu": _PERCENT,
    "site_error_rate": _PERCENT,
    "site_5xx": _PERCENT,
    "site_cache_hit_rate": _PERCENT,
    "function_provisioned_use": _SHARE,
    "database_memory": _BYTES,
    "log_volume": _BYTES,
    "estimated_charges": _DOLLARS,
    "queue_delay": _WAIT,
}
# Charges are published every six hours (Billing documentation): a shorter period sees mostly nothing.
SLOWEST = {"estimated_charges": 21_600}


class Rule(Section):
    """What all rules say: about which signal of which subjects, over which time, and how bad it is.

    `subjects` limits the rule to some of those that have the signal (such as functions by name), `except_subjects`
    leaves some out.
    """

    name: RuleName
    signal: SignalKind
    period_seconds: Annotated[int, Field(ge=10)]
    periods: Annotated[int, Field(ge=1)]
    severity: Severity
    subjects: Subjects = []
    except_subjects: Subjects = []

    @model_validator(mode="after")
    def _cloudwatch_periods(self) -> Rule:
        if self.period_seconds not in {10, 30} and self.period_seconds % 60:
            raise ValueError(f"period_seconds ({self.period_seconds}) must be 10, 30 or a multiple of 60")
        if self.period_seconds * self.periods > DAY:
            raise ValueError(
                f"period_seconds x periods ({self.period_seconds * self.periods}) must not be above 86400, one day"
            )
        if self.period_seconds < SLOWEST.get(self.signal, 0):
            raise ValueError(
                f"period_seconds ({self.period_seconds}) must be at least {SLOWEST[self.signal]} for "
                f"'{self.signal}', which AWS publishes no more often"
            )
        return self

    @model_validator(mode="after")
    def _some_or_all_but_some(self) -> Rule:
        if self.subjects and self.except_subjects:
            raise ValueError("subjects and except_subjects exclude each other: keep one of them")
        return self

    @property
    def is_fast(self) -> bool:
        """Whether the alarm is raised within five minutes of the fault (row 235)."""
        return self.period_seconds <= FAST_PERIOD and self.period_seconds * self.periods <= FAST_SECONDS


class AlarmRule(Rule):
    """When a signal becomes an alarm (rows 155 to 176). `threshold` is in the metric's own unit: milliseconds, percent,
    count. `statistic` replaces that of the signal, where it is a single metric.
    """

    comparison: Literal[">", ">=", "<", "<="]
    threshold: float
    statistic: Statistic | None = None

    @model_validator(mode="after")
    def _threshold_can_be_meant(self) -> AlarmRule:
        unit = UNITS.get(self.signal)
        # "Any" is a threshold of 0 that must be exceeded, whatever the unit.
        is_any = self.threshold == 0 and self.comparison == ">"
        if unit and not is_any and not unit.low <= self.threshold <= unit.high:
            raise ValueError(
                f"threshold ({self.threshold:g}) of '{self.signal}' cannot be meant: the metric is in {unit.name}, "
                f"from {unit.low:g} to {unit.high:g}; {unit.example}"
            )
        if unit is None and not self.threshold.is_integer():
            raise ValueError(
                f"threshold ({self.threshold:g}) of '{self.signal}' cannot be meant: the metric is a count"
            )
        if self.threshold <= 0 and self.comparison in {">=", "<"}:
            raise ValueError(
                f"comparison '{self.comparison}' with threshold {self.threshold:g} is always or never true: no metric "
                f"falls below 0"
            )
        return self


class AnomalyRule(Rule):
    """An alarm on what is unusual instead of what is above a line (row 177): CloudWatch learns the signal's band.

    `deviations` is the width of the band in standard deviations.
    """

    direction: Literal["above", "below", "outside"]
    deviations: Annotated[float, Field(gt=0, le=10)]


class CompositeRule(Section):
    """An alarm on several others of the stack's region, which wakes somebody (row 178).

    `alarms` are names of alarms without the stack's prefix (`api-error-rate`).
    """

    name: RuleName
    require: Literal["all", "any"]
    alarms: Annotated[list[RuleName], Field(min_length=2, max_length=50)]
    runbook: Annotated[str, Field(pattern=r"^[a-z0-9-]+\.md$")]


def without_fast_rule(rules: list[AlarmRule]) -> list[str]:
    """The signals that have critical rules, none of which is raised within five minutes."""
    critical = {rule.signal for rule in rules if rule.severity == "critical"}
    fast = {rule.signal for rule in rules if rule.severity == "critical" and rule.is_fast}
    return sorted(critical - fast)
