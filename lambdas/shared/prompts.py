"""What people wrote, as data in a prompt: between tags that no text can close."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_FEW_CHARACTERS = 40


def data(text: Mapping[str, Any], fields: Iterable[str], language: str) -> str:
    """The fields that hold something, one to a line, and the language to answer in."""
    values = {name: str(text[name]) for name in fields if text[name]}
    values["language"] = language
    return "\n".join(f"<{name}>{html.escape(value, quote=False)}</{name}>" for name, value in values.items())


def language(written: Iterable[str | None], own: str) -> str:
    """The language of what the person wrote; where a few signs do not tell, the person's own."""
    whole = "".join(text or "" for text in written)
    if _JAPANESE.search(whole):
        return "ja"
    return own if len(whole) < _FEW_CHARACTERS else "en"
