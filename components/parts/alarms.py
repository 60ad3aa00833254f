"""Alarms made from rules: on a threshold, on what is unusual, and on several alarms together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.parts.signal import Metric, Signal
from components.parts.stack import Stack
from components.parts.topics import Channels
from settings.alarms import AlarmRule, AnomalyRule, CompositeRule, Rule
from settings.observability import ObservabilitySettings

OPERATORS = {
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
    "<": "LessThanThreshold",
    "<=": "LessThanOrEqualToThreshold",
}
DIRECTIONS = {
    "above": "GreaterThanUpperThreshold",
    "below": "LessThanLowerThreshold",
    "outside": "LessThanLowerOrGreaterThanUpperThreshold",
}


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    """What alarms are made from: the rules, and everything that the stack's components signal."""

    settings: ObservabilitySettings
    stack: Stack
    channels: Channels
    signals: Sequence[Signal]


class Alarms(pulumi.ComponentResource):
    """One alarm for each rule and each subject that has the rule's signal.

    Every alarm goes to the topic `alerts`; critical ones and composites to `pages` too (row 178). An alarm stands in
    the region where its signal is measured and notifies that region's topics.
    """

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the alarms."""
        super().__init__("mandala:parts:Alarms", name, None, opts)
        self._name, self._args = name, args
        self._made: dict[str, tuple[str, aws.cloudwatch.MetricAlarm]] = {}
        for rule in args.settings.alarms:
            for signal in self._subjects(rule):
                self._make(rule, signal, _on_threshold(rule, signal))
        if args.settings.enable_detailed_monitoring:
            for unusual in args.settings.anomalies:
                for signal in self._subjects(unusual):
                    self._make(unusual, signal, _on_anomaly(unusual, signal))
        for composite in args.settings.composites:
            self._composite(composite)
        self.register_outputs({})

    def _subjects(self, rule: Rule) -> list[Signal]:
        """The signals that the rule is about; `pulumi.RunError` when it is about nothing that there is."""
        signals = self._args.signals
        matching = [signal for signal in signals if signal.kind == rule.signal]
        if not matching:
            known = ", ".join(sorted({signal.kind for signal in signals}))
            raise pulumi.RunError(
                f"goal-mandala:observability.alarms: rule '{rule.name}' is about '{rule.signal}', which nothing in "
                f"this stack signals; the signals are {known}"
            )
        subjects = {signal.subject for signal in matching}
        if unknown := sorted({*rule.subjects, *rule.except_subjects} - subjects):
            raise pulumi.RunError(
                f"goal-mandala:observability.alarms: rule '{rule.name}' names {', '.join(unknown)}, which do not "
                f"signal '{rule.signal}'; those that do are {', '.join(sorted(subjects))}"
            )
        return [
            signal
            for signal in matching
            if signal.subject not in rule.except_subjects and (not rule.subjects or signal.subject in rule.subjects)
        ]

    def _make(self, rule: Rule, signal: Signal, measured: Mapping[str, Any]) -> None:
        args = self._args
        role = rule.name if rule.name.startswith(signal.subject) else f"{signal.subject}-{rule.name}"
        region = signal.region or args.stack.region
        actions = [args.channels.alerts[region]]
        if rule.severity == "critical":
            actions.append(args.channels.pages[region])
        alarm = aws.cloudwatch.MetricAlarm(
            f"{self._name}-{role}",
            name=args.stack.naming.of("alarm", role),
            alarm_description=_description(rule.severity, signal.kind, signal.runbook),
            actions_enabled=args.settings.enable_alerts,
            evaluation_periods=rule.periods,
            datapoints_to_alarm=rule.periods,
            treat_missing_data="notBreaching",
            alarm_actions=actions,
            ok_actions=[args.channels.alerts[region]],
            region=None if region == args.stack.region else region,
            **measured,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._made[role] = region, alarm

    def _composite(self, rule: CompositeRule) -> None:
        args = self._args
        home = args.stack.region
        if unknown := sorted(set(rule.alarms) - set(self._made)):
            raise pulumi.RunError(
                f"goal-mandala:observability.composites: '{rule.name}' names the alarms {', '.join(unknown)}, which "
                f"this stack does not have; it has {', '.join(sorted(self._made))}"
            )
        if elsewhere := [role for role in rule.alarms if self._made[role][0] != home]:
            raise pulumi.RunError(
                f"goal-mandala:observability.composites: '{rule.name}' names {', '.join(elsewhere)}, which stand in "
                f"another region: a composite alarm sees the alarms of {home} only"
            )
        terms = [pulumi.Output.concat('ALARM("', self._made[role][1].name, '")') for role in rule.alarms]
        joint = " AND " if rule.require == "all" else " OR "
        aws.cloudwatch.CompositeAlarm(
            f"{self._name}-{rule.name}",
            alarm_name=args.stack.naming.of("alarm", rule.name),
            alarm_description=_description("critical", "composite", rule.runbook),
            alarm_rule=pulumi.Output.all(*terms).apply(joint.join),
            actions_enabled=args.settings.enable_alerts,
            alarm_actions=[args.channels.alerts[home], args.channels.pages[home]],
            ok_actions=[args.channels.alerts[home]],
            opts=pulumi.ResourceOptions(parent=self),
        )


def _description(severity: str, kind: str, runbook: str) -> str:
    return json.dumps({"severity": severity, "signal": kind, "runbook": f"runbooks/{runbook}"}, sort_keys=True)


def _on_threshold(rule: AlarmRule, signal: Signal) -> dict[str, Any]:
    """What is measured, one metric or metric math over several, and the line it must not cross."""
    line = {"comparison_operator": OPERATORS[rule.comparison], "threshold": rule.threshold}
    if not signal.expression:
        metric = signal.metrics[0]
        statistic = rule.statistic or metric.statistic
        return line | {
            "namespace": metric.namespace,
            "metric_name": metric.name,
            "dimensions": dict(metric.dimensions),
            "period": rule.period_seconds,
            "extended_statistic" if statistic.startswith("p") else "statistic": statistic,
        }
    if rule.statistic:
        raise pulumi.RunError(
            f"goal-mandala:observability.alarms: rule '{rule.name}' sets statistic '{rule.statistic}', but "
            f"'{signal.kind}' is computed from several metrics: remove the key"
        )
    result = {"id": "result", "expression": signal.expression, "label": signal.kind, "return_data": True}
    return line | {
        "metric_queries": [result, *(_query(metric, rule.period_seconds, shown=False) for metric in signal.metrics)]
    }


def _on_anomaly(rule: AnomalyRule, signal: Signal) -> dict[str, Any]:
    """The metric, and the band that CloudWatch learns for it."""
    if signal.expression:
        raise pulumi.RunError(
            f"goal-mandala:observability.anomalies: rule '{rule.name}' is about '{signal.kind}', which is computed "
            f"from several metrics: an anomaly rule takes a signal of one metric"
        )
    metric = signal.metrics[0]
    band = {
        "id": "band",
        "expression": f"ANOMALY_DETECTION_BAND({metric.id}, {rule.deviations:g})",
        "label": f"{signal.kind}, expected",
        "return_data": True,
    }
    return {
        "comparison_operator": DIRECTIONS[rule.direction],
        "threshold_metric_id": "band",
        "metric_queries": [band, _query(metric, rule.period_seconds, shown=True)],
    }


def _query(metric: Metric, period: int, *, shown: bool) -> dict[str, Any]:
    measured = {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": dict(metric.dimensions),
        "period": period,
        "stat": metric.statistic,
    }
    return {"id": metric.id, "metric": measured, "return_data": shown}
