"""The supervisor holds the whole twin together: all of it runs, or none."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg2
import pytest

from twin.processes import ROOT, port_of, reserve
from twin.state import Lock

Start = Callable[..., "Started"]


class Started:
    """A supervisor that a test started and answers for."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        lock = Lock(folder)
        lock.acquire()
        (folder / "logs").mkdir(exist_ok=True)
        command = [sys.executable, "-m", "twin.supervisor", "--folder", str(folder), "--region", "ap-northeast-1"]
        command += ["--account-id", "123456789012", "--lock-descriptor", str(lock.descriptor), *options]
        with (folder / "logs" / "supervisor.log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                pass_fds=[lock.descriptor],
                start_new_session=True,
            )
        lock.release()
        assert self.process.stdout
        self.told: dict[str, Any] = json.loads(self.process.stdout.readline() or "{}")
        self.family = [psutil.Process(self.process.pid)]
        self.family += self.family[0].children(recursive=True) if self.process.poll() is None else []

    def leash(self, word: str = "") -> None:
        """Say something, and let go."""
        assert self.process.stdin
        self.process.stdin.write(word.encode())
        self.process.stdin.close()

    def nothing_left(self, seconds: float = 15) -> bool:
        """Whether every process of the family ends."""
        self.process.wait(seconds)
        return psutil.wait_procs(self.family, timeout=seconds)[1] == []

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe and not pipe.closed:
                pipe.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Started] = []

    def begin(*options: str, name: str = "a twin") -> Started:
        started.append(Started(tmp_path / name, *options))
        return started[-1]

    yield begin
    for each in started:
        each.end()
        psutil.wait_procs(each.family, timeout=10)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """One twin for the tests that only look at it."""
    started = Started(tmp_path_factory.mktemp("shared") / "twin")
    yield started
    started.leash()
    assert started.nothing_left()
    started.end()


def answers(url: str) -> bool:
    address = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((str(address.hostname), int(address.port or 0))) == 0


def urls(started: Started) -> list[str]:
    return [value for name, value in started.told.items() if name.endswith("_url") or name == "aws_endpoint"]


def get(url: str, token: str = "") -> Any:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def test_every_part_answers_once_it_says_so_and_none_is_left_after_it_is_told_to_stop(start: Start) -> None:
    twin = start()
    assert len(urls(twin)) == 9
    assert all(answers(url) for url in urls(twin))
    psycopg2.connect(twin.told["database_url"]).close()
    assert len(twin.family) > 5

    twin.process.send_signal(signal.SIGTERM)
    assert twin.nothing_left()
    assert not any(answers(url) for url in urls(twin))
    assert "SIGTERM" in (twin.folder / "stopped").read_text()


def test_everything_listens_on_loopback_only(running: Started) -> None:
    addresses = {
        connection.laddr.ip
        for process in running.family
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}


@pytest.mark.parametrize(("part", "name"), [("aws", "The emulated AWS"), ("postgres", "PostgreSQL")])
def test_the_death_of_a_part_stops_everything_and_is_written_down(start: Start, part: str, name: str) -> None:
    twin = start()
    status = get(f"{twin.told['control_url']}/status", twin.told["control_token"])
    psutil.Process(status["processes"][part]).children()[0].kill()
    assert twin.nothing_left()
    assert f"{name} ended with status 137" in (twin.folder / "stopped").read_text()


def test_it_stops_and_leaves_no_folder_when_its_starter_goes_before_it_is_ready(start: Start) -> None:
    twin = start()
    twin.leash()
    assert twin.nothing_left()
    assert not twin.folder.exists()


def test_it_keeps_the_logs_when_its_starter_failed(start: Start) -> None:
    twin = start()
    twin.leash("failed\n")
    assert twin.nothing_left()
    assert (twin.folder / "logs" / "aws.log").exists()


def test_it_lives_on_once_its_starter_says_ready(start: Start) -> None:
    twin = start()
    twin.leash("ready\n")
    time.sleep(1)
    assert twin.process.poll() is None
    assert get(f"{twin.told['control_url']}/status", twin.told["control_token"])["pid"] == twin.process.pid


def test_its_children_end_when_it_is_killed(start: Start) -> None:
    twin = start()
    twin.leash("ready\n")
    twin.process.kill()
    assert twin.nothing_left()
    assert not Lock(twin.folder).held()


def test_a_port_that_is_taken_is_named_with_its_option(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        twin = start("--api-port", str(port))
        assert f"Port {port} of 127.0.0.1 is taken" in twin.told["error"]
        assert "--api-port" in twin.told["error"]
        assert twin.nothing_left()


def test_ports_asked_for_are_the_ports_taken(start: Start) -> None:
    with reserve(0, 0, "web-port") as one, reserve(0, 0, "aws-port") as other:
        web, aws = port_of(one), port_of(other)
    twin = start("--web-port", str(web), "--aws-port", str(aws))
    assert twin.told["web_url"] == f"http://127.0.0.1:{web}"
    assert twin.told["aws_endpoint"] == f"http://127.0.0.1:{aws}"


def test_two_run_side_by_side(start: Start) -> None:
    first, second = start(name="one"), start(name="two")
    assert not set(urls(first)) & set(urls(second))
    assert all(answers(url) for url in urls(first) + urls(second))


def test_two_that_start_at_the_same_moment_have_ports_of_their_own(start: Start) -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        first, second = pool.map(lambda name: start(name=name), ("one", "two"))
    assert not set(urls(first)) & set(urls(second))
    assert first.told["database_port"] != second.told["database_port"]
    assert all(answers(url) for url in urls(first) + urls(second))


def test_control_is_for_those_who_can_read_the_state_only(running: Started) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(f"{running.told['control_url']}/status", "wrong")
    with refused.value as answer:
        assert answer.code == 401


def test_functions_reach_the_model_and_trust_the_database(running: Started) -> None:
    status = get(f"{running.told['control_url']}/status", running.told["control_token"])
    environment = psutil.Process(status["processes"]["aws"]).children()[0].environ()
    assert environment["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == running.told["model_url"]
    assert environment["PGSSLROOTCERT"] == running.told["database_ca_file"]
    assert Path(environment["PGSSLROOTCERT"]).is_file()
    assert not {name for name in environment if name.startswith("PYTEST")}
    assert os.environ.get("PYTEST_CURRENT_TEST")
