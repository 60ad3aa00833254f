"""Both sides of every conflict about alarms: the rules of the other systems on the same program (C7, C21)."""

from __future__ import annotations

from typing import Any

import pytest

from plan.graph import Graph
from plan.record import RecordError
from tests.components.alarms import ALARM, PREFIX, alarm, condition, measured, metrics, severity, with_changes

AT_LEAST, ABOVE, BELOW = "GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold"
INSIGHTS = "arn:aws:lambda:ap-northeast-1:580247275435:layer:LambdaInsightsExtension-Arm64:20"


def rule(name: str, signal: str, comparison: str, threshold: float, severity: str, **more: Any) -> dict[str, Any]:
    base = {"name": name, "signal": signal, "comparison": comparison, "threshold": threshold, "severity": severity}
    # No window is given there: five minutes once for counts, the documented default.
    return {**base, "period_seconds": 300, "periods": 1, **more}


def fast(name: str, signal: str, comparison: str, threshold: float, periods: int = 1) -> dict[str, Any]:
    return rule(name, signal, comparison, threshold, "critical", period_seconds=60, periods=periods)


CSR = [
    fast("errors", "function_errors", ">=", 1),
    rule("duration", "function_duration", ">=", 20_000, "high"),
    rule("memory", "function_memory", ">=", 85, "medium"),
    rule("warm-use", "function_provisioned_use", ">=", 0.8, "high"),
    fast("api-errors", "api_5xx", ">=", 1),
    rule("api-refusals", "api_4xx", ">=", 10, "medium"),
    rule("api-latency", "api_latency", ">=", 5_000, "high"),
    fast("database-cpu", "database_cpu", ">=", 90, periods=5),
    rule("database-connections", "database_connections", ">=", 180, "high"),
    rule("database-lag", "database_replica_lag", ">=", 1_000, "medium"),
    fast("site-errors", "site_error_rate", ">=", 5, periods=5),
    rule("site-cache", "site_cache_hit_rate", "<", 70, "medium"),
    rule("charges", "estimated_charges", ">=", 530, "high", period_seconds=21_600),
]
CHASE = [
    rule("error-rate", "function_error_rate", ">=", 5, "warning", periods=2),
    fast("failures", "workflow_failures", ">=", 1),
    rule("dead-letters", "queue_dead_letters", ">=", 1, "warning"),
]


def put(rules: list[dict[str, Any]], config: dict[str, Any]) -> None:
    config["goal-mandala:observability"] |= {"alarms": rules, "composites": [], "anomalies": []}
    functions = config["goal-mandala:functions"]
    functions["insights_layer_arn"] = INSIGHTS
    warm = {"initial": 10, "minimum": 5, "maximum": 50, "target_utilization": 0.7}
    functions["sizes"]["health"] = {"memory_mb": 512, "timeout_seconds": 30, "provisioned_concurrency": warm}
    functions["account_concurrency"] = 2000


@pytest.fixture(scope="module")
def csr(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return with_changes(tmp_path_factory.mktemp("csr"), lambda config: put(CSR, config))


@pytest.fixture(scope="module")
def chase(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return with_changes(tmp_path_factory.mktemp("chase"), lambda config: put(CHASE, config))


@pytest.mark.parametrize(
    ("role", "expected", "metric", "level"),
    [
        pytest.param(
            "goals-errors", (AT_LEAST, 1, 60, 1), ("AWS/Lambda", "Errors"), "critical",
            marks=pytest.mark.requirement(155),
        ),
        pytest.param(
            "goals-duration", (AT_LEAST, 20_000, 300, 1), ("AWS/Lambda", "Duration"), "high",
            marks=pytest.mark.requirement(158),
        ),
        pytest.param(
            "goals-memory", (AT_LEAST, 85, 300, 1), ("LambdaInsights", "memory_utilization"), "medium",
            marks=pytest.mark.requirement(159),
        ),
        pytest.param(
            "health-warm-use", (AT_LEAST, 0.8, 300, 1), ("AWS/Lambda", "ProvisionedConcurrencyUtilization"), "high",
            marks=pytest.mark.requirement(161),
        ),
        pytest.param(
            "api-errors", (AT_LEAST, 1, 60, 1), ("AWS/ApiGateway", "5XXError"), "critical",
            marks=pytest.mark.requirement(162),
        ),
        pytest.param(
            "api-refusals", (AT_LEAST, 10, 300, 1), ("AWS/ApiGateway", "4XXError"), "medium",
            marks=pytest.mark.requirement(164),
        ),
        pytest.param(
            "api-latency", (AT_LEAST, 5_000, 300, 1), ("AWS/ApiGateway", "Latency"), "high",
            marks=pytest.mark.requirement(165),
        ),
        pytest.param(
            "database-cpu", (AT_LEAST, 90, 60, 5), ("AWS/RDS", "CPUUtilization"), "critical",
            marks=pytest.mark.requirement(166),
        ),
        pytest.param(
            "database-connections", (AT_LEAST, 180, 300, 1), ("AWS/RDS", "DatabaseConnections"), "high",
            marks=pytest.mark.requirement(168),
        ),
        pytest.param(
            "database-lag", (AT_LEAST, 1_000, 300, 1), ("AWS/RDS", "AuroraReplicaLag"), "medium",
            marks=pytest.mark.requirement(169),
        ),
        pytest.param(
            "site-errors", (AT_LEAST, 5, 60, 5), ("AWS/CloudFront", "TotalErrorRate"), "critical",
            marks=pytest.mark.requirement(170),
        ),
        pytest.param(
            "site-cache", (BELOW, 70, 300, 1), ("AWS/CloudFront", "CacheHitRate"), "medium",
            marks=pytest.mark.requirement(172),
        ),
        pytest.param(
            "billing-charges", (AT_LEAST, 530, 21_600, 1), ("AWS/Billing", "EstimatedCharges"), "high",
            marks=pytest.mark.requirement(176),
        ),
    ],
)  # fmt: skip
def test_the_rules_of_the_csr_system_can_be_said(
    csr: Graph, role: str, expected: tuple[str, float, int, int], metric: tuple[str, str], level: str
) -> None:
    inputs = alarm(csr, role)
    assert condition(inputs) == expected
    assert measured(inputs) == {metric}
    [resource] = [r for r in csr.of_type(ALARM) if r.inputs is inputs]
    assert severity(resource) == level


@pytest.mark.requirement(170, 172, 176)
@pytest.mark.parametrize("role", ["site-errors", "site-cache", "billing-charges"])
def test_what_is_measured_in_us_east_1_alarms_there(csr: Graph, role: str) -> None:
    inputs = alarm(csr, role)
    assert inputs["region"] == "us-east-1"
    assert all(":us-east-1:" in topic for topic in [*inputs["alarmActions"], *inputs["okActions"]])


@pytest.mark.requirement(170, 172)
def test_cloudfront_is_asked_by_distribution_and_the_global_region(csr: Graph) -> None:
    distribution = csr.of_type("aws:cloudfront/distribution:Distribution")[0].id
    for role in ("site-errors", "site-cache"):
        assert alarm(csr, role)["dimensions"] == {"DistributionId": distribution, "Region": "Global"}
    [subscription] = csr.of_type("aws:cloudfront/monitoringSubscription:MonitoringSubscription")
    assert subscription.inputs["distributionId"] == distribution


@pytest.mark.requirement(159)
def test_memory_is_asked_from_lambda_insights_under_its_own_dimension(csr: Graph) -> None:
    assert alarm(csr, "goals-memory")["dimensions"] == {"function_name": f"{PREFIX}goals"}


@pytest.mark.requirement(156)
def test_a_rate_may_include_its_threshold(chase: Graph, prod: Graph) -> None:
    assert condition(alarm(chase, "goals-error-rate")) == (AT_LEAST, 5, 300, 2)
    assert condition(alarm(prod, "goals-error-rate")) == (ABOVE, 5, 300, 2)
    for graph in (chase, prod):
        inputs = alarm(graph, "goals-error-rate")
        assert measured(inputs) == {("AWS/Lambda", "Errors"), ("AWS/Lambda", "Invocations")}
        assert {m["stat"] for m in metrics(inputs)} == {"Sum"}


@pytest.mark.requirement(173, 175)
def test_the_rules_of_the_chase_system_can_be_said(chase: Graph) -> None:
    assert condition(alarm(chase, "task-generation-failures")) == (AT_LEAST, 1, 60, 1)
    letters = alarm(chase, "notifications-dead-letters")
    assert condition(letters) == (AT_LEAST, 1, 300, 1)
    assert measured(letters) == {("AWS/SQS", "ApproximateNumberOfMessagesVisible")}
    assert letters["alarmActions"] == ["arn:aws:sns:ap-northeast-1:123456789012:goal-mandala-production-alerts"]


@pytest.mark.requirement(155, 157)
def test_count_and_rate_rules_stand_side_by_side(tmp_path: Any) -> None:
    both = [CSR[0], rule("error-rate", "function_error_rate", ">", 5, "high", periods=2)]
    graph = with_changes(tmp_path, lambda config: put(both, config))
    assert condition(alarm(graph, "goals-errors")) == (AT_LEAST, 1, 60, 1)
    assert condition(alarm(graph, "goals-error-rate")) == (ABOVE, 5, 300, 2)


@pytest.mark.parametrize(
    ("rules", "composites", "sentence"),
    [
        (
            [{**CSR[0], "subjects": ["gaols"]}],
            [],
            "rule 'errors' names gaols, which do not signal 'function_errors'; those that do are aggregate-results, ",
        ),
        (
            [{**CSR[0], "except_subjects": ["gaols"]}],
            [],
            "rule 'errors' names gaols, which do not signal 'function_errors'; those that do are aggregate-results, ",
        ),
        (
            [{**CHASE[0], "statistic": "p95"}],
            [],
            "rule 'error-rate' sets statistic 'p95', but 'function_error_rate' is computed from several metrics",
        ),
        (
            [CSR[4]],
            [{"name": "both", "require": "all", "alarms": ["api-errors", "api-erors"], "runbook": "api.md"}],
            "'both' names the alarms api-erors, which this stack does not have; it has api-errors",
        ),
        (
            [CSR[4], CSR[10]],
            [{"name": "both", "require": "all", "alarms": ["api-errors", "site-errors"], "runbook": "api.md"}],
            "'both' names site-errors, which stand in another region: a composite alarm sees the alarms of "
            "ap-northeast-1 only",
        ),
    ],
)
def test_a_rule_that_cannot_work_is_refused_with_what_can(
    tmp_path: Any, rules: list[dict[str, Any]], composites: list[dict[str, Any]], sentence: str
) -> None:
    def change(config: dict[str, Any]) -> None:
        put(rules, config)
        config["goal-mandala:observability"]["composites"] = composites

    with pytest.raises(RecordError) as raised:
        with_changes(tmp_path, change)
    assert sentence in str(raised.value)
