"""How the emulator is put right from outside: by replacing private functions of one pinned version.

Each correction names what it replaces; if that is not there, the emulator is another version than the one corrected
and nothing starts.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any

VERSION = "1.5.33"


class CorrectionError(RuntimeError):
    """What a correction replaces is not in the installed emulator."""


def part(name: str) -> Any:
    """A module of the emulator, such as `services.stepfunctions`."""
    return import_module(f"ministack.{name}")


def replace(owner: Any, name: str, correction: Callable[[Any], Any]) -> None:
    """Put `correction(original)` in place of `owner.name`."""
    original = getattr(owner, name, None)
    if original is None:
        raise CorrectionError(_message(owner, name))
    setattr(owner, name, correction(original))


def require(owner: Any, *names: str) -> None:
    """Check that what a correction calls is there."""
    for name in names:
        if not hasattr(owner, name):
            raise CorrectionError(_message(owner, name))


def replace_text(owner: Any, name: str, old: str, new: str) -> None:
    """Replace a passage that occurs once in a text of the emulator."""
    text = getattr(owner, name, "")
    if text.count(old) != 1:
        raise CorrectionError(_message(owner, f"{name} ({old.strip().splitlines()[0]!r})"))
    setattr(owner, name, text.replace(old, new))


def _message(owner: Any, name: str) -> str:
    return (
        f"The emulator's {owner.__name__}.{name} is not what the twin corrects: ministack {version('ministack')} is "
        f"installed and the corrections are for {VERSION}; run `make install`."
    )
