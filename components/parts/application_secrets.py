"""The secrets that are not the database's: what tokens are signed with, and the keys of services outside."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_random as random

from components.parts.grant import Grant
from components.parts.keys import Keys
from components.parts.secret import empty_secret, secret_value
from components.parts.secret_watch import SecretWatch, SecretWatchArgs
from components.parts.signal import Signal
from components.parts.stack import Stack
from components.parts.statement import allow
from settings.secrets import ParameterStoreEntry, SecretsSettings

SIGNING_BYTES = 32  # 256 bits for HS256, written as 64 hexadecimal digits
RECOVERY_WINDOW_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class ApplicationSecretsArgs:
    """What the secrets are made from."""

    settings: SecretsSettings
    stack: Stack
    keys: Keys


class ApplicationSecrets(pulumi.ComponentResource):
    """The signing secret, one entry for each service outside, and the watch over all secrets of the stack.

    The signing secret is rotated by hand: a new version makes the old one AWSPREVIOUS, and whoever checks a token
    accepts both. The entries for services outside have no value until an operator puts one in.
    """

    jwt_secret_arn: pulumi.Output[str]

    def __init__(self, name: str, args: ApplicationSecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the secrets."""
        super().__init__("mandala:parts:ApplicationSecrets", name, None, opts)
        self._name, self._args = name, args
        self.jwt_secret_arn = self._signing_secret()
        self._external = {entry: self._external_arn(entry) for entry in sorted(args.settings.external)}
        self._watch: SecretWatch | None = None
        if args.settings.watch:
            self._watch = SecretWatch(
                f"{name}-watch",
                SecretWatchArgs(settings=args.settings.watch, stack=args.stack, keys=args.keys),
                pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"jwt_secret_arn": self.jwt_secret_arn})

    def signs_tokens(self) -> Grant:
        """What a function needs to sign and check tokens: all versions of the signing secret."""
        read = allow("secretsmanager:GetSecretValue", on=[self.jwt_secret_arn])
        return Grant(
            environment={"JWT_SECRET_ARN": self.jwt_secret_arn},
            statements=(read, self._args.keys.decrypts_secrets()),
        )

    def reads(self, entry: str | None, variable: str) -> Grant:
        """What a function needs to read the credentials of one service outside; their ARN stands in `variable`.

        Nothing for no entry: the service is used without credentials.
        """
        if entry is None:
            return Grant()
        keys, arn = self._args.keys, self._external[entry]
        if isinstance(self._args.settings.external[entry], ParameterStoreEntry):
            statements = (allow("ssm:GetParameter", on=[arn]), keys.decrypts_parameters())
        else:
            statements = (allow("secretsmanager:GetSecretValue", on=[arn]), keys.decrypts_secrets())
        return Grant(environment={variable: arn}, statements=statements)

    def exports(self) -> dict[str, pulumi.Output[str]]:
        """What operators' tools need to know: where each secret is."""
        outside = {f"{entry.replace('-', '_')}_secret_arn": arn for entry, arn in self._external.items()}
        return {"jwt_secret_arn": self.jwt_secret_arn, **outside}

    def signals(self) -> list[Signal]:
        """Reads of secrets and rotations that failed, where they are watched."""
        return self._watch.signals() if self._watch else []

    def _signing_secret(self) -> pulumi.Output[str]:
        drawn = random.RandomBytes(f"{self._name}-jwt", length=SIGNING_BYTES, opts=pulumi.ResourceOptions(parent=self))
        secret = empty_secret(
            f"{self._name}-jwt",
            parent=self,
            physical_name=self._args.stack.naming.of("secret", "jwt"),
            description="What tokens are signed with (HS256)",
            key_arn=self._args.keys.secrets,
            recovery_window_days=RECOVERY_WINDOW_DAYS,
        )
        secret_value(f"{self._name}-jwt", parent=self, secret=secret, value=drawn.hex, rotated=True)
        return secret.arn

    def _external_arn(self, name: str) -> pulumi.Output[str]:
        entry, stack = self._args.settings.external[name], self._args.stack
        if isinstance(entry, ParameterStoreEntry):
            return pulumi.Output.concat(
                "arn:aws:ssm:", stack.region, ":", stack.account_id, ":parameter", entry.parameter
            )
        return empty_secret(
            f"{self._name}-{name}",
            parent=self,
            physical_name=stack.naming.of("secret", name),
            description=entry.description,
            key_arn=self._args.keys.secrets,
            recovery_window_days=RECOVERY_WINDOW_DAYS,
        ).arn
