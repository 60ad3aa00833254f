"""A correction of log subscriptions: the emulator demands every term of a pattern, CloudWatch any of `?these`."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from twin.emulator.corrections import part, replace

_TERM = re.compile(r'([?-]?)("(?:[^"\\]|\\.)*"|[^\s"]+)')


def correct() -> None:
    """Apply it."""
    replace(part("services.cloudwatch_logs"), "_subscription_pattern_matches", _terms_or_original)


def _terms_or_original(original: Callable[[str, str], bool]) -> Callable[[str, str], bool]:
    def call(pattern: str, message: str) -> bool:
        text = (pattern or "").strip()
        # Patterns over JSON and space-delimited fields are another language, which no subscription here uses.
        return original(pattern, message) if text[:1] in {"{", "["} else matches(text, message or "")

    return call


@functools.cache
def _terms(pattern: str) -> dict[str, list[str]]:
    """The terms of an unstructured pattern by their signs; every line that is logged is held against them."""
    terms: dict[str, list[str]] = {"": [], "?": [], "-": []}
    for sign, term in _TERM.findall(pattern):
        terms[sign].append(re.sub(r"\\(.)", r"\1", term[1:-1]) if term.startswith('"') else term)
    return terms


def matches(pattern: str, message: str) -> bool:
    """Whether a message has all plain terms of an unstructured pattern, any of its `?terms`, none of its `-terms`."""
    terms = _terms(pattern)
    if any(term in message for term in terms["-"]):
        return False
    if not all(term in message for term in terms[""]):
        return False
    # CloudWatch ignores `?terms` beside plain ones (user guide, filter pattern syntax).
    return bool(terms[""]) or not terms["?"] or any(term in message for term in terms["?"])
