"""The state machines as AWS gets them: what a person reads in docs/workflows, judged by a validator of the language."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from components.parts import states
from plan.graph import Graph
from tests.conftest import ROOT
from tests.harness import statements
from tests.judges.states_language import Invalid, judge

MACHINE = "aws:sfn/stateMachine:StateMachine"
FOLDER = ROOT / "docs" / "workflows"
WORKFLOWS = {"generation": "task-generation", "monitoring": "repository-monitoring"}


def definition(graph: Graph, name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(graph.named(MACHINE, f"{name}-machine").inputs["definition"])
    return body


@pytest.mark.requirement(88)
@pytest.mark.parametrize("name", WORKFLOWS)
def test_the_committed_definition_is_the_one_that_production_runs(
    prod: Graph, name: str, pytestconfig: pytest.Config
) -> None:
    file = FOLDER / f"{WORKFLOWS[name]}.asl.json"
    rendered = json.dumps(definition(prod, name), indent=2, sort_keys=True) + "\n"
    if pytestconfig.getoption("--update-golden"):
        file.write_text(rendered, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == rendered, (
        f"docs/workflows/{file.name} is not what the program registers: review the result of "
        "'pytest tests/components/test_definitions.py --update-golden'"
    )


def test_every_committed_definition_is_a_workflow_s() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} == {f"{role}.asl.json" for role in WORKFLOWS.values()}


@pytest.mark.requirement(88)
def test_every_definition_is_valid_states_language(graph: Graph, tmp_path: Path) -> None:
    machines = graph.of_type(MACHINE)
    assert machines
    for machine in machines:
        judge(machine.inputs["definition"], tmp_path)


@pytest.mark.parametrize(
    ("key", "value"), [("Next", "Nowhere"), ("ResultPath", "not a path"), ("TimeoutSeconds", "soon")]
)
def test_the_judge_refuses_what_is_not(prod: Graph, tmp_path: Path, key: str, value: str) -> None:
    body = definition(prod, "monitoring")
    body["States"]["ListDataSources"][key] = value
    with pytest.raises(Invalid):
        judge(json.dumps(body), tmp_path)


@pytest.mark.requirement(88)
def test_every_task_has_a_limit_a_retry_and_a_catch(graph: Graph) -> None:
    seen = 0
    for machine in graph.of_type(MACHINE):
        for name, task in states.tasks(json.loads(machine.inputs["definition"])):
            assert 0 < task["TimeoutSeconds"] <= 900, name
            assert any(rule["ErrorEquals"] == ["States.ALL"] for rule in task["Retry"]), name
            assert any(rule["ErrorEquals"] == ["States.ALL"] for rule in task["Catch"]), name
            seen += 1
    assert seen >= 9


@pytest.mark.requirement(203)
@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_machine_may_call_the_functions_that_its_definition_names(prod: Graph, name: str) -> None:
    called = {task["Parameters"]["FunctionName"] for _, task in states.tasks(definition(prod, name))}
    policy = prod.named("aws:iam/rolePolicy:RolePolicy", f"{name}-policy")
    [allowed] = [s["Resource"] for s in statements(policy) if "lambda:InvokeFunction" in s["Action"]]
    assert set(allowed) == called
