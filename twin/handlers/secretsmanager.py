"""Secrets Manager: secrets and their values."""

from __future__ import annotations

from plan.account import Created
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import Mapped


class SecretVersion(Handler):
    """A value of a secret; a later one replaces it by a new version."""

    def create(self, order: Order) -> Created:
        """Put the value."""
        values = order.declared("versionStages")
        answer = order.call("secretsmanager", "put_secret_value", values)
        arn, version = answer["ARN"], answer["VersionId"]
        outputs = {"arn": arn, "versionId": version, "versionStages": answer["VersionStages"]}
        return Created(id=f"{arn}|{version}", outputs=outputs)

    def update(self, order: Order, existing: Created) -> Created:
        """Put the new value: the former one stays as AWSPREVIOUS."""
        return self.create(order)

    def delete(self, order: Order, existing: Created) -> None:
        """It goes with its secret."""


HANDLERS: dict[str, Handler] = {
    "aws:secretsmanager/secret:Secret": Mapped(
        service="secretsmanager",
        create_call="create_secret",
        named="name",
        # A window for second thoughts would keep the name taken after the twin's stack is gone.
        without=("recoveryWindowInDays",),
        id="{ARN}",
        outputs={"arn": "{ARN}"},
        delete_call="delete_secret",
        delete_with={"SecretId": "{id}", "ForceDeleteWithoutRecovery": True},
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": SecretVersion(),
}
