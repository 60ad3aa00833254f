"""Task generation at its deadline: nothing is begun any more, and the run still ends as one that is told of."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.twin.experiments.laboratory import Laboratory
from tests.twin.system import eventually

TITLES = ["Tie a bowline", "Reef the main", "Anchor in sand"]


@contextmanager
def deadline(laboratory: Laboratory, seconds: int) -> Iterator[None]:
    """Runs that are started meanwhile have their deadline so many seconds after their start."""
    states, machine = laboratory.states, laboratory.machine
    before = states.describe_state_machine(stateMachineArn=machine)["definition"]
    changed = json.loads(before)
    changed["States"]["ValidateInput"]["Parameters"]["Payload"]["deadlineSeconds"] = seconds
    states.update_state_machine(stateMachineArn=machine, definition=json.dumps(changed))
    try:
        yield
    finally:
        states.update_state_machine(stateMachineArn=machine, definition=before)


@pytest.mark.requirement(252, 256, 257)
def test_an_action_waits_for_a_place_until_the_deadline_and_the_others_have_their_tasks(
    laboratory: Laboratory,
) -> None:
    user = laboratory.person()
    goal = user.goal_with_actions(TITLES)
    hurt, *others = laboratory.actions(goal)
    fault = laboratory.inject(laboratory.functions()["GenerateTasks"], "throttle", contains=f'"actionId": "{hurt}"')
    with deadline(laboratory, 15):
        began = time.monotonic()
        run = laboratory.ended(laboratory.start(user, goal))
        lasted = time.monotonic() - began
    assert (run.machine, run.status, run.goal) == ("SUCCEEDED", "partially_succeeded", "active")
    assert (run.failed, set(run.tasks)) == (((hurt, "DeadlineExceeded"),), set(others))
    assert 14 < lasted < 30
    assert len(laboratory.calls(fault)) > 3
    eventually(lambda: laboratory.told(run.execution), within=30)


@pytest.mark.requirement(252, 256)
def test_a_run_whose_first_steps_outlast_the_deadline_begins_no_action_and_is_told_of(laboratory: Laboratory) -> None:
    user = laboratory.person()
    goal = user.goal_with_actions(TITLES)
    functions = laboratory.functions()
    begun = [laboratory.inject(functions[step], "observe", contains=goal) for step in ("GenerateTasks", "SaveTasks")]
    with deadline(laboratory, 0):
        run = laboratory.ended(laboratory.start(user, goal))
    assert (run.machine, run.status, run.error) == ("FAILED", "failed", "AllActionsFailed")
    assert run.failed == tuple((action, "DeadlineExceeded") for action in laboratory.actions(goal))
    assert [laboratory.calls(fault) for fault in begun] == [[], []]
    eventually(lambda: laboratory.told(run.execution), within=30)
