"""JSON Web Tokens (RFC 7519) signed with HMAC-SHA256, as links carry them.

The key is the JWT secret. While it is replaced, what was signed with the value before is accepted too; replaced twice,
every older link is void. A token names its key (`kid`) by a digest that tells nothing about it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any

from lambdas.shared import secrets
from lambdas.shared.errors import NotFound, SecretUnavailable

AUDIENCE = "share"
# How long an execution environment may go on with the keys it knows.
_KEYS_SECONDS = 300
_STAGES = ("AWSCURRENT", "AWSPREVIOUS")


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a link allows: to see one goal of one person, until a moment in seconds since 1970."""

    user: str
    goal: str
    expires_at: int


class Signer:
    """Makes and reads tokens with the keys of one secret."""

    def __init__(self, secret_arn: str) -> None:
        self._secret_arn = secret_arn
        self._read_at = float("-inf")

    def sign(self, grant: Grant) -> str:
        """The token for a grant."""
        key = self._key(_STAGES[0])
        header = {"alg": "HS256", "typ": "JWT", "kid": _kid(key)}
        claims = {"aud": AUDIENCE, "sub": grant.user, "goal": grant.goal, "exp": grant.expires_at}
        signed = f"{_encode(json.dumps(header).encode())}.{_encode(json.dumps(claims).encode())}"
        return f"{signed}.{_encode(hmac.digest(key, signed.encode(), 'sha256'))}"

    def read(self, token: str) -> Grant:
        """What a token allows; a 404 problem when it is not ours, was altered, or has expired."""
        try:
            signed, _, signature = token.rpartition(".")
            header, claims = (json.loads(_decode(part)) for part in signed.split("."))
            key = self._key_named(header["kid"]) if header["alg"] == "HS256" else None
            given = _decode(signature)
            if key is None or not hmac.compare_digest(hmac.digest(key, signed.encode(), "sha256"), given):
                raise NotFound("link")
            return _grant(claims)
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            raise NotFound("link") from error

    def _key_named(self, kid: object) -> bytes | None:
        """The key of that name: the current one or the one before, asked for anew when neither is known."""
        for _ in range(2):
            for stage in _STAGES:
                try:
                    key = self._key(stage)
                except SecretUnavailable:
                    if stage == _STAGES[0]:
                        raise
                    continue  # a secret that was never replaced has no value before
                if _kid(key) == kid:
                    return key
            if time.monotonic() - self._read_at < 1:
                return None
            self._read_at = float("-inf")
        return None

    def _key(self, stage: str) -> bytes:
        if time.monotonic() - self._read_at > _KEYS_SECONDS:
            for each in reversed(_STAGES):
                try:
                    secrets.read(self._secret_arn, fresh=True, stage=each)
                except SecretUnavailable:
                    if each == _STAGES[0]:
                        raise
            self._read_at = time.monotonic()
        return secrets.read(self._secret_arn, stage=stage).strip().encode()


def _grant(claims: dict[str, Any]) -> Grant:
    if claims["aud"] != AUDIENCE or claims["exp"] <= time.time():
        raise NotFound("link")
    return Grant(user=str(claims["sub"]), goal=str(claims["goal"]), expires_at=int(claims["exp"]))


def _kid(key: bytes) -> str:
    return hashlib.sha256(b"kid:" + key).hexdigest()[:8]


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
