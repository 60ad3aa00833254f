"""Values as they cross the SDK's wire, made plain in one place."""

from __future__ import annotations

import json
from typing import Any

import pulumi
from pulumi.output import Unknown
from pulumi.runtime import rpc

UNKNOWN_TEXT = "[unknown]"
SECRET_TEXT = "[secret]"  # noqa: S105  # what is printed instead of a secret


def _is_secret(value: object) -> bool:
    return isinstance(value, dict) and value.get(rpc._special_sig_key) == rpc._special_secret_sig


def plain(value: Any) -> Any:
    """Unwrap secrets and give whole numbers back as int: protobuf's Struct has only doubles."""
    if isinstance(value, dict):
        if _is_secret(value):
            return plain(value["value"])
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _holds_secret(value: object) -> bool:
    if isinstance(value, dict):
        return _is_secret(value) or any(_holds_secret(item) for item in value.values())
    return isinstance(value, list) and any(_holds_secret(item) for item in value)


def secret_keys(properties: dict[str, Any]) -> frozenset[str]:
    """Names of the properties that are secret or hold a secret anywhere inside."""
    return frozenset(key for key, value in properties.items() if _holds_secret(value))


def is_unknown(value: object) -> bool:
    """Whether the value is, or holds anywhere inside, one that is only known after creation."""
    if isinstance(value, dict):
        return any(is_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(is_unknown(item) for item in value)
    return isinstance(value, Unknown) or value == rpc.UNKNOWN


def jsonable(value: Any) -> Any:
    """The value as JSON: assets as their path or text, unknown values as a mark."""
    if isinstance(value, dict):
        return {key: jsonable(item) for key, item in sorted(value.items())}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    if isinstance(value, (pulumi.FileAsset, pulumi.FileArchive)):
        return {"path": value.path}
    if isinstance(value, pulumi.StringAsset):
        return {"text": value.text}
    if isinstance(value, pulumi.AssetArchive):
        return {"assets": jsonable(value.assets)}
    if isinstance(value, Unknown) or value == rpc.UNKNOWN:
        return UNKNOWN_TEXT
    return value


def dumps(value: Any) -> str:
    """Canonical JSON text."""
    return json.dumps(jsonable(value), sort_keys=True, ensure_ascii=False, indent=2)
