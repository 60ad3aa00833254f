"""Task generation against faults: every function of the workflow fails in every way, once and always.

However a run is hurt, it ends in a terminal status, no task is lost or saved twice, and what failed is told.
"""

from __future__ import annotations

import time

import pytest

from tests.twin.experiments import table
from tests.twin.experiments.laboratory import TABLES, Laboratory, Run, side_by_side
from tests.twin.experiments.table import Cell, End
from tests.twin.system import User, eventually

MARKS = {"succeeded": "S", "partially_succeeded": "P", "failed": "F"}
TITLES = ["Tie a bowline", "Reef the main", "Anchor in sand"]


def experiment(laboratory: Laboratory, user: User, cell: Cell) -> tuple[Run, int]:
    """Run one cell: the run's end, and how often the function was called."""
    functions = laboratory.functions()
    goal = user.goal_with_actions(TITLES)
    first = laboratory.actions(goal)[0]
    # Inside the maps one action of three is hurt; batches are made of actions, so only the action names this run.
    marked = first if cell.state in {"GenerateTasks", "SaveTasks", "CreateBatches"} else goal
    if cell.state == "HandleError":
        laboratory.inject(functions["GetActions"], "exception", contains=goal, error="GoalNotFound")
    more = {} if cell.always else {"times": 1}
    fault = laboratory.inject(functions[cell.state], cell.kind, contains=marked, **more)
    run = laboratory.ended(laboratory.start(user, goal))
    if table.expected(cell).told:
        eventually(lambda: laboratory.told(run.execution), within=30)
    return run, len(laboratory.calls(fault))


def found(cell: Cell, run: Run, attempts: int, told: int) -> End:
    """What came of a cell, in the words of the promises."""
    hurt = run.actions[0]
    failed = "".join(error for _, error in run.failed)
    assert all(action == hurt for action, _ in run.failed), f"{cell}: {run.failed}"
    complete = set(run.tasks) == set(run.actions)
    # Nobody's tasks are lost: all but a marked action's are there, unless the run ended before they were made.
    early = cell.state in {"ValidateInput", "GetActions", "CreateBatches", "HandleError"}
    assert complete or (early and run.status == "failed") or set(run.tasks) == set(run.actions) - {hurt}, f"{cell}"
    # Only who tells, and cannot know that it has told, tells again.
    again = cell.state in {"UpdateGoalStatus", "HandleError"} and cell.kind in table.DONE
    assert told <= 1 or again, f"{cell}: told {told} times"
    return End(
        machine=run.machine,
        run=run.status,
        goal=run.goal,
        error=run.error,
        failed=failed,
        attempts=attempts,
        told=told > 0,
    )


def explore(laboratory: Laboratory, cells: list[Cell]) -> tuple[list[str], str]:
    """Run the cells side by side: what was not as promised, and the table."""
    # Several people: each has a share of the model's day.
    users = [laboratory.person() for _ in range(1 + len(cells) // 20)]

    def one(numbered: tuple[int, Cell]) -> tuple[Run, int] | str:
        index, cell = numbered
        try:
            return experiment(laboratory, users[index % len(users)], cell)
        except AssertionError as problem:
            return f"{cell}: {problem}"

    ended = dict(zip(cells, side_by_side(one, list(enumerate(cells))), strict=True))
    time.sleep(2)  # a message too many arrives later
    problems, marks = [], {}
    for cell, end in ended.items():
        problem = end if isinstance(end, str) else compared(laboratory, cell, *end)
        mark = "" if isinstance(end, str) else MARKS.get(end[0].status, "")
        marks[cell] = mark + ("!" if problem else "")
        problems += [problem] if problem else []
    return problems, table.rendered(marks)


def compared(laboratory: Laboratory, cell: Cell, run: Run, attempts: int) -> str:
    """What was not as promised."""
    promised = table.expected(cell)
    try:
        seen = found(cell, run, attempts, len(laboratory.told(run.execution)))
    except AssertionError as problem:
        return str(problem)
    return "" if seen == promised else f"{cell}:\n  promised {promised}\n  found    {seen}"


def test_the_table_speaks_of_every_task_state_of_the_deployed_workflow(laboratory: Laboratory) -> None:
    assert set(laboratory.functions()) == set(table.STATES)


@pytest.mark.requirement(250, 251, 252, 253, 256)
def test_each_state_survives_one_kind_of_fault(laboratory: Laboratory) -> None:
    assert explore(laboratory, list(table.sample()))[0] == []


@pytest.mark.prove
@pytest.mark.requirement(250, 251, 252, 253, 256)
def test_every_state_survives_every_fault_once_and_always(laboratory: Laboratory, pytestconfig: pytest.Config) -> None:
    problems, shown = explore(laboratory, list(table.CELLS))
    pytestconfig.stash.setdefault(TABLES, []).append(shown)
    assert problems == []
