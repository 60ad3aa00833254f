"""What a PATCH names to be changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET

from lambdas.shared.errors import Problem
from lambdas.shared.shapes import Body


def of(body: Body, changeable: Sequence[str]) -> dict[str, Any]:
    """The columns that a body names with their values; a 400 problem when it names none."""
    given = {name: getattr(body, name) for name in changeable}
    named = {name: value for name, value in given.items() if value is not UNSET}
    if not named:
        raise Problem(400, "The body names nothing to change.", errors=[("", "no field given")])
    return named
