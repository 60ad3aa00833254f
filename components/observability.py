"""Who hears of what goes wrong, and where people look."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.parts.function import Function, FunctionArgs, Platform
from components.parts.grant import Grant
from components.parts.keys import Keys
from components.parts.secret import stored_secret
from components.parts.signal import Metric, Signal
from components.parts.statement import allow, allow_service, deny_insecure_transport, document
from settings.observability import AlarmRule, ObservabilitySettings

OPERATORS = {
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
    "<": "LessThanThreshold",
    "<=": "LessThanOrEqualToThreshold",
}
# A message must stay hidden for six times the function's limit, or a slow batch is received twice (Lambda
# documentation, SQS event sources).
VISIBILITY_FACTOR = 6


@dataclass(frozen=True, kw_only=True)
class ObservabilityArgs:
    """What observability is made from. `signals` are those of all other components."""

    settings: ObservabilitySettings
    platform: Platform
    keys: Keys
    alerts_topic_arn: pulumi.Input[str]
    pages_topic_arn: pulumi.Input[str]
    slack_webhook_url: pulumi.Input[str]
    signals: Sequence[Signal]


class Observability(pulumi.ComponentResource):
    """Alarms on what the components signal, the way from an alarm to Slack, and the dashboard.

    Every alarm goes to the topic `alerts`, critical ones to `pages` too. A notification waits in a queue until Slack
    has it; what cannot be delivered waits in the dead-letter queue and raises an alarm of its own.
    """

    dead_letter_queue_url: pulumi.Output[str]
    notification_queue_url: pulumi.Output[str]

    def __init__(self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the notifier, the alarms and the dashboard."""
        super().__init__("mandala:components:Observability", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        dead_letters = self._queue("dead-letters", retention_days=args.settings.dead_letter_retention_days)
        queue = self._queue(
            "notifications",
            retention_days=4,
            visibility_timeout_seconds=args.platform.size_of("notify-slack", "utility").timeout_seconds
            * VISIBILITY_FACTOR,
            redrive_policy=pulumi.Output.json_dumps(
                {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": args.settings.notify_max_receive_count},
                sort_keys=True,
            ),
        )
        notifier = self._notifier(queue)
        self._subscribe(queue)
        signals = [*args.signals, *notifier.signals(), self._dead_letter_signal(dead_letters)]
        for rule in args.settings.alarms:
            self._alarms(rule, signals)
        if args.settings.dashboard:
            self._dashboard(signals)
        self.dead_letter_queue_url = dead_letters.url
        self.notification_queue_url = queue.url
        self.register_outputs(
            {
                "dead_letter_queue_url": self.dead_letter_queue_url,
                "notification_queue_url": self.notification_queue_url,
            }
        )

    def _queue(self, role: str, *, retention_days: int, **settings: Any) -> aws.sqs.Queue:
        return aws.sqs.Queue(
            f"{self._name}-{role}",
            name=self._args.platform.stack.naming.of(
                "queue", role if role != "dead-letters" else "notifications-dead-letters"
            ),
            kms_master_key_id=self._args.keys.data,
            message_retention_seconds=retention_days * 86_400,
            **settings,
            opts=self._child,
        )

    def _notifier(self, queue: aws.sqs.Queue) -> Function:
        """The function that turns notifications into Slack messages, fed from the queue."""
        args = self._args
        webhook = stored_secret(
            f"{self._name}-slack-webhook",
            parent=self,
            physical_name=args.platform.stack.naming.of("secret", "slack-webhook"),
            description="Where Slack takes messages",
            value=args.slack_webhook_url,
            key_arn=args.keys.secrets,
            recovery_window_days=7,
        )
        receive = allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", on=[queue.arn])
        function = Function(
            f"{self._name}-notify-slack",
            FunctionArgs(
                platform=args.platform,
                source="notify_slack",
                kind="utility",
                grant=Grant(
                    environment={"SLACK_WEBHOOK_SECRET_ARN": webhook.arn},
                    statements=(
                        allow("secretsmanager:GetSecretValue", on=[webhook.arn]),
                        args.keys.decrypts_secrets(),
                        receive,
                        args.keys.decrypts_queues(),
                    ),
                ),
                runbook="notifications.md",
            ),
            opts=self._child,
        )
        aws.lambda_.EventSourceMapping(
            f"{self._name}-notifications",
            event_source_arn=queue.arn,
            function_name=function.alias_arn,
            batch_size=10,
            function_response_types=["ReportBatchItemFailures"],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[function]),
        )
        return function

    def _subscribe(self, queue: aws.sqs.Queue) -> None:
        """Alerts into the queue; both topics' mail when an address is set."""
        args = self._args
        from_topic = {"ArnEquals": {"aws:SourceArn": args.alerts_topic_arn}}
        send = allow_service("sns.amazonaws.com", "sqs:SendMessage", on=[queue.arn], when=from_topic, sid="AlertsSend")
        aws.sqs.QueuePolicy(
            f"{self._name}-notifications",
            queue_url=queue.url,
            policy=document([send, deny_insecure_transport("sqs:*", [queue.arn])]),
            opts=self._child,
        )
        aws.sns.TopicSubscription(
            f"{self._name}-notifications",
            topic=args.alerts_topic_arn,
            protocol="sqs",
            endpoint=queue.arn,
            opts=self._child,
        )
        if args.settings.notification_email:
            aws.sns.TopicSubscription(
                f"{self._name}-pages-email",
                topic=args.pages_topic_arn,
                protocol="email",
                endpoint=args.settings.notification_email,
                opts=self._child,
            )

    def _dead_letter_signal(self, queue: aws.sqs.Queue) -> Signal:
        metric = Metric(
            namespace="AWS/SQS",
            name="ApproximateNumberOfMessagesVisible",
            statistic="Maximum",
            dimensions={"QueueName": queue.name},
            unit="Count",
        )
        return Signal(
            kind="queue_dead_letters",
            subject="notifications",
            metrics=(metric,),
            runbook="notifications.md",
            group="notifications",
        )

    def _alarms(self, rule: AlarmRule, signals: Sequence[Signal]) -> None:
        """One alarm for each subject that has the rule's signal."""
        matching = [signal for signal in signals if signal.kind == rule.signal]
        if not matching:
            known = ", ".join(sorted({signal.kind for signal in signals}))
            raise pulumi.RunError(
                f"goal-mandala:observability.alarms: rule '{rule.name}' is about '{rule.signal}', which nothing in "
                f"this stack signals; the signals are {known}"
            )
        for signal in matching:
            self._alarm(rule, signal)

    def _alarm(self, rule: AlarmRule, signal: Signal) -> None:
        args = self._args
        role = rule.name if rule.name.startswith(signal.subject) else f"{signal.subject}-{rule.name}"
        actions = [args.alerts_topic_arn]
        if rule.severity == "critical":
            actions.append(args.pages_topic_arn)
        aws.cloudwatch.MetricAlarm(
            f"{self._name}-{role}",
            name=args.platform.stack.naming.of("alarm", role),
            alarm_description=json.dumps(
                {"severity": rule.severity, "signal": signal.kind, "runbook": f"runbooks/{signal.runbook}"},
                sort_keys=True,
            ),
            comparison_operator=OPERATORS[rule.comparison],
            threshold=rule.threshold,
            evaluation_periods=rule.periods,
            datapoints_to_alarm=rule.periods,
            treat_missing_data="notBreaching",
            alarm_actions=actions,
            ok_actions=[args.alerts_topic_arn],
            **_measured(signal, rule.period_seconds),
            opts=self._child,
        )

    def _dashboard(self, signals: Sequence[Signal]) -> None:
        groups: dict[str, list[Signal]] = {}
        for signal in signals:
            groups.setdefault(signal.group, []).append(signal)
        widgets = [
            _widget(index, title, group, self._args.platform.stack.region)
            for index, (title, group) in enumerate(_charts(groups))
        ]
        aws.cloudwatch.Dashboard(
            f"{self._name}-overview",
            dashboard_name=self._args.platform.stack.naming.of("dashboard", "overview"),
            dashboard_body=pulumi.Output.json_dumps({"widgets": widgets}, sort_keys=True),
            opts=self._child,
        )


def _measured(signal: Signal, period: int) -> dict[str, Any]:
    """The part of an alarm that says what is measured: one metric, or metric math over several."""
    if not signal.expression:
        metric = signal.metrics[0]
        key = "extended_statistic" if metric.statistic.startswith("p") else "statistic"
        return {
            "namespace": metric.namespace,
            "metric_name": metric.name,
            "dimensions": dict(metric.dimensions),
            "period": period,
            key: metric.statistic,
        }
    queries: list[dict[str, Any]] = [
        {"id": "result", "expression": signal.expression, "label": signal.kind, "return_data": True}
    ]
    for metric in signal.metrics:
        measured = {
            "namespace": metric.namespace,
            "metric_name": metric.name,
            "dimensions": dict(metric.dimensions),
            "period": period,
            "stat": metric.statistic,
        }
        queries.append({"id": metric.id, "metric": measured, "return_data": False})
    return {"metric_queries": queries}


def _charts(groups: Mapping[str, Sequence[Signal]]) -> list[tuple[str, list[Signal]]]:
    """One chart for each kind of signal that is a single metric, grouped by part of the system."""
    charts: list[tuple[str, list[Signal]]] = []
    for group in sorted(groups):
        kinds = sorted({signal.kind for signal in groups[group] if not signal.expression})
        for kind in kinds:
            charts.append((kind.replace("_", " ").capitalize(), [s for s in groups[group] if s.kind == kind]))
    return charts


def _widget(index: int, title: str, signals: Sequence[Signal], region: str) -> dict[str, Any]:
    metrics = []
    for signal in signals:
        metric = signal.metrics[0]
        dimensions = [part for pair in metric.dimensions.items() for part in pair]
        metrics.append(
            [metric.namespace, metric.name, *dimensions, {"stat": metric.statistic, "label": signal.subject}]
        )
    return {
        "type": "metric",
        "x": 8 * (index % 3),
        "y": 6 * (index // 3),
        "width": 8,
        "height": 6,
        "properties": {"title": title, "region": region, "metrics": metrics, "view": "timeSeries", "period": 60},
    }
