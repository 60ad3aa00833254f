"""`twin` as a person uses it when something is wrong: nothing there, nothing installed, no room, no patience."""

from __future__ import annotations

import json
import random
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from tests.twin.command import COMMAND, nothing_runs, processes_of, run
from twin import cli, postgres, processes, site, state
from twin import up as up_module
from twin.processes import ROOT


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def begin(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "up", "--folder", str(folder), *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


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


INTERRUPTIONS = [(number, *moment) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL) for moment in MOMENTS]
# Each takes a whole start of the twin: every signal once, early and late; all of them in `make prove`.
SAMPLE = {0, 6, 12, 3}


@pytest.mark.parametrize(
    ("number", "steps", "within"),
    [
        pytest.param(*each, marks=() if index in SAMPLE else pytest.mark.prove)
        for index, each in enumerate(INTERRUPTIONS)
    ],
)
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
