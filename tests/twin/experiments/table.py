"""What each fault of each function must lead to: the promises of the workflow, by state, fault and number of times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

OUTER = ("ValidateInput", "GetActions", "CreateBatches", "AggregateResults", "UpdateGoalStatus")
STATES = (*OUTER[:3], "GenerateTasks", "SaveTasks", "UpdateProgress", *OUTER[3:], "HandleError")
# What each kind of fault is called once it has failed a task.
ERRORS = {
    "throttle": "Lambda.TooManyRequestsException",
    "service_error": "Lambda.ServiceException",
    "exception": "RuntimeError",
    "timeout": "States.Timeout",
    "reset": "Lambda.SdkClientException",
    "crash": "Runtime.ExitError",
    "crash_after": "Runtime.ExitError",
    "malformed": "",
    "twice": "",
}
KINDS = tuple(ERRORS)
# The function has done its work, and only its answer is lost.
DONE = frozenset({"reset", "crash_after", "malformed", "twice"})
# How often a step is tried, and how often one that finds its function full: for the moment there is no place then.
ATTEMPTS = {"UpdateProgress": 2, "AggregateResults": 2, "UpdateGoalStatus": 3, "HandleError": 3}
PLACES = {"ValidateInput": 5, "GetActions": 5, "CreateBatches": 5}


@dataclass(frozen=True, order=True)
class Cell:
    """One experiment: the function of a state fails so, once or always."""

    state: str
    kind: str
    always: bool

    def __str__(self) -> str:
        return f"{self.state}-{self.kind}-{'always' if self.always else 'once'}"


@dataclass(frozen=True, kw_only=True)
class End:
    """How a run of three actions must end; `told` is whether the operators hear of it."""

    machine: str
    run: str
    goal: str
    attempts: int
    error: str | None = None
    failed: str = ""
    told: bool = False


# An action waits for a place until its run's deadline, which is an experiment of its own.
WAITING = Cell("GenerateTasks", "throttle", True)
CELLS = tuple(
    cell
    for cell in (Cell(state, kind, always) for state in STATES for kind in KINDS for always in (False, True))
    if cell != WAITING
)
SUCCESS = End(machine="SUCCEEDED", run="succeeded", goal="active", attempts=1)


def expected(cell: Cell) -> End:
    """The promise for a cell."""
    if cell.state == "HandleError":
        return _handler(cell)
    if cell.kind == "twice":
        return SUCCESS
    if cell.kind == "malformed":
        return _malformed(cell.state)
    if not cell.always:
        return replace(SUCCESS, attempts=2)
    attempts = _attempts(cell)
    if cell.state == "UpdateProgress":  # nobody's tasks depend on it
        return replace(SUCCESS, attempts=attempts)
    if cell.state == "GenerateTasks" or (cell.state == "SaveTasks" and cell.kind not in DONE):
        return _partial(ERRORS[cell.kind], attempts)
    if cell.state == "SaveTasks":  # the tasks are there, whatever the answers said
        return replace(SUCCESS, attempts=attempts)
    return _failed(cell, attempts, "GenerationFailed")


def _attempts(cell: Cell) -> int:
    """How often a step that always fails is tried."""
    return PLACES.get(cell.state, 3) if cell.kind == "throttle" else ATTEMPTS.get(cell.state, 4)


def _partial(error: str, attempts: int) -> End:
    """The action is marked, the others have their tasks."""
    return End(
        machine="SUCCEEDED", run="partially_succeeded", goal="active", failed=error, told=True, attempts=attempts
    )


def _failed(cell: Cell, attempts: int, error: str) -> End:
    """The execution fails. Where all tasks are saved the goal is in use, and where the end is written it stands."""
    if cell.state == "UpdateGoalStatus" and cell.kind in DONE:
        return End(machine="FAILED", run="succeeded", goal="active", error=error, attempts=attempts)
    goal = "active" if cell.state in {"AggregateResults", "UpdateGoalStatus"} else "failed"
    return End(machine="FAILED", run="failed", goal=goal, error=error, told=True, attempts=attempts)


def _malformed(state: str) -> End:
    """Within the maps such an answer is one action's matter; elsewhere nothing can catch it, and the event is heard."""
    if state == "GenerateTasks":
        return _partial("InvalidInput", 1)
    if state in {"SaveTasks", "UpdateProgress"}:
        return SUCCESS
    return _failed(Cell(state, "malformed", always=True), 1, "States.Runtime")


def _handler(cell: Cell) -> End:
    """The run has failed for another reason; its end must be written and told whatever happens to the handler."""
    end = End(machine="FAILED", run="failed", goal="failed", error="GenerationFailed", told=True, attempts=1)
    if cell.kind == "twice":
        return end
    if cell.kind == "malformed":
        return replace(end, error="States.Runtime")
    if not cell.always:
        return replace(end, attempts=2)
    return replace(end, error="ErrorNotHandled", attempts=_attempts(cell))


def rendered(results: dict[Cell, str]) -> str:
    """A table with a row for each state and a column for each fault: once / always."""
    width = max(len(kind) for kind in KINDS) + 2
    lines = ["".ljust(18) + "".join(kind.ljust(width) for kind in KINDS)]
    for state in STATES:
        cells = (_mark(results, state, kind) for kind in KINDS)
        lines.append(state.ljust(18) + "".join(mark.ljust(width) for mark in cells).rstrip())
    lines.append("each cell: once/always; S succeeded, P partially succeeded, F failed and told, ! not as promised")
    return "\n".join(lines)


def _mark(results: dict[Cell, str], state: str, kind: str) -> str:
    marks = [results.get(Cell(state, kind, always), "") for always in (False, True)]
    return "/".join(mark or "-" for mark in marks)


def sample() -> Iterable[Cell]:
    """Every state and every kind of fault at least once; the states and kinds run past each other."""
    return [Cell(state, KINDS[index % len(KINDS)], index % 2 == 0) for index, state in enumerate(STATES)]
