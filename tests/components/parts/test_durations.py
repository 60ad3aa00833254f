"""How long a state machine may take: counted by hand, and refused where it is too long."""

from __future__ import annotations

from math import inf
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.definitions import repository_monitoring, task_generation
from components.parts import durations, states
from components.parts.durations import Count, Deadline
from components.parts.grant import Grant
from lambdas.create_batches.logic import batches
from lambdas.shared import run
from plan.graph import Graph
from settings.monitoring import MonitoringScheduled
from settings.workflow import WorkflowSettings
from tests.components.test_definitions import definition

ALL = states.retry(["States.ALL"], interval=2, attempts=3, jitter=False)
NONE = states.never(["States.ALL"])
MODEL = {"provider": "bedrock", "id": "example"}
WORKFLOW: dict[str, Any] = {
    "timeout_seconds": 900,
    "deadline_seconds": 780,
    "batch_concurrency": 3,
    "action_concurrency": 8,
    "generate_timeout_seconds": 120,
    "step_timeout_seconds": 60,
    "closing_timeout_seconds": 6,
    "log_retention_days": 30,
    "daily_model_calls": 1,
    "model": MODEL,
}
MONITORING: dict[str, Any] = {
    "mode": "scheduled",
    "schedule": {"expression": "rate(1 day)", "time_zone": "UTC"},
    "source_concurrency": 5,
    "detect_timeout_seconds": 300,
    "step_timeout_seconds": 60,
    "timeout_seconds": 7200,
    "summary_concurrency": 5,
    "max_receive_count": 3,
    "log_retention_days": 30,
    "github_token": None,
}


def task(timeout: int = 10, *, retries: list[Any] | None = None, **more: Any) -> states.State:
    given: dict[str, Any] = {"catches": [states.catch("Failed")], "result": None, **more}
    return states.task("arn", payload={}, timeout=timeout, retries=retries or [NONE], **given)


def each(iterator: states.State, concurrency: int, **more: Any) -> states.State:
    given = {"result_path": "$.results", **more}
    return states.map_("$.items", item={}, iterator=iterator, concurrency=concurrency, **given)


def flow(start: str, **named: states.State) -> states.State:
    return states.flow(start, named)


def generation(**changes: Any) -> tuple[dict[str, Any], WorkflowSettings]:
    settings = WorkflowSettings.model_validate(WORKFLOW | changes)
    functions = {name: name for name in task_generation.steps(database=Grant(), alerts=Grant(), model=Grant())}
    return task_generation.definition(functions, settings), settings


def monitoring(**changes: Any) -> dict[str, Any]:
    settings = MonitoringScheduled.model_validate(MONITORING | changes)
    functions = {"list_data_sources", "detect_updates", "enqueue_activities", "mark_checked", "summarize_run"}
    return repository_monitoring.definition({name: name for name in functions}, settings)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (ALL, [2, 4, 8]),
        (states.retry(["E"], interval=2, attempts=5, backoff=1.5, longest=6), [2, 3, 4.5, 6, 6]),
        ({"ErrorEquals": ["E"]}, [1, 2, 4]),
        (NONE, []),
    ],
    ids=["doubling", "bounded", "left out", "never"],
)
def test_the_waits_of_a_rule_grow_until_their_bound(rule: dict[str, Any], expected: list[float]) -> None:
    assert durations.waits(rule) == expected


@pytest.mark.parametrize(
    ("retries", "expected"),
    [
        ([NONE], 10),
        ([ALL], 4 * 10 + 14),
        ([states.retry(["E"], interval=60, attempts=2), ALL], 6 * 10 + 60 + 120 + 14),
        ([states.retry(states.THROTTLED, interval=6, attempts=2), ALL], 4 * 10 + 6 + 12 + 14),
    ],
    ids=["none", "three", "two rules", "a full function takes no time"],
)
def test_a_task_takes_every_attempt_and_every_wait(retries: list[dict[str, Any]], expected: float) -> None:
    assert durations.task(task(retries=retries)) == expected


def test_the_longest_way_counts_those_of_failures() -> None:
    caught = task(20, next="Done", catches=[states.catch("Handle")])
    handle = task(100, catches=[states.catch("Failed")], next="Failed")
    machine = flow("Try", Try=caught, Done=states.pass_({}), Handle=handle, Failed=states.succeed())
    assert durations.flow(machine, Count(items={})) == 120


def test_a_way_back_ends_the_count_and_past_the_deadline_there_is_none() -> None:
    again = task(10, next="Done", catches=[states.catch("Wait")])
    machine = flow("Try", Try=again, Wait=states.wait(7, next="Try"), Done=states.succeed())
    assert durations.flow(machine, Count(items={})) == 17
    past = Deadline(seconds=1, grace=1, heeded_by=[])
    assert durations.flow(machine, Count(items={}, past=past)) == inf


@given(st.integers(1, 200), st.integers(1, 40))
def test_a_map_takes_as_many_waves_as_its_concurrency_asks_for(items: int, concurrency: int) -> None:
    inner = flow("Work", Work=task(10), Failed=states.succeed())
    taken = durations.flow(flow("Each", Each=each(inner, concurrency)), Count(items={"Each": items}))
    assert (taken / 10 - 1) * concurrency < items <= taken / 10 * concurrency


def test_a_map_without_a_bound_is_one_wave() -> None:
    inner = flow("Work", Work=task(10), Failed=states.succeed())
    assert durations.flow(flow("Each", Each=each(inner, 0)), Count(items={"Each": 50})) == 10


def test_after_the_deadline_nothing_is_begun_and_what_is_under_way_ends() -> None:
    begin = states.choice([states.has_passed("$.at", next="Late")], default="Work")
    work = task(100, retries=[ALL], catches=[states.catch("Late")], next="Save")
    inner = flow("Begin", Begin=begin, Work=work, Save=task(20, catches=[states.catch("Late")]), Late=states.pass_({}))
    machine = flow("Each", Each=each(inner, 1, next="Last"), Last=task(30), Failed=states.succeed())
    heeded = Deadline(seconds=50, grace=5, heeded_by=["Work"])
    # Each of nine items is skipped; the one under way is handed in within 5 s, saved within 20, the run ended in 30.
    assert durations.after(machine, Count(items={"Each": 9}, past=heeded)) == 5 + 20 + 30
    # An attempt that fails at the last moment is followed by one that is refused, after the longest wait.
    slow = Deadline(seconds=50, grace=15, heeded_by=["Work"])
    assert durations.after(machine, Count(items={"Each": 9}, past=slow)) == 15 + 8 + 15 + 30
    # Where nobody heeds it: four attempts and their waits before.
    ignored = Deadline(seconds=50, grace=5, heeded_by=[])
    assert durations.after(machine, Count(items={"Each": 9}, past=ignored)) == 414 + 20 + 30
    # Without a choice by the time each of the others is worked on.
    inner["States"]["Begin"]["Choices"] = [states.equals("$.at", "x", next="Late")]
    assert durations.after(machine, Count(items={"Each": 9}, past=heeded)) == 25 + 9 * 25 + 30


@pytest.mark.requirement(78, 250, 256)
def test_a_run_of_task_generation_ends_before_its_machine_does() -> None:
    generating, early, without = task_generation.times(*generation())
    # 13 minutes; an answer within 5 s, saved in 4 x 6 + 7, added up in 2 x 6 + 1, the status in 3 x 6 + 3, and when
    # that fails the error handled in as long; each of the four waits 4 s for a place.
    assert generating == 780 + 5 + 31 + 13 + 21 + 21 + 4 * 4
    # Three steps of 4 x 60 + 14 that each wait 14.5 s for a place, and the end as above.
    assert early == 3 * (254 + 14.5) + 13 + 21 + 21 + 3 * 4
    # Three waves of batches: 4 x 120 + 14, a place in 6 s, saving and progress as above. Hence the deadline.
    assert without == 3 * (254 + 14.5) + 3 * (494 + 6 + 35 + 17) + 55 + 12
    assert without > 900 > generating


@pytest.mark.requirement(256)
def test_the_count_is_of_the_most_actions_that_a_chart_has() -> None:
    found = batches([str(action) for action in range(8 * 8)])
    assert {"GenerateAllBatches": len(found), "GenerateBatch": len(found[0]["actionIds"])} == task_generation.MOST
    assert run.GRACE_SECONDS == task_generation.GRACE_SECONDS


@pytest.mark.requirement(78, 256)
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"deadline_seconds": 800},
            "goal-mandala:workflow: a run may last 907 s, until what the deadline finds under way is ended, and "
            "timeout_seconds is 900: a machine's timeout cannot be caught, so neither its goal's status would be set "
            "nor anyone told; lower deadline_seconds or closing_timeout_seconds until it ends before that",
        ),
        ({"closing_timeout_seconds": 8}, "a run may last 911 s, until what the deadline finds under way"),
        ({"step_timeout_seconds": 90}, r"may last 1232 s, until its first steps fail .* lower step_timeout_seconds"),
        ({"timeout_seconds": 300, "deadline_seconds": 200}, "timeout_seconds is 300"),
    ],
    ids=["late deadline", "slow saving", "slow beginning", "short machine"],
)
def test_settings_with_which_a_run_might_not_end_in_time_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(pulumi.RunError, match=message):
        generation(**changes)


@pytest.mark.requirement(78, 256)
def test_every_stack_s_runs_end_before_their_machine_does(graph: Graph) -> None:
    machine = definition(graph, "generation")
    payload = machine["States"]["ValidateInput"]["Parameters"]["Payload"]
    past = Deadline(seconds=payload["deadlineSeconds"], grace=5, heeded_by=["GenerateTasks"])
    late = Count(items={"GenerateAllBatches": 8, "GenerateBatch": 8}, past=past)
    assert past.seconds + durations.after(machine, late) < machine["TimeoutSeconds"] <= 900
    assert durations.flow(machine, late) < machine["TimeoutSeconds"]


@pytest.mark.requirement(85, 260)
def test_a_run_of_monitoring_has_time_for_a_source_at_its_worst() -> None:
    # A full function is waited for 2 + 3 + 4.5 + 6.75 + 10.125 + 20 x 12 s; detecting is tried six times with 60 +
    # 120 + 14 s of waits, every other step four times.
    full = 26.375 + 240
    step, detect = 240 + 14 + full, 6 * 300 + 60 + 120 + 14 + full
    machine = monitoring()
    assert repository_monitoring.time(machine, sources=1) == 2 * step + detect + 3 * step < 7200
    # A thousand sources at their worst take days: the time limit ends the run, and the next one goes on.
    assert repository_monitoring.time(machine) == 2 * step + 200 * (detect + 3 * step) > 7200


@pytest.mark.requirement(85)
def test_monitoring_without_time_for_one_source_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match=r"a single source may last 4862 s and timeout_seconds is 3600: .* raise"):
        monitoring(timeout_seconds=3600)
