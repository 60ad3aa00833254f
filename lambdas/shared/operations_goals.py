"""Operations of the API: goals and their charts."""

from __future__ import annotations

from lambdas.shared import shapes, shapes_exports, shapes_goals
from lambdas.shared.operation import Operation

_GOAL = "/goals/{goalId}"
_SUB_GOAL = "/goals/{goalId}/sub-goals/{position}"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="listGoals", method="GET", path="/goals", function="goals",
        summary="The goals of the signed-in person, newest first.",
        status=200, query=shapes.PageQuery, answer=shapes_goals.GoalPage,
    ),
    Operation(
        id="createGoal", method="POST", path="/goals", function="goals",
        summary="Write down a goal.",
        status=201, body=shapes_goals.CreateGoal, answer=shapes_goals.Goal, conditional=True, answers_location=True,
    ),
    Operation(
        id="getGoal", method="GET", path=_GOAL, function="goals",
        summary="One goal.",
        status=200, answer=shapes_goals.Goal, conditional=True,
    ),
    Operation(
        id="updateGoal", method="PATCH", path=_GOAL, function="goals",
        summary="Change a goal; If-Match refuses the change when somebody else was faster.",
        status=200, body=shapes_goals.UpdateGoal, answer=shapes_goals.Goal, conditional=True, problems=(409,),
    ),
    Operation(
        id="deleteGoal", method="DELETE", path=_GOAL, function="goals",
        summary="Delete a goal with its chart, tasks and executions.",
        status=204, conditional=True, problems=(409,),
    ),
    Operation(
        id="getMandala", method="GET", path="/goals/{goalId}/mandala", function="goals",
        summary="The whole mandala chart of a goal in one answer.",
        status=200, answer=shapes_goals.Mandala,
    ),
    Operation(
        id="putSubGoal", method="PUT", path=_SUB_GOAL, function="goals",
        summary="Write one of the eight sub-goals.",
        status=200, body=shapes_goals.PutSubGoal, answer=shapes_goals.SubGoal,
    ),
    Operation(
        id="putAction", method="PUT", path=f"{_SUB_GOAL}/actions/{{actionPosition}}", function="goals",
        summary="Write one of the eight actions of a sub-goal.",
        status=200, body=shapes_goals.PutAction, answer=shapes_goals.Action,
    ),
    Operation(
        id="exportGoal", method="GET", path="/goals/{goalId}/export", function="goals",
        summary="A goal with its chart, tasks and reflections, as JSON or as a table of its tasks.",
        status=200, query=shapes_exports.ExportQuery, answer=shapes_exports.GoalExport, also_csv=True,
    ),
)  # fmt: skip
