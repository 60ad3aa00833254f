"""`ops monitor run` without a system: how it is called, how it waits, and what it says."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from typer.testing import CliRunner

from ops import cli
from ops.errors import OpsError, UsageError
from ops.monitor import OUTPUT, Monitoring
from ops.target import Target

MACHINE = "arn:aws:states:ap-northeast-1:123456789012:stateMachine:monitoring"
EXECUTION = "arn:aws:states:ap-northeast-1:123456789012:execution:monitoring:by-hand-1"
BEGAN = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SUMMARY = {
    "sources": 3,
    "newActivities": 5,
    "failedSources": 102,
    "failures": [{"sourceId": "7c", "error": "RepositoryNotFound"}],
}


def run(*words: str) -> Any:
    return CliRunner().invoke(cli.app, ["monitor", "run", *words])


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """Step Functions, whose SDK checks what is asked and answered, with a run that has been started."""
    client = boto3.client(
        "stepfunctions", region_name="ap-northeast-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    monkeypatch.setattr(Target, "client", lambda *_: client)
    with Stubber(client) as stubbed:
        started = {"executionArn": EXECUTION, "startDate": BEGAN}
        stubbed.add_response("start_execution", started, {"stateMachineArn": MACHINE, "name": ANY, "input": "{}"})
        yield stubbed


def described(status: str, **more: Any) -> dict[str, Any]:
    ended = {} if status == "RUNNING" else {"stopDate": BEGAN + timedelta(seconds=12)}
    fixed = {"executionArn": EXECUTION, "stateMachineArn": MACHINE, "startDate": BEGAN}
    return {**fixed, "status": status, **ended, **more}


def entered(*names: str) -> dict[str, Any]:
    """The history of a run, the latest event first."""
    events = [
        {"timestamp": BEGAN, "type": "TaskStateEntered", "id": n + 1, "stateEnteredEventDetails": {"name": name}}
        for n, name in enumerate(names)
    ]
    task = {"timestamp": BEGAN, "type": "LambdaFunctionScheduled", "id": len(names) + 1}
    return {"events": [task, *reversed(events)]}


@pytest.mark.requirement(89)
def test_a_run_that_succeeds_is_told_with_its_summary(states: Stubber) -> None:
    states.add_response("describe_execution", described("SUCCEEDED", output=json.dumps(SUMMARY)))
    answer = run("--state-machine-arn", MACHINE)
    assert answer.exit_code == 0
    assert "3 sources in 12 s: 5 new activities, 102 sources failed" in answer.stdout
    assert "7c  RepositoryNotFound" in answer.stdout
    assert "and 101 more" in answer.stdout
    states.assert_no_pending_responses()


@pytest.mark.requirement(89)
def test_a_run_that_fails_exits_with_1_and_says_why(states: Stubber) -> None:
    failed = described("FAILED", error="MonitoringFailed", cause="The database is gone")
    states.add_response("describe_execution", failed)
    answer = run("--state-machine-arn", MACHINE)
    assert answer.exit_code == 1
    assert "ended FAILED after 12 s (MonitoringFailed: The database is gone)" in answer.stdout


def test_programs_get_json_alone_on_standard_output(states: Stubber) -> None:
    states.add_response("describe_execution", described("TIMED_OUT"))
    answer = run("--state-machine-arn", MACHINE, "--json")
    assert answer.exit_code == 1
    told = json.loads(answer.stdout)
    assert (told["status"], told["seconds"], told["summary"]) == ("TIMED_OUT", 12.0, None)


def test_nobody_waits_who_does_not_want_to(states: Stubber) -> None:
    answer = run("--state-machine-arn", MACHINE, "--no-wait", "--json")
    assert (answer.exit_code, json.loads(answer.stdout)) == (0, {"executionArn": EXECUTION})


def test_waiting_tells_each_state_once(states: Stubber) -> None:
    for names in (("ListDataSources",), ("ListDataSources",), ("ListDataSources", "LookAtSources")):
        states.add_response("describe_execution", described("RUNNING"))
        states.add_response("get_execution_history", entered(*names))
    states.add_response("describe_execution", described("SUCCEEDED", output="{}"))
    monitoring = Monitoring(Target.of_arn(OUTPUT, MACHINE))
    told: list[str] = []
    assert monitoring.wait(monitoring.start(), told.append, poll=0).succeeded
    assert told == ["ListDataSources", "LookAtSources"]


def test_a_refusal_of_aws_is_one_sentence(states: Stubber) -> None:
    states.add_client_error("describe_execution", "AccessDeniedException", "not allowed")
    answer = run("--state-machine-arn", MACHINE)
    assert answer.exit_code == 1
    assert answer.stderr.splitlines()[-1] == (
        f"Looking at {EXECUTION}: AWS refused with AccessDeniedException: not allowed"
    )


def test_interrupting_the_wait_says_that_the_run_goes_on(states: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Monitoring, "wait", interrupted)
    answer = run("--state-machine-arn", MACHINE)
    assert answer.exit_code == 130
    assert EXECUTION in answer.stderr


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ((), "--twin (got none)"),
        (("--twin", "--state-machine-arn", MACHINE), "--state-machine-arn and --twin"),
        (("--state-machine-arn", "monitoring"), "'monitoring'"),
        (("--outputs", "/nowhere/outputs.json"), "/nowhere/outputs.json cannot be read"),
        (("--unknown",), "--unknown"),
    ],
)
def test_wrong_usage_exits_with_2_and_names_what_is_wrong(words: tuple[str, ...], named: str) -> None:
    answer = run(*words)
    assert answer.exit_code == 2
    assert named in answer.stderr


def test_the_outputs_of_a_stack_name_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = json.dumps({OUTPUT: MACHINE})
    file = tmp_path / "outputs.json"
    file.write_text(outputs)
    assert Target.of_outputs(str(file)).arn(OUTPUT) == MACHINE
    monkeypatch.setattr("sys.stdin", io.StringIO(outputs))
    assert Target.of_outputs("-").arn(OUTPUT) == MACHINE


@pytest.mark.parametrize("content", ["", "[]", "not json"])
def test_outputs_that_are_none_are_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "outputs.json"
    file.write_text(content)
    with pytest.raises(UsageError, match="pulumi stack output --json"):
        Target.of_outputs(str(file))


def test_a_stack_without_monitoring_is_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "outputs.json"
    file.write_text('{"api_url": "https://example.com"}')
    answer = run("--outputs", str(file))
    assert answer.exit_code == 1
    assert f"no output {OUTPUT}, it has api_url" in answer.stderr


def test_no_twin_and_a_broken_one_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="twin up"):
        Target.of_twin(tmp_path)
    (tmp_path / "state.json").write_text("{}")
    with pytest.raises(OpsError, match="twin down"):
        Target.of_twin(tmp_path)


def test_clients_are_made_for_the_region_of_the_arn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert Target.of_arn(OUTPUT, MACHINE).client("stepfunctions", MACHINE).meta.region_name == "ap-northeast-1"


def test_missing_credentials_are_told_with_the_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    answer = run("--state-machine-arn", MACHINE)
    assert answer.exit_code == 1
    assert "aws sso login" in answer.stderr
