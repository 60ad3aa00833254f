"""The graph: every resource that a stack's program registers, with what the engine would know about it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from plan.account import Registration
from plan.values import SECRET_TEXT, jsonable


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A registration with the id and the outputs that it got."""

    registration: Registration
    id: str = ""
    outputs: dict[str, Any] = field(default_factory=dict)

    @property
    def urn(self) -> str:
        """The URN with the whole chain of parent types."""
        return self.registration.urn

    @property
    def type(self) -> str:
        """The type token, such as `aws:sqs/queue:Queue`."""
        return self.registration.type

    @property
    def name(self) -> str:
        """The logical name."""
        return self.registration.name

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs, secrets in clear: mask before printing (`masked_inputs`)."""
        return self.registration.inputs

    @property
    def options(self) -> dict[str, Any]:
        """`protect` always; the other resource options when they are set."""
        return self.registration.options

    def masked_inputs(self) -> dict[str, Any]:
        """The inputs as JSON values, every property that holds a secret replaced by a mark."""
        secrets = self.registration.secrets
        return {key: SECRET_TEXT if key in secrets else jsonable(value) for key, value in sorted(self.inputs.items())}

    def as_json(self) -> dict[str, Any]:
        """The form that `plan show --json` prints."""
        registration = self.registration
        return {
            "urn": registration.urn,
            "type": registration.type,
            "name": registration.name,
            "parent": registration.parent,
            "inputs": self.masked_inputs(),
            "options": jsonable(registration.options),
            "dependencies": list(registration.dependencies),
        }


@dataclass(frozen=True, kw_only=True)
class Graph:
    """All resources of a stack, sorted by URN."""

    stack: str
    resources: tuple[Resource, ...]
    exports: dict[str, Any]
    export_secrets: frozenset[str] = frozenset()

    def of_type(self, type_: str) -> list[Resource]:
        """The resources of one type token."""
        return [resource for resource in self.resources if resource.type == type_]

    def named(self, type_: str, name: str) -> Resource:
        """The one resource of this type and logical name; LookupError when there is none."""
        for resource in self.resources:
            if resource.type == type_ and resource.name == name:
                return resource
        raise LookupError(f"stack {self.stack} has no {type_} named '{name}'")

    def below(self, component: str) -> Graph:
        """Only the component of this logical name, right under the stack, and all that it holds."""
        roots = {
            r.urn for r in self.resources if r.name == component and "::pulumi:pulumi:Stack::" in r.registration.parent
        }
        kept = set(roots)
        grown = True
        while grown:
            more = {r.urn for r in self.resources if r.registration.parent in kept} - kept
            kept |= more
            grown = bool(more)
        return replace(self, resources=tuple(r for r in self.resources if r.urn in kept))

    def as_json(self) -> dict[str, Any]:
        """The form that `plan show --json` prints."""
        return {"stack": self.stack, "resources": [resource.as_json() for resource in self.resources]}
