"""CloudWatch: log groups and their filters, alarms and dashboards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plan.account import Created
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import Mapped


class LogGroup(Mapped):
    """A log group with its retention."""

    def create(self, order: Order) -> Created:
        """Make the group, then set its retention."""
        created = super().create(order)
        return self.update(order, created)

    def update(self, order: Order, existing: Created) -> Created:
        """Set the retention; 0 keeps for ever."""
        days = order.inputs.get("retentionInDays")
        if days:
            order.client("logs").put_retention_policy(logGroupName=existing.id, retentionInDays=days)
        return existing


@dataclass(frozen=True, kw_only=True)
class LogMetricFilter(Mapped):
    """Counts lines of a log group; the emulator keeps it and counts nothing."""

    def values(self, order: Order, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Pulumi's one transformation is a list of them to CloudWatch Logs, under longer names."""
        values = super().values(order, facts)
        given = values.pop("metricTransformation")
        longer = {"name": "metricName", "namespace": "metricNamespace", "value": "metricValue"}
        return values | {"metricTransformations": [{longer.get(key, key): item for key, item in given.items()}]}


@dataclass(frozen=True, kw_only=True)
class MetricAlarm(Mapped):
    """An alarm on one metric, or on an expression over several."""

    service: str = "cloudwatch"

    def values(self, order: Order, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Pulumi's flat metric of a query is a statistic of a metric to CloudWatch."""
        values = super().values(order, facts)
        queries = values.pop("metricQueries", None)
        if queries:
            values["metrics"] = [_query(query) for query in queries]
        return values


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    metric = query.get("metric")
    flat = {key: value for key, value in query.items() if key != "metric"}
    if metric is None:
        return flat
    statistic = {key: metric[key] for key in ("period", "stat", "unit") if metric.get(key) is not None}
    described = {key: metric[key] for key in ("namespace", "metricName", "dimensions") if metric.get(key) is not None}
    return {**flat, "metricStat": {"metric": described, **statistic}}


HANDLERS: dict[str, Handler] = {
    "aws:cloudwatch/logGroup:LogGroup": LogGroup(
        service="logs",
        create_call="create_log_group",
        named="name",
        renames={"name": "logGroupName"},
        without=("retentionInDays", "skipDestroy"),
        id="{name}",
        outputs={"arn": "arn:aws:logs:{region}:{account}:log-group:{name}"},
        delete_call="delete_log_group",
        delete_with={"logGroupName": "{id}"},
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": MetricAlarm(
        create_call="put_metric_alarm",
        named="name",
        renames={"name": "AlarmName", "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile"},
        id="{name}",
        outputs={"arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}"},
        delete_call="delete_alarms",
        delete_with={"AlarmNames": ["{id}"]},
        put=True,
    ),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": Mapped(
        service="cloudwatch",
        create_call="put_composite_alarm",
        id="{alarmName}",
        outputs={"arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{alarmName}"},
        delete_call="delete_alarms",
        delete_with={"AlarmNames": ["{id}"]},
        put=True,
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": LogMetricFilter(
        service="logs",
        create_call="put_metric_filter",
        named="name",
        renames={"name": "filterName", "pattern": "filterPattern"},
        id="{name}",
        delete_call="delete_metric_filter",
        delete_with={"logGroupName": "{logGroupName}", "filterName": "{id}"},
        put=True,
    ),
    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter": Mapped(
        service="logs",
        create_call="put_subscription_filter",
        named="name",
        renames={"name": "filterName", "logGroup": "logGroupName"},
        id="{name}",
        delete_call="delete_subscription_filter",
        delete_with={"logGroupName": "{logGroup}", "filterName": "{id}"},
        put=True,
    ),
    "aws:cloudwatch/dashboard:Dashboard": Mapped(
        service="cloudwatch",
        create_call="put_dashboard",
        id="{dashboardName}",
        outputs={"dashboardArn": "arn:aws:cloudwatch::{account}:dashboard/{dashboardName}"},
        delete_call="delete_dashboards",
        delete_with={"DashboardNames": ["{id}"]},
        put=True,
    ),
}
