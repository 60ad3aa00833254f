"""The subset of the provider's schema, made from a schema that is written out here."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pulumi_aws as aws

from plan.terraform.schema import FILE, load
from plan.terraform.schema_subset import subset, text
from tests.conftest import ROOT

LEAF: dict[str, Any] = {"attributes": {"action": {"type": "string", "required": True}}}
NESTED: dict[str, Any] = {
    "attributes": {},
    "block_types": {
        "allow": {"nesting_mode": "list", "max_items": 1, "block": LEAF},
        "deny": {"nesting_mode": "set", "block": LEAF},
        "timeouts": {"nesting_mode": "single", "block": {"attributes": {"create": {"type": "string"}}}},
    },
}
FULL: dict[str, Any] = {
    "provider": {"block": {"attributes": {"region": {"type": "string", "optional": True}}}},
    "resource_schemas": {
        "aws_iam_role": {
            "block": {
                "attributes": {
                    "name": {"type": "string", "optional": True, "computed": True, "description": "long"},
                    "arn": {"type": "string", "computed": True},
                    "policy": {"type": "string", "required": True},
                    "types": {"type": ["list", "string"], "optional": True},
                },
                "block_types": {"rule": {"nesting_mode": "list", "block": NESTED}},
            }
        },
        "aws_iam_user": {"block": LEAF},
    },
}


def loaded(folder: Path) -> Any:
    file = folder / "terraform.json"
    file.write_text(text(subset("5.0.0", FULL, {"aws:iam/role:Role"})), encoding="utf-8")
    return load(file)


def test_only_the_types_in_use_are_kept(tmp_path: Path) -> None:
    schema = loaded(tmp_path)
    assert schema.version == "5.0.0"
    assert schema.tokens == {"aws:iam/role:Role": "aws_iam_role"}
    assert set(schema.resources) == {"aws_iam_role"}
    assert schema.provider.inputs == {"region"}


def test_what_may_be_set_and_what_may_be_read_are_told_apart(tmp_path: Path) -> None:
    block = loaded(tmp_path).resources["aws_iam_role"]
    assert block.inputs == {"name", "policy", "types", "rule"}
    assert block.outputs == {"name", "policy", "types", "arn"}
    assert block.required == {"policy"}
    assert block.attributes["types"] == ["list", "string"]


def test_equal_blocks_are_stored_once(tmp_path: Path) -> None:
    data = subset("5.0.0", FULL, {"aws:iam/role:Role"})
    assert len(data["shared"]) == 2
    rule = loaded(tmp_path).resources["aws_iam_role"].blocks["rule"]
    assert set(rule.blocks) == {"allow", "deny"}
    assert rule.blocks["allow"] is rule.blocks["deny"]


def test_a_type_is_a_line_of_the_committed_file() -> None:
    data = json.loads(FILE.read_text(encoding="utf-8"))
    lines = FILE.read_text(encoding="utf-8").splitlines()
    for name in data["resources"]:
        assert [line for line in lines if line.startswith(f'  "{name}": {{')], name
    assert text(data) == FILE.read_text(encoding="utf-8")


def test_every_type_that_a_component_can_make_is_made_by_a_stack_and_can_be_exported() -> None:
    calls = {
        ast.unparse(node.func)
        for path in sorted((ROOT / "components").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }
    named = [call.split(".") for call in calls if call.startswith("aws.") and call.count(".") == 2]
    classes = [getattr(getattr(aws, module), name) for _, module, name in named]
    made = {found.pulumi_type for found in classes if getattr(found, "pulumi_type", None)}
    assert len(made) > 100
    assert made <= set(load(FILE).tokens), "run 'python -m plan.terraform.schema_subset'"
