"""An action's title, taken apart so that a task's title can be built from it in good grammar."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """What is to be done (`lift weights`), the same as done (`lifting weights`), to what, and how often."""

    do: str
    done: str
    thing: str
    when: str
