"""`python -m tests.bench`: measure, print a table, write BENCHMARKS.md. No test fails on a timing."""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import measurements
from tests.bench.measure import ROOT, Figure

RESULTS = ROOT / "BENCHMARKS.md"

METHOD = """\
# Benchmarks

Whole processes, wall clock, median of the runs that the table names (minimum and maximum beside it). Machines differ
and are shared: compare figures of one run of this file with each other and with the reference that stands beside them,
not with another machine's.

Written by `make bench` on {date}, {machine}.

| What | To reach | Median | Range | Runs | Reference |
|---|---|---|---|---|---|
{rows}

How each is measured: `tests/bench/measurements.py`.
"""


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def main() -> int:
    """Measure what was asked for; all that is quick by default."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which of {', '.join(measurements.ALL)}; all of them by default")
    parser.add_argument("--runs", type=int, default=5, help="runs of each quick measurement (default 5)")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(measurements.ALL))
    if unknown:
        parser.error(f"{unknown} are not measured: choose from {', '.join(measurements.ALL)}")
    figures: list[Figure] = []
    for name in options.names or list(measurements.ALL):
        print(f"{name} ...", flush=True)
        for figure in measurements.ALL[name](options.runs):
            figures.append(figure)
            print(f"  {figure.as_text()}", flush=True)
    rows = "\n".join(_merged(RESULTS, figures).values())
    text = METHOD.format(date=datetime.now(UTC).date(), machine=_machine(), rows=rows)
    RESULTS.write_text(text, encoding="utf-8")
    print("written: BENCHMARKS.md")
    return 0


def _merged(results: Path, figures: list[Figure]) -> dict[str, str]:
    """Rows by what they measure: those of before where nothing was measured now."""
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    before = [line for line in lines if line.startswith("| ") and not line.startswith("| What")]
    rows = {_what(line): line for line in before}
    return rows | {_what(figure.as_row()): figure.as_row() for figure in figures}


def _what(row: str) -> str:
    """The first cell, without the numbers in it: what is measured may grow."""
    return re.sub(r"\d+ resources", "resources", row.split("|")[1].strip())


if __name__ == "__main__":
    sys.exit(main())
