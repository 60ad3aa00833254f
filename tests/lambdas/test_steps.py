"""The workflow's rules that need neither database nor AWS."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.aggregate_results import logic as aggregate_results
from lambdas.create_batches import logic as create_batches
from lambdas.shared import environment, outcomes
from lambdas.update_goal_status import logic as update_goal_status

DONE, FAILURE = {"actionId": "b"}, {"actionId": "a", "error": "X"}


@pytest.mark.requirement(249)
@given(st.lists(st.uuids().map(str), max_size=64))
def test_batches_hold_at_most_eight_and_keep_the_order(actions: list[str]) -> None:
    batches = create_batches.batches(actions)
    assert [action for batch in batches for action in batch["actionIds"]] == actions
    assert all(1 <= len(batch["actionIds"]) <= 8 for batch in batches)
    assert [batch["index"] for batch in batches] == list(range(len(batches)))
    assert len(batches) == -(-len(actions) // 8)


@pytest.mark.parametrize(
    ("batches", "status", "processed"),
    [
        ([], "succeeded", 0),
        ([[DONE] * 8, [DONE]], "succeeded", 9),
        ([[DONE] * 8, [FAILURE]], "partially_succeeded", 8),
        ([[FAILURE]], "failed", 0),
    ],
)
def test_a_run_succeeds_wholly_in_part_or_not(batches: list[Any], status: str, processed: int) -> None:
    result = aggregate_results.result([{"results": results} for results in batches])
    assert (result["status"], result["processed"]) == (status, processed)
    assert result["failed"] == [result for results in batches for result in results if result == FAILURE]


def test_an_error_is_known_by_its_name() -> None:
    outcome = outcomes.outcome(
        [
            {"actionId": "a", "saved": 3},
            {"actionId": "b", "error": "X"},
            {"actionId": "c", "error": {"Error": "Y", "Cause": "words"}},
            {"actionId": "d", "error": {"Cause": "words"}},
        ]
    )
    assert outcome.processed == 1
    assert [failure["error"] for failure in outcome.failed] == ["X", "Y", "Unknown"]


def test_the_reason_names_every_error_once() -> None:
    failed = [{"error": "X"}, {"error": "Y"}, {"error": "X"}]
    assert update_goal_status.reason({"failed": failed}) == "X, Y"
    assert update_goal_status.reason({"failed": []}) is None


def test_every_missing_variable_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from lambdas.ai.handler import Env

    monkeypatch.delenv("STATE_MACHINE_ARN")
    monkeypatch.delenv("CORS_ORIGINS")
    with pytest.raises(RuntimeError, match="lambdas.ai.handler needs .* CORS_ORIGINS, STATE_MACHINE_ARN"):
        environment.read(Env)
