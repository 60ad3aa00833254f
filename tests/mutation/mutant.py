"""What a mutant is, and which of all mutants a run takes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import zip_longest

LONGEST = 80


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One fault in one file: `text()` is the whole file with the fault in it, made when it is asked for."""

    path: str
    line: int
    operator: str
    before: str
    after: str
    text: Callable[[], str] = field(compare=False, repr=False)

    @property
    def change(self) -> str:
        """The change on one line, as reports show it."""
        return f"{shortened(self.before)} -> {shortened(self.after)}"

    @property
    def place(self) -> str:
        """`file:line`, as editors open it."""
        return f"{self.path}:{self.line}"


def shortened(text: str) -> str:
    """The text on one line, cut in the middle where it is long."""
    flat = " ".join(text.split())
    half = LONGEST // 2
    return flat if len(flat) <= LONGEST else f"{flat[:half]} ... {flat[-half:]}"


def sampled(mutants: Iterable[Mutant], count: int, seed: int) -> list[Mutant]:
    """`count` of the mutants: the same ones for the same seed, every operator represented as evenly as it can be.

    An even share keeps the many texts from crowding out the few comparisons.
    """
    order = random.Random(seed)  # noqa: S311  # a reproducible choice, no secret
    by_operator: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        by_operator.setdefault(mutant.operator, []).append(mutant)
    for group in by_operator.values():
        order.shuffle(group)
    rounds = zip_longest(*(by_operator[operator] for operator in sorted(by_operator)))
    taken = [mutant for one_each in rounds for mutant in one_each if mutant is not None]
    return sorted(taken[:count], key=lambda mutant: (mutant.path, mutant.line, mutant.operator, mutant.after))
