"""Alarms and notifications as Slack messages, from the queue that the topics feed.

A message that Slack did not take stays in the queue (partial batch response) and comes again; after its last
attempt it lies in the dead-letter queue. The others of its batch are not repeated.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from lambdas.notify_slack import logic, slack
from lambdas.shared import environment, secrets
from lambdas.shared.errors import SecretUnavailable
from lambdas.shared.logging import correlate, logger
from lambdas.shared.transactions import recorded


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    slack_webhook_secret_arn: str


ENV = environment.read(Env)
PATIENCE_SECONDS = 5  # a longer wait is left to the queue


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Post every message of the batch; answers which ones must come again."""
    failed: list[str] = []
    must_wait = False
    for record in event["Records"]:
        correlate(record["messageId"])
        if must_wait:
            failed.append(record["messageId"])
            continue
        try:
            message = logic.message(record["body"])
            if message is not None:
                _post(message)
        except slack.SlackRefused as error:
            # While Slack asks for a long pause, the rest of the batch would only be refused too.
            must_wait = error.retry_after is not None
            failed.append(record["messageId"])
            logger.warning("The message was not delivered.", reason=str(error))
        except SecretUnavailable as error:
            must_wait = True
            failed.append(record["messageId"])
            logger.exception("The message was not delivered.", reason=str(error))
        except logic.NotANotification as error:
            failed.append(record["messageId"])
            logger.exception("The message cannot be delivered.", reason=str(error))
        else:
            logger.info("The message was delivered." if message else "The message held no news.")
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}


def _post(message: dict[str, Any]) -> None:
    """Post a message; once more when Slack asks for a short pause, or when the address has been replaced meanwhile."""
    url = secrets.read(ENV.slack_webhook_secret_arn)
    try:
        slack.post(url.strip(), message)
    except slack.SlackRefused as error:
        if error.retry_after is None:
            current = secrets.read(ENV.slack_webhook_secret_arn, fresh=True)
            if current == url:
                raise
            url = current
        elif error.retry_after > PATIENCE_SECONDS:
            raise
        else:
            time.sleep(error.retry_after)
        slack.post(url.strip(), message)
