"""Corrections of Cognito: codes that only the mail knows, revocation, flows that the client does not allow."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from twin.emulator.corrections import part, replace, require


def correct() -> None:
    """Apply all of them."""
    check_what_is_sent()
    send_random_codes()
    revoke_by_the_sign_in_pages()


def check_what_is_sent() -> None:
    """Codes, revoked access tokens and the client's flows are checked. The emulator takes any without `AUTH=true`."""
    cognito = part("services.cognito")
    require(cognito, "_auth_flow_error", "_access_token_error", "_confirmation_code_error")
    require(cognito, "_UNSIGNED_IDP_ACTIONS", "_pin_unsigned_idp_scope")

    def run(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(handler: Any, action: str, data: dict[str, Any]) -> Any:
            if action in cognito._UNSIGNED_IDP_ACTIONS:
                cognito._pin_unsigned_idp_scope(data)
            error = (
                cognito._auth_flow_error(action, data)
                or cognito._access_token_error(data)
                or cognito._confirmation_code_error(action, data)
            )
            return error or original(handler, action, data)

        return call

    replace(cognito, "_run_idp_handler", run)


def send_random_codes() -> None:
    """Each mail carries a code of its own, and only that one is taken. The emulator's are the same for everybody."""

    def send(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(pool: Any, username: str, attributes: Any, code: str, attribute_name: str = "email") -> Any:
            user, kept = pool["_users"].get(username), "_confirmation_code"
            if attribute_name == "password":
                kept = "_reset_code"
            if user is not None and user.get(kept) == code:
                code = user[kept] = f"{secrets.randbelow(10**6):06}"
            return original(pool, username, attributes, code, attribute_name)

        return call

    replace(part("services.cognito"), "_send_verification_email", send)


def revoke_by_the_sign_in_pages() -> None:
    """`POST /oauth2/revoke` ends a refresh token (RFC 7009), which the emulator knows by its API only."""
    cognito = part("services.cognito")
    require(cognito, "_revoke_token")

    def handle(original: Callable[..., Any]) -> Callable[..., Any]:
        async def call(method: str, path: str, headers: Any, body: bytes, *rest: Any) -> Any:
            if (method, path) != ("POST", "/oauth2/revoke"):
                return await original(method, path, headers, body, *rest)
            token = parse_qs(body.decode()).get("token")
            if not token:
                return 400, {"Content-Type": "application/json"}, b'{"error": "invalid_request"}'
            cognito._revoke_token({"Token": token[0]})
            return 200, {}, b""

        return call

    replace(part("app"), "_handle_cognito_body_request", handle)
