"""Makes plan/schema/terraform.json: `python -m plan.terraform.schema_subset`.

Asks the installed Terraform for the AWS provider's schema and keeps the types that the program's stacks register. Run
it after adding a resource type. It needs `terraform` and the provider, from the registry or from a mirror that
`TF_PLUGIN_DIR` names; exporting needs neither.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from plan.record import record
from plan.stack_file import ROOT
from plan.terraform.names import STAND_IN, terraform_type
from plan.terraform.schema import FILE

SOURCE = "registry.terraform.io/hashicorp/aws"


def used_tokens(stacks: list[str]) -> set[str]:
    """The AWS type tokens that any of the stacks registers."""
    resources = [resource for stack in stacks for resource in record(stack).resources]
    return {resource.type for resource in resources if resource.type.startswith("aws:")}


def provider_schema() -> tuple[str, dict[str, Any]]:
    """The provider's version and its schema as Terraform prints it."""
    mirror = os.environ.get("TF_PLUGIN_DIR")
    environment = {key: value for key, value in os.environ.items() if key != "TF_CLI_CONFIG_FILE"}
    with tempfile.TemporaryDirectory() as folder:
        configuration = {"terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}}}
        (Path(folder) / "main.tf.json").write_text(json.dumps(configuration), encoding="utf-8")

        def terraform(*arguments: str) -> str:
            command = ["terraform", f"-chdir={folder}", *arguments]
            done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)  # noqa: S603
            return done.stdout

        terraform("init", "-input=false", *([f"-plugin-dir={mirror}"] if mirror else []))
        version = json.loads(terraform("version", "-json"))["provider_selections"][SOURCE]
        return version, json.loads(terraform("providers", "schema", "-json"))["provider_schemas"][SOURCE]


class Subset:
    """Blocks in short form; equal ones are stored once: a firewall's rules nest the same block hundreds of times."""

    def __init__(self) -> None:
        self.shared: dict[str, Any] = {}

    def block(self, raw: dict[str, Any]) -> dict[str, Any]:
        """The short form of a block of Terraform's schema."""
        settable: dict[str, Any] = {}
        computed: dict[str, Any] = {}
        required = []
        for name, attribute in raw.get("attributes", {}).items():
            is_input = attribute.get("optional") or attribute.get("required")
            (settable if is_input else computed)[name] = attribute["type"]
            if attribute.get("required"):
                required.append(name)
        nested = {name: item for name, item in raw.get("block_types", {}).items() if name != "timeouts"}
        short = {
            "attributes": settable,
            "computed": computed,
            "required": sorted(required),
            "blocks": {name: self._share(item["block"]) for name, item in nested.items()},
        }
        return {key: value for key, value in short.items() if value}

    def _share(self, raw: dict[str, Any]) -> str:
        short = self.block(raw)
        key = hashlib.sha256(json.dumps(short, sort_keys=True).encode()).hexdigest()[:10]
        self.shared[key] = short
        return key


def subset(version: str, schema: dict[str, Any], tokens: set[str]) -> dict[str, Any]:
    """The part of the provider's schema that these type tokens need."""
    known = schema["resource_schemas"]
    types = {token: terraform_type(token, known) for token in sorted(tokens)}
    short = Subset()
    return {
        "version": version,
        "tokens": types,
        "provider": short.block(schema["provider"]["block"]),
        "resources": {name: short.block(known[name]["block"]) for name in sorted(set(types.values()) - {STAND_IN})},
        "shared": short.shared,
    }


def text(data: dict[str, Any]) -> str:
    """One line per type, so that a changed type is a changed line."""
    lines = []
    for key, value in data.items():
        if isinstance(value, dict) and key != "provider":
            items = [
                f"  {json.dumps(name)}: {json.dumps(item, sort_keys=True)}" for name, item in sorted(value.items())
            ]
            lines.append(f'"{key}": {{\n' + ",\n".join(items) + "\n}")
        else:
            lines.append(f'"{key}": {json.dumps(value, sort_keys=True)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Record every stack, ask Terraform, write the file."""
    stacks = [str(path) for path in sorted([*ROOT.glob("Pulumi.*.yaml"), *ROOT.glob("tests/stacks/*.yaml")])]
    try:
        version, schema = provider_schema()
        data = subset(version, schema, used_tokens(stacks))
    except (FileNotFoundError, LookupError) as error:
        sys.exit(f"no schema made: {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(f"no schema made: terraform {error.cmd[2]} failed (is TF_PLUGIN_DIR a mirror?): {error.stderr}")
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(data), encoding="utf-8")
    sys.stdout.write(f"{FILE.relative_to(ROOT)}: {len(data['tokens'])} types of provider {version}\n")


if __name__ == "__main__":
    main()
