"""Checks of what a caller sends: path, query string and body against the operation's structs.

Every fault of a body is reported at once, each with the JSON Pointer of its place.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from lambdas.shared.errors import NotFound, Problem
from lambdas.shared.operation import PATH_PARAMETERS

B = TypeVar("B")
_PLACE = re.compile(r" - at `\$.*`$")
_WHAT = {
    "goalId": "goal",
    "taskId": "task",
    "executionId": "execution",
    "reflectionId": "reflection",
    "sourceId": "source",
    "proposalId": "proposal",
}
_TOKEN = re.compile(r"[\w-]{1,200}\.[\w-]{1,500}\.[\w-]{1,200}", re.ASCII)


def path(parameters: Mapping[str, str]) -> dict[str, str]:
    """The path's parameters; one that cannot exist is a 404, as is one that does not."""
    for name, value in parameters.items():
        kind = PATH_PARAMETERS[name]
        if kind == "uuid" and not _is_uuid(value):
            raise NotFound(_WHAT[name])
        if kind == "position" and not re.fullmatch(r"[1-8]", value):
            raise NotFound("position")
        if kind == "token" and not _TOKEN.fullmatch(value):
            raise NotFound("link")
    return dict(parameters)


def may_be_logged(name: str, value: str) -> bool:
    """Whether a path's parameter is an id or a position, and not a secret or a text of the caller's own."""
    kind = PATH_PARAMETERS.get(name)
    return (kind == "uuid" and _is_uuid(value)) or (kind == "position" and re.fullmatch(r"[1-8]", value) is not None)


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value.lower()
    except ValueError:
        return False


def query(values: Mapping[str, Sequence[str]], shape: type[B]) -> B:
    """The query string as the operation's struct."""
    twice = [(name, "given more than once") for name, given in values.items() if len(given) > 1]
    if twice:
        raise _refusal(twice, "query string")
    given = {name: value for name, (value,) in values.items()}
    if useless := [(name, why) for name, value in given.items() if (why := _useless(name, value))]:
        raise _refusal(useless, "query string")
    try:
        return msgspec.convert(given, shape, strict=False)
    except msgspec.ValidationError as error:
        raise _refusal(_faults(given, shape, error, strict=False, prefix=""), "query string") from error


def _useless(name: str, value: str) -> str | None:
    """Why a parameter says nothing; None when it may say something."""
    if not f"{name}{value}".isprintable():
        return "holds what cannot be printed"
    # The conversion takes this word for nothing given, and a list without its filter holds everything.
    return "'null' is no value; leave the parameter out" if value.lower() == "null" else None


def body(text: str | None, is_base64: bool, content_type: str, shape: type[B], required: bool) -> B:
    """The request's body as the operation's struct."""
    content = _content(text, is_base64)
    if not content.strip() and not required:
        return shape()
    media = content_type.partition(";")[0].strip().lower()
    if media not in {"", "application/json"}:
        raise Problem(415, f"The body is {media!r}; send application/json.")
    try:
        found = msgspec.json.decode(content, type=shape)
    except msgspec.ValidationError as error:
        return _with_whole_numbers(_any(content), shape, error)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _refusal([("", f"not JSON: {error}")], "body") from error
    if twice := _names_given_twice(content):
        raise _refusal([("/" + _escape(name), "given more than once") for name in twice], "body")
    return found


def _with_whole_numbers(value: Any, shape: type[B], first: msgspec.ValidationError) -> B:  # noqa: ANN401 - any JSON
    """The body once more, since JSON knows one kind of number and 5.0 is 5; a 400 problem with all its faults."""
    if isinstance(value, dict):
        value = {name: int(v) if isinstance(v, float) and v.is_integer() else v for name, v in value.items()}
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError:
        raise _refusal(_faults(value, shape, first, strict=True, prefix="/"), "body") from first


def _any(content: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Any JSON; what follows the first fault of a body may be no JSON at all."""
    try:
        return msgspec.json.decode(content)
    except RecursionError as error:
        raise _refusal([("", "nested too deeply")], "body") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _refusal([("", f"not JSON: {error}")], "body") from error


def _names_given_twice(content: bytes) -> list[str]:
    """Names that an object holds more than once: readers differ in which of them counts."""
    twice: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in pairs]
        twice.extend(name for name in dict.fromkeys(names) if names.count(name) > 1)

    json.loads(content, object_pairs_hook=look)
    return twice


def _content(text: str | None, is_base64: bool) -> bytes:
    if not is_base64:
        return (text or "").encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text or "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refusal([("", "not readable")], "body") from error


def _faults(
    value: Any,  # noqa: ANN401 - any JSON
    shape: type,
    first: msgspec.ValidationError,
    *,
    strict: bool,
    prefix: str,
) -> list[tuple[str, str]]:
    """Every fault of an object, field by field; msgspec itself stops at the first."""
    if not isinstance(value, dict):
        return [("", _message(first))]
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    found = [(prefix + _escape(name), "unknown field") for name in value if name not in fields]
    for name, field in fields.items():
        if name not in value:
            if field.required:
                found.append((prefix + name, "required"))
            continue
        try:
            msgspec.convert(value[name], field.type, strict=strict)
        except msgspec.ValidationError as error:
            found.append((prefix + name, _message(error)))
    return found or [("", _message(first))]


def _escape(name: object) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")


def _message(error: msgspec.ValidationError) -> str:
    text = _PLACE.sub("", str(error))
    if "matching regex" in text:
        return "must not be blank or hold the character U+0000" if "u0000" in text else "not of the right form"
    return text.replace("`", "'")


def _refusal(faults: Sequence[tuple[str, str]], where: str) -> Problem:
    return Problem(400, f"The {where} is not valid: {len(faults)} fault{'s' * (len(faults) > 1)}.", errors=faults)
