"""The shapes of the API: request bodies, query strings and answers, in camelCase JSON.

The same structs check requests, encode answers and yield the JSON Schema of the OpenAPI document.
Request bodies refuse unknown fields, so that a misspelt name is an error and not silently ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

# PostgreSQL cannot hold U+0000 in text, so no string of the API may.
Title = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=r"^[^\u0000]*[^\u0000\s][^\u0000]*$",
        description="1 to 200 characters, not blank.",
    ),
]
Text = Annotated[str, Meta(max_length=2000, pattern=r"^[^\u0000]*$", description="Up to 2,000 characters.")]
Reason = Annotated[str, Meta(max_length=500, pattern=r"^[^\u0000]*$", description="Up to 500 characters.")]
Limit = Annotated[int, Meta(ge=1, le=100, description="How many items a page holds.")]
Cursor = Annotated[
    str,
    # The last part stands for the end: `$` would let a line break follow.
    Meta(max_length=200, pattern=r"^[A-Za-z0-9_-]+(?![\s\S])", description="`nextCursor` of the page before."),
]
Percentage = Annotated[int, Meta(ge=0, le=100)]
Position = Annotated[int, Meta(ge=1, le=8)]
Minutes = Annotated[int, Meta(ge=30, le=60)]

Kind = Literal["execution", "habit"]


class Answer(Struct, kw_only=True, rename="camel"):
    """Base of everything the API answers with."""


A = TypeVar("A", bound=Answer)


def filled(shape: type[A], row: Mapping[str, Any], **more: object) -> A:
    """An answer from a database row, whose columns bear the fields' names; `more` takes precedence."""
    values = {**row, **more}
    return shape(**{name: values[name] for name in shape.__struct_fields__})


class Body(Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of everything the API accepts: request bodies and query strings."""


class Fault(Answer):
    """One thing that is wrong with a request, and where (a JSON Pointer, or a parameter's name)."""

    pointer: str
    message: str


class Problem(Answer, kw_only=True):
    """A problem document (RFC 9457): what every error answers with."""

    type: str
    title: str
    # Optional, as in RFC 9457: API Gateway's last resort for refusals without an answer of their own knows no status.
    status: int | UnsetType = UNSET
    detail: str
    errors: list[Fault]
    request_id: str


class PageQuery(Body):
    """Which page of a list."""

    limit: Limit = 50
    cursor: Cursor | None = None
