"""Signs a user in the way a browser does: hosted pages, authorization code and PKCE."""

from __future__ import annotations

import base64
import hashlib
import secrets
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from twin.errors import TwinError

if TYPE_CHECKING:
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


async def access_token(
    session: ClientSession, *, sign_in_url: str, web_url: str, client_id: str, email: str, password: str
) -> str:
    """An access token for the user; SignInError when a page refuses."""
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
    form = _Form()
    form.feed(text)
    fields = {**form.fields, "username": email, "password": password}
    async with session.post(f"{sign_in_url}/login", data=fields, allow_redirects=False) as answer:
        location = urlsplit(answer.headers.get("Location", ""))
        codes = parse_qs(location.query)
        if codes.get("state") != [state] or "code" not in codes or not location.geturl().startswith(redirect):
            raise SignInError(f"The sign-in page refused {email} with status {answer.status}: {location.geturl()}")
    exchange = {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "code": codes["code"][0],
        "redirect_uri": redirect,
        "code_verifier": verifier,
    }
    async with session.post(f"{sign_in_url}/oauth2/token", data=exchange) as answer:
        tokens = await answer.json(content_type=None)
        if answer.status != 200:
            raise SignInError(f"The token endpoint answered {answer.status}: {tokens}")
    return str(tokens["access_token"])
