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

    def writes_secrets(self) -> Statement:
        """What a function needs to read and write an encrypted secret, by way of Secrets Manager only."""
        return self._uses(self.secrets, "secretsmanager", "kms:Decrypt", "kms:GenerateDataKey")

    def decrypts_parameters(self) -> Statement:
        """What a function needs to read an encrypted parameter, by way of Parameter Store only."""
        return self._decrypts(self.secrets, "ssm")

    def decrypts_queues(self) -> Statement:
        """What a function needs to receive from an encrypted queue."""
        return self._decrypts(self.data, "sqs")

    def _decrypts(self, key: pulumi.Input[str], service: str) -> Statement:
        return self._uses(key, service, "kms:Decrypt")

    def _uses(self, key: pulumi.Input[str], service: str, *actions: str) -> Statement:
        via = {"StringEquals": {"kms:ViaService": f"{service}.{self.region}.amazonaws.com"}}
        return allow(*actions, on=[key], when=via)
