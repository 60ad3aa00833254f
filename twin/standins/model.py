"""Amazon Bedrock Runtime's Converse operation, played on this machine, so that boto3 cannot tell the difference.

Point `AWS_ENDPOINT_URL_BEDROCK_RUNTIME` at it. Answers come from `model_answers`: plausible tasks for an action, in the
chart's language, the same for the same text. It does not stream, and it knows no guardrails, images or documents.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from typing import Any

from aiohttp import web

from twin.standins import faults, model_answers, model_apis
from twin.standins.model_answers import Tool

DEFAULT_LATENCY_SECONDS = 0.02
_BODY_BYTES = 25 * 1024 * 1024
_MODEL_ID = re.compile(
    r"(arn:aws[-a-z]*:bedrock:[a-z0-9-]+:\d*:(foundation-model|inference-profile|application-inference-profile)/\S+"
    r"|([a-z]{2,6}\.)?[a-z0-9-]+\.[a-zA-Z0-9.-]+(:\d+)*)"
)
_STATUS = {
    "AccessDeniedException": 403,
    "InternalServerException": 500,
    "ModelErrorException": 424,
    "ModelNotReadyException": 429,
    "ModelTimeoutException": 408,
    "ResourceNotFoundException": 404,
    "ServiceQuotaExceededException": 400,
    "ServiceUnavailableException": 503,
    "ThrottlingException": 429,
    "ValidationException": 400,
}
_MESSAGES = {
    "AccessDeniedException": "You don't have access to the model with the specified model ID.",
    "ModelTimeoutException": "The model timed out while processing the request. Try again.",
    "ServiceQuotaExceededException": "Your request exceeds the service quota for your account.",
    "ServiceUnavailableException": "Bedrock is unable to process your request.",
    "ThrottlingException": "Too many requests, please wait before trying again.",
}
_UNEXPECTED = "The system encountered an unexpected error during processing. Try your request again."
_LATENCY = web.AppKey("latency", list[float])
_LONGEST_SECONDS = 120.0


class Refused(Exception):
    """A request that Bedrock would refuse, with its name for the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def model_app(latency_seconds: float = DEFAULT_LATENCY_SECONDS) -> web.Application:
    """The stand-in, ready to be mounted on a loopback port; each answer takes at least `latency_seconds`.

    `PUT /_twin/latency {"seconds": 2}` changes that while it runs.
    """
    app = web.Application(client_max_size=_BODY_BYTES)
    app[_LATENCY] = [latency_seconds]  # an application's own values are fixed once it runs
    app.router.add_put(f"{faults.PREFIX}latency", _slow_down)
    app.router.add_post("/model/{model_id:.+}/converse", _converse)
    app.router.add_route("*", "/model/{path:.*}", _unknown)
    model_apis.add_routes(app)
    faults.install(app, _fail)
    return app


async def _converse(request: web.Request) -> web.Response:
    began = time.monotonic()
    try:
        body = _checked(request, await request.read())
        tool = _tool(body)
    except Refused as refusal:
        return _error(refusal.code, refusal.message)
    prompt = _prompt(body)
    made = model_answers.tool_input(tool, prompt) if tool else None
    return await _answer(request, body, tool, made, began)


async def _answer(
    request: web.Request, body: dict[str, Any], tool: Tool | None, made: dict[str, Any] | None, began: float
) -> web.Response:
    content: list[dict[str, Any]]
    if tool:
        use = {"toolUseId": f"tooluse_{uuid.uuid4().hex[:22]}", "name": tool.name, "input": made}
        content, reason, written = [{"toolUse": use}], "tool_use", json.dumps(made, ensure_ascii=False)
    else:
        written = model_answers.text(_prompt(body))
        content, reason = [{"text": written}], "end_turn"
    used = model_answers.tokens(written)
    limit = body.get("inferenceConfig", {}).get("maxTokens")
    if limit is not None and used > limit:
        # A tool's input is cut off in the middle, so that nothing of it can be read.
        content = [{"toolUse": {**content[0]["toolUse"], "input": {}}}] if tool else [{"text": written[:limit]}]
        used, reason = limit, "max_tokens"
    await asyncio.sleep(max(0.0, request.app[_LATENCY][0] - (time.monotonic() - began)))
    asked = model_answers.tokens(_everything(body))
    return _json(
        {
            "metrics": {"latencyMs": round((time.monotonic() - began) * 1000)},
            "output": {"message": {"content": content, "role": "assistant"}},
            "stopReason": reason,
            "usage": {"inputTokens": asked, "outputTokens": used, "totalTokens": asked + used},
        }
    )


def _checked(request: web.Request, raw: bytes) -> dict[str, Any]:
    """The request's body, or why Bedrock would refuse it."""
    if not request.headers.get("Authorization", "").startswith(("AWS4-HMAC-SHA256 ", "Bearer ")):
        raise Refused("MissingAuthenticationTokenException", "Missing Authentication Token")
    if not _MODEL_ID.fullmatch(request.match_info["model_id"]):
        raise Refused("ValidationException", "The provided model identifier is invalid.")
    try:
        body = json.loads(raw)
    except ValueError:
        raise Refused("SerializationException", "The request body is not valid JSON.") from None
    messages = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(messages, list) or not messages:
        raise Refused("ValidationException", "A conversation must have at least one message.")
    if messages[0].get("role") != "user":
        raise Refused("ValidationException", "A conversation must start with a user message.")
    if messages[-1].get("role") != "user":
        raise Refused("ValidationException", "This model does not support assistant message prefill.")
    for index, message in enumerate(messages):
        place = f"The content field in the Message object at messages.{index}"
        if not message.get("content"):
            raise Refused("ValidationException", f"{place} is empty.")
        if any("text" in block and not str(block["text"]).strip() for block in message["content"]):
            raise Refused("ValidationException", f"{place} has a blank text field.")
    return dict(body)


def _tool(body: dict[str, Any]) -> Tool | None:
    """The tool to use: the one that is forced, else the first that is offered."""
    config = body.get("toolConfig")
    if not config:
        return None
    offered = [tool["toolSpec"] for tool in config.get("tools", []) if "toolSpec" in tool]
    if not offered:
        raise Refused("ValidationException", "toolConfig.tools must offer at least one tool.")
    forced = config.get("toolChoice", {}).get("tool", {}).get("name")
    for specification in offered:
        if forced in (None, specification["name"]):
            return Tool(name=specification["name"], input_schema=specification["inputSchema"]["json"])
    raise Refused("ValidationException", f"toolConfig.toolChoice names the tool {forced}, which is not offered.")


def _prompt(body: dict[str, Any]) -> str:
    """What the user says."""
    said = [message["content"] for message in body["messages"] if message["role"] == "user"]
    return "\n".join(block["text"] for content in said for block in content if "text" in block)


def _everything(body: dict[str, Any]) -> str:
    """All that a model would have to read: the instructions, the conversation and the tools."""
    parts = (body.get("system", []), body["messages"], body.get("toolConfig", {}))
    return json.dumps(parts, ensure_ascii=False)


async def _fail(request: web.Request, fault: faults.Fault) -> web.Response:
    if model_apis.is_one(request):
        return await model_apis.fail(request, fault)
    if fault.kind == "malformed":
        began = time.monotonic()
        try:
            body = _checked(request, await request.read())
            tool = _tool(body)
        except Refused as refusal:
            return _error(refusal.code, refusal.message)
        if tool:
            return await _answer(request, body, tool, model_answers.broken_input(tool), began)
        return web.Response(body=b'{"output": {"message": ', content_type="application/json")
    if fault.kind == "throttle":
        return _error("ThrottlingException")
    code = fault.code or next((name for name, status in _STATUS.items() if status == fault.status), None)
    return _error(code or "InternalServerException", status=fault.status)


async def _slow_down(request: web.Request) -> web.Response:
    try:
        seconds = float(json.loads(await request.read())["seconds"])
    except (KeyError, TypeError, ValueError) as error:
        return web.json_response({"message": f'expected {{"seconds": <number>}}: {error!r}'}, status=400)
    if not 0 <= seconds <= _LONGEST_SECONDS:
        told = f"seconds: should be between 0 and {_LONGEST_SECONDS:.0f} (got {seconds})"
        return web.json_response({"message": told}, status=400)
    request.app[_LATENCY][0] = seconds
    return web.json_response({"seconds": seconds})


async def _unknown(_: web.Request) -> web.Response:
    return _error("UnknownOperationException", "The stand-in answers POST /model/{modelId}/converse only.", status=404)


def _error(code: str, message: str = "", *, status: int | None = None) -> web.Response:
    unsigned = code == "MissingAuthenticationTokenException"
    response = _json(
        {"message": message or _MESSAGES.get(code, _UNEXPECTED)}, status or _STATUS.get(code, 403 if unsigned else 400)
    )
    response.headers["x-amzn-ErrorType"] = f"{code}:http://internal.amazon.com/coral/com.amazon.bedrock/"
    return response


def _json(document: dict[str, Any], status: int = 200) -> web.Response:
    return web.json_response(document, status=status, headers={"x-amzn-RequestId": str(uuid.uuid4())})
