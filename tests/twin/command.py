"""Runs `twin` as a person does, and sees what it leaves running."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from twin.processes import ROOT

COMMAND = [sys.executable, "-m", "twin.cli"]


def run(*words: str, folder: Path, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words, "--folder", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )


def processes_of(folder: Path) -> list[str]:
    """The command lines of all processes that know the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.environ().get("STATE_DIR", "")]
        except psutil.Error:
            continue
        if any(str(folder) in word for word in words) and process.pid != os.getpid():
            found.append(" ".join(words))
    return found


def nothing_runs(folder: Path, seconds: float = 10) -> bool:
    limit = time.monotonic() + seconds
    while processes_of(folder) and time.monotonic() < limit:
        time.sleep(0.1)
    return processes_of(folder) == []
