"""Models of Amazon Bedrock, by the Converse API, with a tool that the model is forced to use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from lambdas.shared import aws
from lambdas.shared.errors import (
    ModelAccessDenied,
    ModelAnswerInvalid,
    ModelQuotaExceeded,
    ModelThrottled,
    ModelUnavailable,
)
from lambdas.shared.models.interface import READ_SECONDS, Prompt, check, patience, schema

T = TypeVar("T")
MAX_TOKENS = 4000
ERRORS: dict[str, type[Exception]] = {
    "ThrottlingException": ModelThrottled,
    "ServiceQuotaExceededException": ModelQuotaExceeded,
    "AccessDeniedException": ModelAccessDenied,
    "ResourceNotFoundException": ModelAccessDenied,
    "ValidationException": ModelAccessDenied,
    "UnrecognizedClientException": ModelAccessDenied,
}


@dataclass(frozen=True)
class BedrockModel:
    """One model of Bedrock, by its id or the ARN of its inference profile."""

    model_id: str

    def ask(self, prompt: Prompt, shape: type[T], *, within: float = READ_SECONDS) -> T:
        """The answer, valid in the given shape."""
        from botocore.exceptions import BotoCoreError, ClientError

        client = aws.client("bedrock-runtime", read_timeout=patience(within), attempts=1)
        try:
            answer = client.converse(**self._request(prompt, shape))
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            raise ERRORS.get(code, ModelUnavailable)(f"Bedrock refused the model {self.model_id}: {code}.") from error
        except BotoCoreError as error:
            reason = type(error).__name__
            raise ModelUnavailable(f"The model {self.model_id} gave no answer: {reason}.") from error
        return check(_tool_input(answer, prompt.tool), shape)

    def _request(self, prompt: Prompt, shape: type) -> dict[str, Any]:
        specification = {
            "name": prompt.tool,
            "description": prompt.purpose,
            "inputSchema": {"json": schema(shape)},
        }
        return {
            "modelId": self.model_id,
            "system": [{"text": prompt.instructions}],
            "messages": [{"role": "user", "content": [{"text": prompt.text}]}],
            "inferenceConfig": {"maxTokens": MAX_TOKENS, "temperature": 0.3},
            "toolConfig": {"tools": [{"toolSpec": specification}], "toolChoice": {"tool": {"name": prompt.tool}}},
        }


def _tool_input(answer: dict[str, Any], tool: str) -> object:
    content = answer.get("output", {}).get("message", {}).get("content", [])
    for block in content:
        if block.get("toolUse", {}).get("name") == tool:
            return block["toolUse"].get("input")
    reason = answer.get("stopReason", "unknown")
    raise ModelAnswerInvalid(f"The model did not hand in {tool}; it stopped because of {reason}.")
