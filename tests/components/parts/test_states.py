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


ITEM = {"id.$": "$$.Map.Item.Value"}
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
        {
            "Each": states.map_(
                "$$.Execution.Input.items", item=ITEM, iterator=inner, concurrency=1, result_path="$.results"
            )
        },
    )
    with pytest.raises(states.DefinitionError, match=f"state Work may take {timeout} s and the machine 10 s"):
        states.machine(outer, comment="example", timeout=10)
    assert states.machine(outer, comment="example", timeout=12)["TimeoutSeconds"] == 12


def test_tasks_inside_maps_are_found() -> None:
    inner = states.flow("Inner", {"Inner": task(), "Failed": FAILED})
    mapped = states.map_(
        "$$.Execution.Input.items", item=ITEM, iterator=inner, concurrency=2, result_path="$.r", next="Outer"
    )
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


def fails(start: str, flow: dict[str, states.State]) -> str:
    with pytest.raises(states.DefinitionError) as raised:
        states.machine(states.flow(start, flow), comment="example", timeout=60)
    return str(raised.value)


def made(result_path: str, **changes: Any) -> states.State:
    return task(payload={}, result_path=result_path, **changes)


def test_a_path_that_nobody_has_written_is_refused_with_what_there_is() -> None:
    flow = {"First": made("$.made", next="Second"), "Second": task(), "Failed": FAILED}
    assert fails("First", flow) == "state Second reads $.id, which no way to it has put there (known: $.made)"


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        (states.equals("$.gone", "b", next="Failed"), "$.gone"),
        ({"Variable": "$.id", "TimestampGreaterThanEqualsPath": "$.never", "Next": "Failed"}, "$.never"),
    ],
)
def test_a_choice_by_what_nobody_has_written_is_refused(rule: Any, path: str) -> None:
    flow = {"First": made("$.id", next="Second"), "Second": states.choice([rule], default="Failed"), "Failed": FAILED}
    assert f"reads {path}, which no way to it has put there" in fails("First", flow)


def test_an_item_of_what_is_there_may_be_read() -> None:
    second = task(payload={"first.$": "$.made.count[0]", "all.$": "$.made"})
    flow = {"First": made("$.made", result=("count",), next="Second"), "Second": second, "Failed": FAILED}
    assert states.machine(states.flow("First", flow), comment="example", timeout=60)


def test_a_field_that_an_answer_does_not_have_is_refused() -> None:
    read = task(payload={"count.$": "$.made.count"})
    assert "reads $.made.count" in fails("First", {"First": made("$.made", next="Second"), "Second": read,
                                                  "Failed": FAILED})  # fmt: skip


def test_what_only_one_of_two_ways_brings_is_refused() -> None:
    flow = {
        "First": made("$.made", catches=[states.catch("Second")], next="Second"),
        "Second": states.pass_({"id.$": "$.made.id"}),
    }
    assert fails("First", flow) == "state Second reads $.made.id, which no way to it has put there (known: nothing)"
    flow["Second"] = states.pass_({"all.$": "$"})
    assert states.machine(states.flow("First", flow), comment="example", timeout=60)


def test_the_error_of_a_caught_failure_can_be_read() -> None:
    flow = {
        "First": made("$.made", catches=[states.catch("Marked")]),
        "Marked": states.pass_({"error.$": "$.error.Error"}),
    }
    assert states.machine(states.flow("First", flow), comment="example", timeout=60)
    flow["Marked"] = states.pass_({"error.$": "$.error.Name"})
    assert "reads $.error.Name" in fails("First", flow)


def test_inside_a_map_only_what_its_items_are_given_can_be_read() -> None:
    inner = states.flow("Inner", {"Inner": states.pass_({"run.$": "$.run", "id.$": "$.item.id"})})
    flow = {
        "First": made("$.run", next="Each"),
        "Each": states.map_(
            "$.run.id", item={"item.$": "$$.Map.Item.Value"}, iterator=inner, concurrency=1, result_path="$.results"
        ),
        "Failed": FAILED,
    }
    assert fails("First", flow) == "state Inner reads $.run, which no way to it has put there (known: $.item)"


def test_what_a_pass_state_leaves_out_is_gone() -> None:
    flow = {
        "First": made("$.made", next="Shape"),
        "Shape": states.only("$.made", next="Last"),
        "Last": states.pass_({"id.$": "$.id", "again.$": "$.made.id"}),
        "Failed": FAILED,
    }
    assert fails("First", flow) == "state Last reads $.made.id, which no way to it has put there (known: $.id)"


def test_an_answer_taken_whole_may_hold_anything() -> None:
    flow = {
        "First": made("$.made", result=None, next="Second"),
        "Second": task(payload="$.made.answer", catches=[states.catch("Failed")], next="Third"),
        "Third": states.choice([states.equals("$.id", "x", next="Failed")], default="Failed"),
        "Failed": FAILED,
    }
    assert states.machine(states.flow("First", flow), comment="example", timeout=60)
    assert flow["Second"]["Parameters"]["Payload.$"] == "$.made.answer"
