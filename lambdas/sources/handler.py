"""The API's followed repositories, and what happens in them."""

from __future__ import annotations

from dataclasses import dataclass

from lambdas.shared import environment, idempotency, operations_sources, paging, shapes
from lambdas.shared.database import Database
from lambdas.shared.errors import Conflict, NotFound
from lambdas.shared.http import Api, Event, Request, Response
from lambdas.shared.repositories import sources, users
from lambdas.shared.shapes_sources import (
    Activity,
    ActivityPage,
    ActivityQuery,
    CreateSource,
    Source,
    SourcePage,
    UpdateSource,
)

# One person's repositories must not use up what GitHub allows for all.
MOST_SOURCES = 50


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str
    cors_origins: str


ENV = environment.read(Env)
API = Api(operations_sources.OPERATIONS, ENV.cors_origins)
DATABASE = Database(ENV.database_secret_arn)


def handler(event: Event, context: object) -> Event:
    """Answer a request to the API."""
    return API.handle(event)


@API.serves("listSources")
def list_sources(request: Request[None, shapes.PageQuery]) -> Response:
    """A page of the repositories that the person follows."""
    after = paging.decode(request.query.cursor, paging.TimeKey)
    with DATABASE.reading() as session:
        user = users.recognise(session, request.subject, request.locale)
        rows = sources.page(session, user, request.query.limit + 1, after)
    found, more = paging.split(rows, request.query.limit)
    cursor = paging.encode((found[-1]["created_at"], found[-1]["id"])) if more else None
    return Response(content=SourcePage(items=[shapes.filled(Source, row) for row in found], next_cursor=cursor))


@API.serves("createSource")
def create_source(request: Request[CreateSource, None]) -> Response:
    """A repository, followed from now on."""
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)

        def create() -> Source:
            if sources.count(session, user) >= MOST_SOURCES:
                raise Conflict(f"You follow {MOST_SOURCES} repositories already; give one up to follow another.")
            row = sources.create(session, user, request.body.owner, request.body.repo)
            if row is None:
                raise Conflict(f"You follow {request.body.owner}/{request.body.repo} already.")
            return shapes.filled(Source, row)

        return Response(content=idempotency.once(session, user, request, Source, create))


@API.serves("updateSource")
def update_source(request: Request[UpdateSource, None]) -> Response:
    """A followed repository whose monitoring is on or off."""
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)
        row = sources.set_enabled(session, user, request.path["sourceId"], request.body.enabled)
    if row is None:
        raise NotFound("source")
    return Response(content=shapes.filled(Source, row))


@API.serves("deleteSource")
def delete_source(request: Request[None, None]) -> Response:
    """Nothing: the repository is followed no more."""
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)
        if not sources.delete(session, user, request.path["sourceId"]):
            raise NotFound("source")
    return Response()


@API.serves("listActivities")
def list_activities(request: Request[None, ActivityQuery]) -> Response:
    """A page of what happened in the followed repositories."""
    query = request.query
    source = str(query.source_id) if query.source_id else None
    wanted = sources.Filter(source=source, kind=query.kind, state=query.state)
    after = paging.decode(query.cursor, paging.TimeKey)
    with DATABASE.reading() as session:
        user = users.recognise(session, request.subject, request.locale)
        rows = sources.activities(session, user, wanted, query.limit + 1, after)
        if not rows and source and not sources.is_followed(session, user, source):
            raise NotFound("source")
    found, more = paging.split(rows, query.limit)
    cursor = paging.encode((found[-1]["occurred_at"], found[-1]["id"])) if more else None
    return Response(content=ActivityPage(items=[shapes.filled(Activity, row) for row in found], next_cursor=cursor))
