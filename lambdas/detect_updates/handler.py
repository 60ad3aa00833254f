"""Repository monitoring, step 2: what happened in one repository since it was looked at last."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from lambdas.detect_updates import logic
from lambdas.detect_updates.github import GitHub
from lambdas.shared import environment
from lambdas.shared.database import Database
from lambdas.shared.logging import logger
from lambdas.shared.repositories import monitoring
from lambdas.shared.transactions import recorded


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start. Without a token GitHub allows 60 requests an hour, with one 5,000."""

    database_secret_arn: str
    github_token_arn: str = ""


ENV = environment.read(Env)
DATABASE = Database(ENV.database_secret_arn)
# A state's payload holds 256 KB; the rest is queued by the next run.
MOST = 1000


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{"sourceId"} -> {"sourceId", "checkedAt", "etags", "new", "activityIds"}.

    The activities are stored, and named for queueing, as are those that an earlier run stored and could not queue.
    A source that was given up or switched off meanwhile has none.
    """
    identifier = str(event["sourceId"])
    at = dt.datetime.now(dt.UTC)
    with DATABASE.reading() as session:
        source = monitoring.source(session, identifier)
    if source is None:
        return {"sourceId": identifier, "checkedAt": at.isoformat(), "etags": {}, "new": 0, "activityIds": []}
    found, etags = logic.detect(GitHub(ENV.github_token_arn), source)
    with DATABASE.transaction() as session:
        new = monitoring.save(session, identifier, found)
        pending = monitoring.pending(session, identifier, MOST)
    logger.info("The source was looked at.", source=identifier, found=len(found), new=new, pending=len(pending))
    return {"sourceId": identifier, "checkedAt": at.isoformat(), "etags": etags, "new": new, "activityIds": pending}
