"""How long a state machine may take at most, counted from its definition.

Everything that can be retried is, as often and as long as it may, every function takes its whole time, and every way
is the longest one. A call that finds its function full takes no time, because nothing is attempted. A way back, such
as waiting again for a place, is bounded by the deadline alone: past it there must be none, and before it the count ends
there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import ceil, inf
from typing import Any

State = Mapping[str, Any]
# What a definition leaves out (Amazon States Language, retriers).
_INTERVAL, _ATTEMPTS, _BACKOFF = 1, 3, 2.0
_FULL = "Lambda.TooManyRequestsException"


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """What changes for a run at its deadline, so many `seconds` after its start.

    A choice by the time lets nothing begin any more, and the tasks named in `heeded_by` end within `grace` seconds.
    """

    seconds: float
    grace: float
    heeded_by: Collection[str]


@dataclass(frozen=True, kw_only=True)
class Count:
    """What a definition is counted with: the most items of each Map, by its name, and the deadline once it is past."""

    items: Mapping[str, int]
    past: Deadline | None = None


def waits(rule: State) -> list[float]:
    """The longest wait before each retry of one rule."""
    first, rate = rule.get("IntervalSeconds", _INTERVAL), rule.get("BackoffRate", _BACKOFF)
    most = rule.get("MaxDelaySeconds", inf)
    return [float(min(first * rate**retry, most)) for retry in range(rule.get("MaxAttempts", _ATTEMPTS))]


def task(state: State) -> float:
    """The longest time of a Task: each rule counts its own attempts, so that one can follow upon the other."""
    tried = sum(len(waits(rule)) for rule in state["Retry"] if _FULL not in rule["ErrorEquals"])
    return float((1 + tried) * state["TimeoutSeconds"] + sum(sum(waits(rule)) for rule in state["Retry"]))


def flow(definition: State, count: Count) -> float:
    """The longest way from the start to an end."""
    return _way(definition["States"], definition["StartAt"], count, frozenset())


def after(definition: State, count: Count) -> float:
    """How long a run goes on at most after the deadline that passes while one of its Maps is under way."""
    states: Mapping[str, State] = definition["States"]
    maps = [name for name, state in states.items() if state["Type"] == "Map"]
    return max(_left(states, name, count) for name in maps)


def _way(states: Mapping[str, State], name: str, count: Count, been: frozenset[str]) -> float:
    if name in been:
        return inf if count.past else 0.0
    return _longest(states, states[name], _takes(name, states[name], count), count, been | {name})


def _longest(
    states: Mapping[str, State], state: State, takes: tuple[float, float], count: Count, been: frozenset[str]
) -> float:
    """The longest way on from a state that takes so long when it succeeds, and when it fails."""
    done, failed = takes
    onward = [done + _way(states, target, count, been) for target in _targets(state, count)]
    caught = [failed + _way(states, rule["Next"], count, been) for rule in state.get("Catch", [])]
    return max([*onward, *caught], default=max(done, failed))


def _left(states: Mapping[str, State], name: str, count: Count) -> float:
    """The longest that remains of a flow when the deadline passes while this state is under way."""
    state = states[name]
    takes = _takes(name, state, count)
    if state["Type"] == "Map":
        inner = state["ItemProcessor"]["States"]
        begun = max(_left(inner, item, count) for item in inner)
        takes = begun + takes[0], begun + takes[1]
    return _longest(states, state, takes, count, frozenset({name}))


def _takes(name: str, state: State, count: Count) -> tuple[float, float]:
    """The seconds of a state that succeeds, and of one that fails."""
    if state["Type"] == "Task":
        if count.past and name in count.past.heeded_by:
            # An attempt that is under way ends; at most one more is begun, which is refused.
            full = [sum(waits(rule)) for rule in state["Retry"] if _FULL in rule["ErrorEquals"]]
            wait = max((max(waits(rule), default=0.0) for rule in state["Retry"]), default=0.0)
            return count.past.grace, 2 * count.past.grace + wait + sum(full)
        return task(state), task(state)
    if state["Type"] == "Map":
        waves = ceil(count.items[name] / (state["MaxConcurrency"] or count.items[name]))
        whole = waves * flow(state["ItemProcessor"], count)
        return whole, whole
    seconds = float(state["Seconds"]) if state["Type"] == "Wait" else 0.0
    return seconds, seconds


def _targets(state: State, count: Count) -> Iterator[str]:
    """Where a state leads to when nothing fails; past the deadline a choice by the time is no choice."""
    rules = state.get("Choices", [])
    timed = [rule["Next"] for rule in rules if "TimestampGreaterThanEqualsPath" in rule]
    if count.past and timed:
        yield from timed
        return
    yield from (rule["Next"] for rule in rules)
    for key in ("Next", "Default"):
        if key in state:
            yield state[key]
