"""The demonstration: a user who signs in, writes down a whole mandala chart and has its tasks generated.

It goes the way a person's browser goes: hosted sign-in pages, then the API; nothing is put into the database.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import secrets
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, TCPConnector

from twin.cloud import Cloud
from twin.edge_visit import ADDRESS
from twin.errors import TwinError
from twin.sign_in import access_token

EMAIL = "demo@example.com"
# Wide enough to keep the API busy, narrow enough not to start an execution environment for every request.
_AT_ONCE = 4
_GENERATION_SECONDS = 300
_ASKING = "/ai/tasks"
# A web ACL may let one address make a hundred calls, and the demonstration does in seconds what takes a person hours.
_CALLS_BY_ONE = 50


class DemoError(TwinError):
    """The deployed system did not do what the demonstration asks; the message says what it answered."""


def create_user(cloud: Cloud, user_pool_id: str) -> dict[str, str]:
    """Make the demonstration user in Cognito; its e-mail address and its random password."""
    password = f"Aa1!{secrets.token_urlsafe(12)}"
    cognito = cloud.client("cognito-idp")
    cognito.admin_create_user(
        UserPoolId=user_pool_id,
        Username=EMAIL,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": EMAIL}, {"Name": "email_verified", "Value": "true"}],
    )
    cognito.admin_set_user_password(UserPoolId=user_pool_id, Username=EMAIL, Password=password, Permanent=True)
    return {"email": EMAIL, "password": password}


class DailyLimitError(DemoError):
    """The deployed posture lets one person ask the model less often than a whole chart needs."""


class _Api:
    def __init__(self, session: ClientSession, url: str, token: str) -> None:
        self._session = session
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._calls = itertools.count()

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = {**self._headers, ADDRESS: f"198.51.100.{next(self._calls) // _CALLS_BY_ONE % 256}"}
        async with self._session.request(method, self._url + path, json=body, headers=headers) as answer:
            text = await answer.text()
            if answer.status >= 300:
                limited = answer.status == HTTPStatus.TOO_MANY_REQUESTS and path == _ASKING
                kind = DailyLimitError if limited else DemoError
                raise kind(f"{method} {path} answered {answer.status}: {text[:300]}")
            content: dict[str, Any] = json.loads(text)
            return content


async def write_chart(api: _Api, chart: dict[str, Any], progress: Callable[[int, int], None]) -> str:
    """Post the goal, its 8 sub-goals and their 64 actions; answers the goal's id."""
    goal = (await api.call("POST", "/goals", chart["goal"]))["id"]
    done, total = 1, 1 + len(chart["subGoals"]) + sum(len(sub_goal["actions"]) for sub_goal in chart["subGoals"])
    places = asyncio.Semaphore(_AT_ONCE)

    async def put(path: str, body: dict[str, Any]) -> None:
        nonlocal done
        async with places:
            await api.call("PUT", f"/goals/{goal}{path}", body)
        done += 1
        progress(done, total)

    async def put_sub_goal(position: int, sub_goal: dict[str, Any]) -> None:
        path = f"/sub-goals/{position}"
        await put(path, {"title": sub_goal["title"], "description": sub_goal["description"]})
        actions = enumerate(sub_goal["actions"], start=1)
        await asyncio.gather(*(put(f"{path}/actions/{number}", action) for number, action in actions))

    await asyncio.gather(*(put_sub_goal(*item) for item in enumerate(chart["subGoals"], start=1)))
    return str(goal)


async def generate_tasks(api: _Api, goal_id: str, progress: Callable[[int, int], None]) -> None:
    """Start task generation and wait until it has succeeded."""
    execution = await api.call("POST", _ASKING, {"goalId": goal_id})
    limit = time.monotonic() + _GENERATION_SECONDS
    while execution["status"] == "running":
        if time.monotonic() > limit:
            raise DemoError(f"Task generation {execution['id']} did not end within {_GENERATION_SECONDS} s.")
        await asyncio.sleep(0.25)
        execution = await api.call("GET", f"/ai/executions/{execution['id']}")
        progress(execution.get("processedActions") or 0, execution.get("totalActions") or 64)
    if execution["status"] != "succeeded":
        raise DemoError(f"Task generation ended as {execution['status']}: {execution.get('failedActions')}")


async def _run(
    addresses: dict[str, str], chart: dict[str, Any], user: dict[str, str], step: Callable[[str], Any]
) -> str:
    async with ClientSession(connector=TCPConnector(limit=_AT_ONCE)) as session:
        with step("sign in"):
            token = await access_token(
                session,
                sign_in_url=addresses["sign_in_url"],
                web_url=addresses["web_url"],
                client_id=addresses["client_id"],
                email=user["email"],
                password=user["password"],
            )
        api = _Api(session, addresses["api_url"], token)
        with step("demonstration chart") as shown:
            goal_id = await write_chart(api, chart, shown)
        with step("task generation") as shown, contextlib.suppress(DailyLimitError):
            await generate_tasks(api, goal_id, shown)
        return goal_id


def run(addresses: dict[str, str], chart_file: Path, user: dict[str, str], step: Callable[[str], Any]) -> str:
    """Run the whole demonstration; `step(name)` is a context that gives a progress function. Answers the goal's id.

    Where a posture allows a person fewer questions to the model a day than the chart has actions, it stays without
    tasks, as that person's would.
    """
    chart = json.loads(chart_file.read_text(encoding="utf-8"))
    return asyncio.run(_run(addresses, chart, user, step))
