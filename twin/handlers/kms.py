"""Keys of AWS Key Management Service."""

from __future__ import annotations

from plan.account import Created
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import Mapped, remove


class Key(Handler):
    """A customer-managed key; deleting schedules its deletion."""

    def create(self, order: Order) -> Created:
        """Make the key, its policy and its rotation."""
        values = order.declared("enableKeyRotation", "rotationPeriodInDays", "deletionWindowInDays", "isEnabled")
        renames = {"tags": "Tags", "customerMasterKeySpec": "KeySpec"}
        tags = [{"TagKey": key, "TagValue": value} for key, value in values.pop("tags", {}).items()]
        metadata = order.call("kms", "create_key", values, renames=renames, Tags=tags)["KeyMetadata"]
        if order.inputs.get("enableKeyRotation"):
            order.client("kms").enable_key_rotation(KeyId=metadata["KeyId"])
        return Created(id=metadata["KeyId"], outputs={"keyId": metadata["KeyId"], "arn": metadata["Arn"]})

    def delete(self, order: Order, existing: Created) -> None:
        """Schedule the deletion after the declared window."""
        days = order.inputs.get("deletionWindowInDays", 30)
        remove(order, "kms", "schedule_key_deletion", KeyId=existing.id, PendingWindowInDays=days)


HANDLERS: dict[str, Handler] = {
    "aws:kms/key:Key": Key(),
    "aws:kms/alias:Alias": Mapped(
        service="kms",
        create_call="create_alias",
        named="name",
        renames={"name": "AliasName"},
        id="{name}",
        outputs={
            "arn": "arn:aws:kms:{region}:{account}:{name}",
            "targetKeyArn": "arn:aws:kms:{region}:{account}:key/{targetKeyId}",
        },
        delete_call="delete_alias",
        delete_with={"AliasName": "{id}"},
    ),
}
