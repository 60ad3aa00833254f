"""Slack's incoming webhook."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

SECONDS = 10


class SlackRefused(Exception):  # noqa: N818
    """Slack did not take the message; `retry_after` is how many seconds it asks to wait, where it does."""

    def __init__(self, detail: str, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


def post(url: str, message: Mapping[str, Any]) -> None:
    """Post one message; SlackRefused when it may not have arrived. The URL is a secret and never part of an error."""
    parts = urlsplit(url)
    make = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = make(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        connection.request("POST", parts.path, json.dumps(message), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException) as error:
        raise SlackRefused(f"Slack cannot be reached: {type(error).__name__}.") from error
    finally:
        connection.close()
    if answer.status != 200:
        raise SlackRefused(f"Slack answered {answer.status}.", _retry_after(answer))


def _retry_after(answer: HTTPResponse) -> float | None:
    given = answer.getheader("Retry-After", "")
    if answer.status != 429:
        return None
    return float(given) if given.isascii() and given.isdigit() else 1.0
