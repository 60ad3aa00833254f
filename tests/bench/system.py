"""The running system: its API against an empty function behind the same gateway, its queue, its figures of service.

Everything is on 127.0.0.1 and is taken down afterwards. Calls go to the emulated gateway itself, without the edge.
"""

from __future__ import annotations

import io
import random
import re
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import load
from tests.bench.load import Call
from tests.bench.measure import ROOT, Figure
from tests.twin.experiments import messages
from tests.twin.experiments.laboratory import Laboratory
from tests.twin.system import System, User, call

CLIENTS, RATE, MESSAGES = 16, 100, 10_000
SLICES, SLICE_SECONDS, STEADY_SECONDS = 6, 10, 60
EMPTY = 'def handler(event, context):\n    print("{}")\n    return {"statusCode": 200, "body": "{}"}\n'
GATEWAY = "the emulated gateway, with its authorizer"
# What functions of the API answer first and cold; /health has been asked before.
FIRST = ("/goals", "/tasks", "/ai/executions", "/sources", "/auth/me")


@contextmanager
def running(*words: str) -> Iterator[Laboratory]:
    """A system of its own, which ends with this process at the latest."""
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base, "twin")
        command = [sys.executable, "-m", "twin.cli", "up", "--foreground", "--json", "--folder", str(folder), *words]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:  # type: ignore[call-overload]
            try:
                if not process.stdout.readline().startswith("{"):
                    raise RuntimeError(f"{' '.join(command)} did not start: what it said stands above")
                yield Laboratory(System(folder))
            finally:
                process.stdin.close()
                process.wait(60)


def _call(laboratory: Laboratory, user: User, path: str) -> Call:
    state = laboratory.system.state
    stage = state["api_url"].rpartition("/")[2]
    url = f"{state['aws_endpoint']}/_aws/execute-api/{state['outputs']['api_id']}/{stage}{path}"
    return Call(url=url, headers={"Authorization": f"Bearer {user.token}"})


def _empty(laboratory: Laboratory, user: User) -> Call:
    """A function that does nothing, behind the same gateway with the same authorizer."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("empty.py", EMPTY)
    functions, gateway = laboratory.system.client("lambda"), laboratory.system.client("apigateway")
    role = f"arn:aws:iam::{laboratory.system.state['account_id']}:role/empty"
    fixed = {"Runtime": "python3.13", "Handler": "empty.handler", "Role": role}
    made = functions.create_function(FunctionName="empty", Code={"ZipFile": archive.getvalue()}, **fixed)
    api = laboratory.system.state["outputs"]["api_id"]
    pages = gateway.get_paginator("get_resources").paginate(restApiId=api)
    resources = {item["path"]: item["id"] for page in pages for item in page["items"]}
    ours = gateway.get_method(restApiId=api, resourceId=resources["/goals"], httpMethod="GET")
    resource = gateway.create_resource(restApiId=api, parentId=resources["/"], pathPart="empty")["id"]
    place = {"restApiId": api, "resourceId": resource, "httpMethod": "GET"}
    same = {name: ours[name] for name in ("authorizationType", "authorizerId", "authorizationScopes")}
    gateway.put_method(**place, **same)
    uri = re.sub(
        r"functions/.*/invocations", f"functions/{made['FunctionArn']}/invocations", ours["methodIntegration"]["uri"]
    )
    gateway.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    empty = _call(laboratory, user, "/empty")
    gateway.create_deployment(restApiId=api, stageName=empty.url.split("/")[-2])
    return empty


def _right(outcome: load.Outcome, what: str) -> load.Outcome:
    """The outcome, when every answer was right: the speed of errors is of no interest."""
    if outcome.errors:
        raise RuntimeError(f"{what}: wrong answers among {len(outcome.milliseconds)} right ones: {outcome.wrong}")
    return outcome


def api(runs: int) -> list[Figure]:
    """What our functions add to an empty one: time of single calls in turn, then answers a second of a crowd."""
    with running() as laboratory:
        user = laboratory.system.sign_in(**laboratory.system.state["user"])
        goal = laboratory.system.state["goal_id"]
        empty = _empty(laboratory, user)
        ours = {
            "GET /goals": _call(laboratory, user, "/goals"),
            "GET /tasks?goalId={goalId}&limit=20": _call(laboratory, user, f"/tasks?goalId={goal}&limit=20"),
        }
        return [*_single(empty, ours, 60 * runs), *_crowds(empty, ours["GET /goals"])]


def _single(empty: Call, ours: dict[str, Call], times: int) -> list[Figure]:
    load.alternately([empty, *ours.values()], 5)
    outcomes = load.alternately([empty, *ours.values()], times)
    nothing, *rest = (_right(outcome, "single calls") for outcome in outcomes)
    figures = [Figure(what=f"an empty function behind {GATEWAY}", goal="", values=nothing.milliseconds, unit="ms")]
    for name, outcome in zip(ours, rest, strict=True):
        factors = [outcome.percentile(share) / nothing.percentile(share) for share in (0.5, 0.95)]
        figures.append(
            Figure(
                what=f"`{name}` there, in turn with the empty one",
                goal="median <= 1.3 x, 95th percentile <= 2 x the empty one's",
                values=outcome.milliseconds,
                unit="ms",
                reference=f"{factors[0]:.2f} x and {factors[1]:.2f} x the empty function",
            )
        )
    return figures


def _crowds(empty: Call, ours: Call) -> list[Figure]:
    rates: dict[str, list[float]] = {"empty": [], "ours": []}
    for _ in range(SLICES):
        for name, each in (("empty", empty), ("ours", ours)):
            outcome = load.crowd(each, clients=CLIENTS, seconds=SLICE_SECONDS)
            rates[name].append(_right(outcome, f"{CLIENTS} clients of {each.url}").per_second)
    share = statistics.median(rates["ours"]) / statistics.median(rates["empty"])
    what = f"answers a second to {CLIENTS} clients, {SLICE_SECONDS} s at a time"
    return [
        Figure(what=f"{what}: the empty function", goal="", values=rates["empty"], unit="1/s"),
        Figure(
            what=f"{what}: `GET /goals`, no error",
            goal="80 % of the empty function's",
            values=rates["ours"],
            unit="1/s",
            reference=f"{share:.0%} of the empty function's",
        ),
    ]


def queue(_: int) -> list[Figure]:
    """Messages through the activities queue and its consumer, a hundredth of them poison, until all others are done.

    Once with a model that answers at once, which leaves the queue, the consumer and its writes; once as usual.
    """
    figures = []
    with running("--no-demo") as laboratory:
        for milliseconds in (0, 20):
            latency = {"seconds": milliseconds / 1000}
            assert call("PUT", f"{laboratory.system.state['model_url']}/_twin/latency", latency).status == 200
            seconds = _delivered(laboratory)
            figures.append(
                Figure(
                    what=f"{MESSAGES} messages through the activities queue, 1 % poison, a question to the model "
                    f"({milliseconds} ms) and two writes each",
                    goal="" if milliseconds else "<= 30 s",
                    values=[seconds],
                    reference=f"{MESSAGES / seconds:.0f} messages a second",
                )
            )
    return figures


def _delivered(laboratory: Laboratory) -> float:
    """Seconds from the first message's sending until every good one has its summary."""
    chance = random.Random(1)  # noqa: S311 - the same messages every time
    sent = messages.prepare(laboratory, MESSAGES, chance=chance, twice=0)
    messages.hurt(laboratory, sent, chance=chance, calls=0)
    with messages.watched(laboratory, visibility=30):
        found = messages.deliver(laboratory, sent, within=900)
    if set(found.completions) != set(sent.good) or found.dead != sent.dead:
        raise RuntimeError("the queue lost messages: run tests/twin/experiments/test_messages.py")
    return found.seconds


def service(_: int) -> list[Figure]:
    """The figures of service that this machine can show: cold starts, and 100 requests a second for a minute."""
    with running("--no-demo") as laboratory:
        user = laboratory.system.sign_in(**laboratory.system.state["user"])
        first = [_right(load.alternately([_call(laboratory, user, path)], 1)[0], path) for path in FIRST]
        for number in range(20):
            assert user.call("POST", "/goals", {"title": f"Goal {number}"}).status == 201
        calls = [_call(laboratory, user, path) for path in ("/goals", "/tasks", "/auth/me", "/sources")]
        load.steady(calls, rate=RATE / 10, seconds=5)
        outcome = load.steady(calls, rate=RATE, seconds=STEADY_SECONDS)
    cold = [each.milliseconds[0] / 1000 for each in first]
    late = outcome.percentile(0.95)
    return [
        Figure(what="the first request of each function of the API, cold", goal="< 3 s", values=cold),
        Figure(
            what=f"{RATE} requests a second for {STEADY_SECONDS} s, each from the moment it was due",
            goal="95th percentile < 2000 ms, no error",
            values=outcome.milliseconds,
            unit="ms",
            reference=f"95th percentile {late:.0f} ms, {outcome.errors} errors",
        ),
    ]
