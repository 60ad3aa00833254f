"""A secret that is made with the stack and never seen outside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws


def stored_secret(
    name: str,
    *,
    parent: pulumi.Resource,
    physical_name: str,
    description: str,
    value: pulumi.Input[str] | Mapping[str, Any],
    key_arn: pulumi.Input[str],
    recovery_window_days: int,
    rotated: bool = False,
) -> aws.secretsmanager.Secret:
    """A Secrets Manager secret with its first value: a text, or a mapping that is stored as JSON.

    `rotated` says that something else writes later versions, which an update must then leave alone.
    """
    secret = aws.secretsmanager.Secret(
        name,
        name=physical_name,
        description=description,
        kms_key_id=key_arn,
        recovery_window_in_days=recovery_window_days,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    text = pulumi.Output.json_dumps(dict(value), sort_keys=True) if isinstance(value, Mapping) else value
    secret_text: pulumi.Output[str] = pulumi.Output.secret(text)
    aws.secretsmanager.SecretVersion(
        name,
        secret_id=secret.id,
        secret_string=secret_text,
        # Rotation writes the later values: an update must not put the first one back.
        opts=pulumi.ResourceOptions(parent=parent, ignore_changes=["secretString"] if rotated else None),
    )
    return secret
