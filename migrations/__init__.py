"""The database's schema over time (Alembic), and the role that the application signs in with."""
