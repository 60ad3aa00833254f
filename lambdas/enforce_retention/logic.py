"""How long each table keeps its rows, and executions as lines of an archive."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Rows of a table whose moment `since` lies more than `days` back are deleted."""

    table: str
    since: str
    days: int


# What a person wrote (goals, sub_goals, actions, tasks, reflections, data_sources) is kept as long as they keep it,
# and erased with them when they have not been seen for INACTIVE_DAYS.
RULES = (
    Rule(table="idempotency_keys", since="expires_at", days=0),
    Rule(table="proposals", since="expires_at", days=0),
    Rule(table="model_calls", since="on_date", days=35),
    Rule(table="activities", since="created_at", days=180),
    Rule(table="users", since="erased_at", days=30),
)
INACTIVE_DAYS = 1095
AUDIT_DAYS = 400
ARCHIVE_AFTER_DAYS = 90


def archive(rows: Sequence[Mapping[str, Any]]) -> tuple[str, bytes]:
    """The archive's name and content: one JSON object a line. The same rows make the same archive.

    A cancelled execution's reason is left out, since the person wrote it.
    """
    day = max(row["finished_at"] for row in rows).astimezone(dt.UTC)
    identity = hashlib.sha256("".join(str(row["id"]) for row in rows).encode()).hexdigest()[:16]
    lines = "".join(f"{json.dumps(row, default=_plain, sort_keys=True)}\n" for row in rows)
    return f"workflow_executions/{day:%Y/%m/%d}/{identity}.jsonl.gz", gzip.compress(lines.encode(), mtime=0)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)
