"""The database's side of a rotation: log in, and give a user a password and the rights of another."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2 import extensions, sql

from lambdas.rotate_secret.logic import RotationRefused
from lambdas.shared.certificates import AUTHORITIES

CONNECT_SECONDS = 5
LOCK = 7_020_711  # any number that nothing else in this database locks: rotations wait for each other
_RIGHTS = """
    SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, format('%%I.%%I', n.nspname, c.relname),
           a.privilege_type
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
    WHERE a.grantee = (SELECT oid FROM pg_roles WHERE rolname = %(role)s)
    UNION ALL
    SELECT 'SCHEMA', format('%%I', n.nspname), a.privilege_type FROM pg_namespace n, aclexplode(n.nspacl) a
    WHERE a.grantee = (SELECT oid FROM pg_roles WHERE rolname = %(role)s)
    UNION ALL
    SELECT 'DATABASE', format('%%I', d.datname), a.privilege_type FROM pg_database d, aclexplode(d.datacl) a
    WHERE d.datname = current_database() AND a.grantee = (SELECT oid FROM pg_roles WHERE rolname = %(role)s)
"""


@contextmanager
def connected(secret: Mapping[str, Any], host: str, port: int) -> Iterator[extensions.connection]:
    """A connection as the user of `secret`, straight to the server: one transaction, committed at the end."""
    connection = psycopg2.connect(
        user=secret["username"],
        password=secret["password"],
        host=host,
        port=port,
        dbname=secret["dbname"],
        sslmode="verify-full",
        sslrootcert=os.environ.get("PGSSLROOTCERT", str(AUTHORITIES)),
        connect_timeout=CONNECT_SECONDS,
        application_name="rotate-secret",
    )
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def logs_in(secret: Mapping[str, Any], host: str, port: int) -> bool:
    """Whether the server takes the user and password of `secret`."""
    try:
        with connected(secret, host, port) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except psycopg2.OperationalError as error:
        # libpq gives failed logins no class of their own.
        if "authentication failed" in str(error):
            return False
        raise
    return True


def lock(connection: extensions.connection) -> None:
    """Wait until no other rotation is changing a password; held to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))


def set_password(connection: extensions.connection, secret: Mapping[str, Any]) -> None:
    """Give an existing user the password of `secret`, which leaves this process as a SCRAM verifier only."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                sql.Identifier(secret["username"]), sql.Literal(_verifier(connection, secret))
            )
        )


def make_twin(connection: extensions.connection, secret: Mapping[str, Any], model: str) -> None:
    """Make the user of `secret`, or bring it up to date: its password, and the settings and rights of `model`."""
    username = str(secret["username"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolconfig FROM pg_roles WHERE rolname = %s", (model,))
        row = cursor.fetchone()
        if row is None:
            raise RotationRefused(f"user '{model}' of the current version does not exist: run the migrations first")
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (username,))
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE ROLE {} LOGIN NOCREATEDB NOCREATEROLE").format(sql.Identifier(username)))
        _copy_settings(cursor, username, row[0] or [])
        _copy_rights(cursor, username, model)
    set_password(connection, secret)


def _verifier(connection: extensions.connection, secret: Mapping[str, Any]) -> str:
    return str(extensions.encrypt_password(secret["password"], secret["username"], connection, "scram-sha-256"))


def _copy_settings(cursor: extensions.cursor, username: str, settings: list[str]) -> None:
    role = sql.Identifier(username)
    cursor.execute(sql.SQL("ALTER ROLE {} RESET ALL").format(role))
    for setting in settings:
        name, _, value = setting.partition("=")
        cursor.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(role, sql.Identifier(name), sql.Literal(value)))


def _copy_rights(cursor: extensions.cursor, username: str, model: str) -> None:
    wanted, held = _rights(cursor, model), _rights(cursor, username)
    role = sql.Identifier(username)
    for verb, preposition, rights in (("GRANT", "TO", wanted - held), ("REVOKE", "FROM", held - wanted)):
        for kind, name, privilege in sorted(rights):
            # Kinds, privileges and quoted names come from the server's catalogue.
            words = f"{verb} {privilege} ON {kind} {name} {preposition} "
            cursor.execute(sql.Composed([sql.SQL(words), role]))


def _rights(cursor: extensions.cursor, role: str) -> set[tuple[str, str, str]]:
    cursor.execute(_RIGHTS, {"role": role})
    return set(cursor.fetchall())
