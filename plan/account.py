"""Who answers for the cloud while the program runs under the recording monitor.

`plan` answers with well-formed made-up values; the twin creates the resource in the emulator and answers with
what it got. Both see the same registrations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class Registration:
    """One resource as the program registers it.

    `inputs` are plain values: whole numbers as int, secrets unwrapped (their property names stand in `secrets`),
    assets and archives as `pulumi.FileAsset`, `pulumi.StringAsset`, `pulumi.FileArchive`, `pulumi.AssetArchive`.
    A path in an asset is relative to the project's root folder.
    """

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    inputs: dict[str, Any]
    secrets: frozenset[str] = frozenset()
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    provider: str = ""
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Created:
    """What the provider answers: the id and the computed outputs, in Pulumi's camelCase.

    The inputs need not be repeated: they are echoed unless `outputs` overrides them.
    """

    id: str
    outputs: dict[str, Any] = field(default_factory=dict)


class Account(Protocol):
    """The cloud, as far as the program can tell. Called from several threads at once."""

    def create(self, registration: Registration) -> Created:
        """Make the resource exist and return its id and outputs; raise to fail it."""

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        """Answer a provider function such as `aws:index/getCallerIdentity:getCallerIdentity`."""
