"""What the functions tell of themselves: log lines, metrics in the embedded format, records of transactions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import pytest

from lambdas.shared import metrics
from lambdas.shared.logging import logger
from lambdas.shared.repositories import users
from lambdas.shared.transactions import recorded
from tests.lambdas import workflow
from tests.lambdas.conftest import ROOT


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]


def metric(line: dict[str, Any]) -> tuple[str, list[list[str]], list[dict[str, str]]]:
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    return directive["Namespace"], directive["Dimensions"], directive["Metrics"]


@pytest.mark.requirement(186)
def test_a_log_line_is_json_with_time_level_service_context_and_the_errors_stack(log: Any) -> None:
    try:
        int("what went wrong")
    except ValueError:
        logger.exception("It failed.", goal="g")
    (line,) = log()
    assert (line["level"], line["service"], line["message"], line["goal"]) == ("ERROR", "test", "It failed.", "g")
    assert line["timestamp"].startswith("20")
    assert line["exception_name"] == "ValueError"
    assert "what went wrong" in line["exception"]
    assert "test_observability.py" in line["exception"]


@pytest.mark.requirement(186)
@pytest.mark.parametrize(("level", "expected"), [(None, ["INFO"]), ("WARNING", []), ("DEBUG", ["DEBUG", "INFO"])])
def test_the_level_is_that_of_the_environment_and_info_without(level: str | None, expected: list[str]) -> None:
    code = "from lambdas.shared.logging import logger; logger.debug('d'); logger.info('i')"
    environment = {name: value for name, value in os.environ.items() if name != "LOG_LEVEL"}
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment | ({"LOG_LEVEL": level} if level else {}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert [json.loads(line)["level"] for line in result.stdout.splitlines()] == expected


@pytest.mark.requirement(187, 188)
def test_generations_are_counted_and_timed_by_status_and_tell_their_project(
    capsys: pytest.CaptureFixture[str],
) -> None:
    metrics.count_generation("success", 1.5, "project")
    [line] = emitted(capsys)
    named = [
        {"Name": "code_generation_total", "Unit": "Count"},
        {"Name": "code_generation_duration_seconds", "Unit": "Seconds"},
    ]
    assert metric(line) == ("GoalMandala", [["status"]], named)
    assert (line["code_generation_total"], line["code_generation_duration_seconds"]) == (1, 1.5)
    assert (line["status"], line["project_id"]) == ("success", "project")
    assert abs(line["_aws"]["Timestamp"] / 1000 - time.time()) < 5


@pytest.mark.requirement(188)
@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [
        (0.1, "0.1"), (0.11, "0.5"), (0.5, "0.5"), (1, "1"), (2, "2"), (4.9, "5"), (10, "10"), (30, "30"), (60, "60"),
        (61, "+Inf"),
    ],
)  # fmt: skip
def test_durations_fall_into_the_buckets(seconds: float, bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    metrics.count_generation("failure", seconds, "project")
    [measured] = emitted(capsys)
    assert (measured["code_generation_duration_seconds"], measured["le"]) == (seconds, bucket)


@pytest.mark.requirement(189)
def test_active_sessions_are_those_of_the_last_half_hour(
    person: Any, other: Any, database: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    database.query("UPDATE users SET last_seen_at = now() - interval '31 minutes'")
    capsys.readouterr()
    person.call("listGoals")
    other.call("listGoals")
    person.call("listGoals")
    shown = [line for line in emitted(capsys) if "active_sessions_total" in line]
    assert [line["active_sessions_total"] for line in shown] == [1, 2]
    assert metric(shown[0]) == ("GoalMandala", [[]], [{"Name": "active_sessions_total", "Unit": "Count"}])
    database.query("UPDATE users SET last_seen_at = now() - interval '6 minutes'")
    users.forget()
    person.call("listGoals")
    assert len(emitted(capsys)) == 1


@pytest.mark.requirement(190)
def test_every_request_leaves_a_record_of_its_transaction(person: Any, log: Any) -> None:
    person.call("listGoals")
    person.call("getGoal", {"goalId": "00000000-0000-4000-8000-000000000000"})
    lines = [line for line in log() if "transaction" in line]
    assert [(line["transaction"]["name"], line["transaction"]["status"]) for line in lines] == [
        ("listGoals", "success"),
        ("getGoal", "success"),
    ]
    for line in lines:
        assert set(line["transaction"]) == {"name", "durationMs", "memoryDeltaKb", "status"}
        assert line["transaction"]["durationMs"] == line["ms"] > 0
        assert line["transaction"]["memoryDeltaKb"] >= 0
        assert line["timestamp"]


@pytest.mark.requirement(190)
def test_every_step_leaves_a_record_of_its_transaction(log: Any) -> None:
    workflow.step("create_batches", {"actionIds": []})
    (line,) = [line for line in log() if line["message"] == "transaction"]
    assert (line["transaction"]["name"], line["transaction"]["status"]) == ("test", "success")

    @recorded
    def failing(event: dict[str, Any], context: object) -> None:
        bytearray(64 * 1024 * 1024)
        time.sleep(0.02)
        raise ValueError

    with pytest.raises(ValueError):
        failing({}, None)
    record = log()[-1]["transaction"]
    assert (record["status"], record["durationMs"] >= 20) == ("failure", True)


def test_a_function_without_a_database_starts_quickly() -> None:
    """60 ms on a quiet machine; what is counted here are the modules, which do not depend on the machine's load."""
    for function in ("create_batches", "notify_slack"):
        code = f"import lambdas.{function}.handler, sys; print(*sys.modules)"
        loaded = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True
        ).stdout.split()
        assert {"msgspec", "psycopg2", "boto3", "botocore.client", "pydantic"} & set(loaded) == set(), function
