"""A function's environment as a frozen dataclass, read once at import."""

from __future__ import annotations

import os
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

E = TypeVar("E", bound="DataclassInstance")


def read(declared: type[E]) -> E:
    """The environment that `declared` names, field by field in upper case.

    A missing variable ends the function's start, with all missing names in one message.
    """
    values: dict[str, Any] = {}
    missing: list[str] = []
    for field in fields(declared):
        name = field.name.upper()
        if name in os.environ:
            values[field.name] = os.environ[name]
        elif field.default is MISSING:
            missing.append(name)
    if missing:
        raise RuntimeError(
            f"{declared.__module__} needs the environment variables {', '.join(missing)}, which are not set; "
            "add them to the function's environment."
        )
    return declared(**values)
