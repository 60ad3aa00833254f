"""Notifications as Slack messages: alarms, the workflow's endings, and whatever else reaches the topic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# Slack's limits: a header holds 150 characters, a section's text 3,000, a field's 2,000.
HEADER, SECTION, FIELD = 150, 3000, 2000
_STATES = {"ALARM": ":red_circle:", "OK": ":large_green_circle:", "INSUFFICIENT_DATA": ":white_circle:"}
_ENDINGS = {"failed": ":red_circle:", "timed_out": ":red_circle:", "partially_succeeded": ":large_yellow_circle:"}


class NotANotification(Exception):  # noqa: N818
    """The queue's message is not an SNS envelope."""


def message(body: str) -> dict[str, Any] | None:
    """The Slack message for one message of the queue, whose body is SNS's envelope; None when there is no news.

    An alarm that was just made reports OK when its first data arrive: a first deploy would post a hundred of them.
    """
    try:
        envelope = json.loads(body)
        text, subject = str(envelope["Message"]), str(envelope.get("Subject") or "Notification")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotANotification(f"The message is no SNS envelope: {type(error).__name__}.") from error
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if isinstance(content, dict) and "AlarmName" in content:
        first_data = (content.get("OldStateValue"), content.get("NewStateValue")) == ("INSUFFICIENT_DATA", "OK")
        return None if first_data else _alarm(content)
    if isinstance(content, dict) and "executionId" in content:
        return _ending(content, subject)
    return _other(subject, text)


def _alarm(alarm: Mapping[str, Any]) -> dict[str, Any]:
    state = str(alarm.get("NewStateValue", "UNKNOWN"))
    title = f"{_STATES.get(state, ':white_circle:')} {state}: {alarm['AlarmName']}"
    fields = {
        "Before": alarm.get("OldStateValue"),
        "Since": alarm.get("StateChangeTime"),
        "Region": alarm.get("Region"),
        "Account": alarm.get("AWSAccountId"),
    }
    return _blocks(title, [alarm.get("AlarmDescription"), alarm.get("NewStateReason")], fields)


def _ending(ending: Mapping[str, Any], subject: str) -> dict[str, Any]:
    fields = {
        "Execution": ending["executionId"],
        "Goal": ending.get("goalId"),
        "Error": ending.get("error"),
        "Failed actions": ending.get("failedActions"),
        "Stage": ending.get("stage"),
        "Correlation id": ending.get("correlationId"),
    }
    return _blocks(f"{_ENDINGS.get(str(ending.get('status')), ':white_circle:')} {subject}", [], fields)


def _other(subject: str, text: str) -> dict[str, Any]:
    return _blocks(subject, [text], {})


def _blocks(title: str, paragraphs: list[Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(title, HEADER), "emoji": True}}
    ]
    blocks += [
        {"type": "section", "text": {"type": "mrkdwn", "text": _cut(escape(str(paragraph)), SECTION)}}
        for paragraph in paragraphs
        if paragraph
    ]
    shown = [f"*{name}*\n{escape(str(value))}" for name, value in fields.items() if value not in (None, "")]
    if shown:
        texts = [{"type": "mrkdwn", "text": _cut(text, FIELD)} for text in shown]
        blocks.append({"type": "section", "fields": texts})
    return {"text": _cut(escape(title), SECTION), "blocks": blocks}


def escape(text: str) -> str:
    """Slack's three reserved characters, so that no text can address people or hide a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
