"""`plan show` as a person or a script meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from plan.cli import app
from plan.graph import Graph
from tests.conftest import Stacks


def plan(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"})


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch, stacks: Stacks) -> None:
    """The command shows the recordings that the other tests use; one test below records for itself."""
    monkeypatch.setattr("plan.record.record", stacks)


@pytest.mark.usefixtures("recorded")
def test_the_tree_shows_components_and_what_they_hold(local: Graph) -> None:
    result = plan("show", "local")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    counted = [r for r in local.resources if r.type.split(":")[0] not in {"pulumi", "mandala"}]
    assert lines[0].split() == ["local", str(len(counted)), "resources"]
    assert len([line for line in lines if line.strip()]) == len(local.resources) + 1
    places = {line.strip(" │├└─").split()[0]: line.index(line.strip(" │├└─")) for line in lines[1:]}
    assert places["database"] < places["database-cluster"]
    assert places["network-vpc"] < places["network-vpc-private-1"]


@pytest.mark.usefixtures("recorded")
def test_what_is_protected_is_marked() -> None:
    result = plan("show", "prod", "--component", "database")
    [cluster] = [line for line in result.stdout.splitlines() if "aws:rds/cluster:Cluster" in line]
    assert cluster.endswith("protected")


def test_json_has_everything_about_every_resource_and_no_secret(local: Graph) -> None:
    result = plan("show", "local", "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["stack"] == "local"
    assert [resource["urn"] for resource in document["resources"]] == [resource.urn for resource in local.resources]
    for resource in document["resources"]:
        assert set(resource) == {"urn", "type", "name", "parent", "inputs", "options", "dependencies"}
    assert "secret-of-slack_webhook_url" not in result.stdout
    assert "recorded-" not in result.stdout  # how a recorded password begins


@pytest.mark.usefixtures("recorded")
def test_one_component_is_shown_with_all_that_it_holds(local: Graph) -> None:
    result = plan("show", "local", "--json", "--component", "network")
    urns = [resource["urn"] for resource in json.loads(result.stdout)["resources"]]
    assert urns == [r.urn for r in local.resources if "::mandala:components:Network" in r.urn]
    assert len(urns) > 20


@pytest.mark.usefixtures("recorded")
def test_an_unknown_component_is_a_wrong_call() -> None:
    result = plan("show", "local", "--component", "netwrok")
    assert result.exit_code == 2
    assert result.stderr.strip() == "stack local has no component named 'netwrok': 'plan show local' lists them"


@pytest.mark.parametrize("stack", ["prd", "nowhere/Pulumi.prod.yaml"])
def test_an_unknown_stack_is_told_in_one_line(stack: str) -> None:
    result = plan("show", stack)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert stack in result.stderr


def test_a_broken_stack_file_is_told_without_a_traceback(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.broken.yaml"
    file.write_text("config: {a: [}")
    result = plan("show", str(file))
    assert result.exit_code == 1
    assert result.stderr.startswith("Pulumi.broken.yaml is not valid YAML")
    assert "Traceback" not in result.output
