"""Faults on request: the stand-ins fail as the real services do, so that retries and alarms can be seen at work.

`POST /_twin/faults` takes one fault, `GET` lists what is left of them, `DELETE` forgets them all:

    {"contains": "Lift weights", "kind": "throttle", "times": 2}

A fault applies to each request whose body (of a GET: whose path) contains the text (null: every request), `times` times
(null: for ever).
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from aiohttp import web

Kind = Literal["throttle", "error", "timeout", "reset", "malformed"]
Answer = Callable[[web.Request, "Fault"], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

KINDS: tuple[str, ...] = get_args(Kind)
PREFIX = "/_twin/"
# Longer than any client of the system waits.
SILENCE_SECONDS = 120.0
_POLL_SECONDS = 0.25
_FIELDS = {"contains", "kind", "times", "status", "code"}


class FaultInvalid(ValueError):
    """A fault that cannot be injected; the message says what to send instead."""


@dataclass(kw_only=True)
class Fault:
    """How to fail: `status` and `code` (the service's name of the error) refine the kind `error`."""

    kind: Kind
    contains: str | None = None
    times: int | None = None
    status: int | None = None
    code: str | None = None

    @classmethod
    def parse(cls, data: object) -> Fault:
        """Read a fault from JSON, or say which field is wrong."""
        if not isinstance(data, dict):
            raise FaultInvalid(f"a fault is a JSON object with at least a 'kind', not {json.dumps(data)}")
        if unknown := set(data) - _FIELDS:
            raise FaultInvalid(f"unknown field '{min(unknown)}': a fault has {', '.join(sorted(_FIELDS))}")
        if data.get("kind") not in KINDS:
            raise FaultInvalid(f"kind: should be one of {', '.join(KINDS)} (got {json.dumps(data.get('kind'))})")
        for name, kinds, lowest in (
            ("times", int, 1),
            ("status", int, 400),
            ("contains", str, None),
            ("code", str, None),
        ):
            value = data.get(name)
            wrong = isinstance(value, bool) or not isinstance(value, kinds)
            if value is not None and (wrong or (lowest is not None and value < lowest)):
                least = f" of at least {lowest}" if lowest else ""
                raise FaultInvalid(f"{name}: should be null or {kinds.__name__}{least} (got {json.dumps(value)})")
        if (data.get("status") or 400) > 599:
            raise FaultInvalid(f"status: should be 400 to 599 (got {data['status']})")
        return cls(**data)


class Faults:
    """The faults of one stand-in, oldest first."""

    def __init__(self) -> None:
        self.pending: list[Fault] = []
        self.closing = asyncio.Event()

    def take(self, body: bytes) -> Fault | None:
        """The first fault that applies to a request with this body, used up by one."""
        text = readable(body)
        for fault in self.pending:
            if fault.contains is None or fault.contains in text:
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times == 0:
                        self.pending.remove(fault)
                return fault
        return None


FAULTS = web.AppKey("faults", Faults)


def readable(body: bytes) -> str:
    """A body's text with the strings of its JSON unescaped: what a person would search for is found in it."""
    raw = body.decode("utf-8", "replace")
    try:
        document = json.loads(raw)
    except ValueError:
        return raw
    return "\n".join([raw, *_strings(document)])


def install(app: web.Application, answer: Answer, methods: frozenset[str] = frozenset({"POST"})) -> Faults:
    """Give an application its fault list and routes; `answer` plays `throttle`, `error` and `malformed`.

    Only requests by one of the `methods` can fail.
    """
    faults = Faults()
    app[FAULTS] = faults
    app.router.add_get(f"{PREFIX}faults", _list)
    app.router.add_post(f"{PREFIX}faults", _add)
    app.router.add_delete(f"{PREFIX}faults", _clear)

    @web.middleware
    async def fail(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(PREFIX) or request.method not in methods:
            return await handler(request)
        fault = faults.take(request.path_qs.encode() if request.method == "GET" else await request.read())
        if fault is None:
            return await handler(request)
        if fault.kind in ("timeout", "reset"):
            if fault.kind == "timeout":
                await _stay_silent(request, faults)
            return _reset(request)
        return await answer(request, fault)

    async def release(_: web.Application) -> None:
        faults.closing.set()

    app.middlewares.append(fail)
    app.on_shutdown.append(release)
    return faults


async def _list(request: web.Request) -> web.Response:
    return web.json_response({"faults": [asdict(fault) for fault in request.app[FAULTS].pending]})


async def _add(request: web.Request) -> web.Response:
    try:
        fault = Fault.parse(json.loads(await request.read()))
    except FaultInvalid as problem:
        return web.json_response({"message": str(problem)}, status=400)
    except ValueError as problem:
        return web.json_response({"message": f"the body should be JSON: {problem}"}, status=400)
    request.app[FAULTS].pending.append(fault)
    return web.json_response(asdict(fault), status=201)


async def _clear(request: web.Request) -> web.Response:
    request.app[FAULTS].pending.clear()
    return web.Response(status=204)


async def _stay_silent(request: web.Request, faults: Faults) -> None:
    """Answer nothing until the client gives up, the application closes or the bound is reached."""
    waited = 0.0
    while waited < SILENCE_SECONDS and not faults.closing.is_set():
        if request.transport is None or request.transport.is_closing():
            return
        await asyncio.sleep(_POLL_SECONDS)
        waited += _POLL_SECONDS


def _reset(request: web.Request) -> web.Response:
    """Close the connection with a TCP reset, as a crashing server or a firewall does."""
    transport = request.transport
    if transport is not None and not transport.is_closing():
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()
    # Nobody receives it: aiohttp wants a response from every handler.
    return web.Response()


def _strings(document: object) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for key, value in document.items():
            yield str(key)
            yield from _strings(value)
    elif isinstance(document, list):
        for value in document:
            yield from _strings(value)
