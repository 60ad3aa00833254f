"""The API's task generation: start, watch, cancel, retry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.ai import logic, workflow
from lambdas.shared import environment, paging, shapes
from lambdas.shared.database import Database, Row, Session
from lambdas.shared.errors import Conflict, NotFound, Problem
from lambdas.shared.http import Api, Event, Request, Response
from lambdas.shared.logging import logger
from lambdas.shared.repositories import audit, chart, executions, goals, tasks, users


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str
    cors_origins: str
    state_machine_arn: str


ENV = environment.read(Env)
API = Api("ai", ENV.cors_origins)
DATABASE = Database(ENV.database_secret_arn)


def handler(event: Event, context: object) -> Event:
    """Answer a request to the API."""
    return API.handle(event)


@API.serves("startTaskGeneration")
def start_task_generation(request: Request[shapes.StartTaskGeneration, None]) -> Response:
    """The execution that makes the goal's tasks: a new one, or the one that is running."""
    goal = str(request.body.goal_id)
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)
        begun = _begin(session, user, goal, None)
    return _started(request, user, begun)


@API.serves("retryExecution")
def retry_execution(request: Request[None, None]) -> Response:
    """An execution for the actions that an earlier one left without tasks."""
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)
        earlier = executions.read(session, user, request.path["executionId"])
        if earlier is None:
            raise NotFound("execution")
        running = executions.running(session, user, earlier["goal_id"])
        if running is None:
            logic.check_retry(earlier)
        undone = executions.actions_without_tasks(session, user, earlier["id"])
        begun = _begin(session, user, earlier["goal_id"], undone)
    return _started(request, user, begun)


@API.serves("listExecutions")
def list_executions(request: Request[None, shapes.ExecutionQuery]) -> Response:
    """A page of the person's executions."""
    query = request.query
    wanted = executions.Filter(goal=str(query.goal_id) if query.goal_id else None, status=query.status)
    after = paging.decode(query.cursor, paging.TimeKey)
    with DATABASE.reading() as session:
        user = users.identify(session, request.subject, request.locale)
        rows = executions.page(session, user, wanted, query.limit + 1, after)
        found, more = paging.split(rows, query.limit)
        items = _shown(session, user, found)
    cursor = paging.encode((found[-1]["started_at"], found[-1]["id"])) if more else None
    return Response(content=shapes.ExecutionPage(items=items, next_cursor=cursor))


@API.serves("getExecution")
def get_execution(request: Request[None, None]) -> Response:
    """One execution."""
    with DATABASE.reading() as session:
        user = users.identify(session, request.subject, request.locale)
        return Response(content=_read(session, user, request.path["executionId"]))


@API.serves("cancelExecution")
def cancel_execution(request: Request[shapes.CancelExecution, None]) -> Response:
    """An execution that has been stopped, and whose tasks are gone. Cancelling it again changes nothing."""
    execution = request.path["executionId"]
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)
        row = _lock(session, user, execution)
        if row["status"] != "cancelled":
            logic.check_cancellation(row)
            _cancel(session, user, row, request.body.reason)
        shown = _read(session, user, execution)
    if row["status"] != "cancelled":
        logger.info("The execution was cancelled.", execution=execution)
        workflow.stop(row["execution_arn"] or workflow.arn(ENV.state_machine_arn, execution), "cancelled by its owner")
    return Response(content=shown)


@dataclass(frozen=True, kw_only=True)
class _Begun:
    """An execution's row, and what Step Functions is to be told if it does not know of it yet."""

    execution: str
    goal: str
    actions: Sequence[str] | None
    goal_status: str
    created: bool
    known: bool


def _begin(session: Session, user: str, goal: str, actions: Sequence[str] | None) -> _Begun:
    """The goal's running execution, or a new one, with the goal set to `processing` in the same transaction."""
    current = goals.lock(session, user, goal)
    if current is None:
        raise NotFound("goal")
    running = executions.running(session, user, goal)
    if running is not None:
        return _Begun(
            execution=running["id"],
            goal=goal,
            actions=running["action_ids"],
            goal_status=current["status"],
            created=False,
            known=running["execution_arn"] is not None,
        )
    scope = executions.actions_in_scope(session, user, goal, actions)
    if not scope:
        raise Conflict("There is no action to make tasks for; write actions into the chart first.")
    execution = executions.create(session, user, goal, actions, len(scope))
    goals.update(session, user, goal, {"status": "processing"})
    return _Begun(
        execution=execution, goal=goal, actions=actions, goal_status=current["status"], created=True, known=False
    )


def _started(request: Request[Any, Any], user: str, begun: _Begun) -> Response:
    """Make sure that Step Functions runs the execution, and answer it."""
    if not begun.known:
        payload = {
            "executionId": begun.execution,
            "goalId": begun.goal,
            "userId": user,
            "actionIds": None if begun.actions is None else list(begun.actions),
            "correlationId": request.request_id,
        }
        try:
            arn = workflow.start(ENV.state_machine_arn, begun.execution, payload)
        except Problem:
            # Only who made the row gives it up: another request may have started it at the same moment.
            if begun.created:
                _give_up(user, begun)
            raise
        with DATABASE.reading() as session:
            executions.set_arn(session, user, begun.execution, arn)
    with DATABASE.reading() as session:
        content = _read(session, user, begun.execution)
    return Response(content=content, location=f"/ai/executions/{begun.execution}")


def _give_up(user: str, begun: _Begun) -> None:
    """The execution never began: its row says so, and the goal is what it was."""
    with DATABASE.transaction() as session:
        goals.lock(session, user, begun.goal)
        if executions.finish(session, user, begun.execution, executions.End(status="failed", reason="NotStarted")):
            goals.update(session, user, begun.goal, {"status": begun.goal_status})


def _lock(session: Session, user: str, execution: str) -> Row:
    """An execution as it is once its goal is locked."""
    known = executions.read(session, user, execution)
    if known is None or goals.lock(session, user, known["goal_id"]) is None:
        raise NotFound("execution")
    row = executions.read(session, user, execution)
    if row is None:
        raise NotFound("execution")
    return row


def _cancel(session: Session, user: str, row: Row, reason: str) -> None:
    end = executions.End(status="cancelled", reason=reason or None, cancelled_by=user)
    executions.finish(session, user, row["id"], end)
    removed = tasks.remove_of_execution(session, user, row["id"])
    goals.update(session, user, row["goal_id"], {"status": "draft"})
    chart.recalculate(session, user, row["goal_id"])
    audit.note(session, user, "cancel", ("workflow_execution", row["id"]), {"removed_tasks": removed})


def _read(session: Session, user: str, execution: str) -> shapes.Execution:
    row = executions.read(session, user, execution)
    if row is None:
        raise NotFound("execution")
    return _shown(session, user, [row])[0]


def _shown(session: Session, user: str, rows: Sequence[Row]) -> list[shapes.Execution]:
    failed = [action for row in rows for action in logic.failed_action_ids(row)]
    titles = executions.titles_of_actions(session, user, failed) if failed else {}
    now = dt.datetime.now(dt.UTC)
    return [logic.execution(row, titles, now) for row in rows]
