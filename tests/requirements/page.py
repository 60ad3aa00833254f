"""The pages that are written from the requirements and the tests' marks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from tests.requirements.marks import Proof
from tests.requirements.rows import CHECKS, SOURCES, Row

Proofs = Mapping[int, Sequence[Proof]]
SHOWN = 3
STATES = {"met": "Met", "open": "Open", "live": "Needs a live account", "waived": "Waived"}

HEAD = """\
# Requirements

What the system must do, and what proves it. Four production systems are united here; each requirement says which of
them asks for it. Written by `make docs` from `tests/requirements/rows/` and the tests' own marks
(`@pytest.mark.requirement`); a test compares this page with them.

- **Sources**: {sources}.
- **Checks**: {checks}.
- **Met**: tests are marked with the row, and prove all of it. **Open**: not yet ([the
  list](../tests/open_requirements.txt)).
  **Needs a live account**: [what is proven up to it, and what remains](live-account.md). **Waived**: decided against,
  with the reason.

## Summary

| Section | {states} | In all |
|---|{columns}---|
{summary}
"""
LIVE_HEAD = """\
# What needs a live AWS account

Everything here is built and tested on one machine, without an AWS account. What that cannot show is this list: what
remains to be seen on an account, and the tests that prove everything up to it. Written by `make docs`.

| Row | Requirement | Remains to be seen | Proven up to it by |
|---|---|---|---|
"""
OPEN_HEAD = """\
# Requirements that no test proves yet: not waived, and not in need of a live account. Written by 'make docs'.
# At most {ceiling}: the list only becomes shorter, and this number with it.
"""
CEILING = re.compile(r"^# At most (\d+):", re.MULTILINE)


class OpenAgainError(Exception):
    """A requirement that a test proved is open again."""


def requirements(rows: Sequence[Row], proofs: Proofs) -> str:
    """docs/requirements.md: a summary, then each section with its rows."""
    sections = list(dict.fromkeys(row.section for row in rows))
    head = HEAD.format(
        sources=", ".join(f"{letter} {name}" for letter, name in SOURCES.items()),
        checks=", ".join(f"{letter} {meaning}" for letter, meaning in CHECKS.items()),
        states=" | ".join(STATES.values()),
        columns="---|" * len(STATES),
        summary="\n".join(_summary(rows, sections, proofs)),
    )
    return head + "".join(_section(title, rows, proofs) for title in sections)


def live_account(rows: Sequence[Row]) -> str:
    """docs/live-account.md: every row that has something left for an account."""
    lines = []
    for row in rows:
        if row.live:
            until = "<br>".join(f"[{path}](../{path})" for path in row.live.until)
            lines.append(f"| {row.number} | {_cell(row.text)} | {_cell(row.live.remains)} | {until} |\n")
    return LIVE_HEAD + "".join(lines)


def open_requirements(rows: Sequence[Row], proofs: Proofs, before: str) -> str:
    """tests/open_requirements.txt, a row a line.

    `OpenAgainError` when there are more of them than `before`, the list until now, allows.
    """
    still_open = [row for row in rows if _status(row, proofs) == "open"]
    ceiling = CEILING.search(before)
    if ceiling and len(still_open) > int(ceiling[1]):
        again = [row.number for row in still_open if f"\n{row.number}: " not in before]
        raise OpenAgainError(
            f"{len(still_open)} requirements are open and {ceiling[1]} were: the tests that proved {again} are gone, "
            "so give them tests again (@pytest.mark.requirement)"
        )
    lines = [f"{row.number}: {row.missing or row.text}\n" for row in still_open]
    return OPEN_HEAD.format(ceiling=len(still_open)) + "".join(lines)


def _status(row: Row, proofs: Proofs) -> str:
    return row.status(len(proofs.get(row.number, ())))


def _summary(rows: Sequence[Row], sections: Sequence[str], proofs: Proofs) -> list[str]:
    lines = []
    for title in sections:
        lines.append(_counted(f"[{title}](#{_anchor(title)})", [r for r in rows if r.section == title], proofs))
    return [*lines, _counted("**All**", rows, proofs)]


def _counted(title: str, rows: Sequence[Row], proofs: Proofs) -> str:
    states = Counter(_status(row, proofs) for row in rows)
    cells = [str(states[state] or "") for state in STATES]
    return f"| {title} | {' | '.join(cells)} | {len(rows)} |"


def _section(title: str, rows: Sequence[Row], proofs: Proofs) -> str:
    lines = [f"\n## {title}\n\n", "| Row | Requirement | From | How it is met | Tests |\n", "|---|---|---|---|---|\n"]
    for row in rows:
        if row.section == title:
            sources, tests = " ".join(row.sources), _tests(proofs.get(row.number, ()))
            met = _met(row, proofs)
            lines.append(f"| {row.number} | {_cell(row.text)} | {sources} | {met} | {tests} |\n")
    return "".join(lines)


def _met(row: Row, proofs: Proofs) -> str:
    status = _status(row, proofs)
    if status == "waived":
        return f"**Waived.** {_cell(row.waived)}"
    if status == "live":
        return "**Needs a live account**: [what remains](live-account.md)"
    parts = [f"**{STATES[status]}.**"] if status == "open" else []
    parts += [_cell(row.met)] if row.met else []
    parts += [f"Not yet: {_cell(row.missing)}"] if row.missing else []
    parts += ["([on an account](live-account.md))"] if row.live else []
    return " ".join(parts)


def _tests(proofs: Sequence[Proof]) -> str:
    """Links to the first tests; the others counted."""
    shown = [f"[{_cell(_sentence(proof.test))}](../{proof.file})" for proof in proofs[:SHOWN]]
    more = len(proofs) - len(shown)
    return "<br>".join([*shown, *([f"and {more} more"] if more > 0 else [])])


def _sentence(test: str) -> str:
    return test.removeprefix("test_").replace("_", " ")


def _anchor(title: str) -> str:
    """The anchor that GitHub gives a heading."""
    return "".join(letter for letter in title.lower() if letter.isalnum() or letter in " -").replace(" ", "-")


def _cell(text: str) -> str:
    """The text as it can stand in a table's cell: GitHub would take stars and bars for markup, braces are fine."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")
