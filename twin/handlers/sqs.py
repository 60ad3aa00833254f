"""SQS queues, their policies and redrive rules."""

from __future__ import annotations

from dataclasses import dataclass

from plan.account import Created
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import remove
from twin.handlers.shapes import attributes

_ATTRIBUTES = {
    "visibilityTimeoutSeconds": "VisibilityTimeout",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "maxMessageSize": "MaximumMessageSize",
    "delaySeconds": "DelaySeconds",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "redrivePolicy": "RedrivePolicy",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "policy": "Policy",
    "fifoQueue": "FifoQueue",
    "contentBasedDeduplication": "ContentBasedDeduplication",
}


class Queue(Handler):
    """A queue; its id is its URL as AWS writes it, and SQS finds it by that."""

    def create(self, order: Order) -> Created:
        """Make the queue with its attributes."""
        name = order.name()
        order.client("sqs").create_queue(
            QueueName=name, Attributes=attributes(order.inputs, _ATTRIBUTES), tags=order.inputs.get("tags") or {}
        )
        # The emulator names itself as the host; it finds a queue by the path alone.
        url = f"https://sqs.{order.region}.amazonaws.com/{order.cloud.account_id}/{name}"
        return Created(id=url, outputs={"arn": order.arn("sqs", name), "url": url, "name": name})

    def update(self, order: Order, existing: Created) -> Created:
        """Set the attributes."""
        order.client("sqs").set_queue_attributes(QueueUrl=existing.id, Attributes=attributes(order.inputs, _ATTRIBUTES))
        return existing

    def delete(self, order: Order, existing: Created) -> None:
        """Remove the queue."""
        remove(order, "sqs", "delete_queue", QueueUrl=existing.id)


@dataclass(frozen=True)
class Attribute(Handler):
    """A policy of a queue that is a resource of its own."""

    key: str

    def create(self, order: Order) -> Created:
        """Set the attribute."""
        self._set(order, str(order.inputs[self.key]))
        return Created(id=str(order.inputs["queueUrl"]))

    def update(self, order: Order, existing: Created) -> Created:
        """Set it anew."""
        return self.create(order)

    def delete(self, order: Order, existing: Created) -> None:
        """Clear it."""
        name = _ATTRIBUTES[self.key]
        remove(order, "sqs", "set_queue_attributes", QueueUrl=order.inputs["queueUrl"], Attributes={name: ""})

    def _set(self, order: Order, value: str) -> None:
        url = str(order.inputs["queueUrl"])
        order.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={_ATTRIBUTES[self.key]: value})


HANDLERS: dict[str, Handler] = {
    "aws:sqs/queue:Queue": Queue(),
    "aws:sqs/queuePolicy:QueuePolicy": Attribute("policy"),
    "aws:sqs/redrivePolicy:RedrivePolicy": Attribute("redrivePolicy"),
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": Attribute("redriveAllowPolicy"),
}
