"""Faults of functions on request, and the corrections of Step Functions that the experiments rely on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.twin.emulated import Cloud, started, task
from tests.twin.system import Answer, call


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    yield from started(tmp_path_factory)


@pytest.fixture
def function(cloud: Cloud) -> Iterator[str]:
    """A function of the test's own; its faults are forgotten afterwards."""
    yield cloud.function()
    faults(cloud, "DELETE")


def faults(cloud: Cloud, method: str, fault: Any = None) -> Answer:
    return call(method, f"{cloud.endpoint}/_twin/faults", fault)


def inject(cloud: Cloud, function: str, kind: str, **more: Any) -> None:
    answer = faults(cloud, "POST", {"function": function.rsplit(":", 1)[1], "kind": kind, **more})
    assert answer.status == 201, answer.text


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("service_error", "Lambda.ServiceException"),
        ("exception", "RuntimeError"),
        ("reset", "Lambda.SdkClientException"),
        ("crash", "Runtime.ExitError"),
        ("crash_after", "Runtime.ExitError"),
    ],
)
def test_a_fault_is_what_its_caller_sees_and_passes(cloud: Cloud, function: str, kind: str, error: str) -> None:
    inject(cloud, function, kind, times=1)
    assert cloud.invoke(function)["payload"]["errorType"] == error
    assert cloud.invoke(function)["failed"] is None


def test_a_throttled_function_is_refused_as_by_lambda(cloud: Cloud, function: str) -> None:
    inject(cloud, function, "throttle", times=1)
    with pytest.raises(ClientError) as refused:
        cloud.invoke(function)
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"


def test_a_crashed_process_is_another_one_next_time(cloud: Cloud, function: str) -> None:
    first = cloud.invoke(function)["payload"]["started"]
    assert cloud.invoke(function)["payload"]["started"] == first
    inject(cloud, function, "crash_after", times=1)
    cloud.invoke(function)
    assert cloud.invoke(function)["payload"]["started"] != first


def test_a_function_that_runs_twice_runs_in_two_places_and_answers_once(cloud: Cloud, function: str) -> None:
    inject(cloud, function, "twice", times=1)
    answer = cloud.invoke(function, kind="slow", seconds=0.3)
    assert answer["payload"]["event"] == {"kind": "slow", "seconds": 0.3}
    group = f"/aws/lambda/{function.rsplit(':', 1)[1]}"
    events = cloud.client("logs").filter_log_events(logGroupName=group)["events"]
    assert sum(event["message"].startswith("START") for event in events) == 2


def test_a_malformed_answer_has_another_shape(cloud: Cloud, function: str) -> None:
    inject(cloud, function, "malformed", times=1)
    assert "started" not in cloud.invoke(function)["payload"]
    assert "started" in cloud.invoke(function)["payload"]


def test_only_events_with_the_text_are_hurt_and_all_of_them_are_counted(cloud: Cloud, function: str) -> None:
    inject(cloud, function, "exception", contains="goal-7", error="GoalNotFound", times=1)
    assert cloud.invoke(function, goal="goal-8")["failed"] is None
    assert cloud.invoke(function, goal="goal-7")["payload"]["errorType"] == "GoalNotFound"
    assert cloud.invoke(function, goal="goal-7")["failed"] is None
    (listed,) = faults(cloud, "GET").json["faults"]
    assert [seen["injected"] for seen in listed["calls"]] == [True, False]


def test_another_function_is_left_alone(cloud: Cloud, function: str) -> None:
    inject(cloud, function, "exception")
    assert cloud.invoke(cloud.function())["failed"] is None


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ([], "a fault is an object"),
        ({"kind": "crash"}, "'function'"),
        ({"function": "f", "kind": "burn"}, "kind: should be one of throttle"),
        ({"function": "f", "kind": "crash", "times": 0}, "times: should be null or at least 1"),
        ({"function": "f", "kind": "crash", "contains": 7}, "contains: should be a text"),
        ({"function": "f", "kind": "crash", "when": "now"}, "a fault is an object"),
    ],
)
def test_a_fault_that_is_none_is_refused_in_a_sentence(cloud: Cloud, fault: Any, said: str) -> None:
    answer = faults(cloud, "POST", fault)
    assert answer.status == 400
    assert said in answer.json["message"]


def test_reserved_concurrency_holds_for_an_alias(cloud: Cloud, function: str) -> None:
    functions, name = cloud.client("lambda"), function.rsplit(":", 1)[1]
    version = functions.publish_version(FunctionName=name)["Version"]
    alias = functions.create_alias(FunctionName=name, Name="live", FunctionVersion=version)["AliasArn"]
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)

    def refused(_: int) -> bool:
        try:
            cloud.invoke(alias, kind="slow", seconds=0.5)
        except ClientError as error:
            return error.response["Error"]["Code"] == "TooManyRequestsException"
        return False

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(refused, range(3))) == [False, True, True]


def pace(cloud: Cloud, scale: float) -> None:
    call("POST", f"{cloud.endpoint}/_ministack/config", {"stepfunctions._SFN_WAIT_SCALE": scale})


def test_a_hanging_function_ends_its_task_by_the_states_time_out(cloud: Cloud, function: str) -> None:
    inject(cloud, function, "timeout", times=2)
    machine = cloud.machine({"StartAt": "Try", "States": {"Try": task(function, {}, TimeoutSeconds=2)}})
    assert cloud.execute(machine)["error"] == "States.Timeout"
    pace(cloud, 0.1)
    began = time.monotonic()
    assert cloud.execute(machine)["error"] == "States.Timeout"
    assert time.monotonic() - began < 1.5
    pace(cloud, 1)


@pytest.mark.parametrize("named", [["States.ALL"], ["States.Runtime"]])
def test_a_field_that_the_answer_has_not_ends_the_run_and_nothing_catches_it(
    cloud: Cloud, function: str, named: list[str]
) -> None:
    caught = {"ErrorEquals": named, "Next": "Caught"}
    rule = {"ErrorEquals": named, "IntervalSeconds": 1, "MaxAttempts": 3}
    missing = task(function, {}, ResultSelector={"no.$": "$.Payload.nothing"}, Retry=[rule], Catch=[caught])
    execution = cloud.execute(
        cloud.machine({"StartAt": "Try", "States": {"Try": missing, "Caught": {"Type": "Succeed"}}})
    )
    assert (execution["status"], execution["error"]) == ("FAILED", "States.Runtime")
    assert "$.Payload.nothing" in execution["cause"]


def test_null_is_a_field_and_a_missing_parameter_is_not(cloud: Cloud, function: str) -> None:
    states = cloud.client("stepfunctions")
    machine = cloud.machine({"StartAt": "Try", "States": {"Try": task(function, {"given.$": "$.given"})}})

    def ended(given: dict[str, Any]) -> str:
        started_ = states.start_execution(stateMachineArn=machine, input=json.dumps(given))
        return str(cloud.follow(started_["executionArn"])["status"])

    assert ended({"given": None}) == "SUCCEEDED"
    assert ended({"other": 1}) == "FAILED"


def test_waits_are_no_longer_than_declared_and_random_where_declared(cloud: Cloud, function: str) -> None:
    inject(cloud, function, "service_error")
    rule = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "BackoffRate": 10, "MaxAttempts": 4}
    bounded = task(function, {}, Retry=[{**rule, "MaxDelaySeconds": 2, "JitterStrategy": "FULL"}])
    pace(cloud, 0.25)
    cloud.execute(cloud.machine({"StartAt": "Try", "States": {"Try": bounded}}))
    pace(cloud, 1)
    (listed,) = faults(cloud, "GET").json["faults"]
    at = [seen["at"] for seen in listed["calls"]]
    waits = [later - earlier for earlier, later in zip(at, at[1:], strict=False)]
    assert len(waits) == 4
    assert all(wait < 0.5 + 0.4 for wait in waits)
    assert len({round(wait, 3) for wait in waits}) > 1
