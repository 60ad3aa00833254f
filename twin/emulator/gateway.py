"""Corrections of API Gateway: what a caller gets when the function behind the API fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from twin.emulator.corrections import part, replace, require

_FAILED = "the function failed"


def correct() -> None:
    """Apply all of them."""
    answer_failures_by_gateway_response()


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
    require(gateway, "_GatewayError")

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
            error = gateway._GatewayError("DEFAULT_5XX", "Internal server error", "InternalServerErrorException")
            error.bad_gateway = True
            return error

        return call

    def render(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(error: Any, request: Any) -> tuple[int, dict[str, str], bytes]:
            status, headers, body = original(error, request)
            return (502 if status == 500 and getattr(error, "bad_gateway", False) else status), headers, body

        return call

    replace(gateway, "_lambda_proxy_response", shape)
    replace(gateway, "_invoke_lambda_proxy_v1", invoke)
    replace(gateway, "_gateway_error_response", render)
