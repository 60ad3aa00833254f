"""Repository monitoring, which works for everybody at once: no statement here names a person."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.shared.database import Row, Session


def enabled_sources(session: Session, limit: int) -> list[str]:
    """The ids of the enabled sources, those first that have waited longest."""
    rows = session.all(
        "SELECT id FROM data_sources WHERE enabled ORDER BY last_checked_at NULLS FIRST, id LIMIT %(limit)s",
        {"limit": limit},
    )
    return [str(row["id"]) for row in rows]


def source(session: Session, identifier: str) -> Row | None:
    """One enabled source: where it is, since when to look, and what GitHub called its answers last time."""
    return session.one(
        "SELECT id, owner, repo, coalesce(last_checked_at, created_at - interval '7 days') AS since, etags"
        " FROM data_sources WHERE id = %(source)s AND enabled",
        {"source": identifier},
    )


def save(session: Session, identifier: str, found: Sequence[Mapping[str, Any]]) -> int:
    """Store activities, each once; says how many were new."""
    if not found:
        return 0
    columns = ("kind", "github_id", "title", "body", "url", "occurred_at")
    return session.run(
        "INSERT INTO activities (data_source_id, kind, github_id, title, body, url, occurred_at)"
        " SELECT %(source)s, new.* FROM unnest(%(kind)s::text[], %(github_id)s::bigint[], %(title)s::text[],"
        " %(body)s::text[], %(url)s::text[], %(occurred_at)s::timestamptz[]) AS new"
        " WHERE EXISTS (SELECT 1 FROM data_sources WHERE id = %(source)s)"
        " ON CONFLICT (data_source_id, kind, github_id) DO NOTHING",
        {"source": identifier, **{name: [item[name] for item in found] for name in columns}},
    )


def pending(session: Session, identifier: str, limit: int) -> list[str]:
    """Activities of a source that nobody has begun: the new ones, and those that an earlier run could not queue."""
    rows = session.all(
        "SELECT id FROM activities WHERE data_source_id = %(source)s AND state = 'pending' ORDER BY id LIMIT %(limit)s",
        {"source": identifier, "limit": limit},
    )
    return [str(row["id"]) for row in rows]


def mark_checked(session: Session, identifier: str, at: dt.datetime, etags: Mapping[str, str]) -> None:
    """All up to that moment has been seen and queued; the moment never moves back."""
    session.run(
        "UPDATE data_sources SET last_checked_at = greatest(last_checked_at, %(at)s), etags = %(etags)s,"
        " last_error = NULL WHERE id = %(source)s",
        {"source": identifier, "at": at, "etags": json.dumps(dict(etags))},
    )


def mark_failed(session: Session, identifier: str, error: str) -> None:
    """The source could not be looked at; what was seen before stays as it is."""
    session.run(
        "UPDATE data_sources SET last_error = %(error)s WHERE id = %(source)s", {"source": identifier, "error": error}
    )


def claim(session: Session, activities: Sequence[str]) -> dict[str, Row]:
    """Begin activities and answer the text of each; those that are completed, or gone, are not among them.

    They are locked in one order: two batches with the same activities wait for each other and never both.
    """
    rows = session.all(
        "UPDATE activities a SET state = 'processing' FROM data_sources s"
        " WHERE a.id IN (SELECT id FROM activities WHERE id = ANY(%(activities)s::uuid[]) AND state <> 'completed'"
        " ORDER BY id FOR UPDATE) AND s.id = a.data_source_id"
        " RETURNING a.id::text AS activity, a.kind AS activity_kind, a.title AS activity_title,"
        " a.body AS activity_body, s.owner || '/' || s.repo AS repository",
        {"activities": list(activities)},
    )
    return {row["activity"]: row for row in rows}


def complete(session: Session, activity: str, title_ja: str, summary_ja: str) -> bool:
    """Write down the summary; False when another delivery of the same message was sooner, whose summary stays."""
    completed = session.run(
        "UPDATE activities SET state = 'completed', title_ja = %(title)s, summary_ja = %(summary)s"
        " WHERE id = %(activity)s AND state <> 'completed'",
        {"activity": activity, "title": title_ja, "summary": summary_ja},
    )
    return completed > 0


def fail(session: Session, activity: str) -> None:
    """There is no summary; another attempt may make one."""
    session.run(
        "UPDATE activities SET state = 'failed' WHERE id = %(activity)s AND state <> 'completed'",
        {"activity": activity},
    )
