"""What flows through a state machine: whether every path that a state reads was put there by the states before it.

A shape is what is known of a piece of data: an object by its fields, or None where anything may stand. Where two ways
meet, only what both bring is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

State = Mapping[str, Any]
Shape = dict[str, "Shape"] | None
ERROR: Shape = {"Error": None, "Cause": None}
_PATHS = re.compile(r"\$(?:\.\w+)*")


def unproduced(definition: Mapping[str, Any], given: Shape) -> Iterator[str]:
    """One sentence for each path that is read and was put there by nobody; `given` is what the first state gets."""
    states: Mapping[str, State] = definition["States"]
    known = _flowing(states, definition["StartAt"], given)
    for name, shape in known.items():
        state = states[name]
        for path in _read(state):
            if not _has(shape, path):
                yield f"state {name} reads {path}, which no way to it has put there (known: {_listed(shape)})"
        if state["Type"] == "Map":
            yield from unproduced(state["ItemProcessor"], _made(state["ItemSelector"], shape))


def _flowing(states: Mapping[str, State], start: str, given: Shape) -> dict[str, Shape]:
    """What each state gets, whichever way leads to it."""
    known: dict[str, Shape] = {start: given}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        for target, shape in _onward(states[name], known[name]):
            joined = _common(known[target], shape) if target in known else shape
            if target not in known or joined != known[target]:
                known[target] = joined
                waiting.append(target)
    return known


def _onward(state: State, shape: Shape) -> Iterator[tuple[str, Shape]]:
    """Where a state leads to, and with what."""
    for rule in state.get("Catch", []):
        yield rule["Next"], _put(shape, rule["ResultPath"], ERROR)
    for rule in state.get("Choices", []):
        yield rule["Next"], shape
    if "Default" in state:
        yield state["Default"], shape
    if "Next" in state:
        yield state["Next"], _result(state, shape)


def _result(state: State, shape: Shape) -> Shape:
    if state["Type"] == "Wait":
        return shape
    result: Shape = None
    if state["Type"] == "Task":
        result = {key.removesuffix(".$"): None for key in state["ResultSelector"]}
    elif state["Type"] == "Pass":
        result = _made(state["Parameters"], shape) if "Parameters" in state else _at(shape, state["InputPath"])
    return _put(shape, state.get("ResultPath", "$"), result)


def _made(template: Any, shape: Shape) -> Shape:
    """The shape that a template makes of what it reads."""
    if not isinstance(template, Mapping):
        return None
    return {
        key.removesuffix(".$"): _at(shape, value) if key.endswith(".$") else _made(value, shape)
        for key, value in template.items()
    }


def _read(state: State) -> Iterator[str]:
    """The paths into its input that a state reads."""
    for key in ("Parameters", "ItemSelector"):
        yield from _templated(state.get(key, {}))
    for key in ("ItemsPath", "InputPath"):
        yield from _paths(state.get(key, ""))
    for rule in state.get("Choices", []):
        for key in ("Variable", "TimestampGreaterThanEqualsPath"):
            yield from _paths(rule.get(key, ""))


def _templated(template: Any) -> Iterator[str]:
    if isinstance(template, Mapping):
        for key, value in template.items():
            yield from _paths(value) if key.endswith(".$") else _templated(value)


def _paths(text: str) -> list[str]:
    """The paths in a text, which may be an intrinsic function; two dollars are the context, which is not the input."""
    return _PATHS.findall(re.sub(r"\$\$[\w.]*", "", text))


def _keys(path: str) -> list[str]:
    return path.split("[")[0].split(".")[1:]


def _has(shape: Shape, path: str) -> bool:
    for key in _keys(path):
        if shape is None:
            return True
        if key not in shape:
            return False
        shape = shape[key]
    return True


def _at(shape: Shape, path: str) -> Shape:
    if not path.startswith("$") or path.startswith("$$"):
        return None
    for key in _keys(path):
        shape = shape.get(key) if shape else None
    return shape


def _put(shape: Shape, path: str, value: Shape) -> Shape:
    keys = _keys(path)
    if not keys:
        return value
    if shape is None:
        return None
    rest = "$" + "".join(f".{key}" for key in keys[1:])
    return {**shape, keys[0]: _put(shape.get(keys[0], {}), rest, value)}


def _common(one: Shape, other: Shape) -> Shape:
    if one is None or other is None:
        return None
    return {key: _common(one[key], other[key]) for key in one if key in other}


def _listed(shape: Shape) -> str:
    return ", ".join(f"$.{key}" for key in shape) if shape else "nothing"
