"""Terraform, with the real AWS provider, as a judge of the stacks: `python -m tests.judges.terraform [STACK ...]`.

Validates each stack's export and plans it, without an account and without asking AWS anything. Terraform and the
provider are taken as they are installed: `terraform` on the PATH, the provider from the mirror that TF_PLUGIN_DIR
names, from a mirror in a usual place, or else from the registry. Where one of them is missing nothing is judged, and
that is what is said: "not judged" is never "passed".
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plan.record import record
from plan.terraform.export import export, secret_texts

PROVIDER = "registry.terraform.io/hashicorp/aws"
PLACES = ("~/.terraform.d", "/usr/local/share/terraform", "/usr/share/terraform", "/opt")
FOLDER = Path(__file__).resolve().parent.parent / "stacks"
STACKS = ("prod", "dev", "local", *(f"tests/stacks/{file.name}" for file in sorted(FOLDER.glob("*.yaml"))))
# Nobody listens there: a call to AWS fails at once instead of waiting for a name server.
NOWHERE = "http://127.0.0.1:9"


class NotJudged(Exception):
    """Terraform or its provider cannot be had here; the message says which."""


class Rejected(Exception):
    """Terraform found faults; the message is what it said."""


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """The installed command, and the folder that mirrors the registry, if any."""

    command: str
    mirror: str | None

    def run(self, folder: Path, *arguments: str) -> str:
        """What the command prints; `Rejected` when it fails."""
        command = [self.command, f"-chdir={folder}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
        if done.returncode:
            raise Rejected(f"terraform {arguments[0]}: {done.stdout}{done.stderr}".strip())
        return done.stdout

    def init(self, folder: Path) -> None:
        """Get the provider; `NotJudged` when that is not possible."""
        mirror = [f"-plugin-dir={self.mirror}"] if self.mirror else []
        try:
            self.run(folder, "init", "-input=false", "-no-color", "-backend=false", *mirror)
        except Rejected as error:
            raise NotJudged(f"the AWS provider cannot be had: {error}") from error

    def validate(self, folder: Path) -> None:
        """Check names, types and required arguments; `Rejected` with every fault."""
        self.run(folder, "validate", "-no-color")

    def plan(self, folder: Path) -> dict[str, Any]:
        """What would be created, as `terraform show -json` gives it; `Rejected` when there is no plan."""
        self.run(folder, "plan", "-input=false", "-no-color", "-refresh=false", "-out=plan.bin")
        planned: dict[str, Any] = json.loads(self.run(folder, "show", "-json", "plan.bin"))
        return planned


def environment() -> dict[str, str]:
    """This process's, with credentials that nothing accepts."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_VAR_", "TF_CLI_ARGS"))}
    if not Path(kept.get("TF_CLI_CONFIG_FILE", "")).is_file():
        kept.pop("TF_CLI_CONFIG_FILE", None)
    nobody = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_EC2_METADATA_DISABLED": "true"}
    return {**kept, **nobody, "AWS_ENDPOINT_URL": NOWHERE, "CHECKPOINT_DISABLE": "1"}


def find() -> Terraform:
    """The installed Terraform; `NotJudged` when there is none."""
    command = shutil.which("terraform")
    if command is None:
        raise NotJudged("terraform is not installed")
    mirrors = [path for place in PLACES for path in sorted(Path(place).expanduser().glob(f"*/{PROVIDER}"))]
    found = str(mirrors[0])[: -len(PROVIDER) - 1] if mirrors else None
    return Terraform(command=command, mirror=os.environ.get("TF_PLUGIN_DIR", found))


def addresses(planned: dict[str, Any]) -> set[str]:
    """The resources that a plan would create."""
    return {change["address"] for change in planned["resource_changes"] if change["change"]["actions"] == ["create"]}


def judge(stack: str) -> str:
    """The verdict on one stack, when it passed; raises `NotJudged` or `Rejected` otherwise."""
    terraform = find()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        exported = export(record(stack), secret_texts(stack))
        exported.write(folder)
        terraform.init(folder)
        terraform.validate(folder)
        planned = addresses(terraform.plan(folder))
    if len(planned) != exported.resources:
        raise Rejected(f"of {exported.resources} resources {len(planned)} are in the plan")
    return f"passed: {exported.resources} resources are valid and in the plan"


def main(stacks: list[str]) -> int:
    """Print a line per stack; 0 when all passed, 1 when one was rejected, 3 when one was not judged."""
    worst = 0
    for stack in stacks:
        try:
            verdict, code = judge(stack), 0
        except Rejected as error:
            verdict, code = f"rejected: {error}", 1
        except NotJudged as error:
            verdict, code = f"not judged: {error}", 3
        worst = code if worst == 0 or code == 1 else worst
        sys.stdout.write(f"{stack}: {verdict}\n")
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(STACKS)))
