"""Many messages through the activities queue: what is sent, what is made to fail, and what became of each."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2

from tests.twin.experiments.laboratory import Laboratory
from tests.twin.system import eventually

FUNCTION = "process-updates"
# Shares of the messages: poison (half of it nobody's, half without any answer of the model), one failure of the model,
# delivered twice; and the share of the calls that each of CALL_FAULTS hurts: a hundredth ends with its process.
POISON, FAILING, TWICE, CALLS = 0.01, 0.01, 0.05, 0.005
SENT_TOGETHER = 10
CALL_FAULTS = ("crash", "crash_after", "service_error", "reset", "throttle", "twice")
# Whose work is done before the caller learns of a failure, so that its messages come again for nothing.
DONE = ("crash_after", "reset", "twice")
MODEL_FAULTS = ("throttle", "error", "malformed", "reset")
FOREIGN = ("no JSON", "{}", '{"activityId": "7"}', '{"activityId": null}', "[]")
# Each transition of an activity into its end is one row here, whoever makes it.
WATCH = """
CREATE TABLE watched_endings (activity uuid NOT NULL, state text NOT NULL);
CREATE FUNCTION watch_ending() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.watched_endings VALUES (NEW.id, NEW.state);
    RETURN NULL;
END $$;
CREATE TRIGGER watch_endings AFTER UPDATE ON activities
    FOR EACH ROW WHEN (NEW.state = 'completed') EXECUTE FUNCTION watch_ending();
"""
UNWATCH = "DROP TRIGGER watch_endings ON activities; DROP FUNCTION watch_ending; DROP TABLE watched_endings"


@dataclass(kw_only=True)
class Load:
    """What is sent: the bodies in their order, and what is expected of whom."""

    source: str
    mark: str
    good: dict[str, str]
    poison: dict[str, str]
    bodies: list[str]
    dead: Counter[str]
    repeated: int = 0


@dataclass(frozen=True, kw_only=True)
class Found:
    """What became of it: activities by state, completions of each, the dead letters, needless deliveries."""

    states: dict[str, str]
    completions: Counter[str]
    dead: Counter[str]
    skipped: int
    seconds: float


def message(activity: str) -> str:
    """The body that `enqueue_activities` sends."""
    return json.dumps({"activityId": activity})


@contextmanager
def administrator(laboratory: Laboratory) -> Iterator[Any]:
    """A cursor of the application's database whose changes are committed."""
    connection = psycopg2.connect(laboratory.system.state["database_url"].replace("/postgres?", "/goal_mandala?"))
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


@contextmanager
def watched(laboratory: Laboratory, *, visibility: int) -> Iterator[None]:
    """Completions are counted, and messages come again after seconds and not, as deployed, after an hour."""
    queues, url = laboratory.system.client("sqs"), laboratory.system.state["outputs"]["activities_queue_url"]
    name = "VisibilityTimeout"
    before = queues.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name]
    queues.set_queue_attributes(QueueUrl=url, Attributes={name: str(visibility)})
    with administrator(laboratory) as cursor:
        cursor.execute(WATCH)
    try:
        yield
    finally:
        queues.set_queue_attributes(QueueUrl=url, Attributes={name: before})
        with administrator(laboratory) as cursor:
            cursor.execute(UNWATCH)


def prepare(laboratory: Laboratory, count: int, *, chance: random.Random, twice: float = TWICE) -> Load:
    """Activities of a source of their own, and so many messages about them in a random order."""
    user, mark = laboratory.person(), uuid.uuid4().hex[:8]
    source = user.call("POST", "/sources", {"owner": "pulumi", "repo": f"load-{mark}"}).json["id"]
    foreign, doubled = max(1, round(count * POISON / 2)), round(count * twice)
    activities = count - foreign - doubled
    with administrator(laboratory) as cursor:
        cursor.execute(
            "INSERT INTO activities (data_source_id, kind, github_id, title, url, occurred_at)"
            " SELECT %s, 'issue', n, %s || lpad(n::text, 6, '0') || ']', 'https://github.com/pulumi/x', now()"
            " FROM generate_series(1, %s) AS n RETURNING id::text, title",
            [source, f"[{mark}-", activities],
        )
        titles = dict(cursor.fetchall())
    poison = dict(list(titles.items())[: max(1, round(count * POISON / 2))])
    good = {activity: title for activity, title in titles.items() if activity not in poison}
    strangers = [f"{chance.choice(FOREIGN)} " * (n + 1) for n in range(foreign)]
    bodies = [message(activity) for activity in titles] + strangers
    bodies += [message(activity) for activity in chance.sample(sorted(good), doubled)]
    chance.shuffle(bodies)
    dead = Counter([*strangers, *(message(activity) for activity in poison)])
    return Load(source=source, mark=mark, good=good, poison=poison, bodies=bodies, dead=dead, repeated=doubled)


def hurt(laboratory: Laboratory, load: Load, *, chance: random.Random, calls: float = CALLS) -> list[int]:
    """Poison for good, single failures of the model and of the function's calls; the numbers of the latter."""
    for number, title in enumerate(load.poison.values()):
        laboratory.system.fault(contains=title, kind=("error", "malformed")[number % 2], times=None)
    if not calls:
        return []
    chosen = chance.sample(sorted(load.good), max(len(MODEL_FAULTS), round(len(load.bodies) * FAILING)))
    for number, activity in enumerate(chosen):
        kind = MODEL_FAULTS[number % len(MODEL_FAULTS)]
        laboratory.system.fault(contains=load.good[activity], kind=kind, times=1)
    function, batch = consumer(laboratory)
    each = max(1, round(len(load.bodies) / batch * calls))
    marked = chance.sample(sorted(load.good), each * len(CALL_FAULTS))
    load.repeated += batch * each * len(DONE)
    return [
        laboratory.inject(function, CALL_FAULTS[number % len(CALL_FAULTS)], contains=activity, times=1)
        for number, activity in enumerate(marked)
    ]


def consumer(laboratory: Laboratory) -> tuple[str, int]:
    """The consumer's physical name, and how many messages it is given at once."""
    mappings = laboratory.system.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    found = {mapping["FunctionArn"].split(":")[6]: int(mapping["BatchSize"]) for mapping in mappings}
    return next((name, size) for name, size in found.items() if name.endswith(FUNCTION))


def send(laboratory: Laboratory, bodies: list[str]) -> None:
    """All messages, ten at a time."""
    queues, url = laboratory.system.client("sqs"), laboratory.system.state["outputs"]["activities_queue_url"]

    def ten(begin: int) -> None:
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[begin : begin + SENT_TOGETHER])]
        assert not queues.send_message_batch(QueueUrl=url, Entries=entries).get("Failed")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ten, range(0, len(bodies), SENT_TOGETHER)))


def deliver(laboratory: Laboratory, load: Load, *, within: float) -> Found:
    """Send everything, wait until nothing of it waits or is under way, and look at what became of it."""
    began = time.monotonic()
    send(laboratory, load.bodies)
    done = "SELECT count(*) FROM activities WHERE data_source_id = %s AND state = 'completed'"
    eventually(lambda: laboratory.query(done, load.source)[0][0] >= len(load.good), within=within)
    seconds = time.monotonic() - began
    eventually(lambda: depth(laboratory, "activities_queue_url") == 0, within=within)
    states = dict(laboratory.query("SELECT id::text, state FROM activities WHERE data_source_id = %s", load.source))
    completions = Counter(row[0] for row in laboratory.query("SELECT activity::text FROM watched_endings"))
    return Found(
        states=states,
        completions=Counter({activity: n for activity, n in completions.items() if activity in states}),
        dead=dead_letters(laboratory),
        skipped=skipped(laboratory, set(states)),
        seconds=seconds,
    )


def depth(laboratory: Laboratory, queue: str) -> int:
    """Messages that wait in a queue or are under way."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = laboratory.system.state["outputs"][queue]
    queues = laboratory.system.client("sqs")
    return sum(int(n) for n in queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values())


def dead_letters(laboratory: Laboratory) -> Counter[str]:
    """The bodies in the dead-letter queue, which is empty afterwards."""
    queues = laboratory.system.client("sqs")
    url = laboratory.system.state["outputs"]["activities_dead_letter_queue_url"]
    found: Counter[str] = Counter()
    while messages := queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found.update(each["Body"] for each in messages)
        entries = [{"Id": str(n), "ReceiptHandle": each["ReceiptHandle"]} for n, each in enumerate(messages)]
        queues.delete_message_batch(QueueUrl=url, Entries=entries)
    return found


def skipped(laboratory: Laboratory, activities: set[str]) -> int:
    """How often one of the activities was delivered when it had been completed already, by the consumer's log."""
    pages, function = laboratory.system.client("logs").get_paginator("filter_log_events"), consumer(laboratory)[0]
    lines = (
        event["message"]
        for page in pages.paginate(logGroupName=f"/aws/lambda/{function}", filterPattern="already")
        for event in page["events"]
    )
    found = (json.loads(line) for line in lines if line.startswith("{") and "completed already" in line)
    return sum(1 for entry in found if entry["activity"] in activities)
