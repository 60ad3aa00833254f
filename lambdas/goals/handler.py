"""The API's goals: the list, one goal, its mandala chart."""

from __future__ import annotations

from dataclasses import dataclass

from lambdas.goals import export, logic
from lambdas.shared import (
    changes,
    environment,
    idempotency,
    mandala,
    operations_goals,
    paging,
    shapes,
    shapes_exports,
    shapes_goals,
    shapes_reflections,
    shapes_tasks,
    versions,
)
from lambdas.shared.database import Database
from lambdas.shared.errors import NotFound
from lambdas.shared.http import Api, Event, Request, Response
from lambdas.shared.repositories import chart, goals, progress, reflections, tasks, users


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str
    cors_origins: str


ENV = environment.read(Env)
API = Api(operations_goals.OPERATIONS, ENV.cors_origins)
DATABASE = Database(ENV.database_secret_arn)


def handler(event: Event, context: object) -> Event:
    """Answer a request to the API."""
    return API.handle(event)


@API.serves("listGoals")
def list_goals(request: Request[None, shapes.PageQuery]) -> Response:
    """A page of the person's goals."""
    after = paging.decode(request.query.cursor, paging.TimeKey)
    with DATABASE.reading() as session:
        user = users.recognise(session, request.subject, request.locale)
        rows = goals.page(session, user, request.query.limit + 1, after)
    found, more = paging.split(rows, request.query.limit)
    cursor = paging.encode((found[-1]["created_at"], found[-1]["id"])) if more else None
    items = [shapes.filled(shapes_goals.Goal, row) for row in found]
    return Response(content=shapes_goals.GoalPage(items=items, next_cursor=cursor))


@API.serves("createGoal")
def create_goal(request: Request[shapes_goals.CreateGoal, None]) -> Response:
    """A new goal."""
    values = {name: getattr(request.body, name) for name in shapes_goals.CreateGoal.__struct_fields__}
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)

        def create() -> shapes_goals.Goal:
            return shapes.filled(shapes_goals.Goal, goals.create(session, user, values))

        goal = idempotency.once(session, user, request, shapes_goals.Goal, create)
    return Response(content=goal, version=goal.version, location=f"/goals/{goal.id}")


@API.serves("getGoal")
def get_goal(request: Request[None, None]) -> Response:
    """One goal."""
    with DATABASE.reading() as session:
        user = users.recognise(session, request.subject, request.locale)
        row = goals.read(session, user, request.path["goalId"])
    if row is None:
        raise NotFound("goal")
    return Response(content=shapes.filled(shapes_goals.Goal, row), version=row["version"])


@API.serves("updateGoal")
def update_goal(request: Request[shapes_goals.UpdateGoal, None]) -> Response:
    """A goal, changed."""
    named = changes.of(request.body, goals.CHANGEABLE)
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)
        current = goals.lock(session, user, request.path["goalId"])
        if current is None:
            raise NotFound("goal")
        versions.check(current, request.expected_version, "goal")
        logic.check_status_change(current, named)
        row = goals.update(session, user, request.path["goalId"], named) or current
    return Response(content=shapes.filled(shapes_goals.Goal, row), version=row["version"])


@API.serves("deleteGoal")
def delete_goal(request: Request[None, None]) -> Response:
    """Nothing: the goal is gone."""
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)
        current = goals.lock(session, user, request.path["goalId"])
        if current is None:
            raise NotFound("goal")
        versions.check(current, request.expected_version, "goal")
        logic.check_deletion(current)
        goals.delete(session, user, request.path["goalId"])
    return Response()


@API.serves("getMandala")
def get_mandala(request: Request[None, None]) -> Response:
    """The whole chart."""
    with DATABASE.reading() as session:
        user = users.recognise(session, request.subject, request.locale)
        goal = request.path["goalId"]
        centre = goals.read(session, user, goal)
        if centre is None:
            raise NotFound("goal")
        # Actions first: a sub-goal written meanwhile is then empty, and no action lacks its sub-goal.
        actions = chart.actions(session, user, goal)
        sub_goals = chart.sub_goals(session, user, goal)
    return Response(content=mandala.of(centre, sub_goals, actions))


@API.serves("exportGoal")
def export_goal(request: Request[None, shapes_exports.ExportQuery]) -> Response:
    """Everything of the goal, or the table of its tasks."""
    goal = request.path["goalId"]
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)
        centre = goals.read(session, user, goal)
        if centre is None:
            raise NotFound("goal")
        whole = mandala.of(centre, chart.sub_goals(session, user, goal), chart.actions(session, user, goal))
        found = tasks.page(session, user, tasks.Filter(goal=goal), export.MOST, None)
        thoughts = reflections.page(session, user, goal, export.MOST, None)
    content = shapes_exports.GoalExport(
        goal=whole.goal,
        sub_goals=whole.sub_goals,
        tasks=[shapes.filled(shapes_tasks.Task, row) for row in found],
        reflections=[shapes.filled(shapes_reflections.Reflection, row) for row in thoughts],
    )
    if request.query.format == "csv":
        return Response(csv=(f"goal-{goal}.csv", export.csv_of(content)))
    return Response(content=content)


@API.serves("putSubGoal")
def put_sub_goal(request: Request[shapes_goals.PutSubGoal, None]) -> Response:
    """A sub-goal, written."""
    goal, position = request.path["goalId"], int(request.path["position"])
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)
        if goals.lock(session, user, goal) is None:
            raise NotFound("goal")
        row = chart.put_sub_goal(session, user, goal, position, request.body.title, request.body.description)
        if row is None:
            raise NotFound("goal")
        progress.recalculate(session, user, goal, actions=[])
    return Response(content=shapes.filled(shapes_goals.SubGoal, row))


@API.serves("putAction")
def put_action(request: Request[shapes_goals.PutAction, None]) -> Response:
    """An action, written."""
    goal = request.path["goalId"]
    places = int(request.path["position"]), int(request.path["actionPosition"])
    values = request.body.title, request.body.description, request.body.kind
    with DATABASE.transaction() as session:
        user = users.identify(session, request.subject, request.locale)
        if goals.lock(session, user, goal) is None:
            raise NotFound("goal")
        row = chart.put_action(session, user, goal, places, values)
        if row is None:
            raise NotFound("sub-goal at this position")
        progress.recalculate(session, user, goal, actions=[])
    return Response(content=shapes.filled(shapes_goals.Action, row))
