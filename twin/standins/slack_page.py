"""The page on which a person reads the messages that Slack would have shown."""

from __future__ import annotations

import html
import re
from typing import Any

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.25rem; } h2 { font-size: 1.05rem; margin: 0 0 .4rem; }
article { border-left: 4px solid #8a5a00; padding: .25rem 0 .25rem 1rem; margin: 1.5rem 0; overflow-wrap: anywhere; }
article > header { font-size: .85rem; opacity: .75; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .5rem 1rem; margin: .5rem 0; }
.context { font-size: .85rem; opacity: .75; }
"""
_REPLACEMENTS = (
    (re.compile(r"&lt;(https?://[^|&]+(?:&amp;[^|&]+)*)\|([^&]+)&gt;"), r'<a href="\1">\2</a>'),
    (re.compile(r"&lt;(https?://[^|&]+(?:&amp;[^|&]+)*)&gt;"), r'<a href="\1">\1</a>'),
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
    (re.compile(r"(?<!\w)\*([^*\n]+)\*(?!\w)"), r"<strong>\1</strong>"),
    (re.compile(r"\n"), "<br>"),
)


def render(messages: list[dict[str, Any]]) -> str:
    """The whole page, newest message first; it renews itself every five seconds."""
    shown = "".join(_message(message) for message in reversed(messages)) or "<p>No message has arrived yet.</p>"
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">'
        '<meta name="viewport" content="width=device-width"><title>Slack messages</title>'
        f"<style>{_STYLE}</style></head><body><h1>Slack messages ({len(messages)})</h1>{shown}</body></html>"
    )


def _message(message: dict[str, Any]) -> str:
    payload = message["payload"]
    parts = [_block(block) for block in payload.get("blocks") or []]
    if not parts and payload.get("text"):
        parts.append(f"<p>{marked_up(payload['text'])}</p>")
    for attachment in payload.get("attachments") or []:
        if isinstance(attachment, dict):
            words = attachment.get("text") or attachment.get("fallback") or ""
            parts.append(f"<p>{marked_up(str(words))}</p>" if words else "")
            parts += [_block(block) for block in attachment.get("blocks") or []]
    heading = f"{message['receivedAt']} · {message['path']}"
    return f"<article><header>{html.escape(heading)}</header>{''.join(parts)}</article>"


def _block(block: dict[str, Any]) -> str:
    kind = block.get("type")
    if kind == "divider":
        return "<hr>"
    if kind == "header":
        return f"<h2>{_text(block.get('text'))}</h2>"
    if kind == "context":
        return f'<p class="context">{" · ".join(_text(item) for item in block.get("elements", []))}</p>'
    if kind == "actions":
        return f"<p>{' '.join(_button(item) for item in block.get('elements', []))}</p>"
    text = f"<p>{_text(block['text'])}</p>" if block.get("text") else ""
    fields = "".join(f"<div>{_text(field)}</div>" for field in block.get("fields", []))
    return text + (f"<dl>{fields}</dl>" if fields else "")


def _button(item: dict[str, Any]) -> str:
    words = _text(item.get("text"))
    url = str(item.get("url", ""))
    return f'<a href="{html.escape(url)}">{words}</a>' if url.startswith(("https://", "http://")) else words


def _text(value: object) -> str:
    if isinstance(value, dict):
        words = str(value.get("text") or value.get("alt_text") or "")
        return html.escape(words) if value.get("type") == "plain_text" else marked_up(words)
    return ""


def marked_up(text: str) -> str:
    """Slack's mrkdwn as HTML: links, code and bold; everything else is escaped."""
    # Slack's senders escape &, < and > themselves; undone first, so that they are not escaped twice.
    result = html.escape(re.sub("&(amp|lt|gt);", lambda found: html.unescape(found[0]), text))
    for pattern, replacement in _REPLACEMENTS:
        result = pattern.sub(replacement, result)
    return result
