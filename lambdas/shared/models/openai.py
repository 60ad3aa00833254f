"""Models of OpenAI, by the Chat Completions API, with a function that the model is forced to call.

OPENAI_API_URL in the environment names another service of the same interface.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, TypeVar

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
URL = "https://api.openai.com/v1"
MAX_TOKENS = 4000


@dataclass(frozen=True)
class OpenAIModel:
    """One model of OpenAI, by its id; the key lies in a secret or a parameter."""

    model_id: str
    key_arn: str

    def ask(self, prompt: Prompt, shape: type[T], *, within: float = READ_SECONDS) -> T:
        """The answer, valid in the given shape."""
        url = os.environ.get("OPENAI_API_URL", URL).rstrip("/") + "/chat/completions"
        for fresh in (False, True):
            key = secrets.read(self.key_arn, fresh=fresh).strip()
            status, answer = transport.post(
                url, {"Authorization": f"Bearer {key}"}, self._request(prompt, shape), patience(within)
            )
            if status != 401:  # a key that was replaced meanwhile is read once more
                break
        if status != 200:
            raise self._refusal(status, answer)
        return check(_arguments(answer, prompt.tool), shape)

    def _request(self, prompt: Prompt, shape: type) -> dict[str, Any]:
        function = {"name": prompt.tool, "description": prompt.purpose, "parameters": schema(shape)}
        return {
            "model": self.model_id,
            "messages": [
                {"role": "system", "content": prompt.instructions},
                {"role": "user", "content": prompt.text},
            ],
            "max_completion_tokens": MAX_TOKENS,
            "tools": [{"type": "function", "function": function}],
            "tool_choice": {"type": "function", "function": {"name": prompt.tool}},
        }

    def _refusal(self, status: int, answer: dict[str, Any]) -> Exception:
        error = answer.get("error")
        code = str(error.get("code") or error.get("type") or status) if isinstance(error, dict) else str(status)
        kind: type[Exception] = ModelUnavailable
        if status == 429:
            kind = ModelQuotaExceeded if code == "insufficient_quota" else ModelThrottled
        elif 400 <= status < 500 and status != 408:
            kind = ModelAccessDenied
        return kind(f"OpenAI refused the model {self.model_id}: {status}, {code}.")


def _arguments(answer: dict[str, Any], tool: str) -> object:
    try:
        choice = answer["choices"][0]
        for call in choice["message"].get("tool_calls") or []:
            if call["function"]["name"] == tool:
                return json.loads(call["function"]["arguments"])
        reason = choice.get("finish_reason", "unknown")
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ModelAnswerInvalid(f"The model's answer cannot be read: {type(error).__name__}.") from error
    raise ModelAnswerInvalid(f"The model did not hand in {tool}; it stopped because of {reason}.")
