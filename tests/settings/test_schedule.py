"""Schedules as EventBridge Scheduler takes them, and monitoring's bounds."""

from __future__ import annotations

from typing import Any, cast

import pytest
from pydantic import TypeAdapter, ValidationError

from settings.monitoring import MonitoringOff, MonitoringScheduled, MonitoringSettings
from settings.schedule import ScheduleSettings

ADAPTER: TypeAdapter[Any] = TypeAdapter(cast("Any", MonitoringSettings))
SCHEDULED: dict[str, Any] = {
    "mode": "scheduled",
    "schedule": {"expression": "rate(1 day)", "time_zone": "UTC"},
    "source_concurrency": 5,
    "detect_timeout_seconds": 300,
    "step_timeout_seconds": 60,
    "timeout_seconds": 3600,
    "summary_concurrency": 2,
    "max_receive_count": 3,
    "log_retention_days": 30,
    "github_token": None,
}


@pytest.mark.parametrize(
    "expression",
    ["cron(0 17 * * ? *)", "cron(0 9 ? * MON-FRI *)", "cron(15 10 L * ? 2026-2030)", "rate(1 day)", "rate(12 hours)"],
)
def test_what_scheduler_takes_is_taken(expression: str) -> None:
    assert ScheduleSettings(expression=expression, time_zone="Asia/Tokyo").expression == expression


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("cron(0 17 * * *)", "has 5 fields and EventBridge takes 6"),
        ("0 17 * * *", r"should be cron\(...\) with six fields"),
        ("cron(0 17 * * * *)", r"must have '\?' in one of day of month and day of week"),
        ("cron(0 17 ? * ? *)", r"must have '\?' in one of day of month and day of week"),
        ("rate(1 days)", r"should be cron\(...\) with six fields"),
        ("rate(0 hours)", r"should be cron\(...\) with six fields"),
        ("daily", r"should be cron\(...\) with six fields"),
    ],
)
def test_what_scheduler_would_refuse_is_refused_with_the_way_out(expression: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ScheduleSettings(expression=expression, time_zone="UTC")


@pytest.mark.parametrize("zone", ["Asia/Tokio", "JST+9", "../etc/passwd", ""])
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError, match="is not a time zone of the IANA database"):
        ScheduleSettings(expression="rate(1 day)", time_zone=zone)


def test_monitoring_is_off_or_has_all_its_settings() -> None:
    off, scheduled = ADAPTER.validate_python({"mode": "off"}), ADAPTER.validate_python(SCHEDULED)
    assert (type(off), off.scheduled) == (MonitoringOff, ())
    assert (type(scheduled), scheduled.scheduled) == (MonitoringScheduled, (scheduled,))
    with pytest.raises(ValidationError, match="Extra inputs"):
        ADAPTER.validate_python({**SCHEDULED, "mode": "off"})


@pytest.mark.parametrize("key", ["detect_timeout_seconds", "step_timeout_seconds"])
def test_no_step_outlasts_the_machine(key: str) -> None:
    with pytest.raises(ValidationError, match=rf"{key} \(3600\) must be below timeout_seconds \(3600\)"):
        ADAPTER.validate_python({**SCHEDULED, key: 3600})


@pytest.mark.parametrize("concurrency", [1, 1001])
def test_sqs_bounds_concurrency_between_two_and_a_thousand(concurrency: int) -> None:
    with pytest.raises(ValidationError, match="summary_concurrency"):
        ADAPTER.validate_python({**SCHEDULED, "summary_concurrency": concurrency})
