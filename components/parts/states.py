"""Amazon States Language as typed, pure functions, and a check of the graph that they build.

JSONPath flavour. `machine()` refuses a definition with unreachable or dangling states, with a Task that lacks its own
timeout, retry or catch, and with a state that reads what nobody has written: each takes the whole execution down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi

from components.parts.payloads import unproduced

State = dict[str, Any]
THROTTLED = ("Lambda.TooManyRequestsException",)
LAMBDA_INVOKE = "arn:aws:states:::lambda:invoke"


class DefinitionError(ValueError):
    """The state machine's definition is wrong; the message names the state."""


def retry(
    errors: Sequence[str],
    *,
    interval: int,
    attempts: int,
    backoff: float = 2.0,
    jitter: bool = True,
    longest: int | None = None,
) -> dict[str, Any]:
    """Retry `errors`: the first after `interval` seconds, each later wait `backoff` times longer up to `longest`.

    With `jitter` each wait is a random part of that, so that those who failed together do not come back together.
    """
    rule: dict[str, Any] = {
        "ErrorEquals": list(errors),
        "IntervalSeconds": interval,
        "MaxAttempts": attempts,
        "BackoffRate": backoff,
    }
    if longest is not None:
        rule["MaxDelaySeconds"] = longest
    if jitter:
        rule["JitterStrategy"] = "FULL"
    return rule


def wait_for_a_place(seconds: int, *, longest: int = 12) -> dict[str, Any]:
    """Try again for at most so many seconds while the function has no free place: nothing has been attempted then.

    A function whose concurrency is reserved is full whenever more runs meet than it has places for.
    """
    return retry(THROTTLED, interval=min(2, longest), attempts=seconds // longest, backoff=1.5, longest=longest)


def never(errors: Sequence[str]) -> dict[str, Any]:
    """Do not retry `errors`: they would fail again. Must stand before broader rules."""
    return {"ErrorEquals": list(errors), "MaxAttempts": 0}


def catch(target: str, *, errors: Sequence[str] = ("States.ALL",), result_path: str = "$.error") -> dict[str, Any]:
    """Go to `target` with the error's name and cause at `result_path`."""
    return {"ErrorEquals": list(errors), "ResultPath": result_path, "Next": target}


def task(
    function: pulumi.Input[str],
    *,
    payload: Mapping[str, Any] | str,
    timeout: int,
    retries: Sequence[dict[str, Any]],
    catches: Sequence[dict[str, Any]],
    result: Sequence[str] | None,
    result_path: str = "$",
    next: str | None = None,  # noqa: A002  # the language's own word
    comment: str = "",
) -> State:
    """Invoke a Lambda function (its alias ARN) and put the fields `result` of its answer at `result_path`.

    `payload` is an object, or the path of one.

    An answer without one of them ends the whole execution, since no Catch sees that (`States.Runtime`). None takes the
    answer as it is, into the field `answer`.
    """
    given = {"Payload.$": payload} if isinstance(payload, str) else {"Payload": dict(payload)}
    state: State = {
        "Type": "Task",
        "Resource": LAMBDA_INVOKE,
        "Parameters": {"FunctionName": function, **given},
        "ResultSelector": {"answer.$": "$.Payload"}
        if result is None
        else {f"{field}.$": f"$.Payload.{field}" for field in result},
        "ResultPath": result_path,
        "TimeoutSeconds": timeout,
        "Retry": list(retries),
        "Catch": list(catches),
    }
    return _finish(state, next, comment)


def map_(
    items_path: str,
    *,
    item: Mapping[str, Any],
    iterator: State,
    concurrency: int,
    result_path: str,
    catches: Sequence[dict[str, Any]] = (),
    next: str | None = None,  # noqa: A002
    comment: str = "",
) -> State:
    """Run `iterator` (a `flow()`) for each item, at most `concurrency` at a time, results in order."""
    state: State = {
        "Type": "Map",
        "ItemsPath": items_path,
        "ItemSelector": dict(item),
        "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **iterator},
        "MaxConcurrency": concurrency,
        "ResultPath": result_path,
    }
    if catches:
        state["Catch"] = list(catches)
    return _finish(state, next, comment)


def pass_(parameters: Mapping[str, Any], *, next: str | None = None, comment: str = "") -> State:  # noqa: A002
    """Shape the data without doing anything."""
    return _finish({"Type": "Pass", "Parameters": dict(parameters)}, next, comment)


def only(path: str, *, next: str | None = None, comment: str = "") -> State:  # noqa: A002
    """Go on with what stands at `path` alone."""
    return _finish({"Type": "Pass", "InputPath": path}, next, comment)


def choice(rules: Sequence[dict[str, Any]], *, default: str, comment: str = "") -> State:
    """Go where the first rule that holds says (`equals`), else to `default`."""
    state: State = {"Type": "Choice", "Choices": list(rules), "Default": default}
    if comment:
        state["Comment"] = comment
    return state


def equals(path: str, value: str, *, next: str) -> dict[str, Any]:  # noqa: A002
    """A rule of `choice`: the text at `path` is `value`."""
    return {"Variable": path, "StringEquals": value, "Next": next}


def has_passed(path: str, *, next: str) -> dict[str, Any]:  # noqa: A002
    """A rule of `choice`: the time at `path` (RFC 3339) has come."""
    return {"Variable": "$$.State.EnteredTime", "TimestampGreaterThanEqualsPath": path, "Next": next}


def wait(seconds: int, *, next: str, comment: str = "") -> State:  # noqa: A002
    """Do nothing for so many seconds."""
    return _finish({"Type": "Wait", "Seconds": seconds}, next, comment)


def fail(*, error: str, cause: str) -> State:
    """End the execution as failed."""
    return {"Type": "Fail", "Error": error, "Cause": cause}


def succeed() -> State:
    """End the execution as succeeded."""
    return {"Type": "Succeed"}


def flow(start: str, states: Mapping[str, State]) -> State:
    """A set of states with its first one; checked."""
    check(start, states)
    return {"StartAt": start, "States": dict(states)}


def machine(definition: State, *, comment: str, timeout: int) -> dict[str, Any]:
    """The whole definition with its time limit in seconds; every Task inside must end before it.

    What a state reads must have been put there by the states before it; nothing is known of the execution's own input,
    which is read from the context.
    """
    for fault in unproduced(definition, {}):
        raise DefinitionError(fault)
    for name, state in tasks(definition):
        if state["TimeoutSeconds"] >= timeout:
            raise DefinitionError(
                f"state {name} may take {state['TimeoutSeconds']} s and the machine {timeout} s: a machine's timeout "
                f"cannot be caught, so give the state less"
            )
    return {"Comment": comment, "TimeoutSeconds": timeout, **definition}


def tasks(definition: Mapping[str, Any]) -> Iterator[tuple[str, State]]:
    """All Task states, those inside Maps too."""
    for name, state in definition["States"].items():
        if state["Type"] == "Task":
            yield name, state
        if state["Type"] == "Map":
            yield from tasks(state["ItemProcessor"])


def check(start: str, states: Mapping[str, State]) -> None:
    """Raise `DefinitionError` unless every state is reachable, every target exists and every Task is guarded."""
    if start not in states:
        raise DefinitionError(f"the flow starts at '{start}', which is not among {sorted(states)}")
    for name, state in states.items():
        for target in _targets(state):
            if target not in states:
                raise DefinitionError(f"state {name} goes to '{target}', which is not among {sorted(states)}")
        if state["Type"] == "Task":
            missing = [key for key in ("TimeoutSeconds", "Retry", "Catch") if not state.get(key)]
            if missing:
                raise DefinitionError(f"state {name} has no {' and no '.join(missing)}")
    reached = _reachable(start, states)
    if lost := set(states) - reached:
        raise DefinitionError(f"states {sorted(lost)} cannot be reached from {start}")
    if not any(_ends(states[name]) for name in reached):
        raise DefinitionError(f"no state reachable from {start} ends the flow")


def _reachable(start: str, states: Mapping[str, State]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(_targets(states[name]))
    return reached


def _targets(state: State) -> list[str]:
    targets = [rule["Next"] for rule in state.get("Catch", []) + state.get("Choices", [])]
    return targets + [state[key] for key in ("Next", "Default") if key in state]


def _ends(state: State) -> bool:
    return bool(state.get("End")) or state["Type"] in {"Succeed", "Fail"}


def _finish(state: State, target: str | None, comment: str) -> State:
    if comment:
        state["Comment"] = comment
    if target is None:
        state["End"] = True
    else:
        state["Next"] = target
    return state
