"""The workflow's steps as the state machine calls them, one after the other."""

from __future__ import annotations

import datetime as dt
import importlib
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from botocore.stub import ANY, Stubber

Stub = Callable[[str], Stubber]


def step(name: str, payload: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a step's answer
    """One step; what goes in and comes out is JSON, as between states."""
    handler = importlib.import_module(f"lambdas.{name}.handler").handler
    return json.loads(json.dumps(handler(json.loads(json.dumps(payload)), None)))


def start(person: Any, stub: Stub, goal: str) -> dict[str, Any]:  # noqa: ANN401
    """Start the task generation by the API; the execution's input as Step Functions got it."""
    return started(stub, lambda: person.call("startTaskGeneration", body={"goalId": goal}))


def started(stub: Stub, call: Callable[[], Any]) -> dict[str, Any]:
    """The input of the execution that a call starts."""
    given: dict[str, Any] = {}
    arn = f"{os.environ['STATE_MACHINE_ARN'].replace(':stateMachine:', ':execution:')}:"
    states = stub("stepfunctions")
    states.add_response(
        "start_execution",
        {"executionArn": arn + "name", "startDate": dt.datetime.now(dt.UTC)},
        {"stateMachineArn": os.environ["STATE_MACHINE_ARN"], "name": ANY, "input": ANY},
    )

    def keep(params: dict[str, Any], **_: object) -> None:
        given.update(json.loads(params["input"]), name=params["name"])

    def own_arn(parsed: dict[str, Any], **_: object) -> None:
        parsed["executionArn"] = arn + given["name"]  # unique in the table, as it is in AWS

    events = states.client.meta.events
    events.register("provide-client-params.sfn.StartExecution", keep)
    events.register("after-call.sfn.StartExecution", own_arn)
    answer = call()
    events.unregister("provide-client-params.sfn.StartExecution", keep)
    events.unregister("after-call.sfn.StartExecution", own_arn)
    assert answer.status == 202, answer.text
    assert given.pop("name") == given["executionId"] == answer.json["id"]
    return given


def begin(given: Mapping[str, Any], started_at: dt.datetime | None = None, seconds: int = 780) -> dict[str, Any]:
    """The run of an execution's input, with a deadline so many seconds after its start."""
    at = started_at or dt.datetime.now(dt.UTC)
    run: dict[str, Any] = step(
        "validate_input", {"input": given, "startedAt": at.isoformat(), "deadlineSeconds": seconds}
    )
    return run


def tasks(count: int = 3, word: str = "Task") -> list[dict[str, Any]]:
    """What a model might answer."""
    return [
        {"title": f"{word} {n}", "description": "", "estimatedMinutes": 30, "kind": "execution"}
        for n in range(1, count + 1)
    ]


def generated(count: int = 3) -> dict[str, Any]:
    """The tasks as `generate_tasks` hands them on."""
    return {"actionId": "any", "tasks": tasks(count)}


def save(run: Mapping[str, Any], action: str, count: int = 3) -> dict[str, Any]:
    """Save tasks for an action."""
    saved: dict[str, Any] = step("save_tasks", {"run": run, "actionId": action, "generated": generated(count)})
    return saved


def finish(run: Mapping[str, Any], results: list[dict[str, Any]]) -> dict[str, Any]:
    """The steps after the last batch."""
    step("update_progress", {"run": run, "results": results})
    result = step("aggregate_results", {"run": run, "batches": [{"results": results}]})
    ended: dict[str, Any] = step("update_goal_status", {"run": run, "result": result})
    return ended


def expect_notification(stub: Stub) -> list[dict[str, Any]]:
    """Let one message be published; it stands in the list afterwards."""
    sent: list[dict[str, Any]] = []
    sns = stub("sns")
    expected = {"TopicArn": os.environ["ALERTS_TOPIC_ARN"], "Subject": ANY, "Message": ANY}
    sns.add_response("publish", {"MessageId": "1"}, expected)

    def keep(params: dict[str, Any], **_: object) -> None:
        sent.append(json.loads(params["Message"]))

    sns.client.meta.events.register("provide-client-params.sns.Publish", keep)
    return sent
