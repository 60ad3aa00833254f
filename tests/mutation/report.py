"""What a run found, in words: on the screen, and as the committed list of survivors with the reason for each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.mutant import Mutant

SURVIVORS = Path(__file__).with_name("survivors.md")
OPEN = "not looked into yet"
ROW = re.compile(
    r"^\| `(?P<place>[^`]+)` \| (?P<operator>[^|]+) \| `(?P<change>.+?)` \| (?P<listed>[^|]*) \| (?P<reason>.*) \|$"
)
HEAD = """\
# Faults that no test noticed

Written by `python -m tests.mutation {options}`: {killed} of {count} mutants killed, {percent} %. The mutants are faults
put into `components/` and the stack files one at a time: a number, a comparison, a flag, a permission, an entry, a key.
The judges are the tests of the components, of the settings and of the recorded stacks. The lists in `tests/golden/` are
no judges: a command writes them. They say of themselves, in the column before the last, whether a reviewer would see
the fault there.

{operators}

Give each survivor a test, or its reason in the last column (the next run keeps it).

| Where | Kind | Change | In the reviewed lists | Why it may live |
|---|---|---|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How one mutant ended. `failed` names the test that killed it, and is empty for a survivor."""

    mutant: Mutant
    failed: str
    listed: bool
    seconds: float


def killed_before(mutant: Mutant) -> Verdict:
    """The verdict on a mutant that an earlier run killed."""
    return Verdict(mutant=mutant, failed="an earlier run's test", listed=False, seconds=0)


def percent(verdicts: Sequence[Verdict]) -> float:
    """How many of the mutants were killed, in per cent."""
    return 100 * sum(bool(verdict.failed) for verdict in verdicts) / len(verdicts)


def written(verdicts: Sequence[Verdict], options: str, before: str) -> str:
    """The list of survivors; reasons that `before`, the list until now, gives for the same change are kept."""
    reasons = _reasons(before)
    rows = []
    for verdict in verdicts:
        mutant = verdict.mutant
        if not verdict.failed:
            change = _cell(mutant.change)
            reason = reasons.get((mutant.path, mutant.operator, change), OPEN)
            listed = "yes" if verdict.listed else "no"
            rows.append(f"| `{mutant.place}` | {mutant.operator} | `{change}` | {listed} | {reason} |\n")
    head = HEAD.format(
        options=options,
        killed=len(verdicts) - len(rows),
        count=len(verdicts),
        percent=f"{percent(verdicts):.1f}",
        operators=_operators(verdicts),
    )
    return head + "".join(rows)


def listed(mutant: Mutant, text: str) -> bool:
    """Whether the list of survivors has the mutant, wherever it stands in its file now."""
    rows = {
        (row["place"].rpartition(":")[0], row["operator"], row["change"])
        for line in text.splitlines()
        if (row := ROW.match(line))
    }
    return (mutant.path, mutant.operator, _cell(mutant.change)) in rows


def _operators(verdicts: Sequence[Verdict]) -> str:
    """A table of the kinds of fault, made and killed."""
    made = Counter(verdict.mutant.operator for verdict in verdicts)
    killed = Counter(verdict.mutant.operator for verdict in verdicts if verdict.failed)
    rows = [f"| {operator} | {made[operator]} | {killed[operator]} |" for operator in sorted(made)]
    return "\n".join(["| Kind of fault | Made | Killed |", "|---|---|---|", *rows])


def _reasons(text: str) -> dict[tuple[str, str, str], str]:
    found = {}
    for line in text.splitlines():
        if (row := ROW.match(line)) and row["reason"] != OPEN:
            found[row["place"].rpartition(":")[0], row["operator"], row["change"]] = row["reason"]
    return found


def _cell(text: str) -> str:
    """The text as it can stand in a table's cell, between backticks."""
    return text.replace("|", "\\|").replace("`", "'")
