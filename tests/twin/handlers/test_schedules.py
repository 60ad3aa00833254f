"""Schedules on the twin: held as declared, and started at will."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.twin.account import Account
from twin import schedules
from twin.errors import TwinError

SCHEDULE = "aws:scheduler/schedule:Schedule"
MACHINE = "aws:sfn/stateMachine:StateMachine"
ROLE = "arn:aws:iam::123456789012:role/example"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def inputs(name: str, target_arn: str, given: str = "{}") -> dict[str, Any]:
    return {
        "name": name,
        "groupName": "default",
        "scheduleExpression": "cron(0 17 * * ? *)",
        "scheduleExpressionTimezone": "Asia/Tokyo",
        "flexibleTimeWindow": {"mode": "OFF"},
        "target": {
            "arn": target_arn,
            "roleArn": ROLE,
            "input": given,
            "retryPolicy": {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 24},
            "deadLetterConfig": {"arn": "arn:aws:sqs:ap-northeast-1:123456789012:letters"},
        },
    }


def machine(account: Account, name: str) -> str:
    return account.create(MACHINE, {"name": name, "roleArn": ROLE, "definition": json.dumps(PASS)}).id


def test_a_schedule_is_held_as_declared_and_goes_again(account: Account) -> None:
    made = account.create(SCHEDULE, inputs("kept", "arn:aws:sqs:ap-northeast-1:123456789012:q"))
    client = account.cloud.client("scheduler")
    held = client.get_schedule(Name="kept")
    assert (held["ScheduleExpression"], held["ScheduleExpressionTimezone"]) == ("cron(0 17 * * ? *)", "Asia/Tokyo")
    assert held["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 24}
    assert made.outputs["arn"] == held["Arn"]
    account.delete(made)
    assert schedules.names(account.cloud) == []


def test_firing_starts_the_machine_with_the_schedule_s_input(account: Account) -> None:
    started = machine(account, "fired")
    account.create(SCHEDULE, inputs("example-nightly", started, '{"night": true}'))
    execution = account.cloud.client("stepfunctions").describe_execution(
        executionArn=schedules.fire(account.cloud, "nightly")
    )
    assert execution["stateMachineArn"] == started
    assert json.loads(execution["input"]) == {"night": True}


def test_the_shortest_name_that_fits_is_the_one_meant(account: Account) -> None:
    for name in ("example-daily", "example-not-daily"):
        account.create(SCHEDULE, inputs(name, machine(account, f"machine-{name}")))
    assert ":machine-example-daily:" in schedules.fire(account.cloud, "daily")


def test_a_schedule_that_is_not_there_is_told_with_those_that_are(account: Account) -> None:
    account.create(SCHEDULE, inputs("example-nightly", machine(account, "there")))
    with pytest.raises(TwinError, match="No schedule is called 'weekly'; there are: example-nightly"):
        schedules.fire(account.cloud, "weekly")


def test_a_target_of_another_kind_is_refused_by_name(account: Account) -> None:
    account.create(SCHEDULE, inputs("odd", "arn:aws:sqs:ap-northeast-1:123456789012:q"))
    with pytest.raises(TwinError, match="starts arn:aws:sqs:ap-northeast-1:123456789012:q"):
        schedules.fire(account.cloud, "odd")
