"""The customer-managed keys of a stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.keys import Keys
from components.parts.stack import Stack
from components.parts.statement import Statement, account_administers, allow_service, document
from settings.encryption import EncryptionSettings

# The services that write to the stack's encrypted topics and queues.
MESSENGERS = {
    "cloudwatch": "AlarmsPublish",
    "budgets": "BudgetsPublish",
    "costalerts": "CostAnomaliesPublish",
    "sns": "TopicsSend",
    "events": "RulesSend",
}


@dataclass(frozen=True, kw_only=True)
class EncryptionArgs:
    """What the keys are made from."""

    settings: EncryptionSettings
    stack: Stack


class Encryption(pulumi.ComponentResource):
    """The keys that protect the stack: one for data, one for logs, one for secrets, each rotated yearly.

    Every key is administered through the account's own IAM policies; beyond that each lets in only the AWS services
    that must encrypt on the account's behalf, and only on its behalf.
    """

    data_key_arn: pulumi.Output[str]
    logs_key_arn: pulumi.Output[str]
    secrets_key_arn: pulumi.Output[str]

    def __init__(self, name: str, args: EncryptionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the keys and their aliases."""
        super().__init__("mandala:components:Encryption", name, None, opts)
        self._name, self._args = name, args
        self.data_key_arn = self._key("data", "databases, queues, topics and buckets", self._messaging())
        self.logs_key_arn = self._key("logs", "log groups", self._logging())
        self.secrets_key_arn = self._key("secrets", "Secrets Manager", ())
        self.register_outputs(
            {
                "data_key_arn": self.data_key_arn,
                "logs_key_arn": self.logs_key_arn,
                "secrets_key_arn": self.secrets_key_arn,
            }
        )

    def keys(self) -> Keys:
        """The keys as other components use them."""
        return Keys(
            region=self._args.stack.region,
            data=self.data_key_arn,
            logs=self.logs_key_arn,
            secrets=self.secrets_key_arn,
        )

    def _key(self, role: str, what: str, statements: Sequence[Statement]) -> pulumi.Output[str]:
        key = aws.kms.Key(
            f"{self._name}-{role}",
            description=f"{self._args.stack.naming.prefix}: encrypts {what}",
            enable_key_rotation=True,
            deletion_window_in_days=self._args.settings.deletion_window_days,
            policy=document([account_administers(self._args.stack.account_id), *statements]),
            opts=pulumi.ResourceOptions(parent=self, protect=self._args.settings.protect),
        )
        aws.kms.Alias(
            f"{self._name}-{role}",
            name=f"alias/{self._args.stack.naming.of('key_alias', role)}",
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return key.arn

    def _messaging(self) -> list[Statement]:
        """Alarms and costs publish to encrypted topics, topics and rules send to encrypted queues."""
        own = {"StringEquals": {"aws:SourceAccount": self._args.stack.account_id}}
        return [
            allow_service(
                f"{service}.amazonaws.com", "kms:Decrypt", "kms:GenerateDataKey*", on=["*"], when=own, sid=sid
            )
            for service, sid in MESSENGERS.items()
        ]

    def _logging(self) -> list[Statement]:
        groups = pulumi.Output.concat(
            "arn:aws:logs:", self._args.stack.region, ":", self._args.stack.account_id, ":log-group:*"
        )
        context = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}}
        actions = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")
        service = f"logs.{self._args.stack.region}.amazonaws.com"
        return [allow_service(service, *actions, on=["*"], when=context, sid="LogGroupsEncrypt")]
