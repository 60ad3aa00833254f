"""The API's task generation, and what the model proposes for a chart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.ai import logic, proposals, workflow
from lambdas.shared import environment, idempotency, operations_ai, paging, shapes_executions, shapes_proposals
from lambdas.shared.database import Database, Row, Session
from lambdas.shared.errors import Conflict, NotFound, Problem
from lambdas.shared.http import Api, Event, Request, Response
from lambdas.shared.logging import logger
from lambdas.shared.repositories import audit, execution_tasks, executions, goals, limits, progress, users
from lambdas.shared.repositories import proposals as kept_proposals


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str
    cors_origins: str
    state_machine_arn: str
    propose_function_name: str
    daily_model_calls: str = "500"


ENV = environment.read(Env)
API = Api(operations_ai.OPERATIONS, ENV.cors_origins)
DATABASE = Database(ENV.database_secret_arn)
DAILY_MODEL_CALLS = int(ENV.daily_model_calls)


def handler(event: Event, context: object) -> Event:
    """Answer a request to the API."""
    return API.handle(event)


@API.serves("startTaskGeneration")
def start_task_generation(request: Request[shapes_executions.StartTaskGeneration, None]) -> Response:
    """The execution that makes the goal's tasks: a new one, or the one that is running."""
    goal = str(request.body.goal_id)
    begun = _Begun()
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)

        def begin() -> str:
            return _begin(session, user, goal, None, begun)

        execution = idempotency.once(session, user, request, str, begin)
    return _started(request, user, execution, begun)


@API.serves("retryExecution")
def retry_execution(request: Request[None, None]) -> Response:
    """An execution for the actions that an earlier one left without tasks."""
    begun = _Begun()
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)

        def begin() -> str:
            earlier = executions.read(session, user, request.path["executionId"])
            if earlier is None:
                raise NotFound("execution")
            if executions.running(session, user, earlier["goal_id"]) is None:
                logic.check_retry(earlier)
                logic.check_undone(executions.actions_without_tasks(session, user, earlier["id"]))
            undone = executions.actions_without_tasks(session, user, earlier["id"])
            return _begin(session, user, earlier["goal_id"], undone, begun)

        execution = idempotency.once(session, user, request, str, begin)
    return _started(request, user, execution, begun)


@API.serves("listExecutions")
def list_executions(request: Request[None, shapes_executions.ExecutionQuery]) -> Response:
    """A page of the person's executions."""
    query = request.query
    wanted = executions.Filter(
        goal=str(query.goal_id) if query.goal_id else None,
        status=query.status,
        started_from=query.started_from,
        started_to=query.started_to,
    )
    after = paging.decode(query.cursor, paging.TimeKey)
    with DATABASE.reading() as session:
        user = users.recognise(session, request.subject, request.locale)
        rows = executions.page(session, user, wanted, query.limit + 1, after)
        if not rows and wanted.goal and goals.read(session, user, wanted.goal) is None:
            raise NotFound("goal")
        found, more = paging.split(rows, query.limit)
        items = _shown(session, user, found)
    cursor = paging.encode((found[-1]["started_at"], found[-1]["id"])) if more else None
    return Response(content=shapes_executions.ExecutionPage(items=items, next_cursor=cursor))


@API.serves("getExecution")
def get_execution(request: Request[None, None]) -> Response:
    """One execution."""
    with DATABASE.reading() as session:
        user = users.recognise(session, request.subject, request.locale)
        return Response(content=_read(session, user, request.path["executionId"]))


@API.serves("cancelExecution")
def cancel_execution(request: Request[shapes_executions.CancelExecution, None]) -> Response:
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


@API.serves("proposeSubGoals")
def propose_sub_goals(request: Request[shapes_proposals.ProposeSubGoals, None]) -> Response:
    """A proposal of eight sub-goals, to be polled."""
    return _propose(request, str(request.body.goal_id), None)


@API.serves("proposeActions")
def propose_actions(request: Request[shapes_proposals.ProposeActions, None]) -> Response:
    """A proposal of eight actions, to be polled."""
    return _propose(request, str(request.body.goal_id), request.body.position)


@API.serves("getProposal")
def get_proposal(request: Request[None, None]) -> Response:
    """One proposal."""
    with DATABASE.reading() as session:
        user = users.recognise(session, request.subject, request.locale)
        row = kept_proposals.read(session, user, request.path["proposalId"])
    if row is None:
        raise NotFound("proposal")
    return Response(content=proposals.shown(row))


def _propose(request: Request[Any, None], goal: str, position: int | None) -> Response:
    asked: list[str] = []
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)

        def create() -> str:
            made = kept_proposals.create(session, user, goal, position)
            if made is None:
                raise NotFound("goal" if position is None else "goal or sub-goal at this position")
            logic.check_limit(limits.take(session, user, 1, DAILY_MODEL_CALLS), DAILY_MODEL_CALLS)
            asked.append(made)
            return made

        proposal = idempotency.once(session, user, request, str, create)
    for each in asked:
        try:
            payload = {"proposalId": each, "userId": user, "correlationId": request.request_id}
            proposals.invoke(ENV.propose_function_name, payload)
        except Problem:
            with DATABASE.transaction() as session:
                kept_proposals.finish(session, user, each, "failed", {"error": "NotStarted"})
                limits.give_back(session, user, 1)
                idempotency.forget(session, user, request)
            raise
    with DATABASE.reading() as session:
        row = kept_proposals.read(session, user, proposal)
    if row is None:
        raise NotFound("proposal")
    return Response(content=proposals.shown(row), location=f"/ai/proposals/{proposal}")


@dataclass(kw_only=True)
class _Begun:
    """What this very request has begun, to be taken back when Step Functions refuses."""

    goal_status: str = ""
    calls: int = 0


def _begin(session: Session, user: str, goal: str, actions: Sequence[str] | None, begun: _Begun) -> str:
    """The goal's running execution, or a new one, with the goal set to `processing` in the same transaction."""
    current = goals.lock(session, user, goal)
    if current is None:
        raise NotFound("goal")
    running = executions.running(session, user, goal)
    if running is not None:
        return str(running["id"])
    scope = executions.actions_in_scope(session, user, goal, actions)
    if not scope:
        raise Conflict("There is no action to make tasks for; write actions into the chart first.")
    logic.check_limit(limits.take(session, user, len(scope), DAILY_MODEL_CALLS), DAILY_MODEL_CALLS)
    execution = executions.create(session, user, goal, actions, len(scope))
    goals.update(session, user, goal, {"status": "processing"})
    begun.goal_status, begun.calls = current["status"], len(scope)
    return execution


def _started(request: Request[Any, Any], user: str, execution: str, begun: _Begun) -> Response:
    """Make sure that Step Functions runs the execution, and answer it."""
    with DATABASE.reading() as session:
        row = executions.read(session, user, execution)
    if row is None:
        raise NotFound("execution")
    if row["status"] == "running" and row["execution_arn"] is None:
        payload = {
            "executionId": execution,
            "goalId": row["goal_id"],
            "userId": user,
            "actionIds": row["action_ids"],
            "correlationId": request.request_id,
        }
        try:
            arn = workflow.start(ENV.state_machine_arn, execution, payload)
        except Problem:
            # Only who made the row gives it up: another request may have started it at the same moment.
            if begun.calls:
                _give_up(request, user, row, begun)
            raise
        with DATABASE.reading() as session:
            executions.set_arn(session, user, execution, arn)
    with DATABASE.reading() as session:
        content = _read(session, user, execution)
    return Response(content=content, location=f"/ai/executions/{execution}")


def _give_up(request: Request[Any, Any], user: str, row: Row, begun: _Begun) -> None:
    """The execution never began: its row says so, and the goal is what it was."""
    with DATABASE.transaction() as session:
        goals.lock(session, user, row["goal_id"])
        idempotency.forget(session, user, request)
        if executions.finish(session, user, row["id"], executions.End(status="failed", reason="NotStarted")):
            goals.update(session, user, row["goal_id"], {"status": begun.goal_status})
            limits.give_back(session, user, begun.calls)


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
    removed = execution_tasks.remove_of_execution(session, user, row["id"])
    goals.update(session, user, row["goal_id"], {"status": "draft"})
    progress.recalculate(session, user, row["goal_id"])
    audit.note(session, user, "cancel", ("workflow_execution", row["id"]), {"removed_tasks": removed})


def _read(session: Session, user: str, execution: str) -> shapes_executions.Execution:
    row = executions.read(session, user, execution)
    if row is None:
        raise NotFound("execution")
    return _shown(session, user, [row])[0]


def _shown(session: Session, user: str, rows: Sequence[Row]) -> list[shapes_executions.Execution]:
    failed = [action for row in rows for action in logic.failed_action_ids(row)]
    titles = executions.titles_of_actions(session, user, failed) if failed else {}
    now = dt.datetime.now(dt.UTC)
    return [logic.execution(row, titles, now) for row in rows]
