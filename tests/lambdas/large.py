"""The operations that read, on a database with a million tasks: what is asked, and how long a function takes."""

from __future__ import annotations

import io
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from lambdas.shared import secrets
from tests.lambdas import million
from tests.lambdas.conftest import OPERATIONS_BY_ID, Person, logging_to
from twin.postgres import PostgresServer


@dataclass(frozen=True, kw_only=True)
class Call:
    """One way to call an operation. `pages` is how far to turn before the call that counts."""

    operation: str
    query: Mapping[str, str] = field(default_factory=dict)
    pages: int = 0

    @property
    def name(self) -> str:
        """As a table shows it."""
        more = [*self.query, *([f"page {self.pages + 1}"] if self.pages else [])]
        return f"{self.operation}({', '.join(more)})" if more else self.operation


READS: Sequence[Call] = (
    Call(operation="getMe"),
    Call(operation="listGoals"),
    Call(operation="getGoal"),
    Call(operation="getMandala"),
    Call(operation="exportGoal"),
    Call(operation="exportGoal", query={"format": "csv"}),
    Call(operation="listReflections"),
    Call(operation="getReflection"),
    Call(operation="listTasks"),
    Call(operation="listTasks", query={"limit": "100"}, pages=5),
    Call(operation="listTasks", query={"goalId": "{goal}"}),
    Call(operation="listTasks", query={"actionId": "{action}"}),
    Call(operation="listTasks", query={"status": "in_progress"}),
    Call(operation="listTasks", query={"status": "skipped", "goalId": "{goal}"}),
    Call(operation="listTasks", query={"kind": "habit"}),
    Call(operation="listTasks", query={"dueFrom": "2027-03-01", "dueTo": "2027-03-07"}),
    Call(operation="listTasksOfToday", query={"on": "2027-03-03"}),
    Call(operation="getProposal"),
    Call(operation="listExecutions"),
    Call(operation="listExecutions", query={"goalId": "{goal}"}),
    Call(operation="listExecutions", query={"status": "failed"}),
    Call(operation="listExecutions", query={"from": "2027-01-05", "to": "2027-01-09"}),
    Call(operation="getExecution"),
    Call(operation="listSources"),
    Call(operation="listActivities"),
    Call(operation="listActivities", query={"sourceId": "{source}"}),
    Call(operation="listActivities", query={"state": "pending"}),
    Call(operation="getHealth"),
)
WRITES: Sequence[Call] = (Call(operation="updateTask"), Call(operation="putAction"), Call(operation="createGoal"))
BODIES = {
    "updateTask": {"status": "completed"},
    "putAction": {"title": "Better", "kind": "habit"},
    "createGoal": {"title": "Another"},
}


@contextmanager
def reaching(server: PostgresServer, role: Mapping[str, str]) -> Iterator[None]:
    """The functions reach this server's database, quietly, and forget it afterwards."""
    secret = {
        "username": role["APPLICATION_USERNAME"],
        "password": role["APPLICATION_PASSWORD"],
        "host": "127.0.0.1",
        "port": server.port,
        "dbname": "postgres",
    }
    with (
        mock.patch.object(secrets, "read", lambda *_, **__: json.dumps(secret)),
        mock.patch.dict(os.environ, {"PGSSLROOTCERT": str(server.ca_file)}),
        logging_to(io.StringIO()),
        redirect_stdout(io.StringIO()),
    ):
        _forget()
        try:
            yield
        finally:
            _forget()


def _forget() -> None:
    """Close the connection of every function that has one."""
    for name, module in list(sys.modules.items()):
        if name.startswith("lambdas.") and name.endswith(".handler") and hasattr(module, "DATABASE"):
            module.DATABASE.close()


def milliseconds(url: str, calls: Sequence[Call], times: int) -> dict[str, list[float]]:
    """How long the function took for each call of people chosen by number, in order of the calls."""
    chosen = random.Random(1)
    return {call.name: list(_timed(url, call, times, chosen)) for call in calls}


def p95(values: Sequence[float]) -> float:
    """What 19 of 20 values do not exceed."""
    return statistics.quantiles(values, n=20)[-1]


def _timed(url: str, call: Call, times: int, chosen: random.Random) -> Iterator[float]:
    for count in range(times + 5):
        number = chosen.randrange(million.PEOPLE)
        person, path = Person(million.subject(number)), _path(url, call, number)
        query = {name: value.format(**_ids(number)) for name, value in call.query.items()}
        for _ in range(call.pages):
            query["cursor"] = person.call(call.operation, path, query=query).json["nextCursor"]
        began = time.perf_counter()
        answer = person.call(call.operation, path, query=query, body=BODIES.get(call.operation))
        took = (time.perf_counter() - began) * 1000
        assert answer.status in {200, 201}, f"{call.name}: {answer.text}"
        if count >= 5:  # the first ones open the connection and load the server's catalogue
            yield took


def _ids(person: int) -> dict[str, str]:
    goal = person * million.GOALS + 2
    action = goal * million.SUB_GOALS * million.ACTIONS + 20
    return {
        "goal": million.identifier("goal", goal),
        "action": million.identifier("action", action),
        "task": million.identifier("task", action),
        "run": million.identifier("run", goal * (million.EXECUTIONS // million.GOALS)),
        "source": million.identifier("source", person * million.SOURCES),
    }


def _path(url: str, call: Call, person: int) -> dict[str, Any]:
    ids = _ids(person)
    known = {"goalId": ids["goal"], "taskId": ids["task"], "executionId": ids["run"]}
    known |= {"position": "3", "actionPosition": "5"}
    if call.operation in {"getReflection", "getProposal"}:
        table = "reflections" if call.operation == "getReflection" else "proposals"
        ((found,),) = million.rows(url, f"SELECT id::text FROM {table} WHERE goal_id = '{ids['goal']}' LIMIT 1")
        known |= {"reflectionId": found, "proposalId": found}
    return {name: value for name, value in known.items() if f"{{{name}}}" in OPERATIONS_BY_ID[call.operation].path}
