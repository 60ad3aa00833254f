"""Repository monitoring, behind the queue: summaries of activities in Japanese.

A message that could not be handled comes again (partial batch response), and lies in the dead-letter queue after its
last attempt; the others of its batch are not repeated. What is completed is skipped.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from lambdas.process_updates import logic
from lambdas.shared import environment, metrics
from lambdas.shared.database import Database
from lambdas.shared.errors import MODEL_ERRORS, DatabaseUnavailable, SecretUnavailable
from lambdas.shared.logging import correlate, logger
from lambdas.shared.models.choice import choose
from lambdas.shared.repositories import monitoring
from lambdas.shared.transactions import recorded


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str
    model_provider: str
    model_id: str
    model_key_arn: str = ""


ENV = environment.read(Env)
DATABASE = Database(ENV.database_secret_arn)
MODEL = choose(ENV.model_provider, ENV.model_id, ENV.model_key_arn)


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """SQS's batch -> which of its messages must come again."""
    correlate(None)
    failed: list[str] = []
    activities: dict[str, str] = {}
    for record in event["Records"]:
        try:
            message = msgspec.json.decode(record["body"], type=logic.Message)
            activities[record["messageId"]] = str(UUID(message.activity_id))
        except (msgspec.MsgspecError, ValueError):
            failed.append(record["messageId"])
            correlate(record["messageId"])
            logger.exception("The message is none of this queue's.")
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed + _unfinished(activities)]}


def _unfinished(activities: Mapping[str, str]) -> list[str]:
    """Summarise the activity of each message; the messages that must come again."""
    try:
        with DATABASE.reading() as session:
            texts = monitoring.claim(session, list(activities.values())) if activities else {}
    except (DatabaseUnavailable, SecretUnavailable):
        logger.exception("No activity of this batch could be begun.")
        return list(activities)
    failed = []
    for message, activity in activities.items():
        correlate(message)
        # A message that the queue delivers twice in a batch finds no text the second time.
        text = texts.pop(activity, None)
        try:
            _process(activity, text)
        except (DatabaseUnavailable, SecretUnavailable, *MODEL_ERRORS):
            failed.append(message)
            logger.exception("The activity was not summarised.")
    return failed


def _process(activity: str, text: Mapping[str, Any] | None) -> None:
    if text is None:
        logger.info("The activity is completed already, or gone.", activity=activity)
        return
    began = time.perf_counter()
    status = "failure"
    try:
        answer = MODEL.ask(logic.prompt(text), logic.ActivitySummary)
        status = "success"
    except MODEL_ERRORS:
        with DATABASE.reading() as session:
            monitoring.fail(session, activity)
        raise
    finally:
        metrics.count_generation(status, time.perf_counter() - began, activity)
    with DATABASE.reading() as session:
        completed = monitoring.complete(session, activity, answer.title_ja, answer.summary_ja)
    if completed:
        logger.info("The activity is summarised.", activity=activity)
    else:
        logger.info("The activity was completed by another delivery in the meantime, or is gone.", activity=activity)
