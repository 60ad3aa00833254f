"""The role that the application signs in with: it works with the rows and cannot change the schema."""

from __future__ import annotations

from psycopg2 import extensions, sql

APPEND_ONLY = ("audit_events",)
OWN = ("alembic_version",)
# Settings of the role and not of a session, since RDS Proxy refuses the latter.
SETTINGS = {"statement_timeout": "10s", "idle_in_transaction_session_timeout": "60s", "timezone": "UTC"}


def ensure(connection: extensions.connection, username: str, password: str) -> None:
    """Create the role or bring it up to date: password, settings, and rights on every table there is.

    The password leaves this process as a SCRAM verifier only, so that no log of the server can hold it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        administrator, database = cursor.fetchone() or ("", "")
        if username == administrator:
            raise ValueError(
                f"APPLICATION_USERNAME is the administrator itself ({username!r}), who may change the schema; "
                "name another role."
            )
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (username,))
        verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
        role = sql.Identifier(username)
        verifier = extensions.encrypt_password(password, username, connection, "scram-sha-256")
        cursor.execute(
            sql.SQL("{} ROLE {} LOGIN NOCREATEDB NOCREATEROLE PASSWORD {}").format(verb, role, sql.Literal(verifier))
        )
        for name, value in SETTINGS.items():
            statement = sql.SQL("ALTER ROLE {} SET {} = {}")
            cursor.execute(statement.format(role, sql.Identifier(name), sql.Literal(value)))
        cursor.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(database), role))
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        for (table,) in cursor.fetchall():
            _grant(cursor, role, table)


def _grant(cursor: extensions.cursor, role: sql.Identifier, table: str) -> None:
    name = sql.Identifier("public", table)
    cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(name, role))
    if table in OWN:
        return
    rights = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
    cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), name, role))
