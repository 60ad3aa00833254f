"""Slack's incoming webhooks, played on this machine: takes messages, checks them as Slack does, and shows them.

Post to `/services/T000/B000/local`; look at `/` in a browser, or read `/_twin/messages` as JSON.
"""

from __future__ import annotations

import itertools
import json
from collections import deque
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from twin.standins import faults, slack_page

RETRY_AFTER_SECONDS = 1
_KEPT = 1000
_BLOCKS = 50
_HEADER_CHARACTERS, _SECTION_CHARACTERS, _FIELDS, _FIELD_CHARACTERS = 150, 3000, 10, 2000
_BLOCK_TYPES = {
    "actions", "alert", "call", "carousel", "card", "context", "context_actions", "divider", "file", "header", "image",
    "input", "markdown", "plan", "rich_text", "section", "table", "task_card", "video",
}  # fmt: skip

Message = dict[str, Any]
MESSAGES = web.AppKey("messages", deque[Message])


def slack_app() -> web.Application:
    """The webhook receiver, ready to be mounted on a loopback port."""
    app = web.Application()
    app[MESSAGES] = deque(maxlen=_KEPT)
    numbers = itertools.count(1)

    async def receive(request: web.Request) -> web.Response:
        payload = await _payload(request)
        refusal = _refusal(payload)
        if refusal:
            return web.Response(status=400, text=refusal)
        app[MESSAGES].append(
            {
                "id": next(numbers),
                "receivedAt": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "path": request.path,
                "payload": payload,
            }
        )
        return web.Response(text="ok")

    app.router.add_post("/services/{path:.+}", receive)
    app.router.add_get("/", _page)
    app.router.add_get(f"{faults.PREFIX}messages", _list)
    app.router.add_delete(f"{faults.PREFIX}messages", _clear)
    faults.install(app, _fail)
    return app


async def _payload(request: web.Request) -> object:
    """The message as sent: JSON, or a form with a field `payload`; None when it is neither."""
    try:
        if request.content_type == "application/x-www-form-urlencoded":
            return json.loads(str((await request.post()).get("payload", "")))
        return json.loads(await request.read())
    except ValueError:
        return None


def _refusal(payload: object) -> str:
    """Slack's word for what is wrong with a message, or nothing."""
    if not isinstance(payload, dict):
        return "invalid_payload"
    text, blocks, attachments = payload.get("text"), payload.get("blocks"), payload.get("attachments")
    if not isinstance(text, str | None) or not isinstance(attachments, list | None):
        return "invalid_payload"
    if blocks is not None and not _are_valid(blocks):
        return "invalid_blocks"
    return "" if text or blocks or attachments else "no_text"


def _are_valid(blocks: object) -> bool:
    if not isinstance(blocks, list) or len(blocks) > _BLOCKS:
        return False
    return all(isinstance(block, dict) and block.get("type") in _BLOCK_TYPES and _fits(block) for block in blocks)


def _fits(block: dict[str, Any]) -> bool:
    """Whether a block keeps the limits that notifications run into: Slack refuses the message when one does not."""
    if block["type"] == "header":
        return _is_text(block.get("text"), _HEADER_CHARACTERS, {"plain_text"})
    if block["type"] == "section":
        fields = block.get("fields", [])
        if not isinstance(fields, list) or len(fields) > _FIELDS or not (fields or block.get("text")):
            return False
        text = block.get("text")
        return (text is None or _is_text(text, _SECTION_CHARACTERS)) and all(
            _is_text(field, _FIELD_CHARACTERS) for field in fields
        )
    if block["type"] in ("context", "actions"):
        return isinstance(block.get("elements"), list) and bool(block["elements"])
    return True


def _is_text(text: object, most: int, kinds: frozenset[str] | set[str] = frozenset({"plain_text", "mrkdwn"})) -> bool:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        return False
    words = text.get("text")
    return isinstance(words, str) and 1 <= len(words) <= most


async def _list(request: web.Request) -> web.Response:
    kept: deque[Message] = request.app[MESSAGES]
    return web.json_response({"messages": list(kept)})


async def _clear(request: web.Request) -> web.Response:
    request.app[MESSAGES].clear()
    return web.Response(status=204)


async def _page(request: web.Request) -> web.Response:
    kept: deque[Message] = request.app[MESSAGES]
    return web.Response(text=slack_page.render(list(kept)), content_type="text/html")


async def _fail(_: web.Request, fault: faults.Fault) -> web.Response:
    if fault.kind == "throttle":
        return web.Response(status=429, text="rate_limited", headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    if fault.kind == "malformed":
        return web.Response(text="<!DOCTYPE html><html><head><title>Slack</title", content_type="text/html")
    return web.Response(status=fault.status or 500, text=fault.code or "server_error")
