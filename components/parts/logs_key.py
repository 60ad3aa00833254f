"""A key for log groups that stand outside the stack's region, where the stack's own key cannot be used."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.parts.stack import Stack
from components.parts.statement import account_administers, allow_service, document


def logs_key(name: str, role: str, *, region: str, stack: Stack, parent: pulumi.Resource) -> pulumi.Output[str]:
    """The ARN of a key that CloudWatch Logs of `region` uses for this account's groups; `role` is in its alias."""
    groups = pulumi.Output.concat("arn:aws:logs:", region, ":", stack.account_id, ":log-group:*")
    use = allow_service(
        f"logs.{region}.amazonaws.com",
        *("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"),
        on=["*"],
        when={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        sid="LogGroupsEncrypt",
    )
    key = aws.kms.Key(
        name,
        description=f"{stack.naming.prefix}: encrypts log groups in {region}",
        enable_key_rotation=True,
        deletion_window_in_days=30,
        policy=document([account_administers(stack.account_id), use]),
        region=region,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    aws.kms.Alias(
        name,
        name=f"alias/{stack.naming.of('key_alias', role)}",
        target_key_id=key.key_id,
        region=region,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return key.arn
