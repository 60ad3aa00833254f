"""How long anything is kept: what is over its time is deleted, old executions are archived.

Run every day. What one run does not finish in its time the next one does; run twice, nothing happens twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from lambdas.enforce_retention import logic
from lambdas.shared import aws, environment
from lambdas.shared.database import Database
from lambdas.shared.logging import logger
from lambdas.shared.repositories import accounts, audit, retention
from lambdas.shared.transactions import recorded


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str
    archive_bucket: str


class Context(Protocol):
    """What Lambda tells of the invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """How long the function may go on."""


ENV = environment.read(Env)
DATABASE = Database(ENV.database_secret_arn)
# One step takes a few seconds at most.
RESERVE_MS = 20_000


@recorded
def handler(event: dict[str, Any], context: Context | None) -> dict[str, Any]:
    """{} -> {"removed": {table: rows}, "erased": people, "archived": executions}."""

    def whole(step: Callable[[], int]) -> int:
        """Repeat a step until nothing is left for it, or the time is over."""
        total = 0
        while context is None or context.get_remaining_time_in_millis() > RESERVE_MS:
            done = step()
            total += done
            if done == 0:
                break
        return total

    archived = whole(_archive)
    erased = whole(_erase_inactive)
    removed = {rule.table: whole(partial(_delete, rule)) for rule in logic.RULES}
    removed["audit_events"] = _forget_audit_events()
    logger.info("The retention is enforced.", removed=removed, erased=erased, archived=archived)
    return {"removed": removed, "erased": erased, "archived": archived}


def _delete(rule: logic.Rule) -> int:
    with DATABASE.transaction() as session:
        return retention.delete(session, rule.table, rule.since, rule.days)


def _erase_inactive() -> int:
    with DATABASE.transaction() as session:
        found = retention.inactive_users(session, logic.INACTIVE_DAYS)
        for user in found:
            accounts.erase(session, user)
            audit.note(session, None, "erase", ("user", user), {"reason": "inactive"})
    return len(found)


def _forget_audit_events() -> int:
    with DATABASE.transaction() as session:
        return retention.forget_audit_events(session, logic.AUDIT_DAYS)


def _archive() -> int:
    """Archive some executions and then delete them; an archive that is written again is the same one."""
    with DATABASE.reading() as session:
        rows = retention.ended_executions(session, logic.ARCHIVE_AFTER_DAYS)
    if not rows:
        return 0
    key, content = logic.archive(rows)
    aws.client("s3").put_object(Bucket=ENV.archive_bucket, Key=key, Body=content, ContentType="application/gzip")
    with DATABASE.transaction() as session:
        return retention.remove_executions(session, [str(row["id"]) for row in rows])
