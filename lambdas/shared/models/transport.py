"""One JSON request over HTTPS to a model's service."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from lambdas.shared.errors import ModelAnswerInvalid, ModelUnavailable


def post(url: str, headers: Mapping[str, str], body: Mapping[str, Any], seconds: int) -> tuple[int, dict[str, Any]]:
    """The status and the JSON object of the answer. ModelUnavailable when there is none in so many seconds."""
    parts = urlsplit(url)
    make = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = make(parts.hostname or "", parts.port, timeout=seconds)
    try:
        connection.request("POST", parts.path, json.dumps(body), {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        status, content = answer.status, answer.read()
    except (OSError, HTTPException) as error:
        raise ModelUnavailable(f"{parts.hostname} gave no answer: {type(error).__name__}.") from error
    finally:
        connection.close()
    try:
        found = json.loads(content)
    except ValueError as error:
        if status >= 400:
            return status, {}
        raise ModelAnswerInvalid(f"{parts.hostname} answered something that is no JSON.") from error
    return status, found if isinstance(found, dict) else {}
