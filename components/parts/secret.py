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
) -> aws.secretsmanager.Secret:
    """A Secrets Manager secret with its value: a text, or a mapping that is stored as JSON."""
    secret = empty_secret(
        name,
        parent=parent,
        physical_name=physical_name,
        description=description,
        key_arn=key_arn,
        recovery_window_days=recovery_window_days,
    )
    secret_value(name, parent=parent, secret=secret, value=value)
    return secret


def empty_secret(
    name: str,
    *,
    parent: pulumi.Resource,
    physical_name: str,
    description: str,
    key_arn: pulumi.Input[str],
    recovery_window_days: int,
) -> aws.secretsmanager.Secret:
    """A Secrets Manager secret without a value: reading it fails until somebody puts one in."""
    return aws.secretsmanager.Secret(
        name,
        name=physical_name,
        description=description,
        kms_key_id=key_arn,
        recovery_window_in_days=recovery_window_days,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def secret_value(
    name: str,
    *,
    parent: pulumi.Resource,
    secret: aws.secretsmanager.Secret,
    value: pulumi.Input[str] | Mapping[str, Any],
    rotated: bool = False,
) -> None:
    """The first value of a secret. `rotated` says that something else writes the later ones."""
    text = pulumi.Output.json_dumps(dict(value), sort_keys=True) if isinstance(value, Mapping) else value
    secret_text: pulumi.Output[str] = pulumi.Output.secret(text)
    aws.secretsmanager.SecretVersion(
        name,
        secret_id=secret.id,
        secret_string=secret_text,
        # Rotation writes the later values: an update must not put the first one back.
        opts=pulumi.ResourceOptions(parent=parent, ignore_changes=["secretString"] if rotated else None),
    )
