"""One resource's inputs as the arguments of a Terraform resource, by the provider's schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pulumi

from plan.terraform.names import snake, terraform_property
from plan.terraform.schema import Block

Template = Callable[[str], str]


class TranslationError(Exception):
    """An input has no place in Terraform's schema; the message names it."""


@dataclass(kw_only=True)
class Translator:
    """Translates the inputs of one resource.

    `template` reads texts (references, escapes) and is exchanged from property to property, since each has
    dependencies of its own. `assets` collects the archives and files: their path in the project by their name.
    """

    type_: str
    template: Template = str
    assets: dict[str, str] = field(default_factory=dict)

    def body(self, inputs: dict[str, Any], block: Block, path: str = "") -> dict[str, Any]:
        """The arguments of a resource or block from an object of Pulumi's."""
        result: dict[str, Any] = {}
        for name, value in inputs.items():
            if value is None:
                continue
            found = terraform_property(name, block.inputs, self.type_ if not path else "")
            if found is None:
                raise TranslationError(f"{self.type_} has no argument for '{path}{name}'")
            if found in block.blocks:
                result[found] = self._blocks(value, block.blocks[found], f"{path}{name}.")
            else:
                result[found] = self._attribute(value, block.attributes[found], f"{path}{name}")
        return result

    def _blocks(self, value: Any, block: Block, path: str) -> list[dict[str, Any]]:
        """Pulumi gives a block that occurs at most once as an object; Terraform always takes a list."""
        return [self.body(item, block, path) for item in (value if isinstance(value, list) else [value])]

    def _attribute(self, value: Any, kind: Any, path: str) -> Any:
        if isinstance(kind, list):
            outer, inner = kind
            if outer in {"list", "set"}:
                return [self._attribute(v, inner, path) for v in (value if isinstance(value, list) else [value])]
            if outer == "map":
                return {self.template(key): self._attribute(item, inner, path) for key, item in value.items()}
            return self._object(value, inner, path)
        if isinstance(value, (pulumi.FileArchive, pulumi.FileAsset)):
            return self._asset(str(value.path))
        if isinstance(value, pulumi.StringAsset):
            return self.template(value.text)
        if isinstance(value, str):
            return self.template(value)
        if isinstance(value, (dict, list)):
            return self.template(json.dumps(value, sort_keys=True))
        if isinstance(value, (bool, int, float)):
            return value
        raise TranslationError(f"{self.type_} '{path}' is a {type(value).__name__}, which has no form in Terraform")

    def plain(self, value: Any) -> Any:
        """The value as it is, but for its texts: where there is no schema to go by."""
        if isinstance(value, dict):
            return {self.template(key): self.plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.plain(item) for item in value]
        return self._attribute(value, "any", "input")

    def _object(self, value: dict[str, Any], kinds: dict[str, Any], path: str) -> dict[str, Any]:
        """An attribute that holds objects: Terraform wants each of their keys, absent ones as null."""
        result = dict.fromkeys(kinds)
        for name, item in value.items():
            found = terraform_property(name, kinds, "")
            if found is None:
                raise TranslationError(f"{self.type_} has no argument for '{path}.{name}'")
            result[found] = self._attribute(item, kinds[found], f"{path}.{name}")
        return result

    def _asset(self, source: str) -> str:
        name = source.rsplit("/", 1)[-1]
        if self.assets.setdefault(name, source) != source:
            raise TranslationError(f"{source} and {self.assets[name]} would both be assets/{name}")
        return f"${{path.module}}/assets/{name}"


def argument_path(change: str, block: Block, type_: str) -> str:
    """A property of `ignore_changes`, such as `masterPassword`, as Terraform names it."""
    head, dot, rest = change.partition(".")
    found = terraform_property(head, block.inputs, type_)
    if found is None:
        raise TranslationError(f"{type_} has no argument for '{change}', which ignore_changes names")
    if not dot:
        return found
    inner = block.blocks.get(found)
    return f"{found}[0].{argument_path(rest, inner, '')}" if inner else f"{found}.{snake(rest)}"
