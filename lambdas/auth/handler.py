"""The API's account: who is signed in, links that show a goal to others, and the erasure of everything."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass

from lambdas.auth import identity, logic
from lambdas.auth.tokens import Grant, Signer
from lambdas.shared import changes, environment, idempotency, operations_auth, shapes
from lambdas.shared.database import Database
from lambdas.shared.errors import NotFound
from lambdas.shared.http import Api, Event, Request, Response
from lambdas.shared.logging import logger
from lambdas.shared.repositories import accounts, audit, chart, goals, users
from lambdas.shared.shapes_account import CreateShareLink, Me, ShareLink, UpdateMe


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str
    cors_origins: str
    jwt_secret_arn: str
    user_pool_id: str


ENV = environment.read(Env)
API = Api(operations_auth.OPERATIONS, ENV.cors_origins)
DATABASE = Database(ENV.database_secret_arn)
SIGNER = Signer(ENV.jwt_secret_arn)


def handler(event: Event, context: object) -> Event:
    """Answer a request to the API."""
    return API.handle(event)


@API.serves("getMe")
def get_me(request: Request[None, None]) -> Response:
    """The signed-in person."""
    with DATABASE.reading() as session:
        user = users.identify(session, request.subject, request.locale)
        row = accounts.read(session, user)
    if row is None:
        raise NotFound("person")
    return Response(content=shapes.filled(Me, row))


@API.serves("updateMe")
def update_me(request: Request[UpdateMe, None]) -> Response:
    """The person, changed."""
    named = changes.of(request.body, accounts.CHANGEABLE)
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)
        row = accounts.update(session, user, named)
    if row is None:
        raise NotFound("person")
    return Response(content=shapes.filled(Me, row))


@API.serves("eraseMe")
def erase_me(request: Request[None, None]) -> Response:
    """Nothing: the person is erased here first, and then in the user pool; repeated, it does what is left."""
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)
        accounts.erase(session, user)
        audit.note(session, user, "erase", ("user", user), {})
    identity.delete(ENV.user_pool_id, request.username or request.subject)
    logger.info("A person was erased.", user_id=user)
    return Response()


@API.serves("createShareLink")
def create_share_link(request: Request[CreateShareLink, None]) -> Response:
    """A link to a goal."""
    goal = str(request.body.goal_id)
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)

        def create() -> ShareLink:
            if goals.read(session, user, goal) is None:
                raise NotFound("goal")
            expires_at = int(time.time()) + request.body.days * 86_400
            audit.note(session, user, "share", ("goal", goal), {"days": request.body.days})
            return ShareLink(
                token=SIGNER.sign(Grant(user=user, goal=goal, expires_at=expires_at)),
                goal_id=request.body.goal_id,
                expires_at=dt.datetime.fromtimestamp(expires_at, dt.UTC),
            )

        link = idempotency.once(session, user, request, ShareLink, create)
    return Response(content=link, location=f"/auth/shared/{link.token}")


@API.serves("getSharedMandala")
def get_shared_mandala(request: Request[None, None]) -> Response:
    """The chart that a link shows, to whoever has the link."""
    grant = SIGNER.read(request.path["token"])
    with DATABASE.reading() as session:
        goal = goals.read(session, grant.user, grant.goal)
        if goal is None:
            raise NotFound("link")
        actions = chart.actions(session, grant.user, grant.goal)
        sub_goals = chart.sub_goals(session, grant.user, grant.goal)
    return Response(content=logic.shared(goal, sub_goals, actions, grant.expires_at))
