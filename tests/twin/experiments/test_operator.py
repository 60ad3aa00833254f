"""What an operator does by hand, on the running system."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.twin.experiments.laboratory import Laboratory

pytestmark = pytest.mark.slow


def monitor(laboratory: Laboratory, *words: str) -> subprocess.CompletedProcess[str]:
    folder = str(laboratory.system.folder)
    command = [sys.executable, "-m", "ops.cli", "monitor", "run", "--twin", "--folder", folder, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)


@pytest.mark.requirement(89, 265)
def test_monitoring_started_by_hand_ends_with_its_summary(laboratory: Laboratory) -> None:
    made = laboratory.person().call("POST", "/sources", {"owner": "pulumi", "repo": "missing-by-hand"})
    assert made.status == 201
    answer = monitor(laboratory, "--json")
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert told["status"] == "SUCCEEDED"
    assert {"sourceId": made.json["id"], "error": "RepositoryNotFound"} in told["summary"]["failures"]
    described = laboratory.states.describe_execution(executionArn=told["executionArn"])
    assert json.loads(described["output"]) == told["summary"]


@pytest.mark.requirement(89)
def test_monitoring_that_fails_as_a_whole_exits_with_1(laboratory: Laboratory) -> None:
    machine = laboratory.system.state["outputs"]["monitoring_state_machine_arn"]
    definition = json.loads(laboratory.states.describe_state_machine(stateMachineArn=machine)["definition"])
    name = definition["States"]["ListDataSources"]["Parameters"]["FunctionName"].split(":")[6]
    laboratory.inject(name, "exception")
    answer = monitor(laboratory)
    assert answer.returncode == 1
    assert "ended FAILED" in answer.stdout
    assert "MonitoringFailed" in answer.stdout
