"""How Alembic runs a migration: one transaction for all steps, one process at a time."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

# Any number does, as long as every migration of this database takes the same lock.
LOCK = 7_100_434


def run() -> None:
    """Run the steps on the connection that the command line opened."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, transactional_ddl=True)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        context.run_migrations()


run()
