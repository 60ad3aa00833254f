"""Cursors: the sort key of a page's last item, opaque to the caller."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Sequence
from typing import Annotated, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from lambdas.shared.errors import Problem

T = TypeVar("T")


class SequenceKey(NamedTuple):
    """The sort key of a list in the order of insertion."""

    sequence: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class TimeKey(NamedTuple):
    """The sort key of a list by time."""

    at: Annotated[dt.datetime, msgspec.Meta(tz=True)]
    id: UUID


class DateKey(NamedTuple):
    """The sort key of a list by day."""

    on: dt.date
    id: UUID


def encode(key: Sequence[object]) -> str:
    """The cursor that stands for a sort key."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode(cursor: str | None, key: type[T]) -> T | None:
    """The sort key that a cursor stands for; a 400 problem when it is not one of this list's."""
    if cursor is None:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=key)
    except (binascii.Error, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Problem(
            400,
            "The cursor is not one that this list answered with; leave it out to begin at the first page.",
            errors=[("cursor", "not a cursor of this list")],
        ) from error


def split(rows: list[T], limit: int) -> tuple[list[T], bool]:
    """A page of `limit` rows from a query that asked for one more, and whether another page follows."""
    return rows[:limit], len(rows) > limit
