"""Repository monitoring: what happened in the followed repositories is found and queued (rows 85 to 90, 260 to 265).

Sources are looked at side by side, and one that fails is marked and stops no other. Its last check moves only when all
was detected and queued, so that what could not be queued is found again by the next run. Within the map no field of a
function's answer is named, because a missing one would end the run and not the source.

Many sources that are all slow outlast the run. Its time limit then ends it: what was found until then is stored and
queued, the others are found by the next run, and the time-out is heard of.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pulumi

from components.parts import durations, states
from components.parts.grant import Grant
from components.parts.work import Work
from settings.monitoring import MonitoringScheduled

# What asking again would not change: the repository is gone or private, or the token is not accepted.
PERMANENT = ("RepositoryNotFound", "GitHubAccessDenied")
# The function itself has waited as long as GitHub asked and it had time for.
LIMITED = ("GitHubRateLimited",)
# GitHub's secondary limits ask for a minute (GitHub documentation, rate limits).
LIMITED_SECONDS = 60
# How long a step waits while its function has no free place.
PATIENCE_SECONDS = 300
# No run looks at more sources than this.
MOST_SOURCES = 1000
Functions = Mapping[str, pulumi.Input[str]]


def work(settings: MonitoringScheduled, *, database: Grant, github: Grant, queue: Grant) -> Work:
    """Repository monitoring as a workflow that starts by itself."""
    return Work(
        role="repository-monitoring",
        steps=steps(database=database, github=github, queue=queue),
        definition=partial(definition, settings=settings),
        log_retention_days=settings.log_retention_days,
        runbook="repository-monitoring.md",
        exported_as="monitoring_state_machine",
        schedule=settings.schedule,
    )


def steps(*, database: Grant, github: Grant, queue: Grant) -> dict[str, Grant]:
    """The workflow's functions, and what each uses."""
    return {
        "list_data_sources": database,
        "detect_updates": database | github,
        "enqueue_activities": queue,
        "mark_checked": database,
        "summarize_run": Grant(),
    }


def _retries() -> list[dict[str, Any]]:
    """Three retries, each wait up to twice the one before; a full function is waited for (row 90)."""
    return [states.wait_for_a_place(PATIENCE_SECONDS), states.retry(["States.ALL"], interval=2, attempts=3)]


def _source(functions: Functions, settings: MonitoringScheduled) -> states.State:
    """One source: detect, queue, remember; whatever fails is remembered instead."""
    patient = states.retry(LIMITED, interval=LIMITED_SECONDS, attempts=2)

    def step(
        name: str, payload: dict[str, Any] | str, timeout: int, catch: str, result_path: str, next_: str, *first: Any
    ) -> states.State:
        return states.task(
            functions[name],
            payload=payload,
            timeout=timeout,
            retries=[*first, *_retries()],
            catches=[states.catch(catch)],
            result=None,
            result_path=result_path,
            next=next_,
        )

    short = settings.step_timeout_seconds
    found, failed = "$.detected.answer", {"sourceId.$": "$.sourceId", "error.$": "$.error.Error"}
    return states.flow(
        "DetectUpdates",
        {
            "DetectUpdates": step(
                "detect_updates", {"sourceId.$": "$.sourceId"}, settings.detect_timeout_seconds, "MarkFailed",
                "$.detected", "EnqueueActivities", states.never(PERMANENT), patient,
            ),
            "EnqueueActivities": step(
                "enqueue_activities", found, short, "MarkFailed", "$.queued", "MarkChecked"
            ),
            "MarkChecked": step("mark_checked", found, short, "MarkFailed", "$.marked", "SourceDone"),
            "MarkFailed": step("mark_checked", failed, short, "SourceFailed", "$.marked", "SourceDone"),
            "SourceDone": states.only("$.marked.answer"),
            "SourceFailed": states.pass_(failed),
        },
    )  # fmt: skip


def definition(functions: Functions, settings: MonitoringScheduled) -> dict[str, Any]:
    """The whole definition; `functions` are alias ARNs by name. RunError when not even one source might be finished."""
    machine = states.machine(
        _run(functions, settings),
        comment="What happened in the followed repositories, every day",
        timeout=settings.timeout_seconds,
    )
    ends = time(machine, sources=1)
    if ends >= settings.timeout_seconds:
        raise pulumi.RunError(
            f"goal-mandala:monitoring: a run with a single source may last {ends:.0f} s and timeout_seconds is "
            f"{settings.timeout_seconds}: a machine's timeout cannot be caught, so the source would not be marked; "
            f"raise timeout_seconds, or lower detect_timeout_seconds or step_timeout_seconds"
        )
    return machine


def time(machine: Mapping[str, Any], sources: int = MOST_SOURCES) -> float:
    """The longest run over so many sources in seconds, if its time limit did not end it."""
    return durations.flow(machine, durations.Count(items={"LookAtSources": sources}))


def _run(functions: Functions, settings: MonitoringScheduled) -> states.State:
    failed = [states.catch("MonitoringFailed")]

    def step(name: str, payload: dict[str, Any], result: tuple[str, ...], result_path: str, next_: str) -> states.State:
        return states.task(
            functions[name],
            payload=payload,
            timeout=settings.step_timeout_seconds,
            retries=_retries(),
            catches=failed,
            result=result,
            result_path=result_path,
            next=next_,
        )

    summary = ("sources", "newActivities", "failedSources", "failures")
    return states.flow(
        "ListDataSources",
        {
            "ListDataSources": step("list_data_sources", {}, ("sources",), "$.found", "LookAtSources"),
            "LookAtSources": states.map_(
                "$.found.sources",
                item={"sourceId.$": "$$.Map.Item.Value.sourceId"},
                iterator=_source(functions, settings),
                concurrency=settings.source_concurrency,
                result_path="$.results",
                catches=failed,
                next="SummarizeRun",
            ),
            "SummarizeRun": step("summarize_run", {"results.$": "$.results"}, summary, "$", "Done"),
            "Done": states.succeed(),
            "MonitoringFailed": states.fail(
                error="MonitoringFailed", cause="The run failed as a whole; what it stored and queued stays"
            ),
        },
    )
