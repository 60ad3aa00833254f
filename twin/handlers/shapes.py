"""Translates Pulumi's inputs into the arguments of an AWS operation, led by the operation's own shape.

Pulumi says `adminCreateUserConfig.allowAdminCreateUserOnly`, AWS `AdminCreateUserConfig.AllowAdminCreateUserOnly`:
the API's model, which botocore carries, knows every name and type, so only what really differs needs to be written
down. A property that finds no place raises: nothing that the program declares is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ShapeError(Exception):
    """A property has no counterpart in the operation's input."""


def arguments(client: Any, operation: str, values: Mapping[str, Any], renames: Mapping[str, str]) -> dict[str, Any]:
    """Arguments of `client.<operation>` for `values`; `renames` maps Pulumi's property names to the API's members."""
    name = client.meta.method_to_api_mapping[operation]
    shape = client.meta.service_model.operation_model(name).input_shape
    return _structure(shape, values, renames, where=operation)


def attributes(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """SQS and SNS take settings as texts by name: those of `values` that are set, under the names of `names`."""
    return {member: _scalar("string", values[key]) for key, member in names.items() if values.get(key) is not None}


def _normal(name: str) -> str:
    return name.replace("_", "").lower()


def _structure(shape: Any, values: Mapping[str, Any], renames: Mapping[str, str], where: str) -> dict[str, Any]:
    members = {_normal(member): member for member in shape.members}
    result: dict[str, Any] = {}
    for key, value in values.items():
        if value is None:
            continue
        member = _member(members, renames.get(key, key)) or _member(members, key)
        if member is None:
            raise ShapeError(f"property '{where}.{key}' has no counterpart among {sorted(shape.members)}")
        result[member] = _value(shape.members[member], value, renames, f"{where}.{key}")
    if "Quantity" in shape.members and "Quantity" not in result:
        result["Quantity"] = len(result.get("Items", []))
    return result


def _member(members: Mapping[str, str], key: str) -> str | None:
    """The member of this name; Pulumi's plural of a repeated block (`schemas`) counts as its singular (`Schema`)."""
    normal = _normal(key)
    return members.get(normal) or members.get(normal.removesuffix("s")) or members.get(f"{normal}s")


def _value(shape: Any, value: Any, renames: Mapping[str, str], where: str) -> Any:
    if shape.type_name == "structure":
        return _structure(shape, _as_mapping(shape, value), renames, where)
    if shape.type_name == "list":
        return [_value(shape.member, item, renames, where) for item in _as_list(shape, value)]
    if shape.type_name == "map":
        return {key: _value(shape.value, item, renames, f"{where}.{key}") for key, item in value.items()}
    return _scalar(shape.type_name, value)


def _as_mapping(shape: Any, value: Any) -> Mapping[str, Any]:
    """CloudFront's lists are structures with `Quantity` and `Items`."""
    if isinstance(value, list) and {"Quantity", "Items"} <= set(shape.members):
        return {"Items": value}
    result: Mapping[str, Any] = value
    return result


def _as_list(shape: Any, value: Any) -> list[Any]:
    """A map such as tags or dimensions is a list of pairs to some APIs; a block that may stand once, of one item."""
    if not isinstance(value, dict):
        return list(value)
    members = list(getattr(shape.member, "members", ()))
    if [member.lower() for member in members] in (["key", "value"], ["name", "value"]):
        return [{members[0]: key, members[1]: item} for key, item in value.items()]
    return [value]


def _scalar(type_name: str, value: Any) -> Any:
    if type_name == "string":
        return str(value).lower() if isinstance(value, bool) else str(value)
    if type_name == "boolean":
        return value == "true" if isinstance(value, str) else bool(value)
    if type_name in {"integer", "long"}:
        return int(value)
    if type_name in {"double", "float"}:
        return float(value)
    return value
