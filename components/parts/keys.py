"""The customer-managed keys as other components use them."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.parts.statement import Statement, allow


@dataclass(frozen=True, kw_only=True)
class Keys:
    """ARNs of the stack's keys."""

    region: str
    data: pulumi.Input[str]
    logs: pulumi.Input[str]
    secrets: pulumi.Input[str]

    def decrypts_secrets(self) -> Statement:
        """What a function needs to read an encrypted secret, by way of Secrets Manager only."""
        return self._decrypts(self.secrets, "secretsmanager")

    def decrypts_queues(self) -> Statement:
        """What a function needs to receive from an encrypted queue."""
        return self._decrypts(self.data, "sqs")

    def _decrypts(self, key: pulumi.Input[str], service: str) -> Statement:
        via = {"StringEquals": {"kms:ViaService": f"{service}.{self.region}.amazonaws.com"}}
        return allow("kms:Decrypt", on=[key], when=via)
