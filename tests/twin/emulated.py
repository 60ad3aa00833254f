"""An emulated AWS of a test module's own, and short ways to make what its tests use."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from twin.processes import Emulator

ACCOUNT, REGION = "123456789012", "ap-northeast-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/test"

HANDLER = """
import os, sys, time

STARTED = time.time()
if os.environ.get("BROKEN"):
    import no_such_module

class InvalidInput(Exception):
    pass

def handler(event, context):
    kind = event.get("kind")
    if kind == "raise":
        raise InvalidInput("the goal has no title")
    if kind == "exit":
        os._exit(3)
    if kind == "slow":
        time.sleep(event["seconds"])
        if event.get("raise"):
            raise InvalidInput("after a while")
    if kind == "layer":
        import layered
        return layered.__file__
    if kind == "botocore":
        before = "botocore" in sys.modules
        import botocore.handlers
        names = [getattr(entry[1], "__name__", "") for entry in botocore.handlers.BUILTIN_HANDLERS]
        return [before, names.count("_ms_add_invoke_depth")]
    if kind == "environment":
        return dict(os.environ)
    path = event.get("path")
    if path == "/raises":
        raise InvalidInput("not for the caller's eyes")
    if path == "/no-status":
        return {"message": "no statusCode"}
    if path == "/body-not-text":
        return {"statusCode": 200, "body": {"a": 1}}
    if path == "/slow":
        time.sleep(1)
    if path in ("/good", "/slow"):
        return {"statusCode": 201, "headers": {"X-Own": "1"}, "body": "made"}
    return {"started": STARTED, "at": time.time(), "event": event}
"""


def archive(**files: str) -> bytes:
    """A zip of the given texts; the names' double underscores stand for slashes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as content:
        for name, text in files.items():
            content.writestr(name.replace("__", "/") + ".py", text)
    return buffer.getvalue()


class Cloud:
    """Clients of one emulator, and short ways to make what the tests use."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._session = boto3.Session("test", "test", region_name=REGION)

    def client(self, service: str) -> Any:
        return self._session.client(
            service,
            endpoint_url=self.endpoint,
            config=Config(retries={"max_attempts": 0}, read_timeout=60, max_pool_connections=50),
        )

    def function(self, **settings: Any) -> str:
        name = f"f-{uuid.uuid4().hex[:8]}"
        answer = self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=ROLE,
            Handler="index.handler",
            Code={"ZipFile": archive(index=HANDLER)},
            Timeout=30,
            **settings,
        )
        return str(answer["FunctionArn"])

    def invoke(self, arn: str, **event: Any) -> dict[str, Any]:
        answer = self.client("lambda").invoke(FunctionName=arn, Payload=json.dumps(event).encode())
        return {"failed": answer.get("FunctionError"), "payload": json.loads(answer["Payload"].read())}

    def machine(self, definition: dict[str, Any]) -> str:
        answer = self.client("stepfunctions").create_state_machine(
            name=f"m-{uuid.uuid4().hex[:8]}", roleArn=ROLE, definition=json.dumps(definition)
        )
        return str(answer["stateMachineArn"])

    def execute(
        self, machine: str, until: Callable[[str], bool] = lambda status: status != "RUNNING"
    ) -> dict[str, Any]:
        arn = self.client("stepfunctions").start_execution(stateMachineArn=machine, input="{}")["executionArn"]
        return self.follow(arn, until)

    def follow(self, arn: str, until: Callable[[str], bool] = lambda status: status != "RUNNING") -> dict[str, Any]:
        states = self.client("stepfunctions")
        limit = time.monotonic() + 20
        while True:
            execution: dict[str, Any] = states.describe_execution(executionArn=arn)
            if until(execution["status"]) or time.monotonic() > limit:
                return execution
            time.sleep(0.05)


def task(function: str, payload: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload": payload},
        "End": True,
        **more,
    }


def started(factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Start one for a fixture."""
    emulator = Emulator(
        factory.mktemp("emulated aws"),
        account_id=ACCOUNT,
        region=REGION,
        extra={"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://127.0.0.1:1"},
    )
    emulator.start()
    try:
        yield Cloud(emulator.endpoint)
    finally:
        emulator.stop()
