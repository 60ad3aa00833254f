"""Logs that AWS's services deliver: from a source to a destination. The emulator holds them and delivers nothing."""

from __future__ import annotations

from twin.handlers.handler import Handler
from twin.handlers.mapped import Mapped

HANDLERS: dict[str, Handler] = {
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": Mapped(
        service="logs",
        create_call="put_delivery_source",
        named="name",
        id="{name}",
        outputs={"arn": "{deliverySource[arn]}"},
        delete_call="delete_delivery_source",
        delete_with={"name": "{id}"},
        put=True,
    ),
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": Mapped(
        service="logs",
        create_call="put_delivery_destination",
        named="name",
        id="{name}",
        outputs={"arn": "{deliveryDestination[arn]}"},
        delete_call="delete_delivery_destination",
        delete_with={"name": "{id}"},
        put=True,
    ),
    "aws:cloudwatch/logDelivery:LogDelivery": Mapped(
        service="logs",
        create_call="create_delivery",
        id="{delivery[id]}",
        outputs={"arn": "{delivery[arn]}"},
        delete_call="delete_delivery",
        delete_with={"id": "{id}"},
    ),
}
