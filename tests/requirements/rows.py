"""The requirements as this repository states them: `rows/`, one file for each section."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
ROWS = Path(__file__).with_name("rows")
COUNT = 274
SOURCES = {"A": "repository monitoring", "B": "Goal Mandala", "C": "CSR API", "D": "TestPilot"}
CHECKS = {
    "U": "the resources that the program registers",
    "F": "a file of the repository",
    "X": "run, here",
    "L": "needs a live AWS account",
    "note": "a remark of the source",
}
KEYS = {"row", "text", "source", "check", "met", "missing", "waived", "live"}


@dataclass(frozen=True, kw_only=True)
class Live:
    """What only an AWS account can show, and the tests that prove everything up to it."""

    remains: str
    until: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One requirement. `met` names the setting, resource or file that meets it; empty while nothing does.

    `missing` is the part that no test proves yet, where tests are marked with the row that prove only the rest.
    """

    number: int
    section: str
    text: str
    sources: tuple[str, ...]
    checks: tuple[str, ...]
    met: str
    missing: str
    waived: str
    live: Live | None

    def status(self, tests: int) -> str:
        """How it stands, when so many tests are marked with it."""
        if self.waived:
            return "waived"
        if self.checks == ("L",):
            return "live"
        return "met" if tests and not self.missing else "open"


class RowError(ValueError):
    """A file of `rows/` says something that it cannot."""


def read() -> list[Row]:
    """All requirements, in their order. `RowError` names the first one that is not well formed."""
    rows = []
    for file in sorted(ROWS.glob("*.yaml")):
        section = yaml.safe_load(file.read_text(encoding="utf-8"))
        rows += [_row(entry, section["title"], file.name) for entry in section["rows"]]
    return rows


def _row(entry: dict[str, Any], section: str, file: str) -> Row:
    where = f"{file}: row {entry.get('row')}"
    if unknown := sorted(set(entry) - KEYS):
        raise RowError(f"{where} has {unknown}, which mean nothing: known are {sorted(KEYS)}")
    sources, checks = tuple(entry["source"].split()), tuple(entry["check"].split())
    if wrong := sorted(set(sources) - set(SOURCES)) + sorted(set(checks) - set(CHECKS)):
        raise RowError(f"{where} names {wrong}: sources are {sorted(SOURCES)}, checks {sorted(CHECKS)}")
    live = entry.get("live")
    return Row(
        number=entry["row"],
        section=section,
        text=entry["text"],
        sources=sources,
        checks=checks,
        met=entry.get("met", ""),
        missing=entry.get("missing", ""),
        waived=entry.get("waived", ""),
        live=Live(remains=live["remains"], until=tuple(live["until"])) if live else None,
    )
