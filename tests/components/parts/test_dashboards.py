"""Dashboards: what they chart, and that every chart is a sound one."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from plan.graph import Graph
from tests.conftest import Stacks

DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"


def widgets(graph: Graph, role: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(graph.named(DASHBOARD, f"observability-{role}").inputs["dashboardBody"])[
        "widgets"
    ]
    return found


def charted(graph: Graph, role: str) -> dict[str, set[tuple[str, str]]]:
    """Namespaces and names of metrics by the title of their chart."""
    return {
        w["properties"]["title"]: {(m[0], m[1]) for m in w["properties"]["metrics"] if isinstance(m[0], str)}
        for w in widgets(graph, role)
    }


def lambdas(*names: str) -> set[tuple[str, str]]:
    return {("AWS/Lambda", name) for name in names}


@pytest.mark.requirement(148)
def test_there_are_four_dashboards_by_name(prod: Graph, stacks: Stacks) -> None:
    names = {board.inputs["dashboardName"] for board in prod.of_type(DASHBOARD)}
    assert names == {
        f"goal-mandala-production-{role}-dashboard" for role in ("workflow", "database", "frontend", "api")
    }
    assert stacks("contrary").of_type(DASHBOARD) == []


@pytest.mark.requirement(149)
def test_the_api_s_dashboard_charts_requests_errors_and_latency(prod: Graph) -> None:
    charts = charted(prod, "api")
    assert charts["Requests"] == {("AWS/ApiGateway", "Count")}
    assert charts["4xx errors"] == {("AWS/ApiGateway", "4XXError")}
    assert charts["5xx errors"] == {("AWS/ApiGateway", "5XXError")}
    assert charts["Latency (ms)"] == {("AWS/ApiGateway", "Latency")}


@pytest.mark.requirement(150)
@pytest.mark.parametrize("role", ["api", "workflow"])
def test_functions_are_charted_where_they_serve(prod: Graph, role: str) -> None:
    charts = charted(prod, role)
    assert charts["Invocations"] == lambdas("Invocations")
    assert charts["Error rate (%)"] == lambdas("Errors", "Invocations")
    assert charts["Duration (ms)"] == lambdas("Duration")
    assert charts["Concurrency"] == lambdas("ConcurrentExecutions")


@pytest.mark.requirement(150)
def test_every_function_is_charted_once(prod: Graph) -> None:
    lines = [
        line[3]
        for role in ("api", "workflow")
        for widget in widgets(prod, role)
        if widget["properties"]["title"] == "Invocations"
        for line in widget["properties"]["metrics"]
    ]
    assert sorted(lines) == sorted(f.inputs["name"] for f in prod.of_type("aws:lambda/function:Function"))


@pytest.mark.requirement(151)
def test_the_database_s_dashboard_charts_connections_cpu_and_memory(prod: Graph) -> None:
    charts = charted(prod, "database")
    assert charts["Connections"] == {("AWS/RDS", "DatabaseConnections")}
    assert charts["CPU (%)"] == {("AWS/RDS", "CPUUtilization")}
    assert charts["Free memory (bytes)"] == {("AWS/RDS", "FreeableMemory")}


@pytest.mark.requirement(152)
def test_the_frontend_s_dashboard_charts_requests_errors_and_cache_hits_in_us_east_1(prod: Graph) -> None:
    charts = charted(prod, "frontend")
    assert charts["Requests"] == {("AWS/CloudFront", "Requests")}
    assert charts["Error rate (%)"] == {("AWS/CloudFront", "TotalErrorRate")}
    assert charts["Cache hit rate (%)"] == {("AWS/CloudFront", "CacheHitRate")}
    for widget in widgets(prod, "frontend"):
        assert widget["properties"]["region"] == "us-east-1"
        for line in widget["properties"]["metrics"]:
            assert line[2:6:2] == ["DistributionId", "Region"]


@pytest.mark.requirement(153)
def test_the_workflow_s_dashboard_charts_executions_and_how_they_end(prod: Graph) -> None:
    charts = charted(prod, "workflow")
    assert charts["Executions started"] == {("AWS/States", "ExecutionsStarted")}
    assert charts["Executions succeeded"] == {("AWS/States", "ExecutionsSucceeded")}
    assert charts["Executions failed"] == {("AWS/States", "ExecutionsFailed")}
    assert charts["Execution time (ms)"] == {("AWS/States", "ExecutionTime")}


@pytest.mark.requirement(154, 187, 188)
def test_the_application_s_own_metrics_are_found_by_name(prod: Graph) -> None:
    expressions = [
        line[0]["expression"]
        for widget in widgets(prod, "workflow")
        for line in widget["properties"]["metrics"]
        if isinstance(line[0], dict) and line[0]["expression"].startswith("SEARCH")
    ]
    assert expressions == [
        "SEARCH('Namespace=\"GoalMandala\" MetricName=\"code_generation_total\"', 'Sum', 60)",
        "SEARCH('Namespace=\"GoalMandala\" MetricName=\"code_generation_duration_seconds\"', 'p95', 60)",
    ]


@pytest.mark.requirement(194)
def test_detailed_monitoring_resolves_minutes(prod: Graph, dev: Graph) -> None:
    assert {w["properties"]["period"] for w in widgets(prod, "api")} == {60}
    assert {w["properties"]["period"] for w in widgets(dev, "api")} == {300}


@pytest.mark.parametrize("role", ["workflow", "database", "frontend", "api"])
def test_charts_stand_apart_and_expressions_speak_of_lines_that_are_there(prod: Graph, role: str) -> None:
    found = widgets(prod, role)
    places = [(widget["x"], widget["y"]) for widget in found]
    assert len(set(places)) == len(places), "two charts in one place"
    # CloudWatch's grid is 24 wide.
    assert {(widget["width"], widget["height"]) for widget in found} == {(8, 6)}
    assert places == [(8 * (number % 3), 6 * (number // 3)) for number in range(len(found))]
    for widget in found:
        lines = widget["properties"]["metrics"]
        is_computed = any(isinstance(line[0], dict) for line in lines)
        assert all(line[-1].get("visible", True) is not is_computed for line in lines if isinstance(line[0], str))
        ids = [line[-1]["id"] for line in lines if "id" in line[-1]]
        assert len(set(ids)) == len(ids)
        for line in lines:
            expression = line[0].get("expression", "") if isinstance(line[0], dict) else ""
            if expression and not expression.startswith("SEARCH"):
                used = set(re.findall(r"[a-z]+\d+", expression))
                assert len(used) == 2
                assert used <= set(ids)
