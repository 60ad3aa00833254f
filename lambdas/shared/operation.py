"""One operation of the API: what a function serves, and what the OpenAPI document says of it."""

from __future__ import annotations

from dataclasses import dataclass

from lambdas.shared import shapes

PATH_PARAMETERS: dict[str, str] = {
    "goalId": "uuid",
    "taskId": "uuid",
    "executionId": "uuid",
    "reflectionId": "uuid",
    "sourceId": "uuid",
    "proposalId": "uuid",
    "token": "token",
    "position": "position",
    "actionPosition": "position",
}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method on one path: who serves it, what it takes, what it answers."""

    id: str
    method: str
    path: str
    function: str
    summary: str
    status: int
    answer: type[shapes.Answer] | None = None
    body: type[shapes.Body] | None = None
    body_required: bool = True
    query: type[shapes.Body] | None = None
    problems: tuple[int, ...] = ()
    login: bool = True
    conditional: bool = False  # answers with an ETag; a change honours If-Match
    answers_location: bool = False
    also_csv: bool = False

    @property
    def is_repeatable(self) -> bool:
        """Whether an Idempotency-Key makes a repeated call the same call."""
        return self.method == "POST"

    @property
    def key(self) -> tuple[str, str]:
        """The method and the path, as API Gateway names them."""
        return self.method, self.path
