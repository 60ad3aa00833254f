"""A handler that is only data: which operations make and remove the resource, and what its id and outputs are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from plan.account import Created
from twin.handlers.handler import Handler, Order

GONE = ("NotFound", "NoSuch", "NonExistent", "DoesNotExist", "does not exist")


@dataclass(frozen=True, kw_only=True)
class Mapped(Handler):
    """`id`, `outputs`, `fixed` and `delete_with` are format templates over the inputs (`{restApi}`), the answer
    (`{Vpc[VpcId]}`), `{name}`, `{region}` and `{account}`; outputs and deletion also know `{id}`.

    `named` is the input that Pulumi would name itself. `renames` maps Pulumi's names to the API's where they differ;
    `without` are inputs that the emulator has no place for. With `put`, creating again is how it is updated.
    """

    service: str
    create_call: str
    id: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    named: str = ""
    renames: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    delete_call: str = ""
    delete_with: Mapping[str, Any] = field(default_factory=dict)
    put: bool = False

    def create(self, order: Order) -> Created:
        """One call, its answer turned into the id and the outputs."""
        facts = _facts(order, self.named)
        fixed = {key: _filled(value, facts) for key, value in self.fixed.items()}
        values = self.values(order, facts)
        facts |= order.call(self.service, self.create_call, values, renames=self.renames, **fixed)
        facts["id"] = self.id.format_map(facts)
        outputs = {key: template.format_map(facts) for key, template in self.outputs.items()}
        if self.named:
            outputs[self.named] = facts["name"]
        return Created(id=facts["id"], outputs=outputs)

    def values(self, order: Order, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs to be translated."""
        values = order.declared(*self.without)
        if self.named:
            values.pop(f"{self.named}Prefix", None)
            values[self.named] = facts["name"]
        return values

    def update(self, order: Order, existing: Created) -> Created:
        """Create again where the API's call puts the whole; otherwise refused."""
        return self.create(order) if self.put else super().update(order, existing)

    def delete(self, order: Order, existing: Created) -> None:
        """One call; without a `delete_call` the resource goes with its owner."""
        if not self.delete_call:
            return
        facts = _facts(order, self.named) | existing.outputs | {"id": existing.id}
        arguments = {key: _filled(value, facts) for key, value in self.delete_with.items()}
        remove(order, self.service, self.delete_call, **arguments)


@contextmanager
def tolerated() -> Iterator[None]:
    """Deletions within: that the resource is gone already is what was wanted."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        details = error.response.get("Error", {})
        text = f"{details.get('Code', '')} {details.get('Message', '')}"
        if not any(word in text for word in GONE):
            raise


def remove(order: Order, service: str, operation: str, **arguments: Any) -> None:
    """Call a delete operation, whether or not the resource is still there."""
    with tolerated():
        getattr(order.client(service), operation)(**arguments)


def _facts(order: Order, named: str) -> dict[str, Any]:
    name = order.name(named) if named else ""
    return {
        **order.inputs,
        "name": name or order.inputs.get("name", ""),
        "region": order.region,
        "account": order.cloud.account_id,
    }


def _filled(value: Any, facts: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return value.format_map(facts)
    if isinstance(value, list):
        return [_filled(item, facts) for item in value]
    return value
