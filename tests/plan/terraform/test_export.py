"""Every stack as Terraform JSON: nothing missing, nothing made up, everything in order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from plan.cli import app
from plan.graph import Graph
from plan.stack_file import ROOT
from plan.terraform.export import Export, ExportError, export
from plan.terraform.names import NEWER, STAND_IN
from plan.terraform.references import is_made_up
from plan.terraform.schema import SchemaError, load
from tests.conftest import STACK_FILES, Stacks
from tests.harness import texts

SECRETS = {"slack_webhook_url": "secret-of-slack_webhook_url"}
REFERENCE = re.compile(r"(?<!\$)\$\{[^}]*?\b((?:aws|terraform)_\w+)\.([\w-]+)\.(\w+)")
Exports = dict[str, Export]
recorded_exports: Exports = {}


@pytest.fixture
def exported(graph: Graph) -> Export:
    """The export of each stack in turn, made once."""
    if graph.stack not in recorded_exports:
        recorded_exports[graph.stack] = export(graph, SECRETS)
    return recorded_exports[graph.stack]


def resources(exported: Export) -> dict[str, dict[str, Any]]:
    """Bodies by address."""
    return {
        f"{type_}.{name}": body
        for file in exported.files.values()
        for type_, bodies in file.get("resource", {}).items()
        for name, body in bodies.items()
    }


def references(value: Any) -> Iterator[tuple[str, str]]:
    """(address, attribute) of everything that the value refers to; `depends_on` with an empty attribute."""
    for text in texts(value):
        for type_, name, attribute in REFERENCE.findall(text):
            yield f"{type_}.{name}", attribute
    if isinstance(value, dict):
        yield from ((address, "") for address in value.get("depends_on", []))


def custom(graph: Graph) -> list[Any]:
    return [r for r in graph.resources if r.registration.custom and not r.type.startswith("pulumi:")]


def test_every_resource_is_there_once(graph: Graph, exported: Export) -> None:
    assert len(custom(graph)) == exported.resources == len(resources(exported)) > 250


def test_what_needs_a_newer_provider_is_told_and_nothing_else_has_a_stand_in(graph: Graph, exported: Export) -> None:
    newer = {f"{r.name} ({r.type}): {NEWER[r.type]} in provider 5.100.0" for r in custom(graph) if r.type in NEWER}
    assert set(exported.newer) == newer
    generated = {r.name for r in custom(graph) if r.type.startswith("random:")}
    stand_ins = {address.split(".")[1] for address in resources(exported) if address.startswith(f"{STAND_IN}.")}
    assert stand_ins == generated | {text.split(" ")[0] for text in newer}


def test_no_made_up_value_is_left(graph: Graph, exported: Export) -> None:
    """But for the names that Pulumi would generate: those stand once, as the argument that gives the name."""
    everything = "\n".join(
        text for name, body in exported.files.items() if "tfvars" not in name for text in texts(body)
    )
    values = {
        value: resource.urn
        for resource in custom(graph)
        for value in {resource.id, *texts(resource.outputs)} - {resource.outputs.get("name")}
        if is_made_up(value, resource)
    }
    assert len(values) > 150
    for value, urn in values.items():
        assert value not in everything, f"{value} of {urn} is left"


def test_no_secret_is_left(exported: Export) -> None:
    lines = [text for name, body in exported.files.items() if "tfvars" not in name for text in texts(body)]
    assert not [line for line in lines if "secret-of-" in line or "recorded-" in line]
    assert any("${var.slack_webhook_url}" in line for line in lines)


def test_the_own_account_stands_nowhere(exported: Export) -> None:
    lines = [text for name, body in exported.files.items() if "tfvars" not in name for text in texts(body)]
    assert not [line for line in lines if "123456789012" in line]


def test_references_name_resources_and_attributes_that_exist(exported: Export) -> None:
    known = resources(exported)
    found = [reference for file in exported.files.values() for reference in references(file)]
    assert len(found) > 500
    for address, attribute in found:
        assert address in known, f"{address}.{attribute} refers to nothing"
        type_ = address.split(".")[0]
        assert type_ == STAND_IN or attribute in load().resources[type_].outputs, f"{address}.{attribute}"


def test_references_have_no_cycle(exported: Export) -> None:
    order = {address: {target for target, _ in references(body)} for address, body in resources(exported).items()}
    assert not [address for address, targets in order.items() if address in targets]
    assert len(list(TopologicalSorter(order).static_order())) == len(order)


def test_every_recorded_dependency_is_one_in_terraform(graph: Graph, exported: Export) -> None:
    known = resources(exported)
    addresses = {}
    for resource in custom(graph):
        type_ = load().tokens.get(resource.type, STAND_IN)
        addresses[resource.urn] = f"{type_}.{resource.name}"
    for resource in custom(graph):
        wanted = {addresses[urn] for urn in resource.registration.dependencies if urn in addresses}
        assert wanted <= {target for target, _ in references(known[addresses[resource.urn]])}, resource.urn


def test_required_arguments_are_given(exported: Export) -> None:
    for address, body in resources(exported).items():
        block = load().resources.get(address.split(".")[0])
        missing = block.required - set(body) if block else set()
        assert not missing, f"{address} lacks {sorted(missing)}"


def test_what_is_protected_cannot_be_destroyed(graph: Graph, exported: Export) -> None:
    kept = {
        address
        for address, body in resources(exported).items()
        if body.get("lifecycle", [{}])[0].get("prevent_destroy")
    }
    assert {address.split(".")[1] for address in kept} == {r.name for r in custom(graph) if r.options["protect"]}


def test_the_master_password_may_change_in_production(stacks: Stacks) -> None:
    body = resources(export(stacks("prod"), SECRETS))["aws_rds_cluster.database-cluster"]
    assert body["lifecycle"][0]["ignore_changes"] == ["master_password"]
    assert body["master_password"].startswith("${sensitive(")


def test_exporting_twice_gives_the_same_bytes(exported: Export, graph: Graph, tmp_path: Path) -> None:
    exported.write(tmp_path / "one")
    export(graph, SECRETS).write(tmp_path / "two")
    files = {path.name: path.read_bytes() for path in (tmp_path / "one").glob("*.json")}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "two").glob("*.json")}
    assert len(files) == len(exported.files)


def test_code_lies_beside_the_files(exported: Export, tmp_path: Path) -> None:
    exported.write(tmp_path)
    named = {
        match
        for file in exported.files.values()
        for text in texts(file)
        for match in re.findall(r"\$\{path\.module\}/(assets/[^\"]+)", text)
    }
    assert named == {f"assets/{path.name}" for path in (tmp_path / "assets").iterdir()}
    assert len(named) > 14
    for name, source in exported.assets.items():
        assert (tmp_path / "assets" / name).read_bytes() == (ROOT / source).read_bytes()


def test_a_folder_of_somebody_else_is_left_alone(stacks: Stacks, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("# mine")
    (tmp_path / "other.tf.json").write_text("{}")
    with pytest.raises(ExportError, match=r"holds main\.tf, other\.tf\.json of somebody else: name an empty folder"):
        export(stacks("local"), SECRETS).write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["main.tf", "other.tf.json"]


def test_an_earlier_export_is_replaced(stacks: Stacks, tmp_path: Path) -> None:
    exported = export(stacks("local"), SECRETS)
    exported.write(tmp_path)
    (tmp_path / "gone.tf.json").write_bytes((tmp_path / "api.tf.json").read_bytes())
    exported.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*exported.files, "assets"}


def test_the_schema_covers_the_types_of_all_stacks(stacks: Stacks) -> None:
    used = {r.type for name in STACK_FILES for r in stacks(name).resources if r.type.startswith("aws:")}
    assert used <= set(load().tokens), "run 'python -m plan.terraform.schema_subset' where Terraform is installed"


def test_a_type_without_schema_is_named_with_the_way_out() -> None:
    with pytest.raises(SchemaError, match=r"aws:qldb/ledger:Ledger is not in .*: run 'python -m plan\.terraform\."):
        load().type_of("aws:qldb/ledger:Ledger")


def test_the_command_writes_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "local"
    result = CliRunner().invoke(app, ["terraform", "local", "-o", str(folder)])
    assert result.exit_code == 0, result.output
    assert re.search(r"\d{3} resources of stack local", result.stdout)
    variables = json.loads((folder / "terraform.tfvars.json").read_text())
    assert set(variables) == {"//", "account_id", "slack_webhook_url"}


def test_the_command_refuses_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "main.tf").touch()
    result = CliRunner().invoke(app, ["terraform", "local", "-o", str(tmp_path)])
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert "main.tf" in result.stderr
