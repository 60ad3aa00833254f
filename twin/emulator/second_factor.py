"""A correction of Cognito's sign-in pages: who has an authenticator app is asked for its code, which they skip."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import parse_qs

from twin.emulator.corrections import part, replace, require

_SECONDS, _TRIES = 180.0, 3
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Second factor</title></head><body>
<h1>Enter the code of your authenticator app</h1><p role="alert">{error}</p>
<form method="post" action="/login"><input type="hidden" name="mfa_token" value="{token}">
<label for="totp">Code</label> <input id="totp" name="totp" inputmode="numeric" autocomplete="one-time-code" required>
<button type="submit">Sign in</button></form></body></html>"""


@dataclass
class _Pending:
    """A sign-in whose password was right: how it goes on, and for how long."""

    user: dict[str, Any]
    proceed: Callable[[], Any]
    until: float = field(default_factory=lambda: time.time() + _SECONDS)
    tries: int = _TRIES


_pending: dict[str, _Pending] = {}


def correct() -> None:
    """Put a page between the password and the code for the application."""
    cognito = part("services.cognito")
    require(cognito, "_mfa_challenge_for_user", "_totp_matches", "_get_pool_unscoped", "_oauth2_error")

    def issue(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(client: str, pool_id: str, redirect: str, scope: str, username: str, *rest: Any) -> Any:
            pool = cognito._get_pool_unscoped(pool_id)
            user = pool["_users"][username]

            def proceed() -> Any:
                return original(client, pool_id, redirect, scope, username, *rest)

            if cognito._mfa_challenge_for_user(pool, user, pool_id, username) is None:
                return proceed()
            token = secrets.token_urlsafe(24)
            _pending[token] = _Pending(user=user, proceed=proceed)
            return _page(token)

        return call

    def submit(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
            form = parse_qs(body.decode(errors="replace")) if body else {}
            token = form.get("mfa_token", [""])[0]
            return _answer(token, form.get("totp", [""])[0]) if token else original(method, path, headers, body, query)

        return call

    replace(cognito, "_issue_auth_code_redirect", issue)
    replace(cognito, "handle_login_submit", submit)


def _answer(token: str, code: str) -> Any:
    cognito, pending = part("services.cognito"), _pending.get(token)
    if pending is None or pending.until < time.time():
        _pending.pop(token, None)
        return cognito._oauth2_error("invalid_request", "Session has expired. Please sign in again.")
    if cognito._totp_matches(pending.user.get("_totp_secret"), code):
        del _pending[token]
        return pending.proceed()
    pending.tries -= 1
    if not pending.tries:
        del _pending[token]
    return _page(token, "The code is not right.")


def _page(token: str, error: str = "") -> tuple[int, dict[str, str], bytes]:
    page = _PAGE.format(token=escape(token), error=escape(error))
    return 200, {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}, page.encode()
