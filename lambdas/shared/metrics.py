"""Metrics of the application, written as log lines in CloudWatch's embedded metric format."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from types import MappingProxyType

# The upper bounds of the histogram's buckets, in seconds.
BUCKETS = (0.1, 0.5, 1, 2, 5, 10, 30, 60)


def count_generation(status: str, seconds: float, project_id: str) -> None:
    """Count one generation by its status, and note how long it took.

    The project is a property of the line and no dimension: each value of a dimension would be a metric to pay for.
    So is `le`, the bucket: CloudWatch keeps the distribution itself, and log queries count by the bucket.
    """
    _write(
        {"code_generation_total": ("Count", 1), "code_generation_duration_seconds": ("Seconds", seconds)},
        dimensions={"status": status},
        properties={"project_id": project_id, "le": bucket(seconds)},
    )


def bucket(seconds: float) -> str:
    """The smallest bucket that holds a duration, as Prometheus names it."""
    return next((f"{bound:g}" for bound in BUCKETS if seconds <= bound), "+Inf")


def show_active_sessions(sessions: int) -> None:
    """How many people have made a request within the last half hour."""
    _write({"active_sessions_total": ("Count", sessions)})


def show_monitoring(sources: int, activities: int, failures: int) -> None:
    """What one run of the repository monitoring has looked at, found and could not do."""
    _write(
        {
            "monitoring_sources_total": ("Count", sources),
            "monitoring_activities_total": ("Count", activities),
            "monitoring_failures_total": ("Count", failures),
        }
    )


def _write(
    measured: Mapping[str, tuple[str, float]],
    *,
    dimensions: Mapping[str, str] = MappingProxyType({}),
    properties: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """One line for all that was measured at once: unit and value by the metric's name."""
    directive = {
        "Namespace": os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "GoalMandala"),
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": unit} for name, (unit, _) in measured.items()],
    }
    values = {name: value for name, (_, value) in measured.items()}
    moment = {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}}
    print(json.dumps({**moment, **values, **dimensions, **properties}))
