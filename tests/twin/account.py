"""An account of the emulated cloud in which tests create single resources."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from plan.account import Created, Registration
from twin.cloud import Cloud
from twin.handlers.handler import Order
from twin.handlers.registry import handler_for

# Gives the code of the error with which AWS refuses a call.
Refused = Callable[[Callable[[], Any]], str]


class Account:
    """Creates single resources in a cloud, and remembers how to delete them."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._numbers = itertools.count()
        self._made: list[tuple[Order, Created]] = []

    def order(self, type_: str, inputs: dict[str, Any], name: str = "") -> Order:
        name = name or f"thing-{next(self._numbers)}"
        urn = f"urn:pulumi:test::goal-mandala::{type_}::{name}"
        registration = Registration(urn=urn, type=type_, name=name, parent="", custom=True, inputs=inputs)
        return Order(registration=registration, cloud=self.cloud)

    def create(self, type_: str, inputs: dict[str, Any], name: str = "") -> Created:
        order = self.order(type_, inputs, name)
        created = handler_for(order.registration).create(order)
        self._made.append((order, created))
        return created

    def update(self, created: Created, inputs: dict[str, Any]) -> Created:
        order = next(order for order, made in self._made if made is created)
        changed = self.order(order.registration.type, inputs, order.registration.name)
        return handler_for(changed.registration).update(changed, created)

    def delete(self, created: Created) -> None:
        order = next(order for order, made in self._made if made is created)
        handler_for(order.registration).delete(order, created)

    def delete_all(self) -> None:
        for order, created in reversed(self._made):
            handler_for(order.registration).delete(order, created)
        self._made.clear()
