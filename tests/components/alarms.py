"""Reads alarms as the tests need them, and records stacks with other rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from plan.graph import Graph, Resource
from plan.record import record
from tests.conftest import ROOT

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
PREFIX = "goal-mandala-production-"


def alarm(graph: Graph, role: str) -> dict[str, Any]:
    """The alarm of this name without the prefix."""
    found = [r for r in graph.of_type(ALARM) if r.inputs["name"] == f"{PREFIX}{role}"]
    assert len(found) == 1, f"{len(found)} alarms called {role}"
    return found[0].inputs


def severity(resource: Resource) -> str:
    text: str = json.loads(resource.inputs["alarmDescription"])["severity"]
    return text


def condition(inputs: dict[str, Any]) -> tuple[str, float, int, int]:
    """Comparison, threshold, seconds a period, periods."""
    queries = [query for query in inputs.get("metricQueries", []) if "metric" in query]
    period = queries[0]["metric"]["period"] if queries else inputs["period"]
    return inputs["comparisonOperator"], inputs["threshold"], period, inputs["evaluationPeriods"]


def metrics(inputs: dict[str, Any]) -> list[dict[str, Any]]:
    """What the alarm looks at."""
    return [query["metric"] for query in inputs.get("metricQueries", []) if "metric" in query] or [inputs]


def measured(inputs: dict[str, Any]) -> set[tuple[str, str]]:
    """Namespaces and names of what the alarm looks at."""
    return {(metric["namespace"], metric["metricName"]) for metric in metrics(inputs)}


def with_changes(folder: Path, change: Callable[[dict[str, Any]], object]) -> Graph:
    """The production stack with other settings."""
    document = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text(encoding="utf-8"))
    change(document["config"])
    file = folder / "Pulumi.prod.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return record(file)
