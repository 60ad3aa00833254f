"""The control endpoint's part for experiments: faults of functions, and the pace at which state machines wait.

`/functions/faults` is the emulator's own list (`twin/emulator/faults.py`); `PUT /workflows/waits {"scale": 0.02}` lets
every wait between retries take that share of its time, and 1 its whole time.
"""

from __future__ import annotations

import json
import math

from aiohttp import ClientSession, ClientTimeout, web

_SCALE = "stepfunctions._SFN_WAIT_SCALE"


def routes(emulator: str) -> list[web.RouteDef]:
    """The routes, in front of the emulator at this address."""

    async def faults(request: web.Request) -> web.Response:
        return await _forward(request.method, f"{emulator}/_twin/faults", await request.read())

    async def waits(request: web.Request) -> web.Response:
        try:
            scale = float((await request.json())["scale"])
        except (KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=f'expected {{"scale": <number>}}: {error!r}') from error
        if not math.isfinite(scale) or not 0 <= scale <= 1:
            raise web.HTTPBadRequest(text=f"scale: should be between 0 and 1 (got {scale})")
        return await _forward("POST", f"{emulator}/_ministack/config", json.dumps({_SCALE: scale}).encode())

    return [
        web.get("/functions/faults", faults),
        web.post("/functions/faults", faults),
        web.delete("/functions/faults", faults),
        web.put("/workflows/waits", waits),
    ]


async def _forward(method: str, url: str, body: bytes) -> web.Response:
    async with (
        ClientSession(timeout=ClientTimeout(total=10)) as session,
        session.request(method, url, data=body) as answer,
    ):
        return web.Response(status=answer.status, body=await answer.read(), content_type="application/json")
