"""Signals: what can go wrong, as data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.parts.signal import Metric, Signal, rate

ERRORS = Metric(namespace="AWS/Lambda", name="Errors", statistic="Sum", id="errors")
CALLS = Metric(namespace="AWS/Lambda", name="Invocations", statistic="Sum", id="calls")


def test_several_metrics_need_an_expression() -> None:
    with pytest.raises(ValueError, match="signal error_rate of goals: several metrics need an expression"):
        Signal(kind="error_rate", subject="goals", metrics=(ERRORS, CALLS), runbook="function.md")


def test_one_metric_has_none() -> None:
    with pytest.raises(ValueError, match="one must have none"):
        Signal(kind="errors", subject="goals", metrics=(ERRORS,), expression="m1 * 2", runbook="function.md")


def test_a_rate_is_a_percentage_and_zero_when_nothing_happened() -> None:
    metrics, expression = rate(ERRORS, CALLS)
    assert metrics == (ERRORS, CALLS)
    assert expression == "IF(calls > 0, 100 * errors / calls, 0)"
    Signal(kind="error_rate", subject="goals", metrics=metrics, expression=expression, runbook="function.md")


@given(st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True))
def test_a_rate_speaks_of_its_two_metrics_alone(part: str, whole: str) -> None:
    _, expression = rate(
        Metric(namespace="n", name="a", statistic="Sum", id=part),
        Metric(namespace="n", name="b", statistic="Sum", id=whole),
    )
    assert expression.startswith(f"IF({whole} > 0, ")
    assert f"{part} / {whole}" in expression
