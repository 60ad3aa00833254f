"""`python -m migrations`: bring the database's schema to a revision, and make the application's role.

    up                   upgrade to the newest revision, then ensure-user
    upgrade [REVISION]   upgrade to a revision (head)
    downgrade REVISION   go back to a revision (base: remove everything)
    current              print the revision that the database is at
    ensure-user          create or update the role APPLICATION_USERNAME with APPLICATION_PASSWORD

DATABASE_URL is the administrator's (postgresql://user:password@host:port/database); PGSSLMODE and PGSSLROOTCERT
say how the server proves itself, as for every client of libpq.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Refused(Exception):  # noqa: N818
    """What stops the command, as one sentence for the person who ran it."""


def main(arguments: list[str]) -> int:
    """Run one command; answers the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m migrations", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["up", "upgrade", "downgrade", "current", "ensure-user"])
    parser.add_argument("revision", nargs="?")
    chosen = parser.parse_args(arguments)
    if chosen.command == "downgrade" and chosen.revision is None:
        parser.error("downgrade needs a revision, for example: python -m migrations downgrade base")
    try:
        _run(chosen.command, chosen.revision or "head")
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _run(command: str, revision: str) -> None:
    import psycopg2
    from alembic.util import CommandError
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError

    url = _variable("DATABASE_URL")
    engine = create_engine("postgresql+psycopg2://", creator=lambda: psycopg2.connect(url))
    try:
        with engine.connect() as connection:
            if command in {"up", "upgrade", "downgrade"}:
                _migrate(connection, command, revision)
            if command in {"up", "ensure-user"}:
                _ensure_user(connection)
            if command == "current":
                print(_current(connection) or "base")
    except DBAPIError as error:
        raise Refused(f"{command}: the database refused it: {str(error.orig).strip()}") from error
    except (CommandError, ValueError) as error:
        raise Refused(f"{command}: {error}") from error
    finally:
        engine.dispose()


def _migrate(connection: Connection, command: str, revision: str) -> None:
    from alembic import command as alembic
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    if command == "downgrade":
        alembic.downgrade(config, revision)
    else:
        alembic.upgrade(config, revision)


def _current(connection: Connection) -> str | None:
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def _ensure_user(connection: Connection) -> None:
    from migrations import role

    driver = connection.connection.driver_connection
    role.ensure(driver, _variable("APPLICATION_USERNAME"), _variable("APPLICATION_PASSWORD"))  # type: ignore[arg-type]
    driver.commit()  # type: ignore[union-attr]


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise Refused(f"The environment variable {name} is not set; python -m migrations --help says what it holds.")
    return value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
