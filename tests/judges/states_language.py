"""asl-validator as a judge of state machines: JSON schema of the language, paths, and the graph."""

from __future__ import annotations

import subprocess
from pathlib import Path

HERE = Path(__file__).parent
TOOL = HERE / "node_modules" / ".bin" / "asl-validator"


class Invalid(Exception):
    """The definition is not Amazon States Language; the message is what the judge said."""


def judge(definition: str, folder: Path) -> None:
    """`Invalid` unless the definition, as JSON, is valid; `folder` is where the judge reads it from."""
    assert TOOL.exists(), f"{TOOL} is missing: run 'make install'"
    file = folder / "definition.json"
    file.write_text(definition, encoding="utf-8")
    done = subprocess.run([TOOL, "--json-path", file], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Invalid(f"{done.stdout}{done.stderr}".strip())
