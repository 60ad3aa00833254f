"""What the emulated Lambda and Step Functions are corrected to do, asked for as a client of AWS would ask."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.twin.emulated import Cloud, archive, started, task
from twin.processes import ROOT, interpreter


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    yield from started(tmp_path_factory)


@pytest.fixture(scope="module")
def function(cloud: Cloud) -> str:
    return cloud.function()


def test_a_failed_function_reports_the_class_of_its_exception(cloud: Cloud, function: str) -> None:
    answer = cloud.invoke(function, kind="raise")
    assert answer["failed"] == "Unhandled"
    assert answer["payload"]["errorType"] == "InvalidInput"
    assert answer["payload"]["errorMessage"] == "the goal has no title"
    assert any("index.py" in line for line in answer["payload"]["stackTrace"])


def test_a_function_stays_warm_after_an_exception(cloud: Cloud) -> None:
    function = cloud.function()
    first = cloud.invoke(function)["payload"]["started"]
    cloud.invoke(function, kind="raise")
    assert cloud.invoke(function)["payload"]["started"] == first


def test_a_function_that_ends_its_process_reports_runtime_exit_error(cloud: Cloud, function: str) -> None:
    assert cloud.invoke(function, kind="exit")["payload"]["errorType"] == "Runtime.ExitError"
    assert cloud.invoke(function)["failed"] is None


def test_a_function_that_cannot_be_imported_says_so_in_answer_and_log(cloud: Cloud) -> None:
    function = cloud.function(Environment={"Variables": {"BROKEN": "1"}})
    payload = cloud.invoke(function)["payload"]
    assert payload["errorType"] == "Runtime.ImportModuleError"
    assert "no_such_module" in payload["errorMessage"]
    group = "/aws/lambda/" + function.rsplit(":", 1)[1]
    events = cloud.client("logs").filter_log_events(logGroupName=group)["events"]
    assert any("no_such_module" in event["message"] for event in events)


def test_retry_and_catch_tell_exceptions_apart(cloud: Cloud, function: str) -> None:
    caught = {"ErrorEquals": ["InvalidInput"], "Next": "Refused"}
    states = {"Try": task(function, {"kind": "raise"}, Catch=[caught]), "Refused": {"Type": "Succeed"}}
    execution = cloud.execute(cloud.machine({"StartAt": "Try", "States": states}))
    assert execution["status"] == "SUCCEEDED"
    assert json.loads(execution["output"])["Error"] == "InvalidInput"


def test_a_throttled_task_fails_with_the_name_that_retry_looks_for(cloud: Cloud) -> None:
    function = cloud.function()
    cloud.client("lambda").put_function_concurrency(
        FunctionName=function.rsplit(":", 1)[1], ReservedConcurrentExecutions=0
    )
    execution = cloud.execute(cloud.machine({"StartAt": "Try", "States": {"Try": task(function, {})}}))
    assert execution["error"] == "Lambda.TooManyRequestsException"


@pytest.mark.parametrize(("year", "expected"), [(2000, "SUCCEEDED"), (2999, "FAILED")])
def test_a_choice_compares_the_time_with_one_that_a_path_names(cloud: Cloud, year: int, expected: str) -> None:
    passed = {"Variable": "$$.State.EnteredTime", "TimestampGreaterThanEqualsPath": "$.run.at", "Next": "Passed"}
    states = {
        "Given": {"Type": "Pass", "Parameters": {"run": {"at": f"{year}-01-01T00:00:00Z"}}, "Next": "Passed?"},
        "Passed?": {"Type": "Choice", "Choices": [passed], "Default": "NotYet"},
        "Passed": {"Type": "Succeed"},
        "NotYet": {"Type": "Fail"},
    }
    assert cloud.execute(cloud.machine({"StartAt": "Given", "States": states}))["status"] == expected


def test_a_machine_runs_no_longer_than_its_time_out(cloud: Cloud) -> None:
    definition = {
        "TimeoutSeconds": 1,
        "StartAt": "Wait",
        "States": {"Wait": {"Type": "Wait", "Seconds": 3, "End": True}},
    }
    execution = cloud.execute(cloud.machine(definition))
    assert execution["status"] == "TIMED_OUT"
    assert (execution["stopDate"] - execution["startDate"]).total_seconds() < 2.5
    time.sleep(2.5)
    assert cloud.follow(execution["executionArn"])["status"] == "TIMED_OUT"


def test_a_stopped_run_stays_aborted_and_starts_no_further_task(cloud: Cloud) -> None:
    slow, after = cloud.function(), cloud.function()
    caught = {"ErrorEquals": ["States.Timeout"], "Next": "After"}
    item = {"kind": "slow", "seconds": 1, "raise.$": "$"}
    iterator: dict[str, Any] = {
        "StartAt": "Slow",
        "States": {
            "Slow": {**task(slow, item, Catch=[caught]), "Next": "After"},
            "After": task(after, {"ran": True}),
        },
    }
    del iterator["States"]["Slow"]["End"]
    items = {"Type": "Map", "ItemsPath": "$.items", "Iterator": iterator, "End": True}
    definition = {"StartAt": "Items", "States": {"Items": items}}
    states = cloud.client("stepfunctions")
    arn = states.start_execution(stateMachineArn=cloud.machine(definition), input='{"items": [true, false]}')[
        "executionArn"
    ]
    time.sleep(0.6)
    states.stop_execution(executionArn=arn, error="Cancelled", cause="by the user")
    time.sleep(2)
    execution = states.describe_execution(executionArn=arn)
    assert (execution["status"], execution["error"]) == ("ABORTED", "Cancelled")
    groups = cloud.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]
    assert "/aws/lambda/" + after.rsplit(":", 1)[1] not in {group["logGroupName"] for group in groups}


def test_more_functions_than_this_machine_can_run_wait_and_none_is_refused(cloud: Cloud) -> None:
    function = cloud.function()
    answers: list[dict[str, Any]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(cloud.invoke(function, kind="slow", seconds=0.2)))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer["failed"] for answer in answers] == [None] * 20
    assert len({answer["payload"]["started"] for answer in answers}) < 20


def test_a_layer_is_unpacked_once_for_all_execution_environments(cloud: Cloud) -> None:
    layer = cloud.client("lambda").publish_layer_version(
        LayerName="shared", Content={"ZipFile": archive(python__layered="VALUE = 1")}
    )["LayerVersionArn"]
    first, second = cloud.function(Layers=[layer]), cloud.function(Layers=[layer])
    paths = {cloud.invoke(function, kind="layer")["payload"] for function in (first, second)}
    assert len(paths) == 1
    assert Path(paths.pop()).is_file()


def test_a_function_pays_for_botocore_only_when_it_imports_it(cloud: Cloud, function: str) -> None:
    assert cloud.invoke(cloud.function(), kind="botocore")["payload"] == [False, 1]


def test_functions_inherit_the_emulators_clean_environment(
    cloud: Cloud, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = cloud.invoke(function, kind="environment")["payload"]
    assert environment["AWS_ENDPOINT_URL"] == cloud.endpoint
    assert environment["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == "http://127.0.0.1:1"
    assert environment["TZ"] == "UTC"
    assert "PYTEST_CURRENT_TEST" not in environment


def test_another_version_of_the_emulator_is_refused_with_the_way_out() -> None:
    program = (
        "from ministack.services import stepfunctions; del stepfunctions._run_execution; "
        "from twin.emulator import workflows; workflows.correct()"
    )
    answer = subprocess.run(
        [interpreter(), "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert answer.returncode != 0
    assert "stepfunctions._run_execution is not what the twin corrects" in answer.stderr
    assert "make install" in answer.stderr
