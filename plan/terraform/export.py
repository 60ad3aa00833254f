"""A stack's graph as a folder of Terraform JSON: one file per component, references between resources.

The folder is there to be judged, never applied: the state belongs to Pulumi. So the provider asks AWS nothing before
it plans, and `terraform.tfvars.json` gives stand-ins for the account's number and for the secret settings.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plan.graph import Graph
from plan.recorded_account import ACCOUNT_ID
from plan.stack_file import ROOT, read
from plan.terraform.module import Module
from plan.terraform.names import label

SECRET = re.compile(r"secret-of-[\w-]+")
NOTE = "Made by 'plan terraform': an image of what Pulumi would register, to be judged and not to be applied."


class ExportError(Exception):
    """The stack cannot be exported; the message lists every reason."""


@dataclass(frozen=True, kw_only=True)
class Export:
    """Files by name, as JSON values, and the assets they refer to: path in the project by file name.

    `newer` are the resources for which `terraform_data` stands, since the provider is too old for them, and why.
    """

    files: dict[str, dict[str, Any]]
    assets: dict[str, str]
    resources: int
    newer: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write the folder; files of an earlier export are replaced, a folder of anything else is refused."""
        folder.mkdir(parents=True, exist_ok=True)
        foreign = [path.name for path in folder.glob("*.tf*") if path.is_file() and not _is_ours(path)]
        if foreign:
            raise ExportError(f"{folder} holds {', '.join(sorted(foreign))} of somebody else: name an empty folder")
        for path in [*folder.glob("*.tf.json"), *folder.glob("*.tfvars.json")]:
            path.unlink()
        for name, content in self.files.items():
            (folder / name).write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        shutil.rmtree(folder / "assets", ignore_errors=True)
        (folder / "assets").mkdir()
        for name, source in self.assets.items():
            shutil.copyfile(ROOT / source, folder / "assets" / name)


def _is_ours(path: Path) -> bool:
    try:
        return bool(json.loads(path.read_text(encoding="utf-8"))["//"] == NOTE)
    except (ValueError, KeyError, TypeError, UnicodeDecodeError):
        return False


def secret_texts(stack: str | Path) -> dict[str, str]:
    """The stand-in texts of the stack file's encrypted settings, by the name of the Terraform variable."""
    found = {text for value in read(stack).config.values() for text in SECRET.findall(value)}
    return {label(text.removeprefix("secret-of-")): text for text in sorted(found)}


def export(graph: Graph, secrets: dict[str, str] | None = None) -> Export:
    """Translate the graph. `secrets` are the stand-in texts of the stack file's secret settings, by name.

    Raises `ExportError` with every resource that has no translation.
    """
    secrets = secrets or {}
    module = Module(graph, secrets)
    files: dict[str, dict[str, Any]] = {}
    for resource in module.resources:
        type_, label = module.addresses[resource.urn]
        try:
            body = module.body(resource)
        except module.FAULTS as fault:
            module.faults.append(f"{resource.name}: {fault}")
            continue
        file = files.setdefault(f"{module.component(resource)}.tf.json", {"//": NOTE, "resource": {}})
        file["resource"].setdefault(type_, {})[label] = body
    variables = {"account_id": ACCOUNT_ID, **secrets}
    files["providers.tf.json"] = {
        "//": NOTE,
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": f">= {module.version}"}}},
        "provider": {"aws": module.providers()},
        "variable": {name: {"type": "string", "sensitive": name in secrets} for name in variables},
    }
    files["outputs.tf.json"] = {"//": NOTE, "output": module.outputs()}
    files["terraform.tfvars.json"] = {"//": NOTE, **variables}
    if module.faults:
        raise ExportError("\n".join(sorted(module.faults)))
    return Export(files=files, assets=module.assets, resources=len(module.resources), newer=tuple(module.newer))
