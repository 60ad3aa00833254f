"""Task generation against the model: what it may answer, and what becomes of the one action that asked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from tests.twin.experiments.laboratory import Laboratory, side_by_side


@dataclass(frozen=True, kw_only=True)
class Row:
    """A fault of the model, the error's name in the workflow, and how often the model is asked while it lasts."""

    fault: dict[str, Any]
    error: str
    attempts: int


ROWS = (
    Row(fault={"kind": "throttle"}, error="ModelThrottled", attempts=4),
    Row(fault={"kind": "error"}, error="ModelUnavailable", attempts=4),
    Row(fault={"kind": "error", "status": 503}, error="ModelUnavailable", attempts=4),
    Row(fault={"kind": "error", "code": "ModelTimeoutException"}, error="ModelUnavailable", attempts=4),
    Row(fault={"kind": "reset"}, error="ModelUnavailable", attempts=4),
    Row(fault={"kind": "malformed"}, error="ModelAnswerInvalid", attempts=4),
    Row(fault={"kind": "error", "code": "ServiceQuotaExceededException"}, error="ModelQuotaExceeded", attempts=1),
    Row(fault={"kind": "error", "code": "AccessDeniedException"}, error="ModelAccessDenied", attempts=1),
    Row(fault={"kind": "error", "code": "ValidationException"}, error="ModelAccessDenied", attempts=1),
)


def explore(laboratory: Laboratory, row: Row, *, times: int | None) -> str:
    """One action of two meets the fault; what was not as promised."""
    user = laboratory.person()
    title = f"Practise knot {uuid.uuid4().hex[:8]}"
    goal = user.goal_with_actions([title, "Read the chart"])
    hurt, spared = laboratory.actions(goal)
    asked = laboratory.inject(laboratory.functions()["GenerateTasks"], "observe", contains=f'"actionId": "{hurt}"')
    laboratory.system.fault(contains=title, times=times, **row.fault)
    run = laboratory.ended(laboratory.start(user, goal), within=300)
    lasting = times is None or row.attempts == 1
    failed = ((hurt, row.error),) if lasting else ()
    promised = ("active", failed, {spared} if lasting else {hurt, spared}, row.attempts if lasting else 2)
    found = (run.goal, run.failed, set(run.tasks), len(laboratory.calls(asked)))
    return "" if found == promised else f"{row} {times}: promised {promised}, found {found}"


@pytest.mark.requirement(250, 251, 252, 259)
def test_a_fault_of_the_model_that_lasts_marks_its_action_alone(laboratory: Laboratory) -> None:
    problems = side_by_side(lambda row: explore(laboratory, row, times=None), list(ROWS))
    assert [problem for problem in problems if problem] == []


@pytest.mark.requirement(250, 251, 259)
def test_a_fault_of_the_model_that_passes_leaves_no_trace_where_it_is_worth_another_try(
    laboratory: Laboratory,
) -> None:
    problems = side_by_side(lambda row: explore(laboratory, row, times=1), list(ROWS))
    assert [problem for problem in problems if problem] == []


@pytest.mark.prove
@pytest.mark.requirement(250)
def test_a_model_that_does_not_answer_is_given_up_within_the_states_time_and_asked_again(
    laboratory: Laboratory,
) -> None:
    silent = Row(fault={"kind": "timeout"}, error="ModelUnavailable", attempts=4)
    assert explore(laboratory, silent, times=1) == ""
