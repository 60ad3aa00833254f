"""Models of Google's Gemini, by generateContent, with a function that the model is forced to call.

GEMINI_API_URL in the environment names another service of the same interface.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from lambdas.shared import secrets
from lambdas.shared.errors import (
    ModelAccessDenied,
    ModelAnswerInvalid,
    ModelQuotaExceeded,
    ModelThrottled,
    ModelUnavailable,
)
from lambdas.shared.models import transport
from lambdas.shared.models.interface import READ_SECONDS, Prompt, check, patience, schema

T = TypeVar("T")
URL = "https://generativelanguage.googleapis.com/v1beta"
MAX_TOKENS = 4000


@dataclass(frozen=True)
class GeminiModel:
    """One model of Gemini, by its id; the key lies in a secret or a parameter."""

    model_id: str
    key_arn: str

    def ask(self, prompt: Prompt, shape: type[T], *, within: float = READ_SECONDS) -> T:
        """The answer, valid in the given shape."""
        base = os.environ.get("GEMINI_API_URL", URL).rstrip("/")
        url = f"{base}/models/{quote(self.model_id, safe='')}:generateContent"
        for fresh in (False, True):
            key = secrets.read(self.key_arn, fresh=fresh).strip()
            status, answer = transport.post(
                url, {"x-goog-api-key": key}, self._request(prompt, shape), patience(within)
            )
            if status not in {400, 401, 403}:  # a key that was replaced meanwhile is read once more
                break
        if status != 200:
            raise self._refusal(status, answer)
        return check(_arguments(answer, prompt.tool), shape)

    def _request(self, prompt: Prompt, shape: type) -> dict[str, Any]:
        declared = {"name": prompt.tool, "description": prompt.purpose, "parametersJsonSchema": schema(shape)}
        return {
            "systemInstruction": {"parts": [{"text": prompt.instructions}]},
            "contents": [{"role": "user", "parts": [{"text": prompt.text}]}],
            "tools": [{"functionDeclarations": [declared]}],
            "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": [prompt.tool]}},
            "generationConfig": {"maxOutputTokens": MAX_TOKENS, "temperature": 0.3},
        }

    def _refusal(self, status: int, answer: dict[str, Any]) -> Exception:
        error = answer.get("error")
        name = str(error.get("status", status)) if isinstance(error, dict) else str(status)
        kind: type[Exception] = ModelUnavailable
        if status == 429:
            # A quota of the day is named so in the error's details; any other passes within a minute.
            kind = ModelQuotaExceeded if "PerDay" in str(error) else ModelThrottled
        elif 400 <= status < 500 and status != 408:
            kind = ModelAccessDenied
        return kind(f"Gemini refused the model {self.model_id}: {status}, {name}.")


def _arguments(answer: dict[str, Any], tool: str) -> object:
    try:
        candidate = answer["candidates"][0]
        for part in candidate.get("content", {}).get("parts", []):
            if part.get("functionCall", {}).get("name") == tool:
                return part["functionCall"].get("args")
        reason = candidate.get("finishReason", "unknown")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ModelAnswerInvalid(f"The model's answer cannot be read: {type(error).__name__}.") from error
    raise ModelAnswerInvalid(f"The model did not hand in {tool}; it stopped because of {reason}.")
