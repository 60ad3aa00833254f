"""The repositories that a person follows, and what happened in them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from lambdas.shared.database import Row, Session

_COLUMNS = "id, owner, repo, enabled, last_checked_at, last_error, created_at"


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which activities of a person; None stands for all."""

    source: str | None = None
    kind: str | None = None
    state: str | None = None


def page(session: Session, user: str, limit: int, after: tuple[dt.datetime, UUID] | None) -> list[Row]:
    """Up to `limit` followed repositories, newest first, that follow the sort key `after`."""
    created_at, source = after or (None, None)
    following = " AND (created_at, id) < (%(created_at)s, %(source)s)" if after else ""
    return session.all(
        f"SELECT {_COLUMNS} FROM data_sources WHERE user_id = %(user)s{following}"  # noqa: S608 - fixed texts
        " ORDER BY created_at DESC, id DESC LIMIT %(limit)s",
        {"user": user, "created_at": created_at, "source": str(source), "limit": limit},
    )


def is_followed(session: Session, user: str, source: str) -> bool:
    """Whether the person follows a repository."""
    row = session.one(
        "SELECT id FROM data_sources WHERE id = %(source)s AND user_id = %(user)s", {"source": source, "user": user}
    )
    return row is not None


def count(session: Session, user: str) -> int:
    """How many repositories the person follows."""
    row = session.one("SELECT count(*) AS sources FROM data_sources WHERE user_id = %(user)s", {"user": user})
    return int(row["sources"]) if row else 0


def create(session: Session, user: str, owner: str, repo: str) -> Row | None:
    """Follow a repository; None when the person follows it already."""
    return session.one(
        "INSERT INTO data_sources (user_id, owner, repo) VALUES (%(user)s, %(owner)s, %(repo)s)"  # noqa: S608
        f" ON CONFLICT (user_id, lower(owner), lower(repo)) DO NOTHING RETURNING {_COLUMNS}",
        {"user": user, "owner": owner, "repo": repo},
    )


def set_enabled(session: Session, user: str, source: str, enabled: bool) -> Row | None:
    """Switch a repository's monitoring on or off."""
    return session.one(
        "UPDATE data_sources SET enabled = %(enabled)s WHERE id = %(source)s AND user_id = %(user)s"  # noqa: S608
        f" RETURNING {_COLUMNS}",
        {"user": user, "source": source, "enabled": enabled},
    )


def delete(session: Session, user: str, source: str) -> bool:
    """Follow a repository no more; False when it is not there."""
    removed = session.run(
        "DELETE FROM data_sources WHERE id = %(source)s AND user_id = %(user)s", {"user": user, "source": source}
    )
    return removed == 1


def activities(
    session: Session, user: str, wanted: Filter, limit: int, after: tuple[dt.datetime, UUID] | None
) -> list[Row]:
    """Up to `limit` activities, newest first, that follow the sort key `after`."""
    occurred_at, activity = after or (None, None)
    conditions = ""
    if wanted.source:
        conditions += " AND s.id = %(source)s"
    if wanted.kind:
        conditions += " AND a.kind = %(kind)s"
    if wanted.state:
        conditions += " AND a.state = %(state)s"
    if after:
        conditions += " AND (a.occurred_at, a.id) < (%(occurred_at)s, %(activity)s)"
    return session.all(
        "SELECT a.id, s.id AS source_id, s.owner, s.repo, a.kind, a.title, a.title_ja, a.summary_ja, a.url,"  # noqa: S608
        " a.state, a.occurred_at FROM activities a JOIN data_sources s ON s.id = a.data_source_id"
        f" WHERE s.user_id = %(user)s{conditions} ORDER BY a.occurred_at DESC, a.id DESC LIMIT %(limit)s",
        {
            "user": user,
            "source": wanted.source,
            "kind": wanted.kind,
            "state": wanted.state,
            "occurred_at": occurred_at,
            "activity": str(activity),
            "limit": limit,
        },
    )
