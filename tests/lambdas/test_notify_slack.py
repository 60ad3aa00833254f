"""The notify_slack function, against a receiver that answers as Slack does."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from lambdas.notify_slack import handler, logic, slack
from lambdas.shared.errors import SecretUnavailable

ALARM = {
    "AlarmName": "mandala-api-5xx",
    "AlarmDescription": "Answers 5xx <runbook>",
    "NewStateValue": "ALARM",
    "OldStateValue": "OK",
    "NewStateReason": "Threshold crossed: 12 > 5 & rising",
    "StateChangeTime": "2026-01-01T00:00:00.000+0000",
    "Region": "Asia Pacific (Tokyo)",
    "AWSAccountId": "123456789012",
}


class Receiver(ThreadingHTTPServer):
    """Keeps what is posted, and answers what it is told to: (status, headers), 200 when nothing is left."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Post)
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.messages: list[dict[str, Any]] = []
        self.paths: list[str] = []

    @property
    def webhook(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}/services/T/B/secret"


class _Post(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, headers = self.server.answers.pop(0) if self.server.answers else (200, {})
        self.server.paths.append(self.path)
        if status == 200:
            self.server.messages.append(json.loads(body))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver(secrets: dict[str, str]) -> Iterator[Receiver]:
    """A receiver whose address is the secret's value."""
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        secrets[os.environ["SLACK_WEBHOOK_SECRET_ARN"]] = server.webhook + "\n"
        yield server
        server.shutdown()
        thread.join()


def batch(*messages: object) -> dict[str, Any]:
    """A batch as SQS delivers it, each message in SNS's envelope."""
    bodies = [json.dumps({"Type": "Notification", "Subject": "S", "Message": m}) for m in messages]
    return {"Records": [{"messageId": f"m{n}", "body": body} for n, body in enumerate(bodies, 1)]}


def told(body: str) -> dict[str, Any]:
    """The Slack message for a body that is news."""
    message = logic.message(body)
    assert message is not None
    return message


def failures(answer: dict[str, Any]) -> list[str]:
    """The messages that must come again."""
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_an_alarm_is_told_with_its_reason_and_without_markup(receiver: Receiver) -> None:
    assert failures(handler.handler(batch(json.dumps(ALARM)), None)) == []
    (message,) = receiver.messages
    header, description, reason, fields = message["blocks"]
    assert header["text"]["text"] == ":red_circle: ALARM: mandala-api-5xx"
    assert description["text"]["text"] == "Answers 5xx &lt;runbook&gt;"
    assert reason["text"]["text"] == "Threshold crossed: 12 &gt; 5 &amp; rising"
    assert {field["text"] for field in fields["fields"]} >= {"*Before*\nOK", "*Region*\nAsia Pacific (Tokyo)"}
    assert receiver.paths == ["/services/T/B/secret"]


@pytest.mark.parametrize(("before", "posted"), [("INSUFFICIENT_DATA", 0), ("ALARM", 1)])
def test_an_alarm_that_has_its_first_data_is_no_news(receiver: Receiver, before: str, posted: int) -> None:
    alarm = ALARM | {"OldStateValue": before, "NewStateValue": "OK"}
    assert failures(handler.handler(batch(json.dumps(alarm)), None)) == []
    assert len(receiver.messages) == posted


def test_the_end_of_a_run_is_told_with_its_ids() -> None:
    ending = {"executionId": "e", "goalId": "g", "status": "failed", "error": "ModelThrottled", "failedActions": 3}
    message = told(json.dumps({"Subject": "Task generation failed", "Message": json.dumps(ending)}))
    assert message["text"] == ":red_circle: Task generation failed"
    texts = {field["text"] for field in message["blocks"][1]["fields"]}
    assert texts == {"*Execution*\ne", "*Goal*\ng", "*Error*\nModelThrottled", "*Failed actions*\n3"}


@pytest.mark.parametrize("text", ["plain words", '{"other": 1}', "[1]", "null"])
def test_anything_else_is_told_as_it_is(text: str) -> None:
    message = told(json.dumps({"Message": text}))
    assert message["blocks"][0]["text"]["text"] == "Notification"
    assert message["blocks"][1]["text"]["text"] == text


def test_long_texts_are_cut_to_what_slack_takes() -> None:
    alarm = ALARM | {"AlarmName": "x" * 300, "NewStateReason": "y" * 5000}
    blocks = told(json.dumps({"Message": json.dumps(alarm)}))["blocks"]
    assert len(blocks[0]["text"]["text"]) == 150
    assert len(blocks[2]["text"]["text"]) == 3000


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_only_what_slack_refused_comes_again(receiver: Receiver, status: int) -> None:
    receiver.answers = [(200, {}), (status, {}), (200, {})]
    assert failures(handler.handler(batch("one", "two", "three"), None)) == ["m2"]
    assert [m["blocks"][1]["text"]["text"] for m in receiver.messages] == ["one", "three"]


def test_a_short_pause_is_waited_for(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("lambdas.notify_slack.handler.time.sleep", waited.append)
    receiver.answers = [(429, {"Retry-After": "2"})]
    assert failures(handler.handler(batch("one"), None)) == []
    assert waited == [2.0]
    assert len(receiver.messages) == 1


def test_a_long_pause_is_left_to_the_queue(receiver: Receiver) -> None:
    receiver.answers = [(200, {}), (429, {"Retry-After": "60"})]
    assert failures(handler.handler(batch("one", "two", "three"), None)) == ["m2", "m3"]
    assert len(receiver.paths) == 2


def test_a_receiver_that_is_not_there_fails_the_message(secrets: dict[str, str]) -> None:
    secrets[os.environ["SLACK_WEBHOOK_SECRET_ARN"]] = "http://127.0.0.1:1/services/T/B/secret"
    assert failures(handler.handler(batch("one"), None)) == ["m1"]


def test_a_replaced_address_is_used_at_once(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    good, old = receiver.webhook, "http://127.0.0.1:1/services/T/B/old"
    monkeypatch.setattr("lambdas.shared.secrets.read", lambda _, fresh=False: good if fresh else old)
    assert failures(handler.handler(batch("one"), None)) == []
    assert len(receiver.messages) == 1


def test_without_the_address_the_whole_batch_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(arn: str, *, fresh: bool = False) -> str:
        raise SecretUnavailable("status 500")

    monkeypatch.setattr("lambdas.shared.secrets.read", unreadable)
    assert failures(handler.handler(batch("one", "two"), None)) == ["m1", "m2"]


@pytest.mark.parametrize("body", ["not json", "[]", "{}", "7"])
def test_a_poison_message_is_left_to_the_dead_letter_queue(receiver: Receiver, body: str) -> None:
    event = batch("one", "two")
    event["Records"][0]["body"] = body
    assert failures(handler.handler(event, None)) == ["m1"]
    assert len(receiver.messages) == 1


def test_the_address_is_in_no_error_and_no_log(receiver: Receiver, log: Any) -> None:
    receiver.answers = [(500, {})]
    with pytest.raises(slack.SlackRefused) as caught:
        slack.post(receiver.webhook, {"text": "x"})
    receiver.answers = [(500, {}), (429, {"Retry-After": "60"})]
    handler.handler(batch("one", "two"), None)
    assert "secret" not in str(caught.value) + json.dumps(log())
