"""Dashboards generated from what the components signal: the same charts for every stack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pulumi
import pulumi_aws as aws

from components.parts.signal import Metric, Signal
from components.parts.stack import Stack
from settings.observability import DashboardName

WIDTH, HEIGHT, COLUMNS = 8, 6, 3


class Chart(NamedTuple):
    """One chart: the signals of a kind, one line for each subject; only those of `group` where it is set."""

    title: str
    kind: str
    group: str = ""


class Search(NamedTuple):
    """A chart of the application's own metrics, found by name: their dimensions are made while it runs."""

    title: str
    metric: str
    statistic: str


def _functions(group: str) -> tuple[Chart, ...]:
    return (
        Chart("Invocations", "function_invocations", group),
        Chart("Error rate (%)", "function_error_rate", group),
        Chart("Duration (ms)", "function_duration", group),
        Chart("Concurrency", "function_concurrency", group),
        Chart("Throttles", "function_throttles", group),
    )


# Rows 148 to 154, dashboard by dashboard.
DASHBOARDS: dict[str, tuple[Chart | Search, ...]] = {
    "workflow": (
        Chart("Executions started", "workflow_started"),
        Chart("Executions succeeded", "workflow_successes"),
        Chart("Executions failed", "workflow_failures"),
        Chart("Executions timed out", "workflow_timeouts"),
        Chart("Execution time (ms)", "workflow_duration"),
        Chart("Failure rate (%)", "workflow_failure_rate"),
        *_functions("workflow"),
        Chart("Dead letters", "queue_dead_letters"),
        Search("Generations", "code_generation_total", "Sum"),
        Search("Generation time (s)", "code_generation_duration_seconds", "p95"),
    ),
    "database": (
        Chart("Connections", "database_connections"),
        Chart("CPU (%)", "database_cpu"),
        Chart("Free memory (bytes)", "database_memory"),
        Chart("Replica lag (ms)", "database_replica_lag"),
    ),
    "frontend": (
        Chart("Requests", "site_requests"),
        Chart("Error rate (%)", "site_error_rate"),
        Chart("5xx errors (%)", "site_5xx"),
        Chart("Cache hit rate (%)", "site_cache_hit_rate"),
    ),
    "api": (
        Chart("Requests", "api_requests"),
        Chart("4xx errors", "api_4xx"),
        Chart("5xx errors", "api_5xx"),
        Chart("Latency (ms)", "api_latency"),
        *_functions("functions"),
        Search("Active sessions", "active_sessions_total", "Maximum"),
    ),
}


@dataclass(frozen=True, kw_only=True)
class DashboardsArgs:
    """What the dashboards are made from. `period_seconds` is how finely they resolve time."""

    names: Sequence[DashboardName]
    stack: Stack
    signals: Sequence[Signal]
    period_seconds: int
    metrics_namespace: str


class Dashboards(pulumi.ComponentResource):
    """The dashboards of a stack. A chart of which nothing signals anything is left out."""

    def __init__(self, name: str, args: DashboardsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the dashboards."""
        super().__init__("mandala:parts:Dashboards", name, None, opts)
        self._args = args
        for dashboard in args.names:
            widgets = [self._placed(index, item) for index, item in enumerate(self._charts(dashboard))]
            aws.cloudwatch.Dashboard(
                f"{name}-{dashboard}",
                dashboard_name=args.stack.naming.of("dashboard", f"{dashboard}-dashboard"),
                dashboard_body=pulumi.Output.json_dumps({"widgets": widgets}, sort_keys=True),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})

    def _charts(self, dashboard: str) -> Iterator[dict[str, Any]]:
        for chart in DASHBOARDS[dashboard]:
            if isinstance(chart, Search):
                yield self._properties(chart.title, self._search(chart), self._args.stack.region)
                continue
            signals = [
                signal
                for signal in self._args.signals
                if signal.kind == chart.kind and chart.group in ("", signal.group)
            ]
            if signals:
                lines = [line for index, signal in enumerate(signals) for line in _lines(index, signal)]
                yield self._properties(chart.title, lines, signals[0].region or self._args.stack.region)

    def _search(self, chart: Search) -> list[list[Any]]:
        expression = (
            f'SEARCH(\'Namespace="{self._args.metrics_namespace}" MetricName="{chart.metric}"\', '
            f"'{chart.statistic}', {self._args.period_seconds})"
        )
        return [[{"expression": expression, "id": "found"}]]

    def _properties(self, title: str, lines: list[list[Any]], region: str) -> dict[str, Any]:
        period = self._args.period_seconds
        return {"title": title, "region": region, "metrics": lines, "view": "timeSeries", "period": period}

    @staticmethod
    def _placed(index: int, properties: dict[str, Any]) -> dict[str, Any]:
        x, y = WIDTH * (index % COLUMNS), HEIGHT * (index // COLUMNS)
        return {"type": "metric", "x": x, "y": y, "width": WIDTH, "height": HEIGHT, "properties": properties}


def _lines(index: int, signal: Signal) -> list[list[Any]]:
    """A signal as a line of a chart: its metric, or an expression and the metrics that it is computed from, unseen."""
    if not signal.expression:
        metric = signal.metrics[0]
        return [_line(metric, {"stat": metric.statistic, "label": signal.subject})]
    expression = signal.expression
    for metric in signal.metrics:
        expression = re.sub(rf"\b{metric.id}\b", f"{metric.id}{index}", expression)
    shown: list[Any] = [{"expression": expression, "label": signal.subject, "id": f"line{index}"}]
    hidden = [
        _line(metric, {"stat": metric.statistic, "id": f"{metric.id}{index}", "visible": False})
        for metric in signal.metrics
    ]
    return [shown, *hidden]


def _line(metric: Metric, options: dict[str, Any]) -> list[Any]:
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    return [metric.namespace, metric.name, *dimensions, options]
