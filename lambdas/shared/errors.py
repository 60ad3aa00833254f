"""The application's errors.

A `Problem` is an answer of the API. The others end a step of the workflow: Step Functions sees the
class's name as the error's name, so the state machine's retries name these classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Problem(Exception):  # noqa: N818 - RFC 9457 calls the document a problem
    """An answer other than success: the status, and what the caller can do about it."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


class NotFound(Problem):
    """Nothing with this id belongs to the person; whether it exists for another is not told."""

    def __init__(self, what: str) -> None:
        super().__init__(404, f"There is no such {what}.")


class Conflict(Problem):
    """The state of the thing does not allow this now."""

    def __init__(self, detail: str) -> None:
        super().__init__(409, detail)


class DatabaseUnavailable(Problem):
    """The database cannot be reached or gave up; the same call may succeed later."""

    def __init__(self, detail: str) -> None:
        super().__init__(503, detail, headers={"Retry-After": "2"})


class SecretUnavailable(Problem):
    """A secret cannot be read; the same call may succeed later, unless the function may not read it."""

    def __init__(self, reason: str) -> None:
        super().__init__(503, "The system cannot read its configuration; try again.", headers={"Retry-After": "2"})
        self.args = (reason,)


class InvalidInput(Exception):  # noqa: N818
    """The execution's input is not what the workflow takes. Never retried."""


class GoalNotFound(Exception):  # noqa: N818
    """The goal does not exist, or is not this person's. Never retried."""


class ExecutionNotRunning(Exception):  # noqa: N818
    """The execution was cancelled or has ended: nothing may be saved for it. Never retried."""


class DeadlineExceeded(Exception):  # noqa: N818
    """The run's deadline has passed, so the action was not begun. Never retried."""


class ModelThrottled(Exception):  # noqa: N818
    """The model asks to wait. Retried by the state machine."""


class ModelUnavailable(Exception):  # noqa: N818
    """The model failed or did not answer in time. Retried by the state machine."""


class ModelAnswerInvalid(Exception):  # noqa: N818
    """The model's answer is not what was asked for. Retried by the state machine."""


class ModelQuotaExceeded(Exception):  # noqa: N818
    """The account's quota for the model is used up. Never retried."""


class ModelAccessDenied(Exception):  # noqa: N818
    """The function may not use the model, or its request is refused. Never retried."""


MODEL_ERRORS = (ModelThrottled, ModelUnavailable, ModelAnswerInvalid, ModelQuotaExceeded, ModelAccessDenied)
