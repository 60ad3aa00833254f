"""Task generation against faults: every function of the workflow fails in every way, once and always.

However a run is hurt, it ends in a terminal status, no task is lost or saved twice, and what failed is told.
"""

from __future__ import annotations

import pytest

from tests.twin.experiments import table
from tests.twin.experiments.laboratory import Laboratory, Run, side_by_side
from tests.twin.experiments.table import Cell, End
from tests.twin.system import User, eventually

TITLES = ["Tie a bowline", "Reef the main", "Anchor in sand"]


def experiment(laboratory: Laboratory, user: User, cell: Cell) -> tuple[Run, int, list[str]]:
    """Run one cell: the run's end, how often the function was called, what was told."""
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
    return run, len(laboratory.calls(fault)), laboratory.told(run.execution)


def found(cell: Cell, run: Run, attempts: int, told: list[str]) -> End:
    """What came of a cell, in the words of the promises."""
    hurt = run.actions[0]
    failed = "".join(error for _, error in run.failed)
    assert all(action == hurt for action, _ in run.failed), f"{cell}: {run.failed}"
    complete = set(run.tasks) == set(run.actions)
    # Nobody's tasks are lost: all but a marked action's are there, unless the run ended before they were made.
    early = cell.state in {"ValidateInput", "GetActions", "CreateBatches", "HandleError"}
    assert complete or (early and run.status == "failed") or set(run.tasks) == set(run.actions) - {hurt}, f"{cell}"
    return End(
        machine=run.machine,
        run=run.status,
        goal=run.goal,
        error=run.error,
        failed=failed,
        attempts=attempts,
        told=bool(told),
    )


def explore(laboratory: Laboratory, cells: list[Cell]) -> list[str]:
    """Run the cells side by side, print the table, and say what was not as promised."""
    # Several people: each has a share of the model's day.
    users = [laboratory.person() for _ in range(1 + len(cells) // 20)]
    marks: dict[Cell, str] = {}

    def one(numbered: tuple[int, Cell]) -> str:
        index, cell = numbered
        promised = table.expected(cell)
        try:
            seen = found(cell, *experiment(laboratory, users[index % len(users)], cell))
        except AssertionError as problem:
            marks[cell] = "!"
            return f"{cell}: {problem}"
        marks[cell] = {"succeeded": "S", "partially_succeeded": "P", "failed": "F"}.get(seen.run, "!")
        if seen == promised:
            return ""
        marks[cell] += "!"
        return f"{cell}:\n  promised {promised}\n  found    {seen}"

    problems = side_by_side(one, list(enumerate(cells)))
    print(f"\n{table.rendered(marks)}")
    return [problem for problem in problems if problem]


def test_the_table_speaks_of_every_task_state_of_the_deployed_workflow(laboratory: Laboratory) -> None:
    assert set(laboratory.functions()) == set(table.STATES)


@pytest.mark.requirement(250, 251, 252, 253, 256)
def test_each_state_survives_one_kind_of_fault(laboratory: Laboratory) -> None:
    assert explore(laboratory, list(table.sample())) == []


@pytest.mark.prove
@pytest.mark.requirement(250, 251, 252, 253, 256)
def test_every_state_survives_every_fault_once_and_always(laboratory: Laboratory) -> None:
    assert explore(laboratory, list(table.CELLS)) == []
