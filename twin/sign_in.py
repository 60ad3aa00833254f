"""Signs a user in the way a browser does: hosted pages, authorization code and PKCE."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import ClientSession


class SignInError(TwinError):
    """The sign-in pages refused; the message says what they answered."""


class _Form(HTMLParser):
    """The hidden fields of a page's forms."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect one field."""
        values = dict(attrs)
        if tag == "input" and values.get("type") == "hidden" and values.get("name"):
            self.fields[str(values["name"])] = values.get("value") or ""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What the sign-in page gave the browser, and the secret that proves it was this one that asked (PKCE)."""

    code: str
    verifier: str
    redirect: str


async def access_token(
    session: ClientSession, *, sign_in_url: str, web_url: str, client_id: str, email: str, password: str
) -> str:
    """An access token for the user; SignInError when a page refuses."""
    grant = await authorization_code(
        session, sign_in_url=sign_in_url, web_url=web_url, client_id=client_id, email=email, password=password
    )
    tokens = await exchange(session, grant, sign_in_url=sign_in_url, client_id=client_id)
    return str(tokens["access_token"])


async def authorization_code(
    session: ClientSession,
    *,
    sign_in_url: str,
    web_url: str,
    client_id: str,
    email: str,
    password: str,
    second_factor: Callable[[], str] | None = None,
) -> Grant:
    """What comes back from the sign-in page; `second_factor` reads the authenticator app when asked."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    redirect = f"{web_url}/"
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect,
        "scope": "openid email profile",
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    async with session.get(f"{sign_in_url}/oauth2/authorize?{urlencode(query)}") as page:
        text = await page.text()
        if page.status != 200:
            raise SignInError(f"The sign-in page answered {page.status}: {text[:200]}")
    fields = {**_hidden(text), "username": email, "password": password}
    status, target, text = await _submit(session, sign_in_url, fields)
    if "mfa_token" in _hidden(text) and second_factor:
        status, target, text = await _submit(session, sign_in_url, {**_hidden(text), "totp": second_factor()})
    codes = parse_qs(urlsplit(target).query)
    if codes.get("state") != [state] or "code" not in codes or not target.startswith(redirect):
        raise SignInError(f"The sign-in page refused {email} with status {status}: {target}")
    return Grant(code=codes["code"][0], verifier=verifier, redirect=redirect)


async def _submit(session: ClientSession, sign_in_url: str, fields: dict[str, str]) -> tuple[int, str, str]:
    """Send a form of the sign-in pages: the answer's status, where it leads and what it shows."""
    async with session.post(f"{sign_in_url}/login", data=fields, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", ""), await answer.text()


def _hidden(page: str) -> dict[str, str]:
    form = _Form()
    form.feed(page)
    return form.fields


async def exchange(session: ClientSession, grant: Grant, *, sign_in_url: str, client_id: str) -> dict[str, Any]:
    """The tokens for what the sign-in page gave."""
    fields = {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "code": grant.code,
        "redirect_uri": grant.redirect,
        "code_verifier": grant.verifier,
    }
    async with session.post(f"{sign_in_url}/oauth2/token", data=fields) as answer:
        tokens: dict[str, Any] = await answer.json(content_type=None)
        if answer.status != 200:
            raise SignInError(f"The token endpoint answered {answer.status}: {tokens}")
    return tokens
