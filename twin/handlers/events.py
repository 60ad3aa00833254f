"""EventBridge: rules and their targets."""

from __future__ import annotations

from plan.account import Created
from twin.handlers import shapes
from twin.handlers.handler import Handler, HandlerError, Order
from twin.handlers.mapped import Mapped, remove


class EventTarget(Handler):
    """Where a rule sends its events: EventBridge keeps targets as a list of the rule."""

    def create(self, order: Order) -> Created:
        """Put the one target."""
        client = order.client("events")
        id_ = order.name("targetId")
        target = order.declared("rule", "eventBusName") | {"targetId": id_}
        arguments = shapes.arguments(
            client, "put_targets", {"rule": order.inputs["rule"], "targets": [target]}, {"targetId": "Id"}
        )
        if refused := client.put_targets(**arguments)["FailedEntries"]:
            raise HandlerError(f"EventBridge refused the target of rule {order.inputs['rule']}: {refused}")
        return Created(id=f"{order.inputs['rule']}-{id_}", outputs={"targetId": id_})

    def update(self, order: Order, existing: Created) -> Created:
        """Put it anew."""
        return self.create(order)

    def delete(self, order: Order, existing: Created) -> None:
        """Remove the target; a rule with targets cannot be deleted."""
        remove(order, "events", "remove_targets", Rule=order.inputs["rule"], Ids=[existing.outputs["targetId"]])


HANDLERS: dict[str, Handler] = {
    "aws:cloudwatch/eventRule:EventRule": Mapped(
        service="events",
        create_call="put_rule",
        named="name",
        id="{name}",
        outputs={"arn": "arn:aws:events:{region}:{account}:rule/{name}"},
        delete_call="delete_rule",
        delete_with={"Name": "{id}"},
        put=True,
    ),
    "aws:cloudwatch/eventTarget:EventTarget": EventTarget(),
}
