"""Many at once: what the figures of service promise to hold, counted; how fast it is, `make bench` measures."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import psycopg2
import pytest

from tests.bench.load import Call, steady
from tests.twin.experiments.laboratory import Laboratory, Run, side_by_side
from tests.twin.system import User

pytestmark = pytest.mark.slow
CONNECTIONS = 50


def most_at_once(spans: list[tuple[datetime, datetime]]) -> int:
    """The largest number of spans that overlap."""
    moments = sorted([(began, 1) for began, _ in spans] + [(ended, -1) for _, ended in spans])
    running = [0]
    for _, change in moments:
        running.append(running[-1] + change)
    return max(running)


def run_together(laboratory: Laboratory, count: int) -> tuple[list[Run], int]:
    """Start a run for each of so many goals of several people; the runs at their end, and how many ran at once."""
    people = [laboratory.person() for _ in range(1 + count // 20)]
    work: list[tuple[User, str]] = []
    for number in range(count):
        user = people[number % len(people)]
        work.append((user, user.goal_with_actions([f"Row {number} strokes"])))
    executions = side_by_side(lambda each: laboratory.start(*each), work, width=12)
    runs = side_by_side(lambda execution: laboratory.ended(execution, within=300), executions)
    described = [laboratory.describe(execution) for execution in executions]
    return runs, most_at_once([(each["startDate"], each["stopDate"]) for each in described])


def application(laboratory: Laboratory) -> dict[str, Any]:
    """How a function connects to the database."""
    state = laboratory.system.state
    arn = state["outputs"]["database_secret_arn"]
    secret = laboratory.system.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    values = json.loads(secret)
    values["user"] = values.pop("username")
    known = {name: values[name] for name in ("user", "password", "host", "port", "dbname")}
    return {**known, "sslmode": "verify-full", "sslrootcert": state["database_ca_file"]}


def test_overlaps_are_counted() -> None:
    at = [datetime(2026, 11, 22, 8, minute) for minute in range(5)]
    assert most_at_once([(at[0], at[3]), (at[1], at[4]), (at[3], at[4])]) == 2
    assert most_at_once([(at[0], at[4]), (at[1], at[3]), (at[2], at[3])]) == 3


@pytest.mark.requirement(233, 257)
def test_executions_of_many_people_at_once_all_succeed(laboratory: Laboratory) -> None:
    runs, together = run_together(laboratory, 10)
    assert {(run.status, run.goal, set(run.tasks) == set(run.actions)) for run in runs} == {
        ("succeeded", "active", True)
    }
    assert together >= 3


@pytest.mark.prove
@pytest.mark.requirement(233, 257)
def test_a_hundred_executions_at_once_all_succeed(laboratory: Laboratory) -> None:
    runs, together = run_together(laboratory, 130)
    assert {(run.status, run.goal, set(run.tasks) == set(run.actions)) for run in runs} == {
        ("succeeded", "active", True)
    }
    assert together >= 100


@pytest.mark.requirement(233)
def test_the_api_answers_while_fifty_connections_are_at_work(laboratory: Laboratory) -> None:
    options, user = application(laboratory), laboratory.person()
    connections = []
    try:
        for _ in range(CONNECTIONS):
            connections.append(psycopg2.connect(**options))
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            found = pool.map(_ask, connections)
            statuses = {user.call("GET", "/goals").status for _ in range(20)}
            backends = set(found)
    finally:
        for connection in connections:
            connection.close()
    assert statuses == {200}
    assert len(backends) == CONNECTIONS


def _ask(connection: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1), pg_backend_pid()")
        backend: int = cursor.fetchone()[1]
        return backend


@pytest.mark.prove
@pytest.mark.requirement(233)
def test_a_hundred_requests_a_second_for_a_minute_are_all_answered(laboratory: Laboratory) -> None:
    user = laboratory.person()
    headers = {"Authorization": f"Bearer {user.token}"}
    calls = [Call(url=user.api_url + path, headers=headers) for path in ("/goals", "/tasks", "/auth/me", "/sources")]
    # Cold starts come one after the other on two cores, and would be the only thing seen.
    assert steady(calls, rate=10, seconds=5).wrong == Counter()
    outcome = steady(calls, rate=100, seconds=60)
    assert (outcome.wrong, len(outcome.milliseconds)) == (Counter(), 6000)
