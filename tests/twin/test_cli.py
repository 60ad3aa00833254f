"""`twin` as a person uses it: up, down, status, token, logs, and everything that can go wrong with them."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest
from typer.testing import CliRunner

from twin import cli, postgres, processes, site, state
from twin import up as up_module
from twin.processes import ROOT

COMMAND = [sys.executable, "-m", "twin.cli"]


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def run(*words: str, folder: Path, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words, "--folder", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )


def begin(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "up", "--folder", str(folder), *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def processes_of(folder: Path) -> list[str]:
    """The command lines of all processes that know the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.environ().get("STATE_DIR", "")]
        except psutil.Error:
            continue
        if any(str(folder) in word for word in words) and process.pid != os.getpid():
            found.append(" ".join(words))
    return found


def nothing_runs(folder: Path, seconds: float = 10) -> bool:
    limit = time.monotonic() + seconds
    while processes_of(folder) and time.monotonic() < limit:
        time.sleep(0.1)
    return processes_of(folder) == []


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


def test_help_explains_every_command_without_starting_anything() -> None:
    answer = CliRunner().invoke(cli.app, ["--help"])
    assert answer.exit_code == 0
    for command in ("up", "down", "status", "token", "logs"):
        assert re.search(rf"\b{command}\b", answer.output)
    assert "Exit status" in answer.output


def test_status_without_a_twin_says_so_with_its_own_exit_status(tmp_path: Path) -> None:
    answer = CliRunner().invoke(cli.app, ["status", "--folder", str(tmp_path / "t")])
    assert answer.exit_code == cli.NOT_RUNNING
    assert "No twin is running" in answer.output
    told = json.loads(CliRunner().invoke(cli.app, ["status", "--json", "--folder", str(tmp_path / "t")]).output)
    assert told["running"] is False
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize("command", ["token", "logs"])
def test_commands_that_need_a_twin_say_that_none_runs(tmp_path: Path, command: str) -> None:
    answer = CliRunner().invoke(cli.app, [command, "--folder", str(tmp_path)])
    assert answer.exit_code == cli.NOT_RUNNING
    assert "twin up" in answer.output


def test_down_without_a_twin_is_no_error(tmp_path: Path) -> None:
    answer = CliRunner().invoke(cli.app, ["down", "--folder", str(tmp_path / "t")])
    assert (answer.exit_code, answer.output.strip()) == (0, f"There is no twin in {tmp_path / 't'}.")


def test_down_never_removes_a_folder_that_is_not_a_twins(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    answer = CliRunner().invoke(cli.app, ["down", "--folder", str(tmp_path)])
    assert answer.exit_code == 1
    assert "thesis.txt" in answer.output
    assert (tmp_path / "thesis.txt").exists()


def test_up_never_empties_a_folder_that_is_not_a_twins(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    answer = CliRunner().invoke(cli.app, ["up", "--folder", str(tmp_path)])
    assert answer.exit_code == 1
    assert "thesis.txt" in answer.output
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_unknown_stack_is_one_sentence(tmp_path: Path) -> None:
    answer = run("up", "--stack", "nowhere", folder=tmp_path / "t")
    assert answer.returncode == 1
    assert "nowhere" in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize(
    ("module", "name", "what"),
    [
        (processes, "EMULATOR", "emulated AWS"),
        (postgres, "PACKAGES", "PostgreSQL"),
        (up_module, "SITE", "web"),
    ],
)
def test_what_is_not_installed_is_named_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, what: str
) -> None:
    monkeypatch.setattr(module, name, tmp_path / "nothing")
    answer = CliRunner().invoke(cli.app, ["up", "--folder", str(tmp_path / "t")])
    assert answer.exit_code == 1
    assert what in answer.output
    assert "make install" in answer.output
    assert not (tmp_path / "t").exists()


def test_a_nearly_full_disk_is_told_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, 2**20))
    answer = CliRunner().invoke(cli.app, ["up", "--folder", str(tmp_path / "t")])
    assert answer.exit_code == 1
    assert "1 MB free" in answer.output
    assert not (tmp_path / "t").exists()


def test_a_taken_port_is_one_sentence_and_leaves_nothing_running(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        answer = run("up", "--web-port", port, folder=tmp_path / "t")
    assert answer.returncode == 1
    assert f"Port {port} of 127.0.0.1 is taken" in answer.stderr
    assert "--web-port" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert nothing_runs(tmp_path / "t")


def test_up_twice_at_once_is_refused_with_the_process_that_holds_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    with begin(folder) as first:
        limit = time.monotonic() + 20
        while not state.Lock(folder).holders() and time.monotonic() < limit:
            time.sleep(0.02)
        second = run("up", folder=folder)
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=60)
    assert second.returncode == 1
    assert str(first.pid) in second.stderr
    assert "already starting or running" in second.stderr


# Steps done before the moment, and how long the next one surely lasts: imports and start, deployment, migrations,
# chart, task generation.
MOMENTS = [(0, 1.5), (1, 3.0), (2, 0.5), (4, 0.5), (5, 1.0)]


@pytest.mark.parametrize(("steps", "within"), MOMENTS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupting_up_at_any_moment_leaves_nothing(
    tmp_path: Path, number: signal.Signals, steps: int, within: float
) -> None:
    folder = tmp_path / "t"
    delay = random.uniform(0.05, within)
    with begin(folder) as starting:
        assert starting.stdout
        done = [starting.stdout.readline() for _ in range(steps)]
        time.sleep(delay)
        starting.send_signal(number)
        output, errors = starting.communicate(timeout=60)
    said = f"{delay:.2f} s after {done}\n{output}{errors}"
    assert starting.returncode != 0, said
    assert nothing_runs(folder, 20), f"{processes_of(folder)} {said}"
    limit = time.monotonic() + 5
    while folder.exists() and time.monotonic() < limit:
        time.sleep(0.1)
    assert not folder.exists(), f"{[path.name for path in folder.iterdir()]} {said}"


@pytest.mark.twin
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


@pytest.mark.twin
def test_the_stacks_outputs_speak_of_aws_only(running: state.State) -> None:
    assert running.outputs["site_url"].endswith(".cloudfront.net")
    # The database is the one thing that functions reach without the emulator's help.
    elsewhere = {name: value for name, value in running.outputs.items() if not name.startswith("database")}
    assert "127.0.0.1" not in json.dumps(elsewhere)


@pytest.mark.twin
def test_the_state_is_private_and_holds_the_time_of_every_step(folder: Path, running: state.State) -> None:
    assert stat.S_IMODE((folder / "state.json").stat().st_mode) == 0o600
    steps = {"start", "deploy", "migrations, site, user", "sign in", "demonstration chart", "task generation", "total"}
    assert set(running.timings) == steps
    assert all(seconds >= 0 for seconds in running.timings.values())


@pytest.mark.twin
def test_status_tells_where_everything_is_and_hides_the_control_token(folder: Path, running: state.State) -> None:
    told = run("status", "--json", folder=folder)
    assert told.returncode == 0
    status = json.loads(told.stdout)
    assert status["running"] is True
    assert status["web_url"] == running.web_url
    assert status["supervisor"]["pid"] == running.pid
    assert running.control_token not in told.stdout
    assert running.web_url in run("status", folder=folder).stdout


@pytest.mark.twin
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


@pytest.mark.twin
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


@pytest.mark.twin
def test_a_twin_can_only_be_started_once(folder: Path, running: state.State) -> None:
    again = run("up", folder=folder)
    assert again.returncode == 1
    assert str(running.pid) in again.stderr


@pytest.mark.twin
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


def test_files_with_a_hash_in_their_name_are_cached_for_ever_and_pages_never(tmp_path: Path) -> None:
    assert site.headers(tmp_path / "assets" / "app-1a2b.js") == {
        "ContentType": "text/javascript; charset=utf-8",
        "CacheControl": "public, max-age=31536000, immutable",
    }
    assert site.headers(tmp_path / "index.html") == {
        "ContentType": "text/html; charset=utf-8",
        "CacheControl": "no-cache",
    }
    assert site.headers(tmp_path / "favicon.svg") == {"ContentType": "image/svg+xml", "CacheControl": "no-cache"}
