"""Which log lines tell of an error, and how they are sent on."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

# CloudWatch Logs takes this much in one call; each event counts 26 bytes beside its text (PutLogEvents).
BATCH_BYTES, BATCH_EVENTS, EVENT_BYTES = 1_048_576, 10_000, 26
LEVELS = {"ERROR", "CRITICAL", "FATAL"}
# Lines that Lambda writes itself when its format is text.
RUNTIME = ("[ERROR]", "[CRITICAL]", "Task timed out", "Runtime exited")


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Lines of one log group. `stream` is the last part of its name: the function that wrote them."""

    stream: str
    events: list[dict[str, Any]]


def lines(event: dict[str, Any]) -> Lines:
    """The lines that CloudWatch Logs hands over; none for the message with which it checks that somebody listens."""
    delivered = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    found = delivered["logEvents"] if delivered["messageType"] == "DATA_MESSAGE" else []
    events = [{"timestamp": line["timestamp"], "message": line["message"]} for line in found]
    return Lines(stream=str(delivered["logGroup"]).rpartition("/")[2], events=events)


def is_error(message: str) -> bool:
    """Whether a line tells of an error: by its level when it is JSON, by what Lambda writes when it is text."""
    try:
        content = json.loads(message)
    except ValueError:
        return any(sign in message for sign in RUNTIME)
    if not isinstance(content, dict):
        return False
    if str(content.get("level", "")).upper() in LEVELS:
        return True
    record = content.get("record")
    return isinstance(record, dict) and record.get("status") in {"timeout", "error", "failure"}


def batches(events: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The events in the order of time, in as many calls as CloudWatch Logs needs."""
    batch: list[dict[str, Any]] = []
    size = 0
    for event in sorted(events, key=lambda event: event["timestamp"]):
        weight = len(event["message"].encode()) + EVENT_BYTES
        if batch and (size + weight > BATCH_BYTES or len(batch) == BATCH_EVENTS):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += weight
    if batch:
        yield batch
