"""Where alarms and failures are published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.grant import Grant
from components.parts.keys import Keys
from components.parts.stack import Stack
from components.parts.statement import (
    account_administers,
    allow,
    allow_service,
    deny_insecure_transport,
    document,
)
from settings.encryption import EncryptionSettings

# Where AWS measures and bills what belongs to no region: CloudFront, costs (CloudFront and Billing documentation).
GLOBAL_REGION = "us-east-1"
# Who publishes to a topic, as AWS names the services: CloudWatch's alarms, budgets, cost anomaly detection.
PUBLISHERS = {"cloudwatch": "AlarmsPublish", "budgets": "BudgetsPublish", "costalerts": "CostAnomaliesPublish"}


@dataclass(frozen=True, kw_only=True)
class TopicsArgs:
    """What the topics are made from. `settings` are those of the key in us-east-1."""

    settings: EncryptionSettings
    stack: Stack
    keys: Keys


@dataclass(frozen=True, kw_only=True)
class Channels:
    """The topics and their keys by region: an alarm notifies topics of its own region only."""

    alerts: Mapping[str, pulumi.Input[str]]
    pages: Mapping[str, pulumi.Input[str]]
    keys: Mapping[str, pulumi.Input[str]]


class Topics(pulumi.ComponentResource):
    """Two topics: `alerts` receives every alarm and failure, `pages` what must wake somebody (row 178).

    The pair stands in the stack's region and, for what is measured there, in us-east-1, where it has a key of its own:
    SNS encrypts with a key of its region.
    """

    alerts_arn: pulumi.Output[str]
    pages_arn: pulumi.Output[str]

    def __init__(self, name: str, args: TopicsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the topics of both regions."""
        super().__init__("mandala:parts:Topics", name, None, opts)
        self._name, self._args = name, args
        home = args.stack.region
        self.alerts_arn = self._topic("alerts", home, args.keys.data)
        self.pages_arn = self._topic("pages", home, args.keys.data)
        alerts, pages = {home: self.alerts_arn}, {home: self.pages_arn}
        keys: dict[str, pulumi.Input[str]] = {home: args.keys.data}
        if home != GLOBAL_REGION:
            key = keys[GLOBAL_REGION] = self._global_key()
            alerts[GLOBAL_REGION] = self._topic("alerts", GLOBAL_REGION, key)
            pages[GLOBAL_REGION] = self._topic("pages", GLOBAL_REGION, key)
        self._channels = Channels(alerts=alerts, pages=pages, keys=keys)
        self.register_outputs({"alerts_arn": self.alerts_arn, "pages_arn": self.pages_arn})

    def channels(self) -> Channels:
        """The topics and their keys by region."""
        return self._channels

    def publishes_alerts(self) -> Grant:
        """What a function needs to publish to `alerts`: the topic is encrypted."""
        via = {"StringEquals": {"kms:ViaService": f"sns.{self._args.stack.region}.amazonaws.com"}}
        return Grant(
            environment={"ALERTS_TOPIC_ARN": self.alerts_arn},
            statements=(
                allow("sns:Publish", on=[self.alerts_arn]),
                allow("kms:Decrypt", "kms:GenerateDataKey", on=[self._args.keys.data], when=via),
            ),
        )

    def exports(self) -> dict[str, pulumi.Output[str]]:
        """What operators' tools need to know of the topics."""
        return {"alerts_topic_arn": self.alerts_arn, "pages_topic_arn": self.pages_arn}

    def _topic(self, role: str, region: str, key_arn: pulumi.Input[str]) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        elsewhere = None if region == self._args.stack.region else region
        name = f"{self._name}-{role}" + ("-global" if elsewhere else "")
        topic = aws.sns.Topic(
            name,
            name=self._args.stack.naming.of("topic", role),
            kms_master_key_id=key_arn,
            region=elsewhere,
            opts=child,
        )
        publishers = [
            allow_service(f"{service}.amazonaws.com", "sns:Publish", on=[topic.arn], when=self._own(), sid=sid)
            for service, sid in PUBLISHERS.items()
        ]
        aws.sns.TopicPolicy(
            name,
            arn=topic.arn,
            policy=document([*publishers, deny_insecure_transport("sns:Publish", [topic.arn])]),
            region=elsewhere,
            opts=child,
        )
        return topic.arn

    def _global_key(self) -> pulumi.Output[str]:
        """The key of us-east-1: alarms, budgets and cost anomalies publish, topics send to their dead-letter queue."""
        args = self._args
        use = [
            allow_service(
                f"{service}.amazonaws.com", "kms:Decrypt", "kms:GenerateDataKey*", on=["*"], when=self._own(), sid=sid
            )
            for service, sid in {**PUBLISHERS, "sns": "TopicsSend"}.items()
        ]
        key = aws.kms.Key(
            f"{self._name}-global",
            description=f"{args.stack.naming.prefix}: encrypts topics and queues in {GLOBAL_REGION}",
            enable_key_rotation=True,
            deletion_window_in_days=args.settings.deletion_window_days,
            policy=document([account_administers(args.stack.account_id), *use]),
            region=GLOBAL_REGION,
            opts=pulumi.ResourceOptions(parent=self, protect=args.settings.protect),
        )
        aws.kms.Alias(
            f"{self._name}-global",
            name=f"alias/{args.stack.naming.of('key_alias', 'messages')}",
            target_key_id=key.key_id,
            region=GLOBAL_REGION,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return key.arn

    def _own(self) -> dict[str, dict[str, pulumi.Input[str]]]:
        """On behalf of this account alone (confused deputy)."""
        return {"StringEquals": {"aws:SourceAccount": self._args.stack.account_id}}
