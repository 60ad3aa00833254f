"""Reads a stack file as the Pulumi CLI would hand it to the program: flat strings, secrets apart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
PROJECT = "goal-mandala"
# libyaml's parser takes milliseconds where the Python one takes a quarter of a second; some builds lack it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class StackFileError(Exception):
    """The stack file cannot be read; the message says where and what."""


@dataclass(frozen=True, kw_only=True)
class StackFile:
    """`config` as in PULUMI_CONFIG: every value a string, structures as JSON. `secret_keys` are its secret ones."""

    path: Path
    stack: str
    config: dict[str, str]
    secret_keys: tuple[str, ...]


def locate(stack: str | Path) -> Path:
    """The file of a stack's name (`dev`) or the path itself."""
    path = Path(stack)
    if path.suffix in {".yaml", ".yml"}:
        if not path.is_file():
            raise StackFileError(f"{path}: no such stack file")
        return path.resolve()
    found = ROOT / f"Pulumi.{stack}.yaml"
    if not found.is_file():
        known = sorted(p.name.split(".")[1] for p in ROOT.glob("Pulumi.*.yaml"))
        raise StackFileError(
            f"stack '{stack}' has no file {found.name}; there are {', '.join(known)}, or give the path of a stack file"
        )
    return found


def _is_secure(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


def _decrypted(value: Any, key: str) -> tuple[Any, bool]:
    """The value with every encrypted part replaced by a stand-in text, and whether there was one."""
    if _is_secure(value):
        return f"secret-of-{key.rsplit(':', 1)[-1]}", True
    if isinstance(value, dict):
        parts = {name: _decrypted(item, f"{key}:{name}") for name, item in value.items()}
        return {name: part[0] for name, part in parts.items()}, any(part[1] for part in parts.values())
    if isinstance(value, list):
        items = [_decrypted(item, key) for item in value]
        return [item[0] for item in items], any(item[1] for item in items)
    return value, False


def _flat(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def read(stack: str | Path, secrets: dict[str, str] | None = None) -> StackFile:
    """Read the file of `stack`; `secrets` gives plain values for secret keys (`slack_webhook_url`)."""
    path = locate(stack)
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or {}  # noqa: S506  # a safe loader, in C
    except yaml.YAMLError as error:
        raise StackFileError(f"{path.name} is not valid YAML: {' '.join(str(error).split())}") from error
    entries = document.get("config") if isinstance(document, dict) else None
    if not isinstance(entries, dict):
        raise StackFileError(f"{path.name} has no mapping 'config' at its top level: see Pulumi.dev.yaml")
    config: dict[str, str] = {}
    secret_keys = []
    for key, value in entries.items():
        decrypted, secret = _decrypted(value, key)
        config[key] = _flat(decrypted)
        if secret:
            secret_keys.append(key)
    for name, text in (secrets or {}).items():
        config[f"{PROJECT}:{name}"] = text
        secret_keys.append(f"{PROJECT}:{name}")
    name = path.stem.removeprefix("Pulumi.")
    return StackFile(path=path, stack=name, config=config, secret_keys=tuple(sorted(set(secret_keys))))
