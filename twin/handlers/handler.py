"""What a handler is given and what it answers."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plan.account import Created, Registration
from twin.cloud import Cloud
from twin.handlers import shapes


class HandlerError(Exception):
    """A resource cannot be made as declared; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """One resource to create, update or delete, and the account to do it in."""

    registration: Registration
    cloud: Cloud

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs, in Pulumi's camelCase."""
        return self.registration.inputs

    @property
    def region(self) -> str:
        """The resource's own region, or the account's."""
        return str(self.inputs.get("region") or self.cloud.region)

    def name(self, key: str = "name") -> str:
        """The physical name: as declared, or named after the logical name as Pulumi would, `<logical>-<7 hex>`."""
        declared = self.inputs.get(key)
        if declared:
            return str(declared)
        suffix = hashlib.sha256(self.registration.urn.encode()).hexdigest()[:7]
        prefix = self.inputs.get(f"{key}Prefix")
        return f"{prefix}{suffix}" if prefix else f"{self.registration.name}-{suffix}"

    def arn(self, service: str, resource: str, *, regional: bool = True, account: bool = True) -> str:
        """`arn:aws:<service>:<region>:<account>:<resource>`."""
        region = self.region if regional else ""
        return f"arn:aws:{service}:{region}:{self.cloud.account_id if account else ''}:{resource}"

    def client(self, service: str) -> Any:
        """The boto3 client of a service in the resource's region."""
        return self.cloud.client(service, self.region)

    def call(
        self,
        service: str,
        operation: str,
        values: Mapping[str, Any],
        *,
        renames: Mapping[str, str] | None = None,
        **fixed: Any,
    ) -> dict[str, Any]:
        """Call an operation with Pulumi's `values` translated by the operation's own shape, and `fixed` as they are."""
        client = self.client(service)
        arguments = shapes.arguments(client, operation, values, renames or {})
        answer: dict[str, Any] = getattr(client, operation)(**arguments, **fixed)
        return answer

    def declared(self, *without: str) -> dict[str, Any]:
        """The inputs without those that the caller handles itself, `region`, and those that are not set."""
        left_out = {"region", *without}
        return {key: value for key, value in self.inputs.items() if key not in left_out and value is not None}


class Handler(ABC):
    """Makes the resources of one type exist. Handlers hold no state: several threads use one at once."""

    @abstractmethod
    def create(self, order: Order) -> Created:
        """Make the resource; return its id and computed outputs."""

    def update(self, order: Order, existing: Created) -> Created:
        """Change `existing` into what `order` declares. Refused unless the type says how."""
        raise HandlerError(
            f"{order.registration.type} '{order.registration.name}' ({existing.id}) cannot be updated in place on the "
            "twin: add 'update' to its handler, or start from nothing with 'make down up'"
        )

    @abstractmethod
    def delete(self, order: Order, existing: Created) -> None:
        """Remove the resource; one that is already gone is no error."""
