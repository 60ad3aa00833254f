"""Corrections of API Gateway: its answer when the function behind it fails or is late, or a body is too large."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from twin.emulator.corrections import part, replace, require

_FAILED = "the function failed"
# What Lambda takes of a caller who waits; API Gateway itself would take 10 MB.
_LARGEST = 6 * 2**20
# Where the request's body stands among what is passed after the integration.
_BODY = 7


def correct() -> None:
    """Apply all of them."""
    answer_failures_by_gateway_response()
    refuse_what_is_too_large_or_too_late()


def well_formed(answer: Any) -> bool:
    """Whether a function's answer is one that a proxy integration takes."""
    return (
        isinstance(answer, dict)
        and isinstance(answer.get("statusCode"), int | str)
        and str(answer["statusCode"]).isdigit()
        and isinstance(answer.get("body", ""), str | None)
        and isinstance(answer.get("headers") or {}, dict)
    )


def answer_failures_by_gateway_response() -> None:
    """An exception or a malformed answer becomes 502 `Internal server error` through the API's gateway response.

    So it carries the declared CORS headers and a browser can read it, and it shows no stack trace. The emulator
    answers 502 with the exception and without the headers, and 200 to a malformed answer.
    """
    gateway = part("services.apigateway_v1")
    require(gateway, "_GatewayError", "_DEFAULT_GATEWAY_RESPONSE_STATUS_CODES")

    def shape(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(result: dict[str, Any]) -> tuple[dict[str, Any] | None, str | None]:
            if not result.get("throttle") and (result.get("error") or not well_formed(result.get("body"))):
                return None, _FAILED
            answer: tuple[dict[str, Any] | None, str | None] = original(result)
            return answer

        return call

    def invoke(original: Callable[..., Any]) -> Callable[..., Any]:
        failed = (502, {"Content-Type": "application/json"}, json.dumps({"message": _FAILED}).encode())

        async def call(*args: Any, **kwargs: Any) -> Any:
            answer = await original(*args, **kwargs)
            if answer != failed:
                return answer
            return gateway._GatewayError("INTEGRATION_FAILURE", "Internal server error", "InternalServerErrorException")

        return call

    replace(gateway, "_lambda_proxy_response", shape)
    replace(gateway, "_invoke_lambda_proxy_v1", invoke)
    # AWS documents 504, and answers 502 unless the gateway response states another.
    gateway._DEFAULT_GATEWAY_RESPONSE_STATUS_CODES["INTEGRATION_FAILURE"] = "502"


def refuse_what_is_too_large_or_too_late() -> None:
    """A body that no function takes is 413, and a function later than the integration's timeout is 504.

    The function goes on, as it does on AWS. The emulator calls it whatever the size, and waits however long it takes.
    """
    gateway = part("services.apigateway_v1")
    require(gateway, "_GatewayError")

    def invoke(original: Callable[..., Any]) -> Callable[..., Any]:
        async def call(integration: Any, *args: Any, **kwargs: Any) -> Any:
            if len(args[_BODY] or b"") > _LARGEST:
                return gateway._GatewayError("REQUEST_TOO_LARGE", "Request Too Long")
            running = asyncio.ensure_future(original(integration, *args, **kwargs))
            await asyncio.wait({running}, timeout=int(integration.get("timeoutInMillis") or 29_000) / 1000)
            if running.done():
                return running.result()
            return gateway._GatewayError("INTEGRATION_TIMEOUT", "Endpoint request timed out")

        return call

    replace(gateway, "_invoke_lambda_proxy_v1", invoke)
