"""Metrics of the application, written as log lines in CloudWatch's embedded format."""

from __future__ import annotations

from aws_lambda_powertools.metrics import MetricUnit, single_metric


def count_generation(status: str, seconds: float, project_id: str) -> None:
    """Count one generation by its status, and note how long it took.

    The project is a property of the line and no dimension: each value of a dimension would be a metric to pay for.
    """
    with single_metric(name="code_generation_total", unit=MetricUnit.Count, value=1) as metric:
        metric.add_dimension(name="status", value=status)
        metric.add_metadata(key="project_id", value=project_id)
    with single_metric(name="code_generation_duration_seconds", unit=MetricUnit.Seconds, value=seconds) as metric:
        metric.add_dimension(name="status", value=status)
