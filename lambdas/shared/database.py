"""The connection to PostgreSQL: one for each execution environment, kept between invocations.

TLS is `verify-full`: the server proves its name by the authorities that the secret brings as `sslrootcert`, else by
those in PGSSLROOTCERT, else by those of Amazon RDS that the layer brings. The credentials come from the secret, read
again when the server refuses them, so that a rotation needs no restart. PGCONNECT_TIMEOUT gives a server that sleeps
the seconds to wake up. Statement time-outs and the time zone are settings of the role (`migrations`), since RDS Proxy
refuses them from a client.
"""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from lambdas.shared import secrets
from lambdas.shared.certificates import AUTHORITIES
from lambdas.shared.errors import DatabaseUnavailable

CONNECT_SECONDS = 3
IDLE_SECONDS = 300  # beyond this a firewall may have forgotten the connection without a word

Row = dict[str, Any]
Parameters = Mapping[str, Any]


class Session:
    """What a repository works with: statements on the open connection."""

    def __init__(self, connection: psycopg2.extensions.connection) -> None:
        self._connection = connection

    def all(self, sql: str, parameters: Parameters) -> list[Row]:
        """Every row of the answer."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def one(self, sql: str, parameters: Parameters) -> Row | None:
        """The first row of the answer, if there is any."""
        rows = self.all(sql, parameters)
        return rows[0] if rows else None

    def run(self, sql: str, parameters: Parameters) -> int:
        """Execute a statement that answers nothing; says how many rows it touched."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.rowcount


class Database:
    """The database that a secret describes: {username, password, host, port, dbname}."""

    def __init__(self, secret_arn: str) -> None:
        self._secret_arn = secret_arn
        self._connection: psycopg2.extensions.connection | None = None
        self._used_at = 0.0

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Statements that each see the latest committed state, without the cost of a transaction."""
        with self._translated():
            yield Session(self._open())

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """All or nothing: committed at the end of the block, rolled back when it raises."""
        with self._translated():
            session = Session(self._open())
            session.run("BEGIN", {})
            try:
                yield session
                session.run("COMMIT", {})
            except BaseException:
                self._roll_back()
                raise

    def close(self) -> None:
        """Forget the connection; the next statement opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            if not isinstance(error, psycopg2.extensions.TransactionRollbackError | psycopg2.errors.QueryCanceled):
                self.close()
            raise DatabaseUnavailable(f"The database does not answer ({type(error).__name__}); try again.") from error
        finally:
            self._used_at = time.monotonic()

    def _roll_back(self) -> None:
        try:
            if self._connection is not None and not self._connection.closed:
                Session(self._connection).run("ROLLBACK", {})
        except psycopg2.Error:
            self.close()

    def _open(self) -> psycopg2.extensions.connection:
        if self._connection is not None and not self._is_alive(self._connection):
            self.close()
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _is_alive(self, connection: psycopg2.extensions.connection) -> bool:
        if connection.closed:
            return False
        # An idle connection has nothing to read, unless the server has said good-bye.
        readable, _, _ = select.select([connection.fileno()], [], [], 0)
        if readable:
            return False
        if time.monotonic() - self._used_at < IDLE_SECONDS:
            return True
        try:
            Session(connection).run("SELECT 1", {})
        except psycopg2.Error:
            return False
        return True

    def _connect(self) -> psycopg2.extensions.connection:
        known = secrets.read(self._secret_arn)
        try:
            return _connect(json.loads(known))
        except psycopg2.OperationalError:
            current = secrets.read(self._secret_arn, fresh=True)
            if current == known:
                raise
            return _connect(json.loads(current))


def _connect(secret: Mapping[str, Any]) -> psycopg2.extensions.connection:
    connection = psycopg2.connect(
        user=secret["username"],
        password=secret["password"],
        host=secret["host"],
        port=int(secret["port"]),
        dbname=secret["dbname"],
        sslmode="verify-full",
        sslrootcert=_authorities(secret.get("sslrootcert")),
        connect_timeout=int(os.environ.get("PGCONNECT_TIMEOUT", CONNECT_SECONDS)),
        keepalives_idle=30,
        keepalives_interval=5,
        keepalives_count=3,
        tcp_user_timeout=20_000,
        application_name=os.environ.get("POWERTOOLS_SERVICE_NAME", "goal-mandala"),
    )
    # Transactions are begun by name where they are wanted; a single read needs none.
    connection.autocommit = True
    return connection


def _authorities(certificates: str | None) -> str:
    """The file of the authorities that the server must be known to; libpq takes no certificates but from a file."""
    if certificates is None:
        return os.environ.get("PGSSLROOTCERT", str(AUTHORITIES))
    # Few systems need these: the others start without them.
    import tempfile
    import zlib

    name = f"authorities-{zlib.crc32(certificates.encode()):08x}.pem"
    file = Path(tempfile.gettempdir()) / name
    file.write_text(certificates, encoding="utf-8")
    return str(file)
