"""SNS topics, their policies and subscriptions."""

from __future__ import annotations

from plan.account import Created
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import remove
from twin.handlers.shapes import attributes

_TOPIC_ATTRIBUTES = {
    "displayName": "DisplayName",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "deliveryPolicy": "DeliveryPolicy",
    "tracingConfig": "TracingConfig",
    "fifoTopic": "FifoTopic",
    "contentBasedDeduplication": "ContentBasedDeduplication",
}
_SUBSCRIPTION_ATTRIBUTES = {
    "rawMessageDelivery": "RawMessageDelivery",
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "redrivePolicy": "RedrivePolicy",
    "deliveryPolicy": "DeliveryPolicy",
    "subscriptionRoleArn": "SubscriptionRoleArn",
}


class Topic(Handler):
    """A topic."""

    def create(self, order: Order) -> Created:
        """Make the topic with its attributes."""
        name = order.name()
        tags = [{"Key": key, "Value": value} for key, value in (order.inputs.get("tags") or {}).items()]
        given = attributes(order.inputs, _TOPIC_ATTRIBUTES)
        arn = order.client("sns").create_topic(Name=name, Attributes=given, Tags=tags)["TopicArn"]
        return Created(id=arn, outputs={"arn": arn, "name": name, "owner": order.cloud.account_id})

    def update(self, order: Order, existing: Created) -> Created:
        """Set the attributes."""
        for name, value in attributes(order.inputs, _TOPIC_ATTRIBUTES).items():
            order.client("sns").set_topic_attributes(TopicArn=existing.id, AttributeName=name, AttributeValue=value)
        return existing

    def delete(self, order: Order, existing: Created) -> None:
        """Remove the topic and its subscriptions."""
        remove(order, "sns", "delete_topic", TopicArn=existing.id)


class TopicPolicy(Handler):
    """Who may publish to a topic."""

    def create(self, order: Order) -> Created:
        """Set the policy."""
        order.client("sns").set_topic_attributes(
            TopicArn=order.inputs["arn"], AttributeName="Policy", AttributeValue=order.inputs["policy"]
        )
        return Created(id=order.inputs["arn"], outputs={"owner": order.cloud.account_id})

    def update(self, order: Order, existing: Created) -> Created:
        """Set it anew."""
        return self.create(order)

    def delete(self, order: Order, existing: Created) -> None:
        """It goes with its topic."""


class TopicSubscription(Handler):
    """Where a topic delivers to."""

    def create(self, order: Order) -> Created:
        """Subscribe; an e-mail address has nobody here to confirm it."""
        inputs = order.inputs
        arn = order.client("sns").subscribe(
            TopicArn=inputs["topic"],
            Protocol=inputs["protocol"],
            Endpoint=inputs["endpoint"],
            Attributes=attributes(inputs, _SUBSCRIPTION_ATTRIBUTES),
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        outputs = {"arn": arn, "ownerId": order.cloud.account_id, "pendingConfirmation": False}
        return Created(id=arn, outputs=outputs)

    def delete(self, order: Order, existing: Created) -> None:
        """Unsubscribe."""
        remove(order, "sns", "unsubscribe", SubscriptionArn=existing.id)


HANDLERS: dict[str, Handler] = {
    "aws:sns/topic:Topic": Topic(),
    "aws:sns/topicPolicy:TopicPolicy": TopicPolicy(),
    "aws:sns/topicSubscription:TopicSubscription": TopicSubscription(),
}
