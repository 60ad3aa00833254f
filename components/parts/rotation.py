"""Rotation of the database's credentials."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.function import Function, FunctionArgs, Platform
from components.parts.grant import Grant
from components.parts.keys import Keys
from components.parts.signal import Signal
from components.parts.statement import allow


@dataclass(frozen=True, kw_only=True)
class RotationArgs:
    """What rotates, how often, and the platform whose network reaches the database itself."""

    platform: Platform
    keys: Keys
    days: int
    administrator_secret_arn: pulumi.Input[str]
    application_secret_arn: pulumi.Input[str]


class Rotation(pulumi.ComponentResource):
    """New credentials every so many days, without a moment at which the application's do not work.

    The application has two users that take turns: the one that is not in use gets the new password. The administrator
    has one, whose password changes for the instant between two steps; what reads it tries the pending value as well.
    """

    def __init__(self, name: str, args: RotationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the function and put both secrets into its care."""
        super().__init__("mandala:parts:Rotation", name, None, opts)
        secrets = {"application": args.application_secret_arn, "administrator": args.administrator_secret_arn}
        self._function = Function(
            f"{name}-rotate-secret",
            FunctionArgs(
                platform=args.platform,
                source="rotate_secret",
                kind="utility",
                grant=Grant(
                    environment={"ADMINISTRATOR_SECRET_ARN": args.administrator_secret_arn},
                    statements=(
                        allow(
                            "secretsmanager:DescribeSecret",
                            "secretsmanager:GetSecretValue",
                            "secretsmanager:PutSecretValue",
                            "secretsmanager:UpdateSecretVersionStage",
                            on=list(secrets.values()),
                        ),
                        args.keys.writes_secrets(),
                    ),
                ),
                runbook="secret-rotation.md",
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        for role, arn in secrets.items():
            permission = self._function.permit(f"from-{role}-secret", "secretsmanager.amazonaws.com", arn)
            aws.secretsmanager.SecretRotation(
                f"{name}-{role}",
                secret_id=arn,
                rotation_lambda_arn=self._function.alias_arn,
                rotation_rules={"automatically_after_days": args.days},
                # The first deploy is before the first migration, which makes the application's user.
                rotate_immediately=False,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
            )
        self.register_outputs({})

    def signals(self) -> list[Signal]:
        """A rotation that fails is an error of the function."""
        return self._function.signals()
