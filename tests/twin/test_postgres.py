"""The twin's database is a real PostgreSQL that takes nothing but TLS and passwords and outlives nobody."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from twin import guard, postgres
from twin.postgres import PostgresError, PostgresServer
from twin.processes import ROOT, port_of, reserve


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with PostgresServer(tmp_path_factory.mktemp("a folder with spaces")) as running:
        yield running


def ask(url: str, query: str) -> tuple[object, ...]:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
            assert row is not None
            return tuple(row)
    finally:
        connection.close()


def test_its_address_verifies_the_server_and_speaks_tls_1_3(server: PostgresServer) -> None:
    assert "sslmode=verify-full" in server.url
    answer = ask(server.url, "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()")
    assert answer == (True, "TLSv1.3")


def test_an_unencrypted_connection_is_refused(server: PostgresServer) -> None:
    with pytest.raises(psycopg2.OperationalError, match="no encryption"):
        psycopg2.connect(server.url.replace("verify-full", "disable"))


def test_a_wrong_password_is_refused(server: PostgresServer) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(server.url.replace(server.password, "wrong"))


def test_a_client_that_trusts_another_authority_refuses_the_server(server: PostgresServer, tmp_path: Path) -> None:
    import trustme

    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    url = server.url.split("&sslrootcert")[0] + f"&sslrootcert={other}"
    with pytest.raises(psycopg2.OperationalError, match="certificate verify failed"):
        psycopg2.connect(url)


def test_passwords_are_stored_for_scram_only(server: PostgresServer) -> None:
    stored = ask(server.url, "select rolpassword from pg_authid where rolname = 'postgres'")[0]
    assert str(stored).startswith("SCRAM-SHA-256$")


def test_it_listens_on_loopback_only_and_opens_no_socket_file(server: PostgresServer) -> None:
    assert ask(
        server.url, "select current_setting('listen_addresses'), current_setting('unix_socket_directories')"
    ) == (
        "127.0.0.1",
        "",
    )


def test_two_run_side_by_side(server: PostgresServer, tmp_path: Path) -> None:
    with PostgresServer(tmp_path) as other:
        ask(other.url, "create table t (); select 1")
        assert ask(server.url, "select count(*) from pg_tables where tablename = 't'") == (0,)


def test_stopping_it_leaves_no_data_and_no_process(tmp_path: Path) -> None:
    with PostgresServer(tmp_path) as running:
        processes = [psutil.Process(running.pid), *psutil.Process(running.pid).children(recursive=True)]
        assert len(processes) > 3
    assert psutil.wait_procs(processes, timeout=5)[1] == []
    assert not (tmp_path / "data").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_root_without_user_namespaces_runs_it_as_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "user_namespaces_work", lambda: False)
    monkeypatch.setattr("tempfile.tempdir", None)
    server = PostgresServer(tmp_path)
    with server:
        assert ask(server.url, "select 1") == (1,)
        child = psutil.Process(server.pid).children()[0]
        assert child.username() == "nobody"
        private = Path(child.cmdline()[child.cmdline().index("-D") + 1]).parent
        assert private.exists()
    assert not private.exists()


def lost() -> tuple[socket.socket, socket.socket]:
    """A bound socket, and one of another program that has begun to listen at the same port."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held, reserve(port_of(held), 0, "postgres-port")


def test_a_port_asked_for_that_was_taken_is_named_with_the_reason(tmp_path: Path) -> None:
    held, taken = lost()
    with (
        taken,
        pytest.raises(PostgresError, match=rf"{port_of(taken)}.*Address already in use"),
        PostgresServer(tmp_path, held, fixed=True),
    ):
        pass


def test_a_port_that_another_program_took_meanwhile_is_left_for_another(tmp_path: Path) -> None:
    held, taken = lost()
    with taken, PostgresServer(tmp_path, held) as server:
        assert server.port != port_of(taken)
        assert ask(server.url, "select 1") == (1,)


def test_a_missing_package_is_a_sentence_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "PACKAGES", tmp_path)
    with pytest.raises(PostgresError, match="make install"):
        PostgresServer(tmp_path / "data").start()


def test_it_stops_when_its_starter_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from twin.postgres import PostgresServer; "
        "server = PostgresServer(Path(sys.argv[1])); server.start(); print(server.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, tmp_path], cwd=ROOT, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        guarding = psutil.Process(int(starter.stdout.readline()))
        family = [guarding, *guarding.children(recursive=True)]
        starter.send_signal(signal.SIGKILL)
    assert psutil.wait_procs(family, timeout=8)[1] == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_it_dies_even_when_its_guard_is_killed(tmp_path: Path) -> None:
    with PostgresServer(tmp_path) as server:
        guarding = psutil.Process(server.pid)
        family = guarding.children(recursive=True)
        guarding.kill()
        assert psutil.wait_procs(family, timeout=8)[1] == []


def test_it_starts_within_seconds(tmp_path: Path) -> None:
    begun = time.monotonic()
    with PostgresServer(tmp_path):
        assert time.monotonic() - begun < 10
