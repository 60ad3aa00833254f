"""Repository monitoring, step 3: queue the activities of one repository."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.shared import aws, environment
from lambdas.shared.logging import logger
from lambdas.shared.transactions import recorded


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    activities_queue_url: str


ENV = environment.read(Env)
# What SQS takes in one request, and how many sends there may be at a time.
BATCH_SIZE = 10


class QueueingFailed(Exception):  # noqa: N818
    """Some activities are not in the queue; the repetition queues all again, and what is done twice is skipped."""


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{"sourceId", "activityIds"} -> {"sourceId", "queued"}, all of them or QueueingFailed."""
    identifiers: list[str] = [str(identifier) for identifier in event["activityIds"]]
    for start in range(0, len(identifiers), BATCH_SIZE):
        _send(identifiers[start : start + BATCH_SIZE])
    logger.info("The activities are queued.", source=event["sourceId"], queued=len(identifiers))
    return {"sourceId": event["sourceId"], "queued": len(identifiers)}


def _send(identifiers: Sequence[str]) -> None:
    """One batch; what SQS could not take for a reason of its own is sent once more."""
    waiting = list(identifiers)
    failed: list[dict[str, Any]] = []
    for _ in range(2):
        entries = [
            {"Id": str(number), "MessageBody": json.dumps({"activityId": identifier})}
            for number, identifier in enumerate(waiting)
        ]
        answer = aws.client("sqs").send_message_batch(QueueUrl=ENV.activities_queue_url, Entries=entries)
        failed = answer.get("Failed", [])
        waiting = [waiting[int(entry["Id"])] for entry in failed]
        if not waiting:
            return
    codes = ", ".join(sorted({str(entry["Code"]) for entry in failed}))
    raise QueueingFailed(f"{len(waiting)} activities were not queued: {codes}.")
