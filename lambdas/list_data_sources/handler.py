"""Repository monitoring, step 1: the repositories to look at."""

from __future__ import annotations

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
# An execution's history holds 25,000 events, of which a source takes 17, and 25 when its steps are tried again; who is
# left out is first in the next run.
MOST = 1000


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{} -> {"sources": [{"sourceId"}]}, those first that have waited longest."""
    with DATABASE.reading() as session:
        found = monitoring.enabled_sources(session, MOST)
    logger.info("The sources are known.", sources=len(found))
    return {"sources": [{"sourceId": source} for source in found]}
