"""What a mutant is, and which of all mutants a run takes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import zip_longest
from operator import itemgetter

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

    An even share keeps the many texts from crowding out the few comparisons. A mutant's lot is drawn from what it
    changes, so that a change of the program leaves the others in the sample.
    """
    drawn: dict[str, list[tuple[str, Mutant]]] = {}
    seen: Counter[tuple[str, ...]] = Counter()
    for mutant in sorted(mutants, key=lambda mutant: (mutant.path, mutant.line)):
        told = (mutant.path, mutant.operator, mutant.before, mutant.after)
        seen[told] += 1
        lot = hashlib.sha256("\n".join([str(seed), *told, str(seen[told])]).encode()).hexdigest()
        drawn.setdefault(mutant.operator, []).append((lot, mutant))
    groups = [[mutant for _, mutant in sorted(drawn[operator], key=itemgetter(0))] for operator in sorted(drawn)]
    taken = [mutant for one_each in zip_longest(*groups) for mutant in one_each if mutant is not None]
    return sorted(taken[:count], key=lambda mutant: (mutant.path, mutant.line, mutant.operator, mutant.after))
