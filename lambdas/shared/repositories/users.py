"""People: one row for each subject of the user pool, made when it is first seen."""

from __future__ import annotations

from lambdas.shared.database import Session


def identify(session: Session, subject: str, locale: str) -> str:
    """The id of the person whom an access token names."""
    known = session.one("SELECT id FROM users WHERE cognito_sub = %(subject)s", {"subject": subject})
    if known is None:
        known = session.one(
            "INSERT INTO users (cognito_sub, locale) VALUES (%(subject)s, %(locale)s)"
            " ON CONFLICT (cognito_sub) DO UPDATE SET cognito_sub = excluded.cognito_sub RETURNING id",
            {"subject": subject, "locale": locale},
        )
    assert known is not None  # noqa: S101 - the statement returns a row in both cases
    return str(known["id"])
