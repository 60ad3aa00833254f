"""The schema, the commands that bring it about, and the role that works with it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
import pytest

from twin.postgres import PostgresServer

ROOT = Path(__file__).parents[2]
PASSWORD = "it's a p@ssword/%"
TABLES = {
    "users", "goals", "sub_goals", "actions", "tasks", "reflections", "workflow_executions", "data_sources",
    "activities", "proposals", "idempotency_keys", "audit_events", "model_calls",
}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """An empty server."""
    with PostgresServer(tmp_path_factory.mktemp("migrations")) as started:
        yield started


def run(server: PostgresServer, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command."""
    variables = {
        "DATABASE_URL": server.url,
        "APPLICATION_USERNAME": "application",
        "APPLICATION_PASSWORD": PASSWORD,
    } | environment
    return subprocess.run(
        [sys.executable, "-m", "migrations", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def query(url: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """What one statement answers."""
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def application(server: PostgresServer, password: str = PASSWORD) -> str:
    """The application's address."""
    return server.url.replace(f"postgres:{server.password}", f"application:{quote(password, safe='')}")


@pytest.fixture
def migrated(server: PostgresServer) -> PostgresServer:
    """The server at the newest revision, with the role."""
    missing = "SELECT to_regclass('public.users') IS NULL OR to_regrole('application') IS NULL"
    if query(server.url, missing) == [(True,)]:
        result = run(server, "up")
        assert result.returncode == 0, result.stderr
    return server


@pytest.mark.requirement(146)
def test_up_and_down_and_up_again(server: PostgresServer) -> None:
    assert run(server, "current").stdout == "base\n"
    for _ in range(2):
        assert run(server, "up").returncode == 0
    assert run(server, "current").stdout == "0002\n"
    tables = query(server.url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert {name for (name,) in tables} == TABLES | {"alembic_version"}
    assert run(server, "downgrade", "base").returncode == 0
    left = query(server.url, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    assert {name for (name,) in left} == {"alembic_version", "alembic_version_pkc"}
    assert run(server, "upgrade").returncode == 0


def test_migrations_at_the_same_time_wait_for_each_other(server: PostgresServer) -> None:
    assert run(server, "downgrade", "base").returncode == 0
    environment = {**os.environ, "DATABASE_URL": server.url}
    command = [sys.executable, "-m", "migrations", "upgrade"]
    both = [subprocess.Popen(command, cwd=ROOT, env=environment) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert run(server, "current").stdout == "0002\n"
    assert run(server, "up").returncode == 0


@pytest.mark.requirement(33)
def test_every_foreign_key_has_an_index(migrated: PostgresServer) -> None:
    keys = query(
        migrated.url,
        "SELECT c.conrelid::regclass::text, c.conkey[1], array_length(c.conkey, 1),"
        " EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1]"
        "  AND i.indpred IS NULL)"
        " FROM pg_constraint c WHERE c.contype = 'f'",
    )
    assert len(keys) >= 14
    assert [(table, column) for table, column, _, indexed in keys if not indexed] == []
    assert {length for _, _, length, _ in keys} == {1}


def test_the_application_works_with_rows_and_nothing_else(migrated: PostgresServer) -> None:
    url = application(migrated)
    ((user,),) = query(url, "INSERT INTO users (cognito_sub) VALUES ('s') RETURNING id")
    query(url, "UPDATE users SET name = 'n' WHERE id = %s", user)
    query(url, "INSERT INTO audit_events (action, entity) VALUES ('a', 'b')")
    assert query(url, "SELECT name FROM users WHERE id = %s", user) == [("n",)]
    query(url, "DELETE FROM users WHERE id = %s", user)
    for statement in (
        "CREATE TABLE mine ()",
        "DROP TABLE users",
        "ALTER TABLE users ADD COLUMN x int",
        "TRUNCATE users",
        "UPDATE audit_events SET action = 'x'",
        "DELETE FROM audit_events",
        "SELECT * FROM alembic_version",
        "CREATE ROLE mine",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            query(url, statement)
    query(migrated.url, "DELETE FROM audit_events")


def test_the_roles_password_follows_the_secret(migrated: PostgresServer) -> None:
    assert run(migrated, "ensure-user", APPLICATION_PASSWORD="another").returncode == 0
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        query(application(migrated), "SELECT 1")
    assert query(application(migrated, "another"), "SELECT 1") == [(1,)]
    assert run(migrated, "ensure-user").returncode == 0
    assert query(application(migrated), "SELECT 1") == [(1,)]


def test_the_password_never_reaches_the_servers_log(migrated: PostgresServer) -> None:
    query(migrated.url, "ALTER ROLE postgres SET log_statement = 'all'")
    assert run(migrated, "ensure-user").returncode == 0
    query(migrated.url, "ALTER ROLE postgres RESET log_statement")
    log = migrated.log_file.read_text()
    assert "ALTER ROLE" in log
    assert "SCRAM-SHA-256$" in log
    assert PASSWORD not in log
    assert PASSWORD.replace("'", "''") not in log


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (("upgrade", "9999"), {}, "9999"),
        (("up",), {"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        (("ensure-user",), {"APPLICATION_USERNAME": ""}, "APPLICATION_USERNAME is not set"),
        (("ensure-user",), {"APPLICATION_USERNAME": "postgres"}, "name another role"),
        (("current",), {"DATABASE_URL": "postgresql://postgres:x@127.0.0.1:1/postgres"}, "connection"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    migrated: PostgresServer, arguments: tuple[str, ...], environment: dict[str, str], words: str
) -> None:
    result = run(migrated, *arguments, **environment)
    assert result.returncode == 1
    assert words in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO goals (user_id, title) SELECT id, '' FROM users",
        "INSERT INTO goals (user_id, title, status) SELECT id, 't', 'dreamt' FROM users",
        "INSERT INTO goals (user_id, title, progress) SELECT id, 't', 101 FROM users",
        "INSERT INTO sub_goals (goal_id, position, title) SELECT id, 9, 't' FROM goals",
        "INSERT INTO sub_goals (goal_id, position, title) SELECT id, 1, 't' FROM goals",
        "INSERT INTO actions (sub_goal_id, position, title, kind) SELECT id, 0, 't', 'habit' FROM sub_goals",
        "INSERT INTO actions (sub_goal_id, position, title, kind) SELECT id, 1, 't', 'whim' FROM sub_goals",
        "UPDATE tasks SET estimated_minutes = 29",
        "UPDATE tasks SET estimated_minutes = 61",
        "UPDATE tasks SET status = 'completed'",
        "UPDATE workflow_executions SET status = 'succeeded'",
        "INSERT INTO workflow_executions (goal_id) SELECT id FROM goals",
        "INSERT INTO users (cognito_sub) SELECT cognito_sub FROM users",
        "UPDATE users SET locale = 'de'",
    ],
)
def test_the_database_itself_refuses_what_makes_no_sense(migrated: PostgresServer, statement: str) -> None:
    connection = psycopg2.connect(migrated.url)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH u AS (INSERT INTO users (cognito_sub) VALUES ('one') RETURNING id),"
            " g AS (INSERT INTO goals (user_id, title) SELECT id, 't' FROM u RETURNING id, user_id),"
            " s AS (INSERT INTO sub_goals (goal_id, position, title) SELECT id, 1, 't' FROM g RETURNING id),"
            " a AS (INSERT INTO actions (sub_goal_id, position, title, kind) SELECT id, 1, 't', 'habit' FROM s"
            "  RETURNING id),"
            " e AS (INSERT INTO workflow_executions (goal_id) SELECT id FROM g RETURNING id)"
            " INSERT INTO tasks (user_id, goal_id, action_id, execution_id, ordinal, title, estimated_minutes, kind)"
            " SELECT g.user_id, g.id, a.id, e.id, 1, 't', 30, 'habit' FROM g, a, e"
        )
        with pytest.raises(psycopg2.IntegrityError):
            cursor.execute(statement)
    connection.rollback()
    connection.close()
