"""Operations of the API: reflections on a goal."""

from __future__ import annotations

from lambdas.shared import shapes, shapes_reflections
from lambdas.shared.operation import Operation

_REFLECTION = "/reflections/{reflectionId}"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="listReflections", method="GET", path="/goals/{goalId}/reflections", function="reflections",
        summary="Reflections on a goal, newest day first.",
        status=200, query=shapes.PageQuery, answer=shapes_reflections.ReflectionPage,
    ),
    Operation(
        id="createReflection", method="POST", path="/goals/{goalId}/reflections", function="reflections",
        summary="Write down a reflection.",
        status=201, body=shapes_reflections.CreateReflection, answer=shapes_reflections.Reflection,
        answers_location=True,
    ),
    Operation(
        id="getReflection", method="GET", path=_REFLECTION, function="reflections",
        summary="One reflection.",
        status=200, answer=shapes_reflections.Reflection,
    ),
    Operation(
        id="updateReflection", method="PATCH", path=_REFLECTION, function="reflections",
        summary="Change a reflection.",
        status=200, body=shapes_reflections.UpdateReflection, answer=shapes_reflections.Reflection,
    ),
    Operation(
        id="deleteReflection", method="DELETE", path=_REFLECTION, function="reflections",
        summary="Delete a reflection.",
        status=204,
    ),
)  # fmt: skip
