"""Goal Mandala's production: where each kind of alarm stands, and how bad it is, for everything that it watches."""

from __future__ import annotations

import pytest

from plan.graph import Graph
from tests.components.alarms import ALARM, condition, measured
from tests.stacks.conformance.queries import ABOVE, AT_LEAST, severity

P = "goal-mandala-production-"
ABOVE_THE_BAND, OUTSIDE_THE_BAND = "GreaterThanUpperThreshold", "LessThanLowerOrGreaterThanUpperThreshold"
HOUR, MINUTE = 3600, 60
# By the end of the alarm's name, behind what it watches: the line (operator, threshold, seconds, periods), the
# severity, the metrics, and how many things are watched so.
RULES = {
    "api-errors": ((AT_LEAST, 5, MINUTE, 1), "critical", {"5XXError"}, 1),
    "api-error-rate": ((ABOVE, 5, 300, 2), "high", {"5XXError", "Count"}, 1),
    "latency": ((ABOVE, 2000, 300, 2), "medium", {"Latency"}, 1),
    "error-rate": ((ABOVE, 5, 300, 2), "high", {"Errors", "Invocations"}, 28),
    "duration": ((AT_LEAST, 20_000, 300, 1), "medium", {"Duration"}, 23),
    "long-duration": ((AT_LEAST, 110_000, 300, 1), "medium", {"Duration"}, 2),
    "long-work": ((AT_LEAST, 240_000, 300, 1), "medium", {"Duration"}, 3),
    "throttles": ((AT_LEAST, 1, MINUTE, 1), "high", {"Throttles"}, 28),
    "lost-events": ((AT_LEAST, 1, 300, 1), "high", {"AsyncEventsDropped"}, 4),
    "undelivered-events": ((AT_LEAST, 1, 300, 1), "high", {"DestinationDeliveryFailures"}, 4),
    "database-connections": ((ABOVE, 45, 300, 2), "high", {"DatabaseConnections"}, 1),
    "database-cpu": ((AT_LEAST, 90, MINUTE, 3), "critical", {"CPUUtilization"}, 1),
    "failures": ((AT_LEAST, 1, MINUTE, 1), "critical", {"ExecutionsFailed"}, 2),
    "timeouts": ((AT_LEAST, 1, MINUTE, 1), "critical", {"ExecutionsTimedOut"}, 2),
    "failure-rate": ((ABOVE, 10, 300, 2), "high", {"ExecutionsFailed", "ExecutionsStarted"}, 2),
    "dead-letters": ((AT_LEAST, 1, MINUTE, 1), "critical", {"ApproximateNumberOfMessagesVisible"}, 7),
    "delay": ((AT_LEAST, 900, 300, 1), "high", {"ApproximateAgeOfOldestMessage"}, 1),
    "backlog": ((AT_LEAST, 4 * HOUR, 300, 1), "medium", {"ApproximateAgeOfOldestMessage"}, 1),
    "site-errors": ((AT_LEAST, 5, MINUTE, 5), "critical", {"TotalErrorRate"}, 1),
    "site-5xx": ((ABOVE, 0, 300, 2), "high", {"5xxErrorRate"}, 1),
    "root": ((AT_LEAST, 1, MINUTE, 1), "critical", {"RootUse"}, 1),
    "unauthorized": ((AT_LEAST, 10, 300, 1), "medium", {"UnauthorizedCalls"}, 1),
    "audit": ((AT_LEAST, 1, 300, 1), "medium", None, 12),
    "reads": ((AT_LEAST, 500, 300, 1), "medium", {"IncomingLogEvents"}, 1),
    "rotation-failures": ((AT_LEAST, 1, 300, 1), "high", {"IncomingLogEvents"}, 1),
    "charges": ((AT_LEAST, 100, 6 * HOUR, 1), "high", {"EstimatedCharges"}, 1),
    "volume": ((AT_LEAST, 2**30, HOUR, 1), "warning", {"IncomingBytes"}, 1),
    "api-unusual-requests": ((OUTSIDE_THE_BAND, None, 300, 3), "warning", {"Count"}, 1),
    "errors-unusual-errors": ((ABOVE_THE_BAND, None, 300, 2), "warning", {"IncomingLogEvents"}, 1),
}


def test_every_alarm_stands_where_its_kind_does(prod: Graph) -> None:
    watched = dict.fromkeys(RULES, 0)
    for resource in prod.of_type(ALARM):
        name = resource.inputs["name"].removeprefix(P)
        rule = max((end for end in RULES if f"-{name}".endswith(f"-{end}")), key=len)
        line, level, what, _ = RULES[rule]
        assert condition({"threshold": None, **resource.inputs}) == line, name
        assert severity(resource.inputs) == level, name
        assert what is None or {metric for _, metric in measured(resource.inputs)} == what, name
        watched[rule] += 1
    assert watched == {rule: number for rule, (*_, number) in RULES.items()}


@pytest.mark.parametrize(("name", "deviations"), [("api-unusual-requests", 3), ("errors-unusual-errors", 3)])
def test_what_is_unusual_is_so_many_deviations_away(prod: Graph, name: str, deviations: int) -> None:
    [band] = [
        query["expression"]
        for resource in prod.of_type(ALARM)
        if resource.inputs["name"] == f"{P}{name}"
        for query in resource.inputs["metricQueries"]
        if "expression" in query
    ]
    assert band == f"ANOMALY_DETECTION_BAND(m1, {deviations})"
