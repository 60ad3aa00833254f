"""Starts at once what a schedule starts by the clock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from twin.errors import TwinError

if TYPE_CHECKING:
    from twin.cloud import Cloud


def names(cloud: Cloud) -> list[str]:
    """The schedules of the account, by name."""
    pages = cloud.client("scheduler").get_paginator("list_schedules").paginate()
    return sorted(schedule["Name"] for page in pages for schedule in page["Schedules"])


def fire(cloud: Cloud, name: str) -> str:
    """Do what EventBridge Scheduler does when the time has come; answers the ARN of what was started.

    `name` may be the end of the schedule's name (`repository-monitoring`).
    """
    known = names(cloud)
    matching = [each for each in known if each == name or each.endswith(f"-{name}")]
    if not matching:
        raise TwinError(f"No schedule is called '{name}'; there are: {', '.join(known) or 'none'}.")
    # `monitoring` also ends `repository-monitoring`: the shortest name is the one meant.
    return _start(cloud, cloud.client("scheduler").get_schedule(Name=min(matching, key=len))["Target"])


def _start(cloud: Cloud, target: dict[str, Any]) -> str:
    arn, given = str(target["Arn"]), str(target.get("Input") or "{}")
    service = arn.split(":")[2]
    if service == "states":
        return str(cloud.client("stepfunctions").start_execution(stateMachineArn=arn, input=given)["executionArn"])
    if service == "lambda":
        cloud.client("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=json.dumps(json.loads(given)))
        return arn
    raise TwinError(f"The schedule starts {arn}, and the twin can start state machines and functions only.")
