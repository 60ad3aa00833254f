"""The CSR system's alarms: every threshold, how bad it is and who hears of it (rows 155 to 176, C7, C21)."""

from __future__ import annotations

import json

import pytest

from plan.graph import Graph
from tests.components.alarms import ALARM, COMPOSITE
from tests.stacks.conformance.queries import (
    AT_LEAST,
    BELOW,
    alarm,
    alarms_on,
    condition,
    having,
    measured,
    only,
    severity,
    topics,
)

HOME, GLOBAL = "ap-northeast-1", "us-east-1"
API = {"ai", "auth", "goals", "health", "reflections", "sources", "tasks"}
KEPT_WARM = {"ai", "auth", "goals", "reflections", "tasks"}
DATABASE = {"DBClusterIdentifier": "csr-prod-database"}
REST_API = {"ApiName": "csr-prod-api", "Stage": "v1"}


def function(name: str) -> dict[str, str]:
    return {"FunctionName": f"csr-prod-{name}"}


@pytest.mark.parametrize(
    ("name", "expected", "metric", "statistic", "dimensions", "level"),
    [
        pytest.param(
            "goals-errors", (AT_LEAST, 1, 60, 1), ("AWS/Lambda", "Errors"), "Sum", function("goals"), "critical",
            marks=pytest.mark.requirement(155),
        ),
        pytest.param(
            "goals-duration", (AT_LEAST, 20_000, 300, 1), ("AWS/Lambda", "Duration"), "Maximum", function("goals"),
            "high", marks=pytest.mark.requirement(158),
        ),
        pytest.param(
            "goals-memory", (AT_LEAST, 85, 300, 1), ("LambdaInsights", "memory_utilization"), "Maximum",
            {"function_name": "csr-prod-goals"}, "medium", marks=pytest.mark.requirement(159),
        ),
        pytest.param(
            "goals-warm-use", (AT_LEAST, 0.8, 300, 1), ("AWS/Lambda", "ProvisionedConcurrencyUtilization"), "Maximum",
            {**function("goals"), "Resource": "csr-prod-goals:live"}, "high", marks=pytest.mark.requirement(161),
        ),
        pytest.param(
            "api-errors", (AT_LEAST, 1, 60, 1), ("AWS/ApiGateway", "5XXError"), "Sum", REST_API, "critical",
            marks=pytest.mark.requirement(162),
        ),
        pytest.param(
            "api-refusals", (AT_LEAST, 10, 300, 1), ("AWS/ApiGateway", "4XXError"), "Sum", REST_API, "medium",
            marks=pytest.mark.requirement(164),
        ),
        pytest.param(
            "api-latency", (AT_LEAST, 5_000, 300, 1), ("AWS/ApiGateway", "Latency"), "p95", REST_API, "high",
            marks=pytest.mark.requirement(165),
        ),
        pytest.param(
            "database-cpu", (AT_LEAST, 90, 60, 5), ("AWS/RDS", "CPUUtilization"), "Average", DATABASE, "critical",
            marks=pytest.mark.requirement(166),
        ),
        pytest.param(
            "database-connections", (AT_LEAST, 180, 300, 1), ("AWS/RDS", "DatabaseConnections"), "Maximum", DATABASE,
            "high", marks=pytest.mark.requirement(168),
        ),
        pytest.param(
            "database-lag", (AT_LEAST, 1_000, 300, 1), ("AWS/RDS", "AuroraReplicaLag"), "Maximum", DATABASE, "medium",
            marks=pytest.mark.requirement(169),
        ),
        pytest.param(
            "goals-throttles", (AT_LEAST, 1, 300, 1), ("AWS/Lambda", "Throttles"), "Sum", function("goals"), "high",
            marks=pytest.mark.requirement(160),
        ),
        pytest.param(
            "generate-tasks-long-duration", (AT_LEAST, 110_000, 300, 1), ("AWS/Lambda", "Duration"), "Maximum",
            function("generate-tasks"), "high", marks=pytest.mark.requirement(158),
        ),
        pytest.param(
            "api-blocked", (AT_LEAST, 1_000, 300, 1), ("AWS/WAFV2", "BlockedRequests"), "Sum",
            {"WebACL": "csr-prod-api", "Rule": "ALL", "Region": HOME}, "warning", marks=pytest.mark.requirement(205),
        ),
        pytest.param(
            "notifications-dead-letters", (AT_LEAST, 1, 60, 1), ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
            "Maximum", {"QueueName": "csr-prod-notifications-dead-letters"}, "critical",
            marks=pytest.mark.requirement(175),
        ),
    ],
)  # fmt: skip
def test_an_alarm_at_home_is_raised_where_the_system_says(
    csr: Graph,
    name: str,
    expected: tuple[str, float, int, int],
    metric: tuple[str, str],
    statistic: str,
    dimensions: dict[str, str],
    level: str,
) -> None:
    inputs = alarm(csr, f"csr-prod-{name}")
    assert condition(inputs) == expected
    assert measured(inputs) == {metric}
    assert inputs.get("statistic", inputs.get("extendedStatistic")) == statistic
    assert inputs["dimensions"] == dimensions
    assert severity(inputs) == level
    assert "region" not in inputs
    heard = {f"{HOME}:csr-prod-alerts", *([f"{HOME}:csr-prod-pages"] if level == "critical" else [])}
    assert topics(inputs) == heard


@pytest.mark.parametrize(
    ("name", "expected", "metric", "level"),
    [
        pytest.param(
            "site-errors", (AT_LEAST, 5, 60, 5), ("AWS/CloudFront", "TotalErrorRate"), "critical",
            marks=pytest.mark.requirement(170),
        ),
        pytest.param(
            "site-cache", (BELOW, 70, 300, 1), ("AWS/CloudFront", "CacheHitRate"), "medium",
            marks=pytest.mark.requirement(172),
        ),
    ],
)  # fmt: skip
def test_an_alarm_on_the_site_stands_where_cloudfront_measures(
    csr: Graph, name: str, expected: tuple[str, float, int, int], metric: tuple[str, str], level: str
) -> None:
    inputs = alarm(csr, f"csr-prod-{name}")
    distribution = having(csr, "aws:cloudfront/distribution:Distribution").id
    assert condition(inputs) == expected
    assert measured(inputs) == {metric}
    assert inputs["statistic"] == "Average"
    assert inputs["dimensions"] == {"DistributionId": distribution, "Region": "Global"}
    assert severity(inputs) == level
    assert inputs["region"] == GLOBAL
    heard = {f"{GLOBAL}:csr-prod-alerts", *([f"{GLOBAL}:csr-prod-pages"] if level == "critical" else [])}
    assert topics(inputs) == heard


@pytest.mark.requirement(172)
def test_the_cache_hit_rate_is_paid_for(csr: Graph) -> None:
    subscription = only(csr, "aws:cloudfront/monitoringSubscription:MonitoringSubscription")
    assert subscription["monitoringSubscription"] == {
        "realtimeMetricsSubscriptionConfig": {"realtimeMetricsSubscriptionStatus": "Enabled"}
    }


@pytest.mark.requirement(155, 158, 159)
def test_every_function_of_the_api_has_every_alarm_of_a_function(csr: Graph) -> None:
    for metric in ("Errors", "Duration", "memory_utilization"):
        names = {
            next(iter(inputs["dimensions"].values())).removeprefix("csr-prod-") for inputs in alarms_on(csr, metric)
        }
        assert names >= API, metric
    # Asking the model takes longer than any function of the API may.
    assert len([i for i in alarms_on(csr, "Duration") if i["dimensions"] == function("generate-tasks")]) == 1


@pytest.mark.requirement(161)
def test_the_use_of_warm_functions_is_watched_for_each_of_them_and_no_other(csr: Graph) -> None:
    found = {inputs["dimensions"]["FunctionName"] for inputs in alarms_on(csr, "ProvisionedConcurrencyUtilization")}
    assert found == {f"csr-prod-{name}" for name in KEPT_WARM}


@pytest.mark.requirement(176, 211, 212)
def test_costs_are_watched_from_310_to_530_dollars(csr: Graph) -> None:
    budget = only(csr, "aws:budgets/budget:Budget")
    assert (budget["limitAmount"], budget["limitUnit"], budget["timeUnit"]) == ("530.00", "USD", "MONTHLY")
    spent = [n["threshold"] for n in budget["notifications"] if n["notificationType"] == "ACTUAL"]
    assert 305 <= 530 * spent[0] / 100 <= 310
    assert spent[-1] == 100
    unusual = only(csr, "aws:costexplorer/anomalySubscription:AnomalySubscription")["thresholdExpression"]["dimension"]
    assert (unusual["key"], unusual["values"]) == ("ANOMALY_TOTAL_IMPACT_ABSOLUTE", ["50.00"])
    charges = alarm(csr, "csr-prod-billing-charges")
    assert condition(charges) == (AT_LEAST, 530, 21_600, 1)
    assert measured(charges) == {("AWS/Billing", "EstimatedCharges")}
    assert charges["region"] == GLOBAL
    assert topics(charges) == {f"{GLOBAL}:csr-prod-alerts"}


@pytest.mark.requirement(178)
def test_every_alarm_notifies_the_alerts_of_its_region_and_only_the_critical_page(csr: Graph) -> None:
    alarms = csr.of_type(ALARM)
    assert len(alarms) > 90
    for resource in alarms:
        region = resource.inputs.get("region", HOME)
        pages = {f"{region}:csr-prod-pages"} if severity(resource.inputs) == "critical" else set()
        assert topics(resource.inputs) == {f"{region}:csr-prod-alerts"} | pages, resource.name
        assert resource.inputs["actionsEnabled"] is True
        assert resource.inputs["treatMissingData"] == "notBreaching"


@pytest.mark.requirement(180)
def test_operators_get_mail_of_what_must_wake_somebody_in_both_regions(csr: Graph) -> None:
    mails = [r.inputs for r in csr.of_type("aws:sns/topicSubscription:TopicSubscription")]
    found = {(m.get("region", HOME), m["topic"], m["endpoint"]) for m in mails if m["protocol"] == "email"}
    assert found == {
        (region, f"arn:aws:sns:{region}:123456789012:csr-prod-pages", "operations@csr.example")
        for region in (HOME, GLOBAL)
    }


@pytest.mark.requirement(178)
def test_a_slow_api_under_a_busy_database_pages_once(csr: Graph) -> None:
    inputs = only(csr, COMPOSITE)
    assert inputs["alarmRule"] == 'ALARM("csr-prod-api-latency") AND ALARM("csr-prod-database-cpu")'
    assert topics(inputs) == {f"{HOME}:csr-prod-alerts", f"{HOME}:csr-prod-pages"}
    assert json.loads(inputs["alarmDescription"])["runbook"] == "runbooks/database.md"


@pytest.mark.requirement(235)
def test_what_is_critical_is_an_alarm_within_five_minutes(csr: Graph) -> None:
    critical = [r.inputs for r in csr.of_type(ALARM) if severity(r.inputs) == "critical"]
    assert len(critical) > 20
    for inputs in critical:
        _, _, period, periods = condition(inputs)
        assert (period, period * periods <= 300) == (60, True), inputs["name"]
