"""The API's tasks: the list, and their state."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from lambdas.shared import changes, environment, operations_tasks, paging, shapes, shapes_tasks, versions
from lambdas.shared.database import Database, Session
from lambdas.shared.errors import NotFound
from lambdas.shared.http import Api, Event, Request, Response
from lambdas.shared.repositories import chart, goals, progress, tasks, users


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str
    cors_origins: str


ENV = environment.read(Env)
API = Api(operations_tasks.OPERATIONS, ENV.cors_origins)
DATABASE = Database(ENV.database_secret_arn)
MOST_OF_A_DAY = 100


def handler(event: Event, context: object) -> Event:
    """Answer a request to the API."""
    return API.handle(event)


@API.serves("listTasks")
def list_tasks(request: Request[None, shapes_tasks.TaskQuery]) -> Response:
    """A page of the person's tasks."""
    query = request.query
    wanted = tasks.Filter(
        goal=str(query.goal_id) if query.goal_id else None,
        action=str(query.action_id) if query.action_id else None,
        status=query.status,
        kind=query.kind,
        due_from=query.due_from,
        due_to=query.due_to,
    )
    key = paging.decode(query.cursor, paging.SequenceKey)
    with DATABASE.reading() as session:
        user = users.recognise(session, request.subject, request.locale)
        rows = tasks.page(session, user, wanted, query.limit + 1, key.sequence if key else None)
        if not rows:
            _check_named(session, user, wanted)
    found, more = paging.split(rows, query.limit)
    cursor = paging.encode((found[-1]["sequence"],)) if more else None
    items = [shapes.filled(shapes_tasks.Task, row) for row in found]
    return Response(content=shapes_tasks.TaskPage(items=items, next_cursor=cursor))


def _check_named(session: Session, user: str, wanted: tasks.Filter) -> None:
    """An empty page may be one because what the filter names is not there, or not this person's."""
    if wanted.goal and goals.read(session, user, wanted.goal) is None:
        raise NotFound("goal")
    if wanted.action and not chart.has_action(session, user, wanted.action):
        raise NotFound("action")


@API.serves("listTasksOfToday")
def list_tasks_of_today(request: Request[None, shapes_tasks.TodayQuery]) -> Response:
    """What the person can do today."""
    day = request.query.on or dt.datetime.now(dt.UTC).date()
    with DATABASE.reading() as session:
        user = users.recognise(session, request.subject, request.locale)
        rows = tasks.of_day(session, user, day, MOST_OF_A_DAY)
    items = [shapes.filled(shapes_tasks.Task, row) for row in rows]
    return Response(content=shapes_tasks.TaskPage(items=items, next_cursor=None))


@API.serves("updateTask")
def update_task(request: Request[shapes_tasks.UpdateTask, None]) -> Response:
    """A task in its new state; the progress of its action, sub-goal and goal follows in the same transaction."""
    task, named = request.path["taskId"], changes.of(request.body, tasks.CHANGEABLE)
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)
        known = tasks.read(session, user, task)
        if known is None or goals.lock(session, user, known["goal_id"]) is None:
            raise NotFound("task")
        current = tasks.read(session, user, task)
        if current is None:
            raise NotFound("task")
        versions.check(current, request.expected_version, "task")
        row = tasks.update(session, user, task, named) or current
        progress.recalculate(session, user, current["goal_id"], actions=[current["action_id"]])
    return Response(content=shapes.filled(shapes_tasks.Task, row), version=row["version"])
