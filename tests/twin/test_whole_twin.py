"""One whole twin, up with its demonstration: the site, the API, the user, and the commands that look at it."""

from __future__ import annotations

import json
import stat
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.twin.command import COMMAND, nothing_runs, run
from twin import cli, state
from twin.processes import ROOT

pytestmark = pytest.mark.twin


def get(url: str, token: str = "") -> Any:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        body = answer.read()
        return json.loads(body) if "json" in answer.headers["Content-Type"] else body.decode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A whole twin, up with its demonstration; the module's last test takes it down."""
    folder = tmp_path_factory.mktemp("whole") / "a twin"
    answer = run("up", folder=folder, seconds=300)
    assert answer.returncode == 0, answer.stderr + answer.stdout
    yield folder
    run("down", folder=folder)


@pytest.fixture(scope="module")
def running(folder: Path) -> state.State:
    return state.read(folder)


def test_the_site_the_api_and_the_signed_in_user_work(folder: Path, running: state.State) -> None:
    page = get(f"{running.web_url}/goals/anything")
    assert "<!doctype html>" in page
    assert "/assets/" in page
    configuration = get(f"{running.web_url}/config.json")
    assert configuration["apiUrl"] == running.api_url
    assert get(f"{running.api_url}/health")["status"] == "ok"
    token = run("token", folder=folder).stdout.strip()
    goals = get(f"{running.api_url}/goals", token)["items"]
    assert [goal["id"] for goal in goals] == [running.goal_id]
    tasks = get(f"{running.api_url}/tasks?goalId={running.goal_id}&limit=100", token)
    assert len(tasks["items"]) == 100
    assert tasks["nextCursor"]


def test_the_stacks_outputs_speak_of_aws_only(running: state.State) -> None:
    assert running.outputs["site_url"].endswith(".cloudfront.net")
    # The database is the one thing that functions reach without the emulator's help.
    elsewhere = {name: value for name, value in running.outputs.items() if not name.startswith("database")}
    assert "127.0.0.1" not in json.dumps(elsewhere)


def test_the_state_is_private_and_holds_the_time_of_every_step(folder: Path, running: state.State) -> None:
    assert stat.S_IMODE((folder / "state.json").stat().st_mode) == 0o600
    steps = {"start", "deploy", "migrations, site, user", "sign in", "demonstration chart", "task generation", "total"}
    assert set(running.timings) == steps
    assert all(seconds >= 0 for seconds in running.timings.values())


def test_status_tells_where_everything_is_and_hides_the_control_token(folder: Path, running: state.State) -> None:
    told = run("status", "--json", folder=folder)
    assert told.returncode == 0
    status = json.loads(told.stdout)
    assert status["running"] is True
    assert status["web_url"] == running.web_url
    assert status["supervisor"]["pid"] == running.pid
    assert running.control_token not in told.stdout
    assert running.web_url in run("status", folder=folder).stdout


def test_logs_shows_functions_by_their_short_name_and_parts_by_theirs(folder: Path) -> None:
    names = run("logs", folder=folder).stdout.splitlines()
    assert {"aws", "postgres", "supervisor"} <= set(names)
    assert any(name.startswith("/aws/lambda/") for name in names)
    saved = run("logs", "save_tasks", "--json", folder=folder).stdout.splitlines()
    assert saved
    assert all({"timestamp", "message"} == set(json.loads(line)) for line in saved)
    assert "ready to accept connections" in run("logs", "postgres", folder=folder).stdout
    unknown = run("logs", "nothing", folder=folder)
    assert unknown.returncode == 1
    assert "save-tasks" in unknown.stderr


def test_following_a_log_shows_what_comes_later(folder: Path, running: state.State) -> None:
    command = [*COMMAND, "logs", "health", "--follow", "--folder", str(folder)]
    get(f"{running.api_url}/health")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout
        lines = 0
        while "REPORT" not in following.stdout.readline():
            lines += 1
        get(f"{running.api_url}/health")
        while "REPORT" not in following.stdout.readline():
            lines += 1
        following.terminate()
        following.communicate()
    assert lines > 0


def test_a_twin_can_only_be_started_once(folder: Path, running: state.State) -> None:
    again = run("up", folder=folder)
    assert again.returncode == 1
    assert str(running.pid) in again.stderr


def test_a_twin_whose_supervisor_was_killed_is_taken_down_and_leaves_nothing(
    folder: Path, running: state.State
) -> None:
    psutil.Process(running.pid).kill()
    limit = time.monotonic() + 10
    while state.Lock(folder).held() and time.monotonic() < limit:
        time.sleep(0.05)
    assert run("status", folder=folder).returncode == cli.NOT_RUNNING
    assert run("down", folder=folder).returncode == 0
    assert nothing_runs(folder)
    assert not folder.exists()
