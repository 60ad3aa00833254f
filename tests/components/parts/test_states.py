"""Amazon States Language: what the checker lets through, and what it refuses by name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.parts import states


def task(**changes: Any) -> states.State:
    arguments: dict[str, Any] = {
        "payload": {"id.$": "$.id"},
        "timeout": 10,
        "retries": [states.retry(["States.ALL"], interval=1, attempts=3)],
        "catches": [states.catch("Failed")],
        "result": ("id",),
    }
    return states.task("arn:aws:lambda:eu-west-1:123456789012:function:example:live", **(arguments | changes))


FAILED = states.fail(error="Failed", cause="because")


def test_a_task_takes_the_named_fields_of_the_answer() -> None:
    state = task(result=("id", "count"), result_path="$.made", next="Then")
    assert state["Resource"] == "arn:aws:states:::lambda:invoke"
    assert state["ResultSelector"] == {"id.$": "$.Payload.id", "count.$": "$.Payload.count"}
    assert state["ResultPath"] == "$.made"
    assert state["Next"] == "Then"
    assert "End" not in state


def test_a_state_without_a_successor_is_the_end() -> None:
    assert task()["End"] is True
    assert "Next" not in task()


def test_retries_wait_longer_each_time_and_not_all_at_once() -> None:
    assert states.retry(["A"], interval=2, attempts=3) == {
        "ErrorEquals": ["A"],
        "IntervalSeconds": 2,
        "MaxAttempts": 3,
        "BackoffRate": 2.0,
        "JitterStrategy": "FULL",
    }
    assert "JitterStrategy" not in states.retry(["A"], interval=2, attempts=3, jitter=False)
    assert states.never(["A"]) == {"ErrorEquals": ["A"], "MaxAttempts": 0}


@pytest.mark.parametrize("missing", ["TimeoutSeconds", "Retry", "Catch"])
def test_a_task_without_guard_is_refused(missing: str) -> None:
    state = task()
    del state[missing]
    with pytest.raises(states.DefinitionError, match=f"state Work has no {missing}"):
        states.flow("Work", {"Work": state, "Failed": FAILED})


def test_a_flow_that_starts_nowhere_is_refused() -> None:
    with pytest.raises(states.DefinitionError, match="starts at 'Wrok'"):
        states.flow("Wrok", {"Work": task(), "Failed": FAILED})


@pytest.mark.parametrize(
    "state",
    [
        task(next="Nowhere"),
        task(catches=[states.catch("Nowhere")]),
        states.choice([states.equals("$.a", "b", next="Nowhere")], default="Failed"),
        states.choice([states.equals("$.a", "b", next="Failed")], default="Nowhere"),
    ],
    ids=["next", "catch", "rule", "default"],
)
def test_a_way_to_nowhere_is_refused(state: states.State) -> None:
    with pytest.raises(states.DefinitionError, match="state Work goes to 'Nowhere'"):
        states.flow("Work", {"Work": state, "Failed": FAILED})


def test_a_state_that_nothing_leads_to_is_refused() -> None:
    with pytest.raises(states.DefinitionError, match=r"\['Lost'\] cannot be reached from Work"):
        states.flow("Work", {"Work": task(), "Failed": FAILED, "Lost": states.succeed()})


def test_a_flow_that_never_ends_is_refused() -> None:
    with pytest.raises(states.DefinitionError, match="ends the flow"):
        states.flow("A", {"A": states.pass_({}, next="B"), "B": states.pass_({}, next="A")})


@pytest.mark.parametrize("timeout", [10, 11])
def test_a_task_that_may_outlast_the_machine_is_refused(timeout: int) -> None:
    inner = states.flow("Work", {"Work": task(timeout=timeout), "Failed": FAILED})
    outer = states.flow(
        "Each",
        {"Each": states.map_("$.items", item={}, iterator=inner, concurrency=1, result_path="$.results")},
    )
    with pytest.raises(states.DefinitionError, match=f"state Work may take {timeout} s and the machine 10 s"):
        states.machine(outer, comment="example", timeout=10)
    assert states.machine(outer, comment="example", timeout=12)["TimeoutSeconds"] == 12


def test_tasks_inside_maps_are_found() -> None:
    inner = states.flow("Inner", {"Inner": task(), "Failed": FAILED})
    mapped = states.map_("$.items", item={}, iterator=inner, concurrency=2, result_path="$.r", next="Outer")
    outer = states.flow("Each", {"Each": mapped, "Outer": task(), "Failed": FAILED})
    assert [name for name, _ in states.tasks(outer)] == ["Inner", "Outer"]


@given(st.integers(min_value=1, max_value=12), st.data())
def test_a_chain_is_accepted_and_loses_nothing_whatever_its_length(length: int, data: st.DataObject) -> None:
    names = [f"S{number}" for number in range(length)]
    chain = {
        name: states.pass_({}, next=names[number + 1] if number + 1 < length else None)
        for number, name in enumerate(names)
    }
    assert list(states.flow("S0", chain)["States"]) == names
    cut = data.draw(st.integers(min_value=0, max_value=length - 1))
    without = {name: state for name, state in chain.items() if name != names[cut]}
    with pytest.raises(states.DefinitionError):
        states.flow("S0", without)
