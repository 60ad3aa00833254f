"""schemathesis as a program of its own against a running API: what it asks, what it found, how much it tried."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lambdas.shared.operations import PATH_PARAMETERS

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "lambdas" / "openapi.json"
PROGRAM = Path(sys.executable).with_name("schemathesis")
# An answer that the document allows and schemathesis would not expect, each with its reason.
CONFIGURATION = """
continue-on-failure = true
color = false

[cache]
enabled = false

[output.truncation]
enabled = false

[auth.wfc]
path = "people.json"
user = "ada"
peers = ["ada", "grace"]

[phases.stateful]
max-steps = 8

[checks]
# API Gateway knows no 405: a method that a path does not have is answered with 404.
unsupported_method.enabled = false
# 412: If-Match names a version at random. 422: an Idempotency-Key at random comes twice, with another request.
positive_data_acceptance.expected-statuses = ["2xx", "403", "404", "409", "412", "422", "429"]

[[operations]]
# A cursor is opaque: what its pattern allows is still no cursor of the list, which is a 400.
include-operation-id = ["listGoals", "listTasks", "listExecutions", "listReflections", "listSources", "listActivities"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404"]
"""
# What the database knows of the first of the two, to be asked for now and then.
KNOWN = """
[dictionaries.{name}]
values = ["{value}"]
"""
ASKED = """
[parameters]
{lines}
"""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a run found: its exit status, its whole report, and how many cases it made."""

    status: int
    report: str

    @property
    def cases(self) -> int:
        """Requests whose answers were checked."""
        counted = re.search(r"Test cases:\s+(\d+) generated", self.report)
        return int(counted.group(1)) if counted else 0


def examine(url: str, tokens: dict[str, str], known: dict[str, str], folder: Path, *options: str) -> Found:
    """Run it. `tokens` are those of ada and grace, `known` values of path parameters that belong to ada."""
    people = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {token}"}]}
        for name, token in tokens.items()
    ]
    (folder / "people.json").write_text(json.dumps({"auth": people}), encoding="utf-8")
    dictionaries = "".join(KNOWN.format(name=name, value=value) for name, value in known.items())
    asked = [name for name in known if name in PATH_PARAMETERS]
    lines = "\n".join(f'"path.{name}" = {{ dictionary = "{name}", probability = 0.4 }}' for name in asked)
    configuration = CONFIGURATION.replace("[[operations]]", dictionaries + ASKED.format(lines=lines) + "[[operations]]")
    (folder / "schemathesis.toml").write_text(configuration, encoding="utf-8")
    command = [str(PROGRAM), "--config-file", "schemathesis.toml", "run", str(DOCUMENT), "--url", url, *options]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return Found(status=run.returncode, report=run.stdout + run.stderr)
