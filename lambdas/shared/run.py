"""What every step of the workflow is told of the run it belongs to."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import msgspec

from lambdas.shared.errors import InvalidInput
from lambdas.shared.logging import correlate

# What is handed in later than this after the run's deadline is not saved: the rest of the run's time is for its end.
GRACE_SECONDS = 5


class ExecutionInput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What an execution is started with. `action_ids` None stands for all actions of the goal."""

    execution_id: UUID
    goal_id: UUID
    user_id: UUID
    correlation_id: str
    action_ids: list[UUID] | None = None


class Run(ExecutionInput, frozen=True, kw_only=True, rename="camel"):
    """A checked execution with its deadline, in seconds since 1970: from then on nothing new may be begun."""

    deadline: int

    @property
    def execution(self) -> str:
        """The execution's id."""
        return str(self.execution_id)

    @property
    def goal(self) -> str:
        """The goal's id."""
        return str(self.goal_id)

    @property
    def user(self) -> str:
        """The id of the person whose goal it is."""
        return str(self.user_id)

    @property
    def seconds_left(self) -> float:
        """The time until the deadline; negative when it has passed."""
        return self.deadline - time.time()


def read(event: dict[str, Any]) -> Run:
    """The run that a step's payload names; the step's log lines bear its correlation id from here on."""
    try:
        run = msgspec.convert(event["run"], Run)
    except (KeyError, msgspec.ValidationError) as error:
        raise InvalidInput(f"The step's payload has no valid run: {error}.") from error
    correlate(run.correlation_id)
    return run
