from __future__ import annotations

import json
import urllib.parse
import urllib.request
from datetime import datetime
from typing import Any

import pytest

PATH = "/services/T000/B000/local"


def header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": text}}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def messages(slack: Any) -> Any:
    return slack.send("GET", "/_twin/messages").json["messages"]


def test_a_message_is_taken_and_kept_as_it_was_sent(slack: Any) -> None:
    payload = {"text": "保存しました", "blocks": [header("Alarm"), section("*12* errors"), {"type": "divider"}]}
    answer = slack.send("POST", PATH, payload)
    assert (answer.status, answer.text) == (200, "ok")
    (kept,) = messages(slack)
    assert (kept["path"], kept["payload"]) == (PATH, payload)
    assert datetime.fromisoformat(kept["receivedAt"]).tzinfo


@pytest.mark.parametrize(
    ("payload", "word"),
    [
        (["text"], "invalid_payload"),
        ({"text": 5}, "invalid_payload"),
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"blocks": [{"type": "heading"}]}, "invalid_blocks"),
        ({"blocks": [header("x" * 151)]}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}, "invalid_blocks"),
        ({"blocks": [section("")]}, "invalid_blocks"),
        ({"blocks": [section("x" * 3001)]}, "invalid_blocks"),
        ({"blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": [{"type": "context", "elements": []}]}, "invalid_blocks"),
    ],
)
def test_a_message_that_slack_would_refuse_is_refused_in_its_words(slack: Any, payload: Any, word: str) -> None:
    answer = slack.send("POST", PATH, payload)
    assert (answer.status, answer.text) == (400, word)
    assert messages(slack) == []


def test_a_body_that_is_not_json_is_an_invalid_payload(slack: Any) -> None:
    answer = slack.send("POST", PATH, raw=b'{"text": ')
    assert (answer.status, answer.text) == (400, "invalid_payload")


def test_a_form_with_a_payload_is_a_message_too(slack: Any) -> None:
    data = urllib.parse.urlencode({"payload": json.dumps({"text": "From a form"})}).encode()
    with urllib.request.urlopen(f"{slack.url}{PATH}", data=data, timeout=5) as response:
        assert response.read() == b"ok"
    assert messages(slack)[0]["payload"] == {"text": "From a form"}


def test_messages_keep_their_order_and_can_be_cleared(slack: Any) -> None:
    for number in range(3):
        slack.send("POST", PATH, {"text": f"Message {number}"})
    assert [kept["payload"]["text"] for kept in messages(slack)] == ["Message 0", "Message 1", "Message 2"]
    assert slack.send("DELETE", "/_twin/messages").status == 204
    assert messages(slack) == []


def test_the_page_shows_a_message_and_runs_nothing_of_it(slack: Any) -> None:
    assert "No message has arrived yet." in slack.send("GET", "/").text
    words = 'See <https://example.com/a?b=1&amp;c=2|the *runbook*>, `code` and <script>alert("x")</script>'
    fields = [{"type": "mrkdwn", "text": "*Goal*\nRun"}]
    buttons = [{"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": "javascript:alert(1)"}]
    blocks = [
        header("5 < 6"),
        section(words),
        {"type": "section", "fields": fields},
        {"type": "actions", "elements": buttons},
    ]
    slack.send("POST", PATH, {"text": "fallback", "blocks": blocks})
    slack.send("POST", PATH, {"text": '<https://example.com/"onload="x|bad>'})
    page = slack.send("GET", "/")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<h2>5 &lt; 6</h2>" in page.text
    assert '<a href="https://example.com/a?b=1&amp;c=2">the <strong>runbook</strong></a>' in page.text
    assert "<code>code</code>" in page.text
    assert "<strong>Goal</strong><br>Run" in page.text
    assert "<script" not in page.text
    assert "javascript:" not in page.text
    assert 'href="https://example.com/"' not in page.text
    assert page.text.index("bad") < page.text.index("runbook"), "the newest message stands first"
