"""Corrections of Step Functions: time-outs, stopped runs, Lambda's throttle, missing fields, waits, choices by time."""

from __future__ import annotations

import contextvars
import json
import random
import re
import threading
from collections.abc import Callable
from typing import Any

from twin.emulator.corrections import part, replace, require

_execution: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("execution", default=None)

_PLAIN_PATH = re.compile(r"\$(\.[A-Za-z_][A-Za-z0-9_-]*)+")
# The error guide: States.ALL catches all but these, and nothing catches the first.
_TERMINAL = ("States.Runtime", "States.DataLimitExceeded")


class _EndedError(Exception):
    """The run was stopped or timed out; no Retry or Catch sees it."""


def correct() -> None:
    """Apply all of them."""
    time_out_machines()
    leave_ended_runs_ended()
    name_throttles()
    fail_on_missing_fields()
    wait_as_declared()
    compare_times_by_path()


def time_out_machines() -> None:
    """`TimeoutSeconds` of the whole machine ends a run as TIMED_OUT, with its status-change event."""
    states = part("services.stepfunctions")
    require(states, "_executions", "_state_machines", "now_iso", "_add_event", "_emit_execution_status_event")

    def expire(execution: dict[str, Any]) -> None:
        if execution["status"] != "RUNNING":
            return
        execution.update(status="TIMED_OUT", stopDate=states.now_iso(), error="States.Timeout", cause=None)
        states._add_event(
            execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {"error": "States.Timeout"}}
        )
        states._emit_execution_status_event(execution)

    def run(original: Callable[[str], None]) -> Callable[[str], None]:
        def call(arn: str) -> None:
            execution = states._executions.get(arn) or {}
            machine = states._state_machines.get(execution.get("stateMachineArn")) or {}
            seconds = json.loads(machine.get("definition") or "{}").get("TimeoutSeconds")
            if not seconds:
                return original(arn)
            timer = threading.Timer(seconds, contextvars.copy_context().run, (expire, execution))
            timer.daemon = True
            timer.start()
            try:
                return original(arn)
            finally:
                timer.cancel()

        return call

    replace(states, "_run_execution", run)


def leave_ended_runs_ended() -> None:
    """A stopped or timed-out run keeps its status and starts no further task, whatever its tasks still answer."""
    states = part("services.stepfunctions")

    def fail(original: Callable[..., None]) -> Callable[..., None]:
        def call(execution: dict[str, Any], error: str, cause: str) -> None:
            if execution["status"] == "RUNNING":
                original(execution, error, cause)

        return call

    def task(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(state: Any, data: Any, execution: dict[str, Any], context: Any) -> Any:
            token = _execution.set(execution)
            try:
                return original(state, data, execution, context)
            finally:
                _execution.reset(token)

        return call

    def invoke(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            execution = _execution.get()
            if execution and execution["status"] != "RUNNING":
                raise _EndedError(execution["status"])
            return original(*args)

        return call

    replace(states, "_fail_execution", fail)
    replace(states, "_execute_task", task)
    for name in ("_invoke_resource", "_invoke_resource_with_timeout", "_invoke_with_callback"):
        replace(states, name, invoke)


def name_throttles() -> None:
    """A throttled function fails its task with `Lambda.TooManyRequestsException`, the name that Retry looks for."""
    states = part("services.stepfunctions")
    require(states, "_ExecutionError")

    def call_lambda(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(reference: str, event: Any) -> Any:
            try:
                return original(reference, event)
            except states._ExecutionError as error:
                if error.error == "Lambda.Unknown" and '"TooManyRequestsException"' in str(error.cause):
                    raise states._ExecutionError("Lambda.TooManyRequestsException", error.cause) from error
                raise

        return call

    replace(states, "_call_lambda", call_lambda)


def fail_on_missing_fields() -> None:
    """A field that Parameters or ResultSelector names and the data has not ends the run with `States.Runtime`.

    No Retry or Catch sees that error. The emulator goes on with null.
    """
    states = part("services.stepfunctions")
    require(states, "_ExecutionError")

    def resolve(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(template: Any, data: Any, context: Any = None) -> Any:
            for key, path in template.items() if isinstance(template, dict) else ():
                if key.endswith(".$") and isinstance(path, str) and _PLAIN_PATH.fullmatch(path):
                    _look_up(states, key, path, data)
            return original(template, data, context)

        return call

    def match(original: Callable[..., bool]) -> Callable[..., bool]:
        def call(names: Any, error: str) -> bool:
            if error in _TERMINAL:
                return error != _TERMINAL[0] and error in names
            return original(names, error)

        return call

    replace(states, "_resolve_params_obj", resolve)
    replace(states, "_error_matches", match)


def wait_as_declared() -> None:
    """`MaxDelaySeconds` bounds a wait between retries, `JitterStrategy` makes it random. The emulator knows neither."""

    def find(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(retriers: Any, error: str, counts: dict[int, int]) -> Any:
            rule, index = original(retriers, error, counts)
            if rule is None:
                return rule, index
            wait = rule.get("IntervalSeconds", 1) * rule.get("BackoffRate", 2.0) ** counts.get(index, 0)
            wait = min(wait, rule.get("MaxDelaySeconds", wait))
            if rule.get("JitterStrategy") == "FULL":
                wait = random.uniform(0, wait)  # noqa: S311 - spreads load, protects nothing
            return {**rule, "IntervalSeconds": wait, "BackoffRate": 1}, index

        return call

    replace(part("services.stepfunctions"), "_find_matching_retrier", find)


def compare_times_by_path() -> None:
    """A choice may compare a time with one that a path names. The emulator knows times in the definition alone."""
    states = part("services.stepfunctions")
    require(states, "_resolve_path_or_ctx")

    def evaluate(original: Callable[..., bool]) -> Callable[..., bool]:
        def call(rule: dict[str, Any], data: Any, context: Any = None) -> bool:
            by_path = [key for key in rule if key.startswith("Timestamp") and key.endswith("Path")]
            found = {key.removesuffix("Path"): states._resolve_path_or_ctx(rule[key], data, context) for key in by_path}
            return original({**rule, **found}, data, context)

        return call

    replace(states, "_evaluate_rule", evaluate)


def _look_up(states: Any, key: str, path: str, data: Any) -> None:
    found = data
    for name in path.split(".")[1:]:
        if not isinstance(found, dict) or name not in found:
            raise states._ExecutionError(
                "States.Runtime",
                f"The JSONPath '{path}' specified for the field '{key}' could not be found in the input",
            )
        found = found[name]
