"""What a refusal looks like, and what the tables hold."""

from __future__ import annotations

from typing import Any

TABLES = (
    "goals", "sub_goals", "actions", "tasks", "reflections", "workflow_executions", "data_sources", "proposals",
    "audit_events", "model_calls", "idempotency_keys",
)  # fmt: skip


def contents(database: Any) -> list[tuple[Any, ...]]:
    """A digest of everything that each table holds."""
    digest = "SELECT '{0}', count(*), md5(string_agg(r::text, ' ' ORDER BY r::text)) FROM {0} r"
    found: list[tuple[Any, ...]] = database.query(" UNION ALL ".join(digest.format(table) for table in TABLES))
    return found


def problem(answer: Any, status: int = 400) -> dict[str, Any]:
    """The problem document of a refusal, whole and of the right type."""
    assert answer.status == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = answer.json
    assert set(document) == {"type", "title", "status", "detail", "errors", "requestId"}
    assert document["status"] == status
    assert document["detail"]
    return document


def pointers(answer: Any) -> set[str]:
    """Where a 400 problem sees its faults."""
    found = {fault["pointer"] for fault in problem(answer)["errors"]}
    assert found
    return found
