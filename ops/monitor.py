"""Repository monitoring, started by hand: what the schedule does every day, now."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ops.errors import in_words
from ops.target import Target

OUTPUT = "monitoring_state_machine_arn"
POLL_SECONDS = 1.0
LONGEST_POLL_SECONDS = 10.0
Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run as Step Functions has it. `summary` is what the machine answered, once it has succeeded."""

    execution_arn: str
    status: str
    started_at: datetime
    stopped_at: datetime | None
    summary: dict[str, Any] | None
    error: str | None
    cause: str | None

    @property
    def succeeded(self) -> bool:
        """Whether it ended well; single sources may have failed all the same."""
        return self.status == "SUCCEEDED"

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return (self.stopped_at - self.started_at).total_seconds() if self.stopped_at else None

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "executionArn": self.execution_arn,
            "status": self.status,
            "startedAt": self.started_at.isoformat(),
            "stoppedAt": self.stopped_at.isoformat() if self.stopped_at else None,
            "seconds": self.seconds,
            "summary": self.summary,
            "error": self.error,
            "cause": self.cause,
        }


class Monitoring:
    """The workflow of one system. AWS's refusals become `OpsError`."""

    def __init__(self, target: Target, states: Any = None) -> None:
        self._machine = target.arn(OUTPUT)
        self._states = states or target.client("stepfunctions", self._machine)

    def start(self) -> str:
        """Start a run; its execution's ARN. The name tells it from those that the schedule started."""
        with in_words(f"Starting {self._machine}"):
            started = self._states.start_execution(
                stateMachineArn=self._machine, name=f"by-hand-{uuid.uuid4()}", input="{}"
            )
        return str(started["executionArn"])

    def look(self, execution: str) -> Run:
        """The run as it is now."""
        with in_words(f"Looking at {execution}"):
            described = self._states.describe_execution(executionArn=execution)
        return Run(
            execution_arn=execution,
            status=described["status"],
            started_at=described["startDate"],
            stopped_at=described.get("stopDate"),
            summary=json.loads(described["output"]) if described.get("output") else None,
            error=described.get("error"),
            cause=described.get("cause"),
        )

    def wait(self, execution: str, progress: Progress, *, poll: float = POLL_SECONDS) -> Run:
        """The run at its end; `progress` hears of each state that it enters. Asks ever less often."""
        shown = ""
        while True:
            run = self.look(execution)
            if run.status != "RUNNING":
                return run
            state = self._state(execution)
            if state and state != shown:
                progress(state)
                shown = state
            time.sleep(poll)
            poll = min(poll * 1.2, LONGEST_POLL_SECONDS)

    def _state(self, execution: str) -> str:
        """The state that was entered last, or nothing while none was."""
        with in_words(f"Looking at the history of {execution}"):
            history = self._states.get_execution_history(
                executionArn=execution, reverseOrder=True, maxResults=100, includeExecutionData=False
            )
        entered = (event.get("stateEnteredEventDetails") for event in history["events"])
        return next((str(details["name"]) for details in entered if details), "")
