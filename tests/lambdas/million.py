"""A million tasks of a thousand people, loaded by COPY: the database as it is when the product has been used.

Identifiers are made of numbers and never at random, so that two loads are the same to the last byte.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg2

PEOPLE, GOALS, SUB_GOALS, ACTIONS, TASKS = 1000, 5, 8, 8, 1_000_000
# Of everything else, a person has this much.
REFLECTIONS, EXECUTIONS, SOURCES, ACTIVITIES, PROPOSALS, KEYS, EVENTS = 100, 20, 5, 20, 5, 20, 50
DAY = "date '2027-01-01'"
_KINDS = {name: number for number, name in enumerate(("user", "goal", "sub", "action", "task", "run", "source"), 1)}


def identifier(kind: str, number: int) -> str:
    """The id of the thing with that number."""
    return f"{_KINDS[kind]:08x}-0000-4000-8000-{number:012x}"


def subject(person: int) -> str:
    """What an access token calls the person with that number."""
    return f"person-{person}"


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows for COPY: the table's columns and its lines."""

    name: str
    columns: str
    lines: Iterator[str]


class _Lines(io.RawIOBase):
    """Lines as the file that COPY reads, never whole in memory."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        """About a megabyte at a time."""
        return "".join(itertools.islice(self._lines, 5000)).encode()


def load(url: str) -> None:
    """Fill an empty, migrated database, and let the planner know what is in it."""
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        for table in tables():
            cursor.copy_expert(f"COPY {table.name} ({table.columns}) FROM STDIN", _Lines(table.lines))
        for statement in _REST:
            cursor.execute(statement)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    connection.close()


def tables() -> Iterator[Table]:
    """Everything above the tasks, and the tasks."""
    goals, subs, actions = PEOPLE * GOALS, PEOPLE * GOALS * SUB_GOALS, PEOPLE * GOALS * SUB_GOALS * ACTIONS
    yield Table(name="users", columns="id, cognito_sub, last_seen_at", lines=(
        f"{identifier('user', n)}\t{subject(n)}\tnow\n" for n in range(PEOPLE)
    ))  # fmt: skip
    yield Table(name="goals", columns="id, user_id, title, status, created_at", lines=(
        f"{identifier('goal', n)}\t{identifier('user', n // GOALS)}\tGoal {n}\tactive\t2027-01-01 00:{n % 60:02}:00Z\n"
        for n in range(goals)
    ))  # fmt: skip
    yield Table(name="sub_goals", columns="id, goal_id, position, title", lines=(
        f"{identifier('sub', n)}\t{identifier('goal', n // SUB_GOALS)}\t{n % SUB_GOALS + 1}\tSub-goal {n}\n"
        for n in range(subs)
    ))  # fmt: skip
    yield Table(name="actions", columns="id, sub_goal_id, position, title, kind", lines=(
        f"{identifier('action', n)}\t{identifier('sub', n // ACTIONS)}\t{n % ACTIONS + 1}\tAction {n}\texecution\n"
        for n in range(actions)
    ))  # fmt: skip
    yield Table(name="workflow_executions", columns="id, goal_id, status, total_actions, started_at, finished_at",
        lines=(
        f"{identifier('run', n)}\t{identifier('goal', n // (EXECUTIONS // GOALS))}\tsucceeded\t64"
        f"\t2027-01-{n % 28 + 1:02} 00:00Z\t2027-01-{n % 28 + 1:02} 00:05Z\n"
        for n in range(PEOPLE * EXECUTIONS)
    ))  # fmt: skip
    yield Table(name="data_sources", columns="id, user_id, owner, repo", lines=(
        f"{identifier('source', n)}\t{identifier('user', n // SOURCES)}\towner\trepo-{n}\n"
        for n in range(PEOPLE * SOURCES)
    ))  # fmt: skip
    columns = "id, user_id, goal_id, action_id, execution_id, ordinal, title, estimated_minutes, kind, status, due_on,"
    yield Table(name="tasks", columns=f"{columns} completed_at", lines=(_task(n, actions) for n in range(TASKS)))


def _task(number: int, actions: int) -> str:
    """The tasks of an action lie apart, as they do when every person makes some now and then."""
    action = number % actions
    goal = action // (SUB_GOALS * ACTIONS)
    run = goal * (EXECUTIONS // GOALS) + number // actions % (EXECUTIONS // GOALS)
    status = ("not_started", "completed", "in_progress", "skipped", "completed")[number % 5]
    cells = (
        identifier("task", number),
        identifier("user", goal // GOALS),
        identifier("goal", goal),
        identifier("action", action),
        identifier("run", run),
        str(number // actions + 1),
        f"Task {number}",
        "30",
        "execution",
        status,
        f"2027-{number % 12 + 1:02}-{number % 28 + 1:02}" if number % 3 else r"\N",
        "2027-01-01 00:00Z" if status == "completed" else r"\N",
    )
    return "\t".join(cells) + "\n"


# What the application asks for less often, made by the server itself.
_REST = (
    "INSERT INTO reflections (goal_id, on_date, summary)"
    f" SELECT g.id, {DAY} + n, 'Well' FROM goals g, generate_series(1, {REFLECTIONS // GOALS}) n",
    "INSERT INTO activities (data_source_id, kind, github_id, title, url, occurred_at, state)"
    " SELECT id, 'issue', n, 'Issue', 'https://example.com', now() - n * interval '1 hour',"
    f" CASE n % 4 WHEN 0 THEN 'pending' ELSE 'completed' END FROM data_sources, generate_series(1, {ACTIVITIES}) n",
    "INSERT INTO proposals (user_id, goal_id, kind, expires_at)"
    " SELECT user_id, id, 'sub_goals', now() + interval '1 day'"
    f" FROM goals, generate_series(1, {PROPOSALS // GOALS})",
    "INSERT INTO idempotency_keys (user_id, key, request_hash, response, expires_at)"
    f" SELECT id, 'key-' || n, 'hash', '{{}}', now() + interval '1 day' FROM users, generate_series(1, {KEYS}) n",
    "INSERT INTO audit_events (actor, action, entity, entity_id)"
    f" SELECT id, 'share', 'goal', id FROM users, generate_series(1, {EVENTS})",
    "INSERT INTO model_calls (user_id, on_date, calls)"
    " SELECT id, current_date - n, 1 FROM users, generate_series(1, 30) n",
    "UPDATE users SET last_seen_at = now() + interval '1 hour'",  # nobody is noted anew in the middle of a measurement
)


def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    """What one statement answers."""
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
        found = cursor.fetchall()
    connection.close()
    return found
