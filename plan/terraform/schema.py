"""What the Terraform provider knows of the resource types in use: attributes, blocks, which are required.

The data is a subset of `terraform providers schema -json`, made by `plan/terraform/schema_subset.py` and committed, so
that an export needs no Terraform.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parent.parent / "schema" / "terraform.json"
COMMAND = "python -m plan.terraform.schema_subset"


class SchemaError(Exception):
    """The schema lacks something; the message says what to run."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """The inside of a resource or of a nested block.

    `attributes` maps a name to its Terraform type (`"string"`, `["list", "string"]`, ...), `computed` those that only
    the provider sets.
    """

    attributes: dict[str, Any]
    computed: dict[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    blocks: dict[str, Block] = field(default_factory=dict)

    @functools.cached_property
    def inputs(self) -> frozenset[str]:
        """What a configuration may set here."""
        return frozenset(self.attributes) | frozenset(self.blocks)

    @functools.cached_property
    def outputs(self) -> frozenset[str]:
        """What a reference may name here."""
        return frozenset(self.attributes) | frozenset(self.computed)


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The types of the AWS provider that the program uses, by Pulumi's token and by Terraform's name."""

    version: str
    tokens: dict[str, str]
    provider: Block
    resources: dict[str, Block]

    def type_of(self, token: str) -> str:
        """The Terraform type of a Pulumi type token."""
        try:
            return self.tokens[token]
        except KeyError:
            raise SchemaError(
                f"{token} is not in plan/schema/{FILE.name}: run '{COMMAND}' where Terraform and the AWS provider are"
            ) from None


@functools.cache
def load(path: Path = FILE) -> Schema:
    """The committed schema."""
    data = json.loads(path.read_text(encoding="utf-8"))
    shared = data["shared"]
    read = functools.cache(lambda key: block(shared[key]))

    def block(raw: dict[str, Any]) -> Block:
        return Block(
            attributes=raw.get("attributes", {}),
            computed=raw.get("computed", {}),
            required=frozenset(raw.get("required", ())),
            blocks={name: read(key) for name, key in raw.get("blocks", {}).items()},
        )

    return Schema(
        version=data["version"],
        tokens=data["tokens"],
        provider=block(data["provider"]),
        resources={name: block(raw) for name, raw in data["resources"].items()},
    )
