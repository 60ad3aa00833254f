"""The connection: kept, replaced when it breaks, opened anew after a rotation, and never without TLS."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from lambdas.shared import database as module
from lambdas.shared.certificates import AUTHORITIES
from lambdas.shared.database import Database
from lambdas.shared.errors import DatabaseUnavailable

ARN = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:database"


@pytest.fixture
def reached(database: Any) -> Any:
    """A Database of the test's own."""
    opened = Database(ARN)
    yield opened
    opened.close()


def pid(reached: Database) -> int:
    """The server process that answers."""
    with reached.reading() as session:
        row = session.one("SELECT pg_backend_pid() AS pid", {})
    assert row is not None
    return int(row["pid"])


def test_one_connection_is_kept(reached: Database) -> None:
    first = pid(reached)
    with reached.transaction() as session:
        session.run("SELECT 1", {})
    assert pid(reached) == first


def test_a_connection_that_the_server_closed_is_replaced_unnoticed(reached: Database, database: Any) -> None:
    first = pid(reached)
    database.query("SELECT pg_terminate_backend(%s, 1000)", first)
    assert pid(reached) != first


def test_a_long_idle_connection_is_tried_before_it_is_used(
    reached: Database, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = pid(reached)
    monkeypatch.setattr(module, "IDLE_SECONDS", 0)
    assert pid(reached) == first
    database.query("SELECT pg_terminate_backend(%s, 1000)", first)
    monkeypatch.setattr("lambdas.shared.database.select.select", lambda *_: ([], [], []))
    assert pid(reached) != first


def test_a_connection_that_breaks_in_the_middle_is_told_and_replaced(reached: Database, database: Any) -> None:
    first = pid(reached)
    with pytest.raises(DatabaseUnavailable), reached.transaction() as session:
        database.query("SELECT pg_terminate_backend(%s, 1000)", first)
        session.run("SELECT 1", {})
    assert pid(reached) != first


def test_what_raises_is_rolled_back(reached: Database) -> None:
    with reached.transaction() as session:
        session.run("CREATE TEMPORARY TABLE numbers (n int)", {})
    with pytest.raises(ZeroDivisionError), reached.transaction() as session:
        session.run("INSERT INTO numbers VALUES (1)", {})
        raise ZeroDivisionError
    with reached.transaction() as session:
        session.run("INSERT INTO numbers VALUES (2)", {})
    with reached.reading() as session:
        assert session.all("SELECT n FROM numbers", {}) == [{"n": 2}]


def test_a_statement_that_fails_leaves_the_connection_usable(reached: Database) -> None:
    first = pid(reached)
    with pytest.raises(psycopg2.errors.DivisionByZero), reached.transaction() as session:
        session.run("SELECT 1 / 0", {})
    assert pid(reached) == first


def test_a_statement_that_takes_too_long_is_ended(reached: Database) -> None:
    first = pid(reached)
    with pytest.raises(DatabaseUnavailable), reached.transaction() as session:
        session.run("SET LOCAL statement_timeout = 10", {})
        session.run("SELECT pg_sleep(5)", {})
    assert pid(reached) == first


def test_the_role_limits_every_statement(reached: Database) -> None:
    with reached.reading() as session:
        assert session.one("SHOW statement_timeout", {}) == {"statement_timeout": "10s"}


def test_a_rotated_password_is_read_when_the_old_one_is_refused(
    reached: Database, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = database.secret | {"password": "before the rotation"}
    asked: list[bool] = []

    def secret(arn: str, *, fresh: bool = False) -> str:
        asked.append(fresh)
        return json.dumps(database.secret if fresh else old)

    monkeypatch.setattr("lambdas.shared.secrets.read", secret)
    assert pid(reached) > 0
    assert asked == [False, True]


def test_a_secret_that_has_not_changed_is_not_tried_again(
    reached: Database, database: Any, secrets: dict[str, str]
) -> None:
    secrets[ARN] = json.dumps(database.secret | {"password": "wrong"})
    with pytest.raises(DatabaseUnavailable, match="OperationalError"):
        pid(reached)


@pytest.mark.requirement(240)
def test_a_server_that_the_authorities_do_not_know_is_not_spoken_to(
    reached: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGSSLROOTCERT")
    with pytest.raises(DatabaseUnavailable) as caught:
        pid(reached)
    assert "certificate verify failed" in str(caught.value.__cause__)


@pytest.mark.requirement(32, 240)
def test_a_server_that_stands_elsewhere_is_known_by_the_authorities_in_its_own_secret(
    reached: Database, database: Any, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates = Path(os.environ["PGSSLROOTCERT"]).read_text(encoding="utf-8")
    monkeypatch.delenv("PGSSLROOTCERT")
    secrets[ARN] = json.dumps(database.secret | {"sslrootcert": certificates})
    assert pid(reached) > 0
    reached.close()
    secrets[ARN] = json.dumps(database.secret | {"sslrootcert": AUTHORITIES.read_text(encoding="utf-8")})
    with pytest.raises(DatabaseUnavailable) as caught:
        pid(reached)
    assert "certificate verify failed" in str(caught.value.__cause__)


@pytest.mark.requirement(240)
def test_a_server_with_another_name_is_not_spoken_to(
    reached: Database, database: Any, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.1")
    secrets[ARN] = json.dumps(database.secret | {"host": "database.example.com"})
    with pytest.raises(DatabaseUnavailable) as caught:
        pid(reached)
    assert "does not match host name" in str(caught.value.__cause__)


def test_the_packaged_authorities_are_those_in_force() -> None:
    import ssl

    context = ssl.create_default_context(cafile=str(AUTHORITIES))
    found = context.get_ca_certs()
    names = str([one["subject"] for one in found])
    assert "Amazon RDS ap-northeast-1 Root CA RSA2048 G1" in names
    assert "Amazon Root CA 1" in names
    assert all(ssl.cert_time_to_seconds(str(one["notAfter"])) > 1_900_000_000 for one in found)
    assert AUTHORITIES.stat().st_size < 50_000


@pytest.mark.parametrize(("told", "seconds"), [(None, 3), ("25", 25)])
def test_a_connection_may_take_three_seconds_or_as_long_as_a_sleeping_server_needs(
    reached: Database, monkeypatch: pytest.MonkeyPatch, told: str | None, seconds: int
) -> None:
    if told:
        monkeypatch.setenv("PGCONNECT_TIMEOUT", told)
    with reached.reading() as session:
        connection = session._connection
        assert session.one("SELECT 1 AS one", {}) == {"one": 1}
    assert connection.get_dsn_parameters()["connect_timeout"] == str(seconds)
