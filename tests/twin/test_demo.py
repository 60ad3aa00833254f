"""The demonstration goes a person's way, and takes a posture's limits as a person would."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientSession, web

from twin import demo
from twin.edge_visit import ADDRESS
from twin.processes import port_of, reserve

CHART = {
    "goal": {"title": "Sail"},
    "subGoals": [{"title": "Sea", "description": "", "actions": [{"title": "Tie a knot", "kind": "execution"}] * 64}],
}


def with_api(answer: Callable[[web.Request], web.Response], scenario: Callable[[Any], Awaitable[None]]) -> None:
    """Run a scenario against an API that answers as told."""

    async def run() -> None:
        async def handle(request: web.BaseRequest) -> web.Response:
            return answer(request)  # type: ignore[arg-type]  # what a bare server hands on has all that is read here

        runner = web.ServerRunner(web.Server(handle))
        await runner.setup()
        held = reserve(0, 0, "port")
        await web.SockSite(runner, held).start()
        try:
            async with ClientSession() as session:
                await scenario(demo._Api(session, f"http://127.0.0.1:{port_of(held)}", "token"))
        finally:
            await runner.cleanup()

    asyncio.run(run())


def test_no_address_makes_as_many_calls_as_a_web_acl_may_forbid() -> None:
    callers: list[str] = []

    def answer(request: web.Request) -> web.Response:
        callers.append(request.headers[ADDRESS])
        return web.json_response({"id": "goal"})

    async def scenario(api: Any) -> None:
        assert await demo.write_chart(api, CHART, lambda done, total: None) == "goal"

    with_api(answer, scenario)
    assert len(callers) == 66
    assert max(callers.count(caller) for caller in callers) == 50


@pytest.mark.parametrize(("status", "limited"), [(429, True), (503, False)])
def test_a_days_limit_on_questions_is_told_from_a_failure(status: int, limited: bool) -> None:
    async def scenario(api: Any) -> None:
        with pytest.raises(demo.DemoError) as caught:
            await demo.generate_tasks(api, "goal", lambda done, total: None)
        assert isinstance(caught.value, demo.DailyLimitError) == limited
        assert f"POST /ai/tasks answered {status}" in str(caught.value)

    with_api(lambda request: web.Response(status=status, text="no"), scenario)
