"""What the application asks of a language model, whoever makes it: an answer in a given shape."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, TypeVar

import msgspec

from lambdas.shared.errors import ModelAnswerInvalid

T = TypeVar("T")
# The state machine gives a generation 120 s and repeats it itself, so one attempt must end before that.
READ_SECONDS = 100


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A question: the instructions, the data as text, and the name under which the answer is handed in."""

    instructions: str
    text: str
    tool: str
    purpose: str


class Model(Protocol):
    """A language model.

    Errors: ModelThrottled, ModelUnavailable, ModelAnswerInvalid (worth another try), ModelQuotaExceeded,
    ModelAccessDenied (not).
    """

    def ask(self, prompt: Prompt, shape: type[T], *, within: float = READ_SECONDS) -> T:
        """The answer, valid in the given shape; waited for so many seconds, and never longer than `READ_SECONDS`."""


def patience(within: float) -> int:
    """The whole seconds to wait for an answer: few different ones, since each makes a client of its own."""
    return READ_SECONDS if within >= READ_SECONDS else max(1, int(within))


@cache
def schema(shape: type) -> dict[str, Any]:
    """The JSON Schema of a shape without references, which not every model resolves; shared, so not to be changed."""
    found = msgspec.json.schema(shape, ref_template="{name}")
    definitions = found.pop("$defs", {})
    resolved = _resolve(found, definitions)
    assert isinstance(resolved, dict)  # noqa: S101 - a struct's schema is an object
    return resolved


def _resolve(node: object, definitions: dict[str, Any]) -> object:
    if isinstance(node, dict):
        if "$ref" in node:
            return _resolve(definitions[node["$ref"]], definitions)
        return {key: _resolve(value, definitions) for key, value in node.items()}
    if isinstance(node, list):
        return [_resolve(item, definitions) for item in node]
    return node


def check(answer: object, shape: type[T]) -> T:
    """An answer in its shape; ModelAnswerInvalid, without the answer's words, when it does not fit."""
    try:
        return msgspec.convert(answer, shape)
    except msgspec.ValidationError as error:
        raise ModelAnswerInvalid(f"The model's answer does not fit: {error}.") from error
