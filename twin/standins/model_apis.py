"""The APIs of OpenAI (Chat Completions) and Gemini (generateContent), as far as forced functions go.

The answers are those of `model_answers`, as behind Bedrock's API. Any key will do, and no model is unknown.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from twin.standins import faults, model_answers
from twin.standins.model_answers import Tool

OPENAI, GEMINI = "/openai", "/gemini"


def add_routes(app: web.Application) -> None:
    """Point `OPENAI_API_URL` and `GEMINI_API_URL` at the prefixes of these routes."""
    app.router.add_post(f"{OPENAI}/chat/completions", _openai)
    app.router.add_post(f"{GEMINI}/models/{{model}}:generateContent", _gemini)


def is_one(request: web.Request) -> bool:
    """Whether the request is to one of these APIs."""
    return request.path.startswith((f"{OPENAI}/", f"{GEMINI}/"))


async def fail(request: web.Request, fault: faults.Fault) -> web.Response:
    """The services' own way of saying that they cannot: `malformed` hands in what no schema accepts."""
    if fault.kind == "malformed":
        return await (_openai if request.path.startswith(OPENAI) else _gemini)(request, broken=True)
    throttled = fault.kind == "throttle"
    status = fault.status or (429 if throttled else 500)
    if request.path.startswith(OPENAI):
        code = fault.code or ("rate_limit_exceeded" if throttled else "server_error")
        return web.json_response({"error": {"code": code, "message": code}}, status=status)
    name = fault.code or ("RESOURCE_EXHAUSTED" if throttled else "INTERNAL")
    return web.json_response({"error": {"code": status, "status": name}}, status=status)


async def _openai(request: web.Request, *, broken: bool = False) -> web.Response:
    body = await request.json()
    [function] = [tool["function"] for tool in body["tools"]]
    prompt = "\n".join(message["content"] for message in body["messages"] if message["role"] == "user")
    made = json.dumps(_made(function["name"], function["parameters"], prompt, broken=broken), ensure_ascii=False)
    call = {"id": "call_1", "type": "function", "function": {"name": function["name"], "arguments": made}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return web.json_response(
        {
            "object": "chat.completion",
            "model": body["model"],
            "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}],
        }
    )


async def _gemini(request: web.Request, *, broken: bool = False) -> web.Response:
    body = await request.json()
    [declared] = [each for tool in body["tools"] for each in tool["functionDeclarations"]]
    prompt = "\n".join(part["text"] for content in body["contents"] for part in content["parts"])
    made = _made(declared["name"], declared["parametersJsonSchema"], prompt, broken=broken)
    content = {"role": "model", "parts": [{"functionCall": {"name": declared["name"], "args": made}}]}
    return web.json_response(
        {
            "modelVersion": request.match_info["model"],
            "candidates": [{"index": 0, "finishReason": "STOP", "content": content}],
        }
    )


def _made(name: str, input_schema: dict[str, Any], prompt: str, *, broken: bool) -> dict[str, Any]:
    tool = Tool(name=name, input_schema=input_schema)
    return model_answers.broken_input(tool) if broken else model_answers.tool_input(tool, prompt)
