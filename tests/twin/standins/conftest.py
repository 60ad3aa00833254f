"""The stand-ins on free loopback ports, each in an event loop of its own, as the twin runs them."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from aiohttp import web
from botocore.config import Config

from twin.standins.model import model_app
from twin.standins.slack import slack_app

EXAMPLES = Path(__file__).parents[3] / "examples"


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Server:
    """One application on a port of its own, and a small client for it."""

    def __init__(self, build: Callable[[], web.Application]) -> None:
        self.url = ""
        self._build = build
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Server:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive(), "the application did not close within 20 s"

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        runner = web.AppRunner(self._build())
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = site._server.sockets[0].getsockname()  # type: ignore[union-attr]  # the port that was free
        self.url = f"http://127.0.0.1:{self.url[1]}"
        self._started.set()
        await self._stop.wait()
        await runner.cleanup()

    def send(
        self, method: str, path: str, body: object = None, *, raw: bytes | None = None, timeout: float = 10
    ) -> Answer:
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data=data, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return Answer(response.status, response.read().decode(), dict(response.headers))
        except urllib.error.HTTPError as refusal:
            with refusal:
                return Answer(refusal.code, refusal.read().decode(), dict(refusal.headers))


@pytest.fixture(scope="session")
def model_server() -> Iterator[Server]:
    with Server(lambda: model_app(latency_seconds=0.0)) as server:
        yield server


@pytest.fixture
def model(model_server: Server) -> Iterator[Server]:
    yield model_server
    model_server.send("DELETE", "/_twin/faults")


@pytest.fixture(scope="session")
def _client(model_server: Server) -> Any:
    return client_for(model_server, read_timeout=10)


@pytest.fixture
def bedrock(model: Server, _client: Any) -> Any:
    return _client


@pytest.fixture
def impatient(model: Server) -> Any:
    """A client that waits half a second for an answer."""
    return client_for(model, read_timeout=0.5)


@pytest.fixture(scope="session")
def slack_server() -> Iterator[Server]:
    with Server(slack_app) as server:
        yield server


@pytest.fixture
def slack(slack_server: Server) -> Iterator[Server]:
    yield slack_server
    slack_server.send("DELETE", "/_twin/faults")
    slack_server.send("DELETE", "/_twin/messages")


@pytest.fixture
def serve() -> Callable[[Callable[[], web.Application]], Server]:
    return Server


@pytest.fixture(scope="session", params=["english", "japanese"])
def chart(request: pytest.FixtureRequest) -> Any:
    return json.loads((EXAMPLES / f"{request.param}.json").read_text(encoding="utf-8"))


def client_for(server: Server, *, read_timeout: float) -> Any:
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=server.url,
        region_name="ap-northeast-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=read_timeout),
    )
