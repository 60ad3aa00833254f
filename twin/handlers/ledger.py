"""Resources that the emulator does not hold: written down, so that the twin shows them and can say why.

Their ids and ARNs are well-formed; nothing stands behind them. Each type gives the reason.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from plan.account import Created
from twin.handlers.handler import Handler, Order


@dataclass(frozen=True, kw_only=True)
class Entry(Handler):
    """A resource on paper. `arn` is the resource part of its ARN with `{name}` in it; empty when it has none."""

    reason: str
    service: str = ""
    arn: str = ""
    named: str = "name"

    def create(self, order: Order) -> Created:
        """Write it down."""
        name = order.name(self.named)
        outputs = {self.named: name}
        if self.arn:
            outputs["arn"] = order.arn(self.service, self.arn.format(name=name))
        return Created(id=name, outputs=outputs)

    def update(self, order: Order, existing: Created) -> Created:
        """Write it anew."""
        return self.create(order)

    def delete(self, order: Order, existing: Created) -> None:
        """Nothing holds it."""


class Provider(Entry):
    """The provider that the program configures: the twin's account plays it."""

    def create(self, order: Order) -> Created:
        """A provider has an id and nothing else."""
        return Created(id=hashlib.sha256(order.registration.urn.encode()).hexdigest()[:32])


_PLAYED = "the twin itself plays the provider"

HANDLERS: dict[str, Handler] = {
    "pulumi:providers:aws": Provider(reason=_PLAYED),
    "pulumi:providers:awsx": Provider(reason=_PLAYED),
    "pulumi:providers:random": Provider(reason=_PLAYED),
}


def reason(type_: str) -> str:
    """Why nothing stands behind a resource of this type; empty when the emulator holds it."""
    entry = HANDLERS.get(type_)
    return entry.reason if isinstance(entry, Entry) else ""
