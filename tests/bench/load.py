"""A client that keeps an API busy: so many at a time, or so many a second, on this machine alone."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

PATIENCE = ClientTimeout(total=60)
# So much of a wrong answer is kept.
TOLD = 120


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request, and the status that is right for it."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    json: object = None
    status: int = 200


@dataclass(kw_only=True)
class Outcome:
    """What the calls took, in milliseconds, what was answered instead of the right status, and the whole time."""

    milliseconds: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def errors(self) -> int:
        """How many calls were answered wrongly, or not at all."""
        return self.wrong.total()

    @property
    def per_second(self) -> float:
        """Right answers a second."""
        return len(self.milliseconds) / self.seconds

    def percentile(self, share: float) -> float:
        """The time that this share of the calls kept to."""
        return percentile(self.milliseconds, share)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share (0.5, 0.95) of the values does not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]


async def _one(session: ClientSession, call: Call, outcome: Outcome) -> None:
    began = time.perf_counter()
    try:
        async with session.request(call.method, call.url, headers=call.headers, json=call.json) as answer:
            body = await answer.read()
    except (ClientError, TimeoutError) as error:
        outcome.wrong[repr(error)] += 1
        return
    if answer.status == call.status:
        outcome.milliseconds.append((time.perf_counter() - began) * 1000)
    else:
        outcome.wrong[f"{answer.status} {body[:TOLD].decode(errors='replace')}"] += 1


def alternately(calls: Sequence[Call], times: int) -> list[Outcome]:
    """One client, which makes each call in turn, so that a busy machine slows all of them alike."""

    async def run() -> list[Outcome]:
        outcomes = [Outcome() for _ in calls]
        async with ClientSession(timeout=PATIENCE) as session:
            for _ in range(times):
                for call, outcome in zip(calls, outcomes, strict=True):
                    await _one(session, call, outcome)
        return outcomes

    return asyncio.run(run())


def crowd(call: Call, *, clients: int, seconds: float) -> Outcome:
    """So many clients, each of which calls again as soon as it has its answer."""

    async def run() -> Outcome:
        outcome, began = Outcome(), time.perf_counter()

        async def client(session: ClientSession) -> None:
            while time.perf_counter() - began < seconds:
                await _one(session, call, outcome)

        async with ClientSession(timeout=PATIENCE, connector=TCPConnector(limit=clients)) as session:
            await asyncio.gather(*(client(session) for _ in range(clients)))
        outcome.seconds = time.perf_counter() - began
        return outcome

    return asyncio.run(run())


def steady(calls: Sequence[Call], *, rate: float, seconds: float) -> Outcome:
    """So many calls a second, whether or not those before are answered: what people do who know nothing of each other.

    A call's time counts from the moment at which it was due.
    """

    async def run() -> Outcome:
        outcome, began = Outcome(), time.perf_counter()

        async def due(number: int, session: ClientSession) -> None:
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            late = (time.perf_counter() - began - number / rate) * 1000
            own = Outcome()
            await _one(session, calls[number % len(calls)], own)
            outcome.milliseconds += [each + late for each in own.milliseconds]
            outcome.wrong += own.wrong

        async with ClientSession(timeout=PATIENCE, connector=TCPConnector(limit=0)) as session:
            await asyncio.gather(*(due(number, session) for number in range(round(rate * seconds))))
        outcome.seconds = time.perf_counter() - began
        return outcome

    return asyncio.run(run())
