"""Where alarms and failures are published."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.grant import Grant
from components.parts.keys import Keys
from components.parts.stack import Stack
from components.parts.statement import allow, allow_service, deny_insecure_transport, document


@dataclass(frozen=True, kw_only=True)
class TopicsArgs:
    """What the topics are made from."""

    stack: Stack
    keys: Keys


class Topics(pulumi.ComponentResource):
    """Two topics: `alerts` receives every alarm and failure, `pages` what must wake somebody (row 178)."""

    alerts_arn: pulumi.Output[str]
    pages_arn: pulumi.Output[str]

    def __init__(self, name: str, args: TopicsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make both topics."""
        super().__init__("mandala:parts:Topics", name, None, opts)
        self._name, self._args = name, args
        self.alerts_arn = self._topic("alerts")
        self.pages_arn = self._topic("pages")
        self.register_outputs({"alerts_arn": self.alerts_arn, "pages_arn": self.pages_arn})

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

    def _topic(self, role: str) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        topic = aws.sns.Topic(
            f"{self._name}-{role}",
            name=self._args.stack.naming.of("topic", role),
            kms_master_key_id=self._args.keys.data,
            opts=child,
        )
        own = {"StringEquals": {"aws:SourceAccount": self._args.stack.account_id}}
        alarms = allow_service("cloudwatch.amazonaws.com", "sns:Publish", on=[topic.arn], when=own, sid="AlarmsPublish")
        aws.sns.TopicPolicy(
            f"{self._name}-{role}",
            arn=topic.arn,
            policy=document([alarms, deny_insecure_transport("sns:Publish", [topic.arn])]),
            opts=child,
        )
        return topic.arn
