"""Goal Mandala's production: dashboards, alarms, and who hears of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plan.graph import Graph
from tests.components.alarms import ALARM, COMPOSITE
from tests.conftest import Stacks
from tests.stacks.conformance.queries import (
    ABOVE,
    AT_LEAST,
    alarm,
    condition,
    having,
    measured,
    metrics,
    only,
    severity,
    topics,
)

P = "goal-mandala-production-"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
MACHINE = "arn:aws:states:ap-northeast-1:123456789012:stateMachine:goal-mandala-production-task-generation-workflow"


def charts(graph: Graph, dashboard: str) -> dict[str, set[str]]:
    """What each chart of a dashboard shows: namespaces and names of metrics, by title."""
    body = json.loads(
        having(graph, "aws:cloudwatch/dashboard:Dashboard", dashboardName=f"{P}{dashboard}").inputs["dashboardBody"]
    )
    shown = {}
    for widget in body["widgets"]:
        lines = [line for line in widget["properties"]["metrics"] if isinstance(line[0], str)]
        shown[widget["properties"]["title"]] = {f"{line[0]} {line[1]}" for line in lines}
    return shown


@pytest.mark.requirement(148)
def test_there_are_four_dashboards(prod: Graph) -> None:
    assert {d.inputs["dashboardName"] for d in prod.of_type("aws:cloudwatch/dashboard:Dashboard")} == {
        "goal-mandala-production-workflow-dashboard",
        "goal-mandala-production-database-dashboard",
        "goal-mandala-production-frontend-dashboard",
        "goal-mandala-production-api-dashboard",
    }


@pytest.mark.parametrize(
    ("dashboard", "shown"),
    [
        pytest.param(
            "api-dashboard",
            {
                "AWS/ApiGateway Count",
                "AWS/ApiGateway 4XXError",
                "AWS/ApiGateway 5XXError",
                "AWS/ApiGateway Latency",
            },
            marks=pytest.mark.requirement(149),
        ),
        pytest.param(
            "api-dashboard",
            {
                "AWS/Lambda Invocations",
                "AWS/Lambda Errors",
                "AWS/Lambda Duration",
                "AWS/Lambda ConcurrentExecutions",
            },
            marks=pytest.mark.requirement(150),
        ),
        pytest.param(
            "database-dashboard",
            {"AWS/RDS DatabaseConnections", "AWS/RDS CPUUtilization", "AWS/RDS FreeableMemory"},
            marks=pytest.mark.requirement(151),
        ),
        pytest.param(
            "frontend-dashboard",
            {"AWS/CloudFront Requests", "AWS/CloudFront TotalErrorRate", "AWS/CloudFront CacheHitRate"},
            marks=pytest.mark.requirement(152),
        ),
        pytest.param(
            "workflow-dashboard",
            {
                "AWS/States ExecutionsStarted",
                "AWS/States ExecutionsSucceeded",
                "AWS/States ExecutionsFailed",
                "AWS/States ExecutionTime",
            },
            marks=pytest.mark.requirement(153),
        ),
    ],
)
def test_a_dashboard_shows_what_it_is_for(prod: Graph, dashboard: str, shown: set[str]) -> None:
    assert shown <= set().union(*charts(prod, dashboard).values())


@pytest.mark.requirement(152)
def test_the_site_is_drawn_where_cloudfront_is_measured(prod: Graph) -> None:
    body = having(prod, "aws:cloudwatch/dashboard:Dashboard", dashboardName=f"{P}frontend-dashboard").inputs
    widgets = json.loads(body["dashboardBody"])["widgets"]
    assert {widget["properties"]["region"] for widget in widgets} == {"us-east-1"}


@pytest.mark.parametrize(
    ("name", "expected", "what", "of", "level"),
    [
        pytest.param(
            "goals-error-rate", (ABOVE, 5, 300, 2), {"Errors", "Invocations"}, {"FunctionName": f"{P}goals"}, "high",
            marks=pytest.mark.requirement(157),
        ),
        pytest.param(
            "goals-throttles", (AT_LEAST, 1, 60, 1), {"Throttles"}, {"FunctionName": f"{P}goals"}, "high",
            marks=pytest.mark.requirement(160),
        ),
        pytest.param(
            "api-error-rate", (ABOVE, 5, 300, 2), {"5XXError", "Count"}, {"ApiName": f"{P}api", "Stage": "v1"}, "high",
            marks=pytest.mark.requirement(163),
        ),
        pytest.param(
            "database-connections", (ABOVE, 45, 300, 2), {"DatabaseConnections"},
            {"DBClusterIdentifier": f"{P}database"}, "high",
            marks=pytest.mark.requirement(167, 233),
        ),
        pytest.param(
            "site-errors", (AT_LEAST, 5, 60, 5), {"TotalErrorRate"}, {"Region": "Global"}, "critical",
            marks=pytest.mark.requirement(170),
        ),
        pytest.param(
            "site-5xx", (ABOVE, 0, 300, 2), {"5xxErrorRate"}, {"Region": "Global"}, "high",
            marks=pytest.mark.requirement(171),
        ),
        pytest.param(
            "task-generation-failures", (AT_LEAST, 1, 60, 1), {"ExecutionsFailed"}, {"StateMachineArn": MACHINE},
            "critical",
            marks=pytest.mark.requirement(173),
        ),
        pytest.param(
            "task-generation-failure-rate", (ABOVE, 10, 300, 2), {"ExecutionsFailed", "ExecutionsStarted"},
            {"StateMachineArn": MACHINE}, "high",
            marks=pytest.mark.requirement(174),
        ),
        pytest.param(
            "notifications-dead-letters", (AT_LEAST, 1, 60, 1), {"ApproximateNumberOfMessagesVisible"},
            {"QueueName": f"{P}notifications-dead-letters"}, "critical",
            marks=pytest.mark.requirement(175),
        ),
        pytest.param(
            "billing-charges", (AT_LEAST, 100, 21_600, 1), {"EstimatedCharges"}, {"Currency": "USD"}, "high",
            marks=pytest.mark.requirement(176, 242),
        ),
        pytest.param(
            "api-latency", (ABOVE, 2000, 300, 2), {"Latency"}, {"ApiName": f"{P}api", "Stage": "v1"}, "medium",
            marks=pytest.mark.requirement(232),
        ),
    ],
)  # fmt: skip
def test_an_alarm_stands_at_the_line_that_is_demanded(
    prod: Graph, name: str, expected: tuple[str, float, int, int], what: set[str], of: dict[str, str], level: str
) -> None:
    inputs = alarm(prod, f"{P}{name}")
    assert condition(inputs) == expected
    assert {metric for _, metric in measured(inputs)} == what
    for metric in metrics(inputs):
        assert of.items() <= metric["dimensions"].items()
    assert severity(inputs) == level
    assert inputs["treatMissingData"] == "notBreaching"


@pytest.mark.requirement(232)
def test_latency_is_judged_by_its_95th_percentile(prod: Graph) -> None:
    assert alarm(prod, f"{P}api-latency")["extendedStatistic"] == "p95"


@pytest.mark.requirement(163, 174)
@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("api-error-rate", "IF(requests > 0, 100 * errors / requests, 0)"),
        ("task-generation-failure-rate", "IF(started > 0, 100 * failed / started, 0)"),
    ],
)
def test_a_rate_is_a_percentage_of_what_there_was(prod: Graph, name: str, expression: str) -> None:
    [shown] = [query for query in alarm(prod, f"{P}{name}")["metricQueries"] if query["returnData"]]
    assert shown["expression"] == expression


@pytest.mark.requirement(170, 171, 176)
@pytest.mark.parametrize("name", ["site-errors", "site-5xx", "billing-charges"])
def test_what_is_measured_in_us_east_1_alarms_and_notifies_there(prod: Graph, name: str) -> None:
    inputs = alarm(prod, f"{P}{name}")
    assert inputs["region"] == "us-east-1"
    assert f"us-east-1:{P}alerts" in topics(inputs)


@pytest.mark.requirement(235)
def test_every_critical_signal_is_an_alarm_within_five_minutes(prod: Graph) -> None:
    critical = [a.inputs for a in prod.of_type(ALARM) if severity(a.inputs) == "critical"]
    assert len(critical) >= 8
    for inputs in critical:
        _, _, period, periods = condition(inputs)
        assert period * periods <= 300, inputs["name"]


@pytest.mark.requirement(178)
def test_every_alarm_reaches_the_alerts_and_what_is_critical_the_pages_too(prod: Graph) -> None:
    alarms = [a.inputs for a in prod.of_type(ALARM)]
    assert len(alarms) >= 100
    for inputs in alarms:
        region = inputs.get("region", "ap-northeast-1")
        expected = {f"{region}:goal-mandala-production-alerts"}
        if severity(inputs) == "critical":
            expected.add(f"{region}:goal-mandala-production-pages")
        assert topics(inputs) == expected, inputs["name"]
        assert inputs["actionsEnabled"] is True
    assert topics(only(prod, COMPOSITE)) == {f"ap-northeast-1:{P}alerts", f"ap-northeast-1:{P}pages"}


def subscriptions(graph: Graph, protocol: str) -> set[str]:
    """Region and name of the topics that something of this protocol hears."""
    arns = [s.inputs["topic"] for s in graph.of_type(SUBSCRIPTION) if s.inputs["protocol"] == protocol]
    return {":".join(arn.split(":")[3:6:2]) for arn in arns}


@pytest.mark.requirement(179)
def test_alerts_of_both_regions_reach_the_function_that_tells_slack(prod: Graph) -> None:
    assert subscriptions(prod, "sqs") >= {f"ap-northeast-1:{P}alerts", f"us-east-1:{P}alerts"}
    queue = having(prod, "aws:sqs/queue:Queue", name=f"{P}notifications")
    source = having(
        prod, "aws:lambda/eventSourceMapping:EventSourceMapping", eventSourceArn=queue.outputs["arn"]
    ).inputs
    assert source["functionName"].endswith(f":{P}notify-slack:live")
    assert source["functionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.requirement(178, 180)
def test_pages_of_both_regions_reach_somebody_by_mail(prod: Graph) -> None:
    assert subscriptions(prod, "email") >= {f"ap-northeast-1:{P}pages", f"us-east-1:{P}pages"}


@pytest.mark.requirement(193)
def test_traces_of_faults_and_of_slow_answers_are_grouped(prod: Graph) -> None:
    filters = {g.inputs["groupName"]: g.inputs["filterExpression"] for g in prod.of_type("aws:xray/group:Group")}
    assert filters == {
        f"{P}fault": 'service("goal-mandala-production-api/v1") { fault = true }',
        f"{P}slow": 'service("goal-mandala-production-api/v1") { responsetime > 2 }',
    }


@pytest.mark.requirement(194)
def test_production_notifies_and_looks_closely_and_development_looks_less_closely(prod: Graph, stacks: Stacks) -> None:
    def periods(graph: Graph) -> set[int]:
        bodies = [json.loads(d.inputs["dashboardBody"]) for d in graph.of_type("aws:cloudwatch/dashboard:Dashboard")]
        return {widget["properties"]["period"] for body in bodies for widget in body["widgets"]}

    assert periods(prod) == {60}
    assert periods(stacks("dev")) == {300}
    assert {a.inputs["actionsEnabled"] for a in stacks("dev").of_type(ALARM)} == {True}


def notified(budget: dict[str, Any]) -> set[tuple[str, float]]:
    return {(n["notificationType"], n["threshold"]) for n in budget["notifications"]}


@pytest.mark.requirement(176, 212, 242)
def test_a_budget_of_100_usd_a_month_warns_at_80_and_100_percent_and_of_what_is_to_come(prod: Graph) -> None:
    budget = only(prod, "aws:budgets/budget:Budget")
    assert (budget["limitAmount"], budget["limitUnit"], budget["timeUnit"]) == ("100.00", "USD", "MONTHLY")
    assert notified(budget) == {("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)}
    heard = {topic for n in budget["notifications"] for topic in n["subscriberSnsTopicArns"]}
    assert heard == {"arn:aws:sns:us-east-1:123456789012:goal-mandala-production-alerts"}
    # The budget is the account's whole, so that no tags need to be activated for it.
    assert budget.get("costFilters") is None
    assert prod.of_type("aws:costexplorer/costAllocationTag:CostAllocationTag") == []


@pytest.mark.requirement(212, 242)
def test_unusual_costs_of_any_service_are_told_at_once(prod: Graph) -> None:
    monitor = having(prod, "aws:costexplorer/anomalyMonitor:AnomalyMonitor")
    assert (monitor.inputs["monitorType"], monitor.inputs["monitorDimension"]) == ("DIMENSIONAL", "SERVICE")
    told = only(prod, "aws:costexplorer/anomalySubscription:AnomalySubscription")
    assert told["monitorArnLists"] == [monitor.outputs["arn"]]
    assert told["frequency"] == "IMMEDIATE"
