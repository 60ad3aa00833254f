"""Whether the system works: its version, and the database's latency."""

from __future__ import annotations

import time
from dataclasses import dataclass

from lambdas.shared import environment, operations_health, shapes_health
from lambdas.shared.database import Database
from lambdas.shared.http import Api, Event, Request, Response


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str
    release: str


ENV = environment.read(Env)
API = Api(operations_health.OPERATIONS)
DATABASE = Database(ENV.database_secret_arn)


def handler(event: Event, context: object) -> Event:
    """Answer a request to the API."""
    return API.handle(event)


@API.serves("getHealth")
def get_health(request: Request[None, None]) -> Response:
    """The release that runs and the time one round trip to the database takes; 503 when there is none."""
    with DATABASE.reading() as session:
        began = time.perf_counter()
        session.one("SELECT 1", {})
        latency = (time.perf_counter() - began) * 1000
    health = shapes_health.Health(status="ok", version=ENV.release, database_latency_ms=round(latency, 2))
    return Response(content=health)
