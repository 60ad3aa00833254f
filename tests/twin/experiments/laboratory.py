"""A system whose functions can be made to fail, and what became of a run there."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg2
import pytest

from tests.twin.system import System, User, eventually

T = TypeVar("T")
R = TypeVar("R")
# The share of their time that waits between retries, and time-outs that are injected, take in the experiments.
PACE = 0.02
# Tables that the experiments leave, shown at the end of the tests.
TABLES = pytest.StashKey[list[str]]()


@dataclass(frozen=True, kw_only=True)
class Run:
    """One execution of a goal and what it left, read from Step Functions, the database and Slack."""

    execution: str
    machine: str
    error: str | None
    status: str
    goal: str
    failed: tuple[tuple[str, str], ...]
    actions: tuple[str, ...]
    tasks: dict[str, int]


class Laboratory:
    """A running system, its control endpoint, its database and its state machine."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.states = system.client("stepfunctions")
        self.machine = system.state["outputs"]["state_machine_arn"]

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the control endpoint."""
        request = urllib.request.Request(
            self.system.state["control_url"] + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Authorization": f"Bearer {self.system.state['control_token']}"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def person(self) -> User:
        """Somebody new."""
        return self.system.new_user(f"{uuid.uuid4().hex[:12]}@example.com")

    def pace(self, scale: float) -> None:
        """How long state machines wait, as a share of what they should."""
        self.control("PUT", "/workflows/waits", {"scale": scale})

    def inject(self, function: str, kind: str, **more: Any) -> int:
        """Let a function fail; the fault's number."""
        number: int = self.control("POST", "/functions/faults", {"function": function, "kind": kind, **more})["id"]
        return number

    def calls(self, fault: int) -> list[dict[str, Any]]:
        """The calls that a fault has seen."""
        listed = self.control("GET", "/functions/faults")["faults"]
        found: list[dict[str, Any]] = next(entry["calls"] for entry in listed if entry["id"] == fault)
        return found

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of the application's database, read as its administrator."""
        url = self.system.state["database_url"].replace("/postgres?", "/goal_mandala?")
        connection = psycopg2.connect(url)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall()
        finally:
            connection.close()

    def functions(self) -> dict[str, str]:
        """The task states of the deployed definition and the function that each calls."""
        definition = json.loads(self.states.describe_state_machine(stateMachineArn=self.machine)["definition"])
        return dict(_tasks(definition))

    def actions(self, goal: str) -> list[str]:
        """The goal's actions in the order of the chart."""
        sql = "SELECT a.id::text FROM actions a JOIN sub_goals s ON s.id = a.sub_goal_id WHERE s.goal_id = %s"
        return [row[0] for row in self.query(f"{sql} ORDER BY s.position, a.position", goal)]

    def start(self, user: User, goal: str) -> str:
        """Start task generation; the execution's id."""
        answer = user.call("POST", "/ai/tasks", {"goalId": goal})
        assert answer.status == 202, answer.text
        return str(answer.json["id"])

    def describe(self, execution: str) -> dict[str, Any]:
        """The execution as Step Functions has it."""
        arn = self.machine.replace(":stateMachine:", ":execution:") + f":{execution}"
        described: dict[str, Any] = self.states.describe_execution(executionArn=arn)
        return described

    def ended(self, execution: str, *, within: float = 120) -> Run:
        """The run, once Step Functions and the database both say that it has ended."""
        sql = "SELECT status FROM workflow_executions WHERE id = %s"
        eventually(lambda: self.describe(execution)["status"] != "RUNNING", within=within)
        eventually(lambda: self.query(sql, execution)[0][0] != "running", within=within)
        return self.look(execution)

    def look(self, execution: str) -> Run:
        """The run as it is now."""
        described = self.describe(execution)
        ((status, failed, goal, goal_status),) = self.query(
            "SELECT e.status, e.failed_actions, g.id::text, g.status FROM workflow_executions e"
            " JOIN goals g ON g.id = e.goal_id WHERE e.id = %s",
            execution,
        )
        made = self.query("SELECT action_id::text, ordinal, execution_id::text FROM tasks WHERE goal_id = %s", goal)
        assert len(set(made)) == len(made), "a task was saved twice"
        tasks = Counter(action for action, _, _ in made)
        for action, count in tasks.items():
            # Tasks of two runs, or two answers for one action, would show as too many or as a gap in the numbers.
            assert sorted(ordinal for each, ordinal, _ in made if each == action) == list(range(1, count + 1))
            assert 3 <= count <= 7
        return Run(
            execution=execution,
            machine=described["status"],
            error=described.get("error"),
            status=status,
            goal=goal_status,
            failed=tuple((entry["actionId"], entry["error"]) for entry in failed),
            actions=tuple(self.actions(goal)),
            tasks=dict(tasks),
        )

    def told(self, execution: str) -> list[str]:
        """The headlines of the Slack messages about a run."""
        payloads = [message["payload"] for message in self.system.slack_messages()]
        return [str(payload.get("text")) for payload in payloads if execution in json.dumps(payload)]


def _tasks(definition: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, state in definition["States"].items():
        if state["Type"] == "Task":
            yield name, state["Parameters"]["FunctionName"].split(":")[6]
        if state["Type"] == "Map":
            yield from _tasks(state["ItemProcessor"])


def side_by_side(work: Callable[[T], R], items: list[T], width: int = 6) -> list[R]:
    """The results in the items' order."""
    with ThreadPoolExecutor(width) as pool:
        return list(pool.map(work, items))


def running(factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """A system for a fixture, without the demonstration; it ends with whoever holds its standard input."""
    folder = factory.mktemp("laboratory") / "twin"
    command = [sys.executable, "-m", "twin.cli", "up", "--no-demo", "--foreground", "--json", "--folder", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        said = process.stdout.readline()
        assert said.startswith("{"), said
        try:
            yield Laboratory(System(folder))
        finally:
            process.stdin.close()
            assert process.wait(60) == 0
