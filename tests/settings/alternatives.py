"""Finds the alternatives of the settings, and which of them a stack file takes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import yaml
from pydantic import BaseModel

from config import PROJECT, SECTIONS, Settings
from tests.conftest import ROOT


class Choice(NamedTuple):
    """One alternative: the section that says it, and the tag where the section stands for several."""

    section: type[BaseModel]
    tag: str


def alternatives() -> set[frozenset[Choice]]:
    """Every set of sections of which a stack file takes one, wherever it stands in the settings."""
    return set(_in(Settings, set()))


@cache
def taken(file: str) -> frozenset[Choice]:
    """The alternatives that a stack file takes."""
    document = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["config"]
    values = {name: document[f"{PROJECT}:{name}"] for name in SECTIONS}
    return frozenset(_of(Settings.model_validate({"region": document["aws:region"], **values})))


def _in(annotation: Any, seen: set[Any]) -> Iterator[frozenset[Choice]]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _in(get_args(annotation)[0], seen)
        return
    if origin in {Union, UnionType}:
        sections = [section for part in get_args(annotation) for section in _sections(part)]
        if len(sections) > 1:
            yield frozenset(choice for section in sections for choice in _choices(section))
    for part in get_args(annotation) if origin is not Literal else ():
        yield from _in(part, seen)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in seen:
        seen.add(annotation)
        for field in annotation.model_fields.values():
            yield from _in(field.annotation, seen)


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation


def _tag(section: type[BaseModel]) -> str | None:
    """The first key that can only be one of certain texts: that is where the sections of a union say their kind."""
    for name, field in section.model_fields.items():
        if get_origin(field.annotation) is Literal and all(isinstance(v, str) for v in get_args(field.annotation)):
            return name
    return None


def _choices(section: type[BaseModel]) -> Iterator[Choice]:
    tag = _tag(section)
    for value in get_args(section.model_fields[tag].annotation) if tag else ("",):
        yield Choice(section, value)


def _of(value: Any) -> Iterator[Choice]:
    if isinstance(value, BaseModel):
        tag = _tag(type(value))
        yield Choice(type(value), getattr(value, tag) if tag else "")
        for name in type(value).model_fields:
            yield from _of(getattr(value, name))
    elif isinstance(value, dict):
        for item in value.values():
            yield from _of(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _of(item)
