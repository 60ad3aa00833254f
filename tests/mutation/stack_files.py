"""Mutants of stack files: one value changed, one entry or key gone."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import yaml

from tests.mutation.mutant import Mutant

SECRET = "slack_webhook_url"  # noqa: S105  # the name of a key, whose value is encrypted and unknown here
Path = tuple[str | int, ...]


def mutants(path: str, source: str, others: Sequence[str] = ()) -> Iterator[Mutant]:
    """Every mutant of a stack file. A text becomes what the same key is elsewhere in this file or in `others`.

    A value that exists is the harder fault: a made-up one is refused while the settings are read.
    """
    known = _values_by_key([source, *others])
    document = yaml.safe_load(source)
    for place, node in _scalars(yaml.compose(source, Loader=yaml.SafeLoader), ()):
        value = _at(document, place)
        for operator, new in _changed(value, known.get(_key(place), [])):
            yield _mutant(path, source, node, operator, repr(value), new)
    yield from _without(path, source)


def _changed(value: Any, known: list[Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, bool):
        yield "setting flag", not value
    elif isinstance(value, (int, float)):
        yield "setting number", value + 1
    elif isinstance(value, str):
        others = [other for other in known if isinstance(other, str) and other != value]
        yield "setting text", others[0] if others else f"{value}x"


def _mutant(path: str, source: str, node: yaml.Node, operator: str, before: str, new: Any) -> Mutant:
    start, end = node.start_mark.index, node.end_mark.index
    written = f'"{new}"' if isinstance(new, str) else str(new).lower()
    return Mutant(
        path=path,
        line=node.start_mark.line + 1,
        operator=operator,
        before=before,
        after=repr(new),
        text=lambda: f"{source[:start]}{written}{source[end:]}",
    )


def _without(path: str, source: str) -> Iterator[Mutant]:
    """One list entry, or one key, gone."""
    tree = yaml.compose(source, Loader=yaml.SafeLoader)
    document = yaml.safe_load(source)
    for place, node in _parts(tree, ()):
        if len(place) < 2 or SECRET in str(place):
            continue
        yield Mutant(
            path=path,
            line=node.start_mark.line + 1,
            operator="setting entry" if isinstance(place[-1], int) else "setting key",
            before=f"{_dotted(place)}: {source[node.start_mark.index : node.end_mark.index]}",
            after="removed",
            text=partial(_dumped_without, document, place),
        )


def _dumped_without(document: Any, place: Path) -> str:
    changed = copy.deepcopy(document)
    del _at(changed, place[:-1])[place[-1]]
    return yaml.safe_dump(changed, sort_keys=False, width=1000)


def _parts(node: yaml.Node | None, place: Path) -> Iterator[tuple[Path, yaml.Node]]:
    """Everything in the document with its place."""
    if node is None:
        return
    if place:
        yield place, node
    if isinstance(node, yaml.MappingNode):
        for key, item in node.value:
            yield from _parts(item, (*place, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _parts(item, (*place, index))


def _scalars(node: yaml.Node | None, place: Path) -> Iterator[tuple[Path, yaml.Node]]:
    for where, part in _parts(node, place):
        if isinstance(part, yaml.ScalarNode) and SECRET not in str(where):
            yield where, part


def _values_by_key(sources: Sequence[str]) -> dict[str, list[Any]]:
    """What each key is anywhere, in the order found."""
    found: dict[str, list[Any]] = {}
    for source in sources:
        document = yaml.safe_load(source)
        for place, _ in _scalars(yaml.compose(source, Loader=yaml.SafeLoader), ()):
            values = found.setdefault(_key(place), [])
            if (value := _at(document, place)) not in values:
                values.append(value)
    return found


def _key(place: Path) -> str:
    """The nearest key above a value: entries of a list belong to the list's."""
    return next(str(part) for part in reversed(place) if isinstance(part, str))


def _dotted(place: Path) -> str:
    return ".".join(str(part) for part in place[1:]).removeprefix("goal-mandala:")


def _at(document: Any, place: Path) -> Any:
    for part in place:
        document = document[part]
    return document
