"""The API's reflections: what a person thought of a day's work on a goal."""

from __future__ import annotations

from dataclasses import dataclass

from lambdas.shared import changes, environment, idempotency, operations_reflections, paging, shapes
from lambdas.shared.database import Database, Row
from lambdas.shared.errors import NotFound
from lambdas.shared.http import Api, Event, Request, Response
from lambdas.shared.repositories import goals, reflections, users
from lambdas.shared.shapes_reflections import CreateReflection, Reflection, ReflectionPage, UpdateReflection


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str
    cors_origins: str


ENV = environment.read(Env)
API = Api(operations_reflections.OPERATIONS, ENV.cors_origins)
DATABASE = Database(ENV.database_secret_arn)


def handler(event: Event, context: object) -> Event:
    """Answer a request to the API."""
    return API.handle(event)


@API.serves("listReflections")
def list_reflections(request: Request[None, shapes.PageQuery]) -> Response:
    """A page of the reflections on a goal."""
    goal, limit = request.path["goalId"], request.query.limit
    after = paging.decode(request.query.cursor, paging.DateKey)
    with DATABASE.reading() as session:
        user = users.recognise(session, request.subject, request.locale)
        rows = reflections.page(session, user, goal, limit + 1, after)
        if not rows and goals.read(session, user, goal) is None:
            raise NotFound("goal")
    found, more = paging.split(rows, limit)
    cursor = paging.encode((found[-1]["on_date"], found[-1]["id"])) if more else None
    return Response(content=ReflectionPage(items=[_shown(row) for row in found], next_cursor=cursor))


@API.serves("createReflection")
def create_reflection(request: Request[CreateReflection, None]) -> Response:
    """A new reflection."""
    values = {name: getattr(request.body, name) for name in CreateReflection.__struct_fields__}
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)

        def create() -> Reflection:
            return _shown(reflections.create(session, user, request.path["goalId"], values), "goal")

        reflection = idempotency.once(session, user, request, Reflection, create)
    return Response(content=reflection, location=f"/reflections/{reflection.id}")


@API.serves("getReflection")
def get_reflection(request: Request[None, None]) -> Response:
    """One reflection."""
    with DATABASE.reading() as session:
        user = users.recognise(session, request.subject, request.locale)
        return Response(content=_shown(reflections.read(session, user, request.path["reflectionId"])))


@API.serves("updateReflection")
def update_reflection(request: Request[UpdateReflection, None]) -> Response:
    """A reflection, changed."""
    named = changes.of(request.body, reflections.CHANGEABLE)
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)
        return Response(content=_shown(reflections.update(session, user, request.path["reflectionId"], named)))


@API.serves("deleteReflection")
def delete_reflection(request: Request[None, None]) -> Response:
    """Nothing: the reflection is gone."""
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)
        if not reflections.delete(session, user, request.path["reflectionId"]):
            raise NotFound("reflection")
    return Response()


def _shown(row: Row | None, missing: str = "reflection") -> Reflection:
    if row is None:
        raise NotFound(missing)
    return shapes.filled(Reflection, row)
