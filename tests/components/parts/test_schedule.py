"""Schedules: who acts for whom, and what becomes of a start that never succeeded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.parts.schedule import Schedule, ScheduleArgs
from components.parts.signal import Signal
from components.parts.statement import allow
from plan.graph import Graph
from settings.schedule import ScheduleSettings
from tests.harness import ACCOUNT_ID, KEYS, REGION, STACK, build, only, statements

TARGET = f"arn:aws:states:{REGION}:{ACCOUNT_ID}:stateMachine:example"


def args(**changes: Any) -> ScheduleArgs:
    given: dict[str, Any] = {
        "settings": ScheduleSettings(expression="rate(2 hours)", time_zone="Europe/Berlin"),
        "stack": STACK,
        "keys": KEYS,
        "role": "nightly",
        "target_arn": TARGET,
        "start": allow("states:StartExecution", on=[TARGET]),
        "runbook": "nightly.md",
        "group": "workflow",
    }
    return ScheduleArgs(**given | changes)


@pytest.fixture(scope="module")
def schedule() -> Graph:
    return build(lambda: Schedule("example", args()))


def test_it_is_what_the_settings_say(schedule: Graph) -> None:
    inputs = only(schedule, "aws:scheduler/schedule:Schedule").inputs
    assert inputs["name"] == "example-production-nightly"
    assert (inputs["scheduleExpression"], inputs["scheduleExpressionTimezone"]) == ("rate(2 hours)", "Europe/Berlin")
    assert inputs["flexibleTimeWindow"] == {"mode": "OFF"}
    assert (inputs["target"]["arn"], inputs["target"]["input"]) == (TARGET, "{}")


def test_a_start_is_tried_for_an_hour_and_then_waits_for_somebody(schedule: Graph) -> None:
    target = only(schedule, "aws:scheduler/schedule:Schedule").inputs["target"]
    letters = only(schedule, "aws:sqs/queue:Queue")
    assert target["retryPolicy"]["maximumEventAgeInSeconds"] == 3600
    assert target["retryPolicy"]["maximumRetryAttempts"] == 24
    assert target["deadLetterConfig"] == {"arn": letters.outputs["arn"]}
    assert letters.inputs["kmsMasterKeyId"] == KEYS.data


def test_it_may_start_its_target_and_write_its_letters_and_nothing_else(schedule: Graph) -> None:
    letters = only(schedule, "aws:sqs/queue:Queue").outputs["arn"]
    policy = statements(only(schedule, "aws:iam/rolePolicy:RolePolicy"))
    assert [(s["Action"], s["Resource"]) for s in policy] == [
        (["states:StartExecution"], [TARGET]),
        (["sqs:SendMessage"], [letters]),
        (["kms:Decrypt", "kms:GenerateDataKey"], [KEYS.data]),
    ]
    assert policy[2]["Condition"] == {"StringEquals": {"kms:ViaService": f"sqs.{REGION}.amazonaws.com"}}


def test_scheduler_acts_for_the_schedules_of_this_account_alone(schedule: Graph) -> None:
    role = only(schedule, "aws:iam/role:Role")
    [trust] = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
        "ArnLike": {"aws:SourceArn": f"arn:aws:scheduler:{REGION}:{ACCOUNT_ID}:schedule-group/default"},
    }
    assert only(schedule, "aws:scheduler/schedule:Schedule").inputs["target"]["roleArn"] == role.outputs["arn"]


def test_it_waits_for_its_permissions(schedule: Graph) -> None:
    policy = only(schedule, "aws:iam/rolePolicy:RolePolicy")
    assert policy.urn in only(schedule, "aws:scheduler/schedule:Schedule").registration.dependencies


def test_a_missed_start_is_a_signal() -> None:
    found: list[Signal] = []
    build(lambda: found.extend(Schedule("example", args()).signals()))
    assert [(s.kind, s.subject, s.runbook, s.group) for s in found] == [
        ("queue_dead_letters", "nightly-schedule", "nightly.md", "workflow")
    ]
