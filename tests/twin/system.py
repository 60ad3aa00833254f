"""The running system as a test sees it: HTTP to the API, and the stand-ins' own pages."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from aiohttp import ClientSession

from twin.sign_in import access_token


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def call(method: str, url: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    """One request; an error status is an answer too."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    if data is not None:
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return _answer(response)
    except urllib.error.HTTPError as error:
        return _answer(error)


def _answer(response: Any) -> Answer:
    headers = {key.lower(): value for key, value in response.headers.items()}
    return Answer(status=response.status, headers=headers, text=response.read().decode())


def eventually(check: Callable[[], Any], *, within: float = 30) -> Any:
    """The first true answer of `check`; AssertionError with the last one after `within` seconds."""
    end = time.monotonic() + within
    while True:
        answer = check()
        if answer:
            return answer
        assert time.monotonic() < end, f"still {answer!r} after {within} s"
        time.sleep(0.2)


@dataclass
class System:
    """What `twin up` left running."""

    folder: Path
    state: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.state = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))

    def client(self, service: str) -> Any:
        """A boto3 client of the emulated account."""
        return boto3.client(
            service,
            endpoint_url=self.state["aws_endpoint"],
            region_name=self.state["region"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def sign_in(self, email: str, password: str) -> User:
        """A user who came through the sign-in pages."""

        async def token() -> str:
            async with ClientSession() as session:
                return await access_token(
                    session,
                    sign_in_url=self.state["sign_in_url"],
                    web_url=self.state["web_url"],
                    client_id=self.state["outputs"]["client_id"],
                    email=email,
                    password=password,
                )

        return User(api_url=self.state["api_url"], token=asyncio.run(token()))

    def new_user(self, email: str) -> User:
        """Somebody who signs in for the first time."""
        cognito, pool, password = self.client("cognito-idp"), self.state["outputs"]["user_pool_id"], "Correct-horse-9"
        cognito.admin_create_user(UserPoolId=pool, Username=email, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(UserPoolId=pool, Username=email, Password=password, Permanent=True)
        return self.sign_in(email, password)

    def fault(self, **fault: Any) -> None:
        """Let the model stand-in fail as told."""
        answer = call("POST", f"{self.state['model_url']}/_twin/faults", fault)
        assert answer.status < 300, answer.text

    def clear_faults(self) -> None:
        """No more faults."""
        call("DELETE", f"{self.state['model_url']}/_twin/faults")

    def slack_messages(self) -> list[dict[str, Any]]:
        """What arrived at the Slack receiver."""
        messages: list[dict[str, Any]] = call("GET", f"{self.state['slack_url']}/_twin/messages").json["messages"]
        return messages


@dataclass(frozen=True)
class User:
    """Somebody signed in."""

    api_url: str
    token: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request to the API."""
        given = {"Authorization": f"Bearer {self.token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return call(method, self.api_url + path, body, given)

    def goal_with_actions(self, titles: list[str]) -> str:
        """A goal with one sub-goal and these actions; its id."""
        goal = self.call("POST", "/goals", {"title": "Learn to sail"}).json["id"]
        assert self.call("PUT", f"/goals/{goal}/sub-goals/1", {"title": "Seamanship"}).status == 200
        for position, title in enumerate(titles, start=1):
            body = {"title": title, "kind": "execution"}
            answer = self.call("PUT", f"/goals/{goal}/sub-goals/1/actions/{position}", body)
            assert answer.status == 200, answer.text
        return str(goal)

    def generate(self, goal: str, *, within: float = 60) -> dict[str, Any]:
        """Start task generation and wait for its end; the execution."""
        started = self.call("POST", "/ai/tasks", {"goalId": goal})
        assert started.status == 202, started.text
        path = f"/ai/executions/{started.json['id']}"

        def ended() -> dict[str, Any] | None:
            execution: dict[str, Any] = self.call("GET", path).json
            return execution if execution["status"] != "running" else None

        execution: dict[str, Any] = eventually(ended, within=within)
        return execution

    def tasks(self, goal: str) -> list[dict[str, Any]]:
        """All tasks of a goal."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.call("GET", f"/tasks?goalId={goal}&limit=100{cursor}").json
            found += page["items"]
            if not page.get("nextCursor"):
                return found
            cursor = f"&cursor={page['nextCursor']}"
