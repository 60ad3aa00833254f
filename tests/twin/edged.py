"""A running edge for a test, in front of an emulator that answers as told and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, web

from twin.edge import Addresses, Edge
from twin.processes import reserve

OUTPUTS = {
    "site_url": "https://d111111abcdef8.cloudfront.net",
    "api_url": "https://a1b2c3d4.execute-api.ap-northeast-1.amazonaws.com/v1",
    "sign_in_url": "https://example.auth.ap-northeast-1.amazoncognito.com",
    "api_id": "a1b2c3d4",
}
SITE_HOST = "d111111abcdef8.cloudfront.net"
SITE, API, SIGN_IN = (OUTPUTS[name].removesuffix("/v1") for name in ("site_url", "api_url", "sign_in_url"))


@dataclass
class System:
    """A running edge in front of an emulator that answers as told and remembers what it was asked."""

    client: ClientSession
    edge: Edge
    site: str = ""
    api: str = ""
    sign_in: str = ""
    asked: list[web.BaseRequest] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    answer: Callable[[], web.StreamResponse] = field(default=lambda: web.Response(text="ok"))


async def _listen(stack: AsyncExitStack, application: web.Application | web.Server) -> str:
    runner = web.AppRunner(application) if isinstance(application, web.Application) else web.ServerRunner(application)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    held = reserve(0, 0, "port")
    await web.SockSite(runner, held).start()
    return f"http://127.0.0.1:{held.getsockname()[1]}"


def with_system(
    scenario: Callable[[System], Awaitable[None]],
    *,
    deployed: bool = True,
    site: dict[str, Any] | None = None,
    api_acl: dict[str, Any] | None = None,
) -> None:
    """Run a scenario against a fresh edge that enforces these rules of the site and this web ACL of the API."""

    async def run() -> None:
        async with AsyncExitStack() as stack:
            system: System

            async def emulator(request: web.BaseRequest) -> web.StreamResponse:
                system.asked.append(request)
                system.bodies.append(await request.read())
                return system.answer()

            endpoint = await _listen(stack, web.Server(emulator))
            edge = Edge(endpoint)
            stack.push_async_callback(edge.close)
            client = await stack.enter_async_context(ClientSession(auto_decompress=False))
            system = System(client=client, edge=edge)
            system.site = await _listen(stack, edge.web_app())
            system.api = await _listen(stack, edge.api_app())
            system.sign_in = await _listen(stack, edge.sign_in_app())
            edge.listen_at(web=system.site, api=system.api, sign_in=system.sign_in)
            if deployed:
                edge.addresses = Addresses.of(OUTPUTS, site_host=SITE_HOST, stage="v1")
                edge.enforce({"site": site or {}, "api": {"web_acl": api_acl}})
            await scenario(system)

    asyncio.run(run())
