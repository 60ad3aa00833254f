"""The twin's daemon: `python -m twin.supervisor`, started by `twin up`.

It owns the emulated AWS and PostgreSQL as children and serves the edge, the model, the Slack receiver and a control
endpoint itself, all on 127.0.0.1. When any part stops, everything stops. Until it is told `ready` on its standard
input it also stops when that closes, so that an interrupted `twin up` leaves nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from twin import fault_control
from twin.edge import Addresses, Edge
from twin.postgres import PostgresError, PostgresServer
from twin.processes import Emulator, ProcessError, last_line, port_of, reserve
from twin.state import STOPPED_FILE, Lock, remove

log = logging.getLogger("twin.supervisor")
# The ports that each part takes when they are free and no other is asked for.
_PARTS = ("web", "api", "auth", "aws", "slack", "model", "postgres", "github")
PORTS = {part: 8800 + place for place, part in enumerate(_PARTS)} | {"control": 0}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a supervisor is started with; `ports` are those asked for, by part."""

    folder: Path
    region: str
    account_id: str
    lock_descriptor: int
    ports: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Running:
    """What a supervisor tells its starter once every part answers."""

    pid: int
    aws_endpoint: str
    web_url: str
    api_url: str
    sign_in_url: str
    model_url: str
    slack_url: str
    github_url: str
    control_url: str
    control_token: str
    database_port: int
    database_password: str
    database_url: str
    database_ca_file: str


class Supervisor:
    """All parts of one twin."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.token = secrets.token_urlsafe(24)
        self.stopping = asyncio.Event()
        self.reason = ""
        self.abandoned = False
        self.started = time.time()
        self._runners: list[web.AppRunner] = []
        self._sockets = {
            part: reserve(settings.ports.get(part, 0), preferred, f"{part}-port") for part, preferred in PORTS.items()
        }
        self._ports = {part: port_of(held) for part, held in self._sockets.items()}
        self.emulator = Emulator(
            settings.folder / "aws",
            listener=self._sockets["aws"],
            account_id=settings.account_id,
            region=settings.region,
            extra={
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": self._url("model"),
                "GITHUB_API_URL": self._url("github"),
                "OPENAI_API_URL": f"{self._url('model')}/openai",
                "GEMINI_API_URL": f"{self._url('model')}/gemini",
                "PGSSLROOTCERT": str(settings.folder / "postgres" / "ca.pem"),
            },
        )
        self.postgres = PostgresServer(
            settings.folder / "postgres", self._sockets["postgres"], fixed=bool(settings.ports.get("postgres"))
        )
        self.edge = Edge(self.emulator.endpoint)
        logs = settings.folder / "logs"
        self.emulator.log_file, self.postgres.log_file = logs / "aws.log", logs / "postgres.log"

    def stop(self, reason: str) -> None:
        """Begin to stop everything, for this reason; the first one counts."""
        if not self.stopping.is_set():
            self.reason = reason
            log.info("stopping: %s", reason)
            self.stopping.set()

    async def start(self) -> Running:
        """Start every part; returns when all answer."""
        # The emulator first: it starts by itself while this process does the rest.
        self.emulator.launch()
        database = asyncio.create_task(asyncio.to_thread(self.postgres.start))
        try:
            await self._serve()
        finally:
            await database
        await asyncio.to_thread(self.emulator.wait)
        return self._running()

    async def watch(self) -> None:
        """Stop everything when a child ends."""
        while not self.stopping.is_set():
            for name, child in (("The emulated AWS", self.emulator), ("PostgreSQL", self.postgres)):
                status = child.poll()
                if status is not None:
                    self.stop(f"{name} ended with status {status}: {last_line(child.log_file)}")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), 0.25)

    async def close(self) -> None:
        """Stop every part; returns when all are gone."""
        for runner in self._runners:
            await runner.cleanup()
        await self.edge.close()
        await asyncio.gather(asyncio.to_thread(self.emulator.stop), asyncio.to_thread(self.postgres.stop))

    def _url(self, part: str) -> str:
        return f"http://127.0.0.1:{self._ports[part]}"

    async def _serve(self) -> None:
        from twin.standins.github import HAPPENED, github_app
        from twin.standins.model import model_app
        from twin.standins.slack import slack_app

        self.edge.listen_at(web=self._url("web"), api=self._url("api"), sign_in=self._url("auth"))
        applications = {
            "web": self.edge.web_app(),
            "api": self.edge.api_app(),
            "auth": self.edge.sign_in_app(),
            "model": model_app(),
            "slack": slack_app(),
            "github": github_app(HAPPENED),
            "control": self._control_app(),
        }
        for part, application in applications.items():
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
            await runner.setup()
            self._runners.append(runner)
            await web.SockSite(runner, self._sockets[part]).start()

    def _control_app(self) -> web.Application:
        application = web.Application(middlewares=[self._authorize])
        application.router.add_get("/status", self._status)
        application.router.add_put("/addresses", self._set_addresses)
        application.router.add_routes(fault_control.routes(self.emulator.endpoint))
        return application

    @web.middleware
    async def _authorize(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if not secrets.compare_digest(request.headers.get("Authorization", ""), f"Bearer {self.token}"):
            raise web.HTTPUnauthorized
        response: web.StreamResponse = await handler(request)
        return response

    async def _status(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "pid": os.getpid(),
                "uptimeSeconds": round(time.time() - self.started, 1),
                "ports": {**self._ports, "postgres": self.postgres.port},
                "processes": {"aws": self.emulator.pid, "postgres": self.postgres.pid},
                "addresses": asdict(self.edge.addresses) if self.edge.addresses else None,
            }
        )

    async def _set_addresses(self, request: web.Request) -> web.Response:
        try:
            book = await request.json()
            self.edge.addresses = Addresses(**book["addresses"])
            self.edge.enforce(book["rules"])
        except (KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=f"not an address book: {error!r}") from error
        return web.Response(status=204)

    def _running(self) -> Running:
        return Running(
            pid=os.getpid(),
            aws_endpoint=self.emulator.endpoint,
            web_url=self._url("web"),
            api_url=self._url("api"),
            sign_in_url=self._url("auth"),
            model_url=self._url("model"),
            slack_url=self._url("slack"),
            github_url=self._url("github"),
            control_url=self._url("control"),
            control_token=self.token,
            database_port=self.postgres.port,
            database_password=self.postgres.password,
            database_url=self.postgres.url,
            database_ca_file=str(self.postgres.ca_file),
        )


def _follow_starter(supervisor: Supervisor, loop: asyncio.AbstractEventLoop) -> None:
    """Stop when the starter goes before it says `ready`; in a thread, since standard input may be anything."""

    def follow() -> None:
        for line in sys.stdin:
            if line.strip() == "ready":
                return
            if line.strip() == "failed":
                loop.call_soon_threadsafe(supervisor.stop, "`twin up` failed")
                return
        supervisor.abandoned = True
        loop.call_soon_threadsafe(supervisor.stop, "`twin up` ended before the twin was ready")

    threading.Thread(target=follow, daemon=True, name="starter").start()


async def run(settings: Settings) -> int:
    """Start, tell the starter, and stay until told to stop or a part ends; answers the exit status."""
    loop = asyncio.get_running_loop()
    supervisor = Supervisor(settings)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, supervisor.stop, f"stopped by signal {number.name}")
    _follow_starter(supervisor, loop)
    try:
        running = await supervisor.start()
    except (ProcessError, PostgresError, OSError) as error:
        supervisor.stop(str(error))
        _tell({"error": str(error)})
    else:
        _tell(asdict(running))
    await supervisor.watch()
    await supervisor.close()
    if supervisor.abandoned:
        remove(settings.folder)
    else:
        with contextlib.suppress(OSError):
            (settings.folder / STOPPED_FILE).write_text(supervisor.reason + "\n")
    return 0


def _tell(answer: dict[str, Any]) -> None:
    """One line for the starter, if it is still there."""
    with contextlib.suppress(OSError):
        print(json.dumps(answer), flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="twin.supervisor")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--account-id", required=True)
    parser.add_argument("--lock-descriptor", type=int, required=True)
    for part in PORTS:
        parser.add_argument(f"--{part}-port", type=int, default=0)
    values = parser.parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    lock = Lock(values.folder)
    lock.adopt(values.lock_descriptor)
    settings = Settings(
        folder=values.folder.absolute(),
        region=values.region,
        account_id=values.account_id,
        lock_descriptor=values.lock_descriptor,
        ports={part: getattr(values, f"{part}_port") for part in PORTS},
    )
    try:
        return asyncio.run(run(settings))
    except ProcessError as error:
        _tell({"error": str(error)})
        return 1


if __name__ == "__main__":
    sys.exit(main())
