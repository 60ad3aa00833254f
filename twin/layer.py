"""The functions' libraries for this machine.

The program declares a layer of wheels for Lambda's processor; the twin's functions run with this interpreter, so they
get a layer of the same locked, hashed requirements for this machine instead.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from plan.stack_file import ROOT


class LayerError(Exception):
    """The layer cannot be built; the message says what to do."""


def host_runtime() -> str:
    """This interpreter as Lambda would call it, such as `python3.13`."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def build(runtime: str) -> Path:
    """The layer's archive, built once and kept by its content's hash; the first time needs uv and a registry."""
    command = [sys.executable, "-m", "components.parts.package", runtime, "host"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if result.returncode != 0:
        reason = (result.stderr.strip().splitlines() or ["no message"])[-1]
        raise LayerError(f"the functions' libraries cannot be built for this machine: {reason}")
    return ROOT / result.stdout.strip()
