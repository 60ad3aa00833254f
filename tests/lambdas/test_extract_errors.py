"""The extract_errors function: which lines are copied, and how they reach the error log."""

from __future__ import annotations

import base64
import gzip
import importlib
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from lambdas.extract_errors import logic

GROUP = "goal-mandala-production-errors"
STREAM = "goal-mandala-production-goals"
TARGET = {"logGroupName": GROUP, "logStreamName": STREAM}
ERROR = json.dumps({"level": "ERROR", "message": "The request failed.", "service": "goals"})
REQUEST = json.dumps({"level": "INFO", "message": "request", "path": "/goals/ERROR"})


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("ERROR_LOG_GROUP", GROUP)
    return importlib.import_module("lambdas.extract_errors.handler")


def delivery(*messages: str, kind: str = "DATA_MESSAGE") -> dict[str, Any]:
    """What CloudWatch Logs hands to a subscriber: the first line is the latest."""
    content = {
        "messageType": kind,
        "owner": "123456789012",
        "logGroup": f"/aws/lambda/{STREAM}",
        "logStream": "2026/01/01/[1]abcdef",
        "subscriptionFilters": ["goal-mandala-production-goals-errors"],
        "logEvents": [
            {"id": str(number), "timestamp": 1_767_225_600_000 - number, "message": message}
            for number, message in enumerate(messages)
        ],
    }
    data = base64.b64encode(gzip.compress(json.dumps(content).encode())).decode()
    return {"awslogs": {"data": data}}


@pytest.mark.requirement(239, 274)
def test_error_lines_are_copied_in_the_order_of_time_and_others_are_not(
    function: ModuleType, stub: Callable[[str], Stubber]
) -> None:
    expected = [
        {"timestamp": 1_767_225_599_998, "message": "Task timed out after 30.00 seconds"},
        {"timestamp": 1_767_225_600_000, "message": ERROR},
    ]
    stub("logs").add_response("put_log_events", {}, {**TARGET, "logEvents": expected})
    event = delivery(ERROR, REQUEST, "Task timed out after 30.00 seconds")
    assert function.handler(event, None) == {"copied": 2}


def test_the_stream_is_made_when_it_is_first_needed(function: ModuleType, stub: Callable[[str], Stubber]) -> None:
    logs = stub("logs")
    logs.add_client_error("put_log_events", "ResourceNotFoundException")
    logs.add_response("create_log_stream", {}, TARGET)
    logs.add_response("put_log_events", {})
    assert function.handler(delivery(ERROR), None) == {"copied": 1}


def test_a_stream_that_another_call_made_meanwhile_is_used(
    function: ModuleType, stub: Callable[[str], Stubber]
) -> None:
    logs = stub("logs")
    logs.add_client_error("put_log_events", "ResourceNotFoundException")
    logs.add_client_error("create_log_stream", "ResourceAlreadyExistsException")
    logs.add_response("put_log_events", {})
    assert function.handler(delivery(ERROR), None) == {"copied": 1}


def test_a_refusal_is_raised_so_that_lambda_repeats_the_call(
    function: ModuleType, stub: Callable[[str], Stubber]
) -> None:
    logs = stub("logs")
    logs.add_client_error("put_log_events", "AccessDeniedException")
    with pytest.raises(logs.client.exceptions.ClientError, match="AccessDenied"):
        function.handler(delivery(ERROR), None)


def test_nothing_is_written_when_nothing_is_an_error(function: ModuleType, stub: Callable[[str], Stubber]) -> None:
    stub("logs")
    assert function.handler(delivery(REQUEST), None) == {"copied": 0}
    assert function.handler(delivery("CWL CONTROL MESSAGE: ERROR", kind="CONTROL_MESSAGE"), None) == {"copied": 0}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (ERROR, True),
        (json.dumps({"level": "critical"}), True),
        (json.dumps({"type": "platform.report", "record": {"status": "timeout"}}), True),
        (json.dumps({"type": "platform.report", "record": {"status": "success"}}), False),
        (json.dumps({"level": "WARNING", "message": "an ERROR elsewhere"}), False),
        (json.dumps(["ERROR"]), False),
        ("[ERROR] KeyError: 'goalId'\nTraceback (most recent call last):", True),
        ("RequestId: 1 Error: Runtime exited with error: signal: killed", True),
        ("REPORT RequestId: 1 Duration: 3.00 ms", False),
    ],
)
def test_the_level_decides_and_not_a_word_in_the_text(message: str, expected: bool) -> None:
    assert logic.is_error(message) is expected


@given(st.lists(st.tuples(st.integers(0, 10**13), st.text(max_size=200)), max_size=60), st.integers(40, 4000))
def test_batches_hold_every_line_once_within_the_limit(lines: list[tuple[int, str]], limit: int) -> None:
    events = [{"timestamp": at, "message": text} for at, text in lines]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logic, "BATCH_BYTES", limit)
        patch.setattr(logic, "BATCH_EVENTS", 7)
        found = list(logic.batches(events))
    together = [event for batch in found for event in batch]
    assert together == [{"timestamp": at, "message": text} for at, text in sorted(lines, key=lambda line: line[0])]
    for batch in found:
        size = sum(len(event["message"].encode()) + 26 for event in batch)
        assert len(batch) <= 7
        assert size <= limit or len(batch) == 1
