"""Operations of the API: the signed-in person, and links that show a goal."""

from __future__ import annotations

from lambdas.shared import shapes_account
from lambdas.shared.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="getMe", method="GET", path="/auth/me", function="auth",
        summary="The signed-in person.",
        status=200, answer=shapes_account.Me,
    ),
    Operation(
        id="updateMe", method="PATCH", path="/auth/me", function="auth",
        summary="Change the person's name or language.",
        status=200, body=shapes_account.UpdateMe, answer=shapes_account.Me,
    ),
    Operation(
        id="eraseMe", method="DELETE", path="/auth/me", function="auth",
        summary="Erase the person: everything they wrote is deleted, and nothing leads back to them.",
        status=204, problems=(503,),
    ),
    Operation(
        id="createShareLink", method="POST", path="/auth/share-links", function="auth",
        summary="A link that shows one goal to whoever has it, until it expires.",
        status=201, body=shapes_account.CreateShareLink, answer=shapes_account.ShareLink, problems=(404,),
        answers_location=True,
    ),
    Operation(
        id="getSharedMandala", method="GET", path="/auth/shared/{token}", function="auth",
        summary="The chart that a link shows.",
        status=200, answer=shapes_account.SharedMandala, login=False,
    ),
)  # fmt: skip
