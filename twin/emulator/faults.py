"""Faults of functions on request: what whoever calls Lambda can meet, by the function's name.

`POST /_twin/faults` at the emulator's address takes one fault, `GET` lists them with the calls they saw, `DELETE`
forgets them all. Neither the functions nor the state machines know of them.

    {"function": "goal-mandala-local-save-tasks", "kind": "throttle", "times": 2, "contains": "<goal id>"}
"""

from __future__ import annotations

import contextvars
import itertools
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

from twin.emulator.corrections import part, replace, require

# What each does; `reset`, `crash_after` and `malformed` let the function do its work first.
KINDS = {
    "throttle": "no place for it: TooManyRequestsException",
    "service_error": "Lambda itself fails: ServiceException",
    "exception": "it raises the exception named `error`",
    "timeout": "it hangs for longer than the caller waits",
    "reset": "the connection breaks before its answer arrives",
    "malformed": "it answers something of another shape",
    "crash": "its process ends before it has done anything",
    "crash_after": "its process ends after its work and before its answer",
    "twice": "it runs twice at the same time with one event",
    "observe": "nothing; its calls are noted",
}
PATH = "/_twin/faults"
state_timeout: contextvars.ContextVar[float | None] = contextvars.ContextVar("state_timeout", default=None)
_doomed = threading.local()
Result = dict[str, Any]


class FaultInvalid(ValueError):
    """A fault that cannot be injected; the message says what to send instead."""


@dataclass(kw_only=True)
class Fault:
    """How a function fails, for events whose JSON contains a text (None: all), so many times (None: for ever)."""

    function: str
    kind: str
    contains: str | None = None
    times: int | None = None
    error: str = "RuntimeError"
    id: int = 0
    calls: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def parse(cls, data: Any) -> Fault:
        """Read a fault from JSON, or say what is wrong."""
        names = ("function", "kind", "contains", "times", "error")
        if not isinstance(data, dict) or set(data) - set(names) or not isinstance(data.get("function"), str):
            raise FaultInvalid(f"a fault is an object with a 'function' and of {', '.join(names)} (got {data!r})")
        if data.get("kind") not in KINDS:
            raise FaultInvalid(f"kind: should be one of {', '.join(KINDS)} (got {data.get('kind')!r})")
        times = data.get("times")
        if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
            raise FaultInvalid(f"times: should be null or at least 1 (got {times!r})")
        for name in ("contains", "error"):
            if not isinstance(data.get(name, ""), str | None):
                raise FaultInvalid(f"{name}: should be a text (got {data[name]!r})")
        return cls(**{name: value for name, value in data.items() if value is not None})


class Faults:
    """All faults asked for, oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """One more."""
        with self._lock:
            fault.id = next(self._numbers)
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """No more."""
        with self._lock:
            self._faults.clear()

    def listed(self) -> list[dict[str, Any]]:
        """All, with the calls that each has seen: when, and whether it took effect."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def take(self, function: str, event: Any) -> Fault | None:
        """The first fault that applies to a call, used up by one; all that match note the call."""
        taken: Fault | None = None
        with self._lock:
            matching = [fault for fault in self._faults if fault.function == function]
            text = json.dumps(event, ensure_ascii=False, default=str) if matching else ""
            for fault in matching:
                if fault.contains is not None and fault.contains not in text:
                    continue
                applies = taken is None and fault.times != 0 and fault.kind != "observe"
                fault.calls.append({"at": time.time(), "injected": applies})
                if applies:
                    taken = fault
                    fault.times = None if fault.times is None else fault.times - 1
        return taken


FAULTS = Faults()


def correct() -> None:
    """Put the injection around Lambda, and its address among the emulator's own. After all other corrections."""
    service, runtime, states = part("services.lambda_svc"), part("core.lambda_runtime"), part("services.stepfunctions")
    require(service, "_throttle_response")
    require(runtime, "_signal", "_collect")
    require(states, "_SFN_WAIT_SCALE")
    replace(service, "_execute_function_dispatch", _injected)
    replace(runtime.Worker, "invoke", _mortal)
    replace(states, "_invoke_resource_with_timeout", _known_timeout)
    replace(part("app"), "_handle_post_body_shortcuts", _served)


def _injected(original: Callable[..., Result]) -> Callable[..., Result]:
    def call(func: Any, config: dict[str, Any], event: Any, request_id: str, started: float) -> Result:
        fault = FAULTS.take(config.get("FunctionName", ""), event)

        def run() -> Result:
            return original(func, config, event, request_id, started)

        return run() if fault is None else _fail(fault, config, run)

    return call


def _fail(fault: Fault, config: dict[str, Any], run: Callable[[], Result]) -> Result:
    if fault.kind == "throttle":
        throttled: Result = part("services.lambda_svc")._throttle_response(
            reason_code="ReservedFunctionConcurrentInvocationLimitExceeded", msg="Rate Exceeded: a fault on request"
        )
        return throttled
    if fault.kind == "service_error":
        return _error("Lambda.ServiceException", "Internal service error")
    if fault.kind == "exception":
        return _error(fault.error, "a fault on request")
    if fault.kind == "timeout":
        return _hang(float(config.get("Timeout", 3)))
    if fault.kind == "twice":
        return _twice(run)
    if fault.kind.startswith("crash"):
        _doomed.when = "before" if fault.kind == "crash" else "after"
        try:
            log = run().get("log", "")
        finally:
            _doomed.when = None
        return {**_error("Runtime.ExitError", "Runtime exited"), "log": log}
    result = run()
    if fault.kind == "reset":
        return {**_error("Lambda.SdkClientException", "Connection reset by peer"), "log": result.get("log", "")}
    return {"body": {"unexpected": True}, "log": result.get("log", "")}


def _error(kind: str, message: str) -> Result:
    return {"error": True, "body": {"errorType": kind, "errorMessage": message}, "log": ""}


def _hang(function_timeout: float) -> Result:
    """Hang until the state that called gives up, or, without one, until Lambda ends the function.

    Where the waits of state machines are scaled, so is this one, and it answers in the name of the state's timer.
    """
    seconds, scale = state_timeout.get(), float(part("services.stepfunctions")._SFN_WAIT_SCALE)
    if seconds is None:
        time.sleep(function_timeout * scale)
        return _error("Sandbox.Timedout", f"Task timed out after {function_timeout:.2f} seconds")
    # One second more at full length: the state's own timer then ends the wait.
    time.sleep(seconds * scale + (1 if scale == 1 else 0))
    return _error("States.Timeout", f"Task timed out after {seconds} seconds")


def _twice(run: Callable[[], Result]) -> Result:
    with ThreadPoolExecutor(2) as pool:
        first, second = (pool.submit(contextvars.copy_context().run, run) for _ in range(2))
        second.result()
        return first.result()


def _mortal(original: Callable[..., Result]) -> Callable[..., Result]:
    """The process of an execution environment ends where the fault says so."""

    def call(worker: Any, *args: Any, **kwargs: Any) -> Result:
        when = getattr(_doomed, "when", None)
        result: Result = {"status": "ok"} if when == "before" else original(worker, *args, **kwargs)
        if when:
            runtime = part("core.lambda_runtime")
            process, worker._proc = worker._proc, None
            runtime._signal(process)
            runtime._collect(process, time.monotonic() + 2)
        return result

    return call


def _known_timeout(original: Callable[..., Any]) -> Callable[..., Any]:
    def call(resource: Any, data: Any, timeout: float) -> Any:
        token = state_timeout.set(timeout)
        try:
            return original(resource, data, timeout)
        finally:
            state_timeout.reset(token)

    return call


def _served(original: Callable[..., Any]) -> Callable[..., Any]:
    async def call(method: str, path: str, headers: Any, body: bytes, *rest: Any) -> Any:
        if path != PATH:
            return await original(method, path, headers, body, *rest)
        status, document = answer(method, body)
        return status, {"Content-Type": "application/json"}, json.dumps(document).encode()

    return call


def answer(method: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """Status and document of a request to the list of faults."""
    if method == "GET":
        return 200, {"faults": FAULTS.listed()}
    if method == "DELETE":
        FAULTS.clear()
        return 200, {"faults": []}
    if method != "POST":
        return 405, {"message": f"faults are listed by GET, added by POST and forgotten by DELETE (got {method})"}
    try:
        return 201, asdict(FAULTS.add(Fault.parse(json.loads(body))))
    except ValueError as problem:
        return 400, {"message": str(problem)}
