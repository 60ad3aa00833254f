"""The way from an alarm to a person: a queue to Slack that loses nothing, and mail."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.function import Function, FunctionArgs, Platform
from components.parts.grant import Grant
from components.parts.keys import Keys
from components.parts.queue import (
    VISIBILITY_FACTOR,
    dead_letter_signal,
    delay_signal,
    encrypted_queue,
    receives,
    sends_for,
)
from components.parts.secret import stored_secret
from components.parts.signal import Signal
from components.parts.statement import allow
from components.parts.topics import Channels
from settings.observability import ObservabilitySettings

RETENTION_DAYS = 4
RUNBOOK = "notifications.md"


@dataclass(frozen=True, kw_only=True)
class NotificationsArgs:
    """What the way to Slack is made from."""

    settings: ObservabilitySettings
    platform: Platform
    keys: Keys
    channels: Channels
    slack_webhook_url: pulumi.Input[str]


class Notifications(pulumi.ComponentResource):
    """Alerts of all regions in one queue, a function that brings them to Slack, and mail for what must wake somebody.

    A notification waits in the queue until Slack has it. What cannot be delivered, by SNS or by the function, waits in
    a dead-letter queue that raises an alarm of its own.
    """

    dead_letter_queue_url: pulumi.Output[str]
    queue_url: pulumi.Output[str]

    def __init__(self, name: str, args: NotificationsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the queues, the function and the subscriptions."""
        super().__init__("mandala:parts:Notifications", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        home = args.platform.stack.region
        topics = [args.channels.alerts[region] for region in sorted(args.channels.alerts)]
        self._letters = {region: self._dead_letters(region) for region in sorted(args.channels.alerts)}
        self._queue = encrypted_queue(
            f"{name}-notifications",
            parent=self,
            physical_name=args.platform.stack.naming.of("queue", "notifications"),
            key_arn=args.keys.data,
            retention_days=RETENTION_DAYS,
            senders=lambda arn: [sends_for("sns.amazonaws.com", topics, arn)],
            visibility_timeout_seconds=args.platform.size_of("notify-slack", "utility").timeout_seconds
            * VISIBILITY_FACTOR,
            redrive_policy=pulumi.Output.json_dumps(
                {
                    "deadLetterTargetArn": self._letters[home].arn,
                    "maxReceiveCount": args.settings.notify_max_receive_count,
                },
                sort_keys=True,
            ),
        )
        self._notifier = self._function()
        for region in sorted(args.channels.alerts):
            self._subscribe(region)
        self.dead_letter_queue_url = self._letters[home].url
        self.queue_url = self._queue.url
        self.register_outputs({"dead_letter_queue_url": self.dead_letter_queue_url, "queue_url": self.queue_url})

    def signals(self) -> list[Signal]:
        """Notifications that nobody got or that wait too long, and the function's own signals."""
        home = self._args.platform.stack.region
        letters = [
            dead_letter_signal(
                queue,
                f"notifications{self._suffix(region)}",
                runbook=RUNBOOK,
                group="notifications",
                region="" if region == home else region,
            )
            for region, queue in self._letters.items()
        ]
        waiting = delay_signal(self._queue, "notifications", runbook=RUNBOOK, group="notifications")
        return [*letters, waiting, *self._notifier.signals()]

    def _suffix(self, region: str) -> str:
        return "" if region == self._args.platform.stack.region else "-global"

    def _dead_letters(self, region: str) -> aws.sqs.Queue:
        """SNS keeps what it could not deliver in a queue of the topic's region."""
        args = self._args
        topic = args.channels.alerts[region]
        return encrypted_queue(
            f"{self._name}-dead-letters{self._suffix(region)}",
            parent=self,
            physical_name=args.platform.stack.naming.of("queue", "notifications-dead-letters"),
            key_arn=args.channels.keys[region],
            retention_days=args.settings.dead_letter_retention_days,
            senders=lambda arn: [sends_for("sns.amazonaws.com", [topic], arn)],
            region=None if region == args.platform.stack.region else region,
        )

    def _function(self) -> Function:
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
                    ),
                )
                | receives(self._queue.arn, args.keys),
                runbook=RUNBOOK,
            ),
            opts=self._child,
        )
        aws.lambda_.EventSourceMapping(
            f"{self._name}-notifications",
            event_source_arn=self._queue.arn,
            function_name=function.alias_arn,
            batch_size=10,
            function_response_types=["ReportBatchItemFailures"],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[function]),
        )
        return function

    def _subscribe(self, region: str) -> None:
        """The alerts of a region into the queue, which may stand in another; its pages by mail where one is set."""
        args, suffix = self._args, self._suffix(region)
        elsewhere = region if suffix else None
        aws.sns.TopicSubscription(
            f"{self._name}-notifications{suffix}",
            topic=args.channels.alerts[region],
            protocol="sqs",
            endpoint=self._queue.arn,
            redrive_policy=pulumi.Output.json_dumps({"deadLetterTargetArn": self._letters[region].arn}, sort_keys=True),
            region=elsewhere,
            opts=self._child,
        )
        if args.settings.notification_email:
            aws.sns.TopicSubscription(
                f"{self._name}-pages-email{suffix}",
                topic=args.channels.pages[region],
                protocol="email",
                endpoint=args.settings.notification_email,
                region=elsewhere,
                opts=self._child,
            )
