"""How something is measured."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One row of BENCHMARKS.md. `values` in `unit`, one a run."""

    what: str
    goal: str
    values: Sequence[float]
    unit: str = "s"
    reference: str = ""

    @property
    def median(self) -> float:
        """The middle of all runs."""
        return statistics.median(self.values)

    def as_text(self) -> str:
        """One line for the terminal."""
        return f"{self.what}: {self.median:.2f} {self.unit} (to reach: {self.goal})"

    def as_row(self) -> str:
        """One row of the table."""
        spread = f"{min(self.values):.2f} to {max(self.values):.2f}"
        cells = [self.what, self.goal, f"{self.median:.2f} {self.unit}", spread, str(len(self.values)), self.reference]
        return f"| {' | '.join(cells)} |"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished process: wall-clock seconds, peak memory in MB, what it printed."""

    seconds: float
    megabytes: float
    output: str


def run(command: Sequence[str], *, cwd: Path = ROOT, environment: Mapping[str, str] | None = None) -> Run:
    """Run the command to its end; raises with its output when it fails."""
    before = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - before
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed with exit code {process.returncode}:\n{output[-3000:]}")
    return Run(seconds=seconds, megabytes=usage.ru_maxrss / 1024, output=output)
