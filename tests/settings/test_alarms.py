"""Alarm rules: a threshold that cannot be meant is refused with the unit that was mistaken."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from settings.alarms import AlarmRule, AnomalyRule, CompositeRule, without_fast_rule
from settings.observability import CostSettings


def rule(signal: str, comparison: str, threshold: float, **more: Any) -> AlarmRule:
    base = {"name": "rule", "period_seconds": 300, "periods": 1, "severity": "high"}
    return AlarmRule.model_validate(
        {**base, "signal": signal, "comparison": comparison, "threshold": threshold, **more}
    )


@pytest.mark.parametrize(
    ("signal", "comparison", "threshold", "unit"),
    [
        pytest.param("function_duration", ">=", 20, "milliseconds", marks=pytest.mark.requirement(158)),
        pytest.param("api_latency", ">=", 5, "milliseconds", marks=pytest.mark.requirement(165)),
        pytest.param("database_replica_lag", ">=", 1, "milliseconds", marks=pytest.mark.requirement(169)),
        pytest.param("function_provisioned_use", ">=", 80, "a share from 0 to 1", marks=pytest.mark.requirement(161)),
        pytest.param("function_error_rate", ">=", 0.05, "percent", marks=pytest.mark.requirement(156)),
        pytest.param("function_memory", ">=", 0.85, "percent", marks=pytest.mark.requirement(159)),
        pytest.param("site_cache_hit_rate", "<", 0.7, "percent", marks=pytest.mark.requirement(172)),
        pytest.param("site_error_rate", ">=", 500, "percent", marks=pytest.mark.requirement(170)),
        pytest.param("database_memory", "<", 128, "bytes", marks=pytest.mark.requirement(151)),
        pytest.param("queue_delay", ">=", 5, "seconds", marks=pytest.mark.requirement(175)),
    ],
)
def test_a_threshold_in_another_unit_is_refused(signal: str, comparison: str, threshold: float, unit: str) -> None:
    with pytest.raises(ValidationError, match=f"of '{signal}' cannot be meant: the metric is in {unit}"):
        rule(signal, comparison, threshold)


@pytest.mark.parametrize(
    ("signal", "comparison", "threshold"),
    [
        ("function_duration", ">=", 20_000),
        ("function_provisioned_use", ">=", 0.8),
        ("api_latency", ">=", 5_000),
        ("database_replica_lag", ">=", 1_000),
        ("function_error_rate", ">", 5),
        ("site_5xx", ">", 0),
        ("site_cache_hit_rate", "<", 70),
        ("database_cpu", ">=", 90),
        ("database_connections", ">=", 180),
    ],
)
def test_what_the_requirements_ask_for_can_be_meant(signal: str, comparison: str, threshold: float) -> None:
    assert rule(signal, comparison, threshold).threshold == threshold


def test_part_of_a_count_is_refused() -> None:
    with pytest.raises(ValidationError, match="the metric is a count"):
        rule("function_errors", ">=", 0.5)


@pytest.mark.parametrize(("comparison", "threshold"), [(">=", 0), ("<", 0)])
def test_a_comparison_that_says_nothing_is_refused(comparison: str, threshold: float) -> None:
    with pytest.raises(ValidationError, match="is always or never true"):
        rule("function_errors", comparison, threshold)


@pytest.mark.requirement(176)
def test_charges_are_looked_at_no_more_often_than_they_are_published() -> None:
    with pytest.raises(ValidationError, match=r"period_seconds \(300\) must be at least 21600 for 'estimated_charges'"):
        rule("estimated_charges", ">=", 100)
    assert rule("estimated_charges", ">=", 100, period_seconds=21_600).periods == 1


def test_a_rule_takes_some_or_leaves_some_out() -> None:
    with pytest.raises(ValidationError, match="exclude each other"):
        rule("function_errors", ">=", 1, subjects=["goals"], except_subjects=["ai"])


@pytest.mark.requirement(235)
@pytest.mark.parametrize(
    ("period", "periods", "slow"), [(60, 5, []), (60, 1, []), (300, 1, ["api_5xx"]), (60, 6, ["api_5xx"])]
)
def test_a_critical_signal_without_a_fast_rule_is_found(period: int, periods: int, slow: list[str]) -> None:
    one = rule("api_5xx", ">=", 1, period_seconds=period, periods=periods, severity="critical")
    assert without_fast_rule([one, rule("api_4xx", ">=", 10)]) == slow


def test_another_rule_about_the_same_signal_may_be_the_fast_one() -> None:
    slow = rule("site_error_rate", ">=", 5, periods=2, severity="critical")
    fast = rule("site_error_rate", ">=", 5, period_seconds=60, periods=3, severity="critical", name="fast")
    assert without_fast_rule([slow, fast]) == []
    assert without_fast_rule([slow]) == ["site_error_rate"]


def test_a_composite_joins_at_least_two() -> None:
    with pytest.raises(ValidationError):
        CompositeRule.model_validate({"name": "both", "require": "all", "alarms": ["one"], "runbook": "api.md"})


@pytest.mark.parametrize("deviations", [0, 11])
def test_a_band_has_a_sensible_width(deviations: float) -> None:
    values = {"name": "odd", "signal": "api_requests", "direction": "outside", "deviations": deviations}
    with pytest.raises(ValidationError, match="deviations"):
        AnomalyRule.model_validate({**values, "period_seconds": 300, "periods": 1, "severity": "warning"})


def test_a_budget_notifies_at_rising_shares() -> None:
    values = {"monthly_usd": 100, "forecast_percents": [], "scope": "account", "activate_tags": False}
    with pytest.raises(ValidationError, match="must rise and name nothing twice"):
        CostSettings.model_validate({**values, "actual_percents": [100, 80], "anomaly_usd": None})
