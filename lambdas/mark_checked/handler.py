"""Repository monitoring, step 4: remember how far one repository was looked at, or why it could not be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.shared import environment
from lambdas.shared.database import Database
from lambdas.shared.logging import logger
from lambdas.shared.repositories import monitoring
from lambdas.shared.transactions import recorded


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str


ENV = environment.read(Env)
DATABASE = Database(ENV.database_secret_arn)


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{"sourceId", "checkedAt", "etags", "new"} -> {"sourceId", "new"}, when all was detected and queued.

    {"sourceId", "error": a name or {"Error", "Cause"}} -> {"sourceId", "error"}: the last check does not move.
    """
    identifier = str(event["sourceId"])
    with DATABASE.reading() as session:
        if "error" in event:
            error = _name(event["error"])
            monitoring.mark_failed(session, identifier, error)
            logger.warning("The source could not be looked at.", source=identifier, error=error)
            return {"sourceId": identifier, "error": error}
        at = dt.datetime.fromisoformat(event["checkedAt"])
        monitoring.mark_checked(session, identifier, at, event["etags"])
    logger.info("The source is checked.", source=identifier, new=event["new"])
    return {"sourceId": identifier, "new": int(event["new"])}


def _name(error: object) -> str:
    if isinstance(error, Mapping):
        return str(error.get("Error", "Unknown"))
    return str(error)
