"""GitHub's REST API, as far as lists go: conditional requests, paging, and waiting as one is told.

GITHUB_API_URL in the environment names another address of the API.
"""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urljoin, urlsplit

from lambdas.shared import secrets
from lambdas.shared.logging import logger

URL = "https://api.github.com"
READ_SECONDS = 15
# How long one source may wait for GitHub in all; beyond that it fails, and the others go on.
PATIENCE_SECONDS = 60
# The waits after failures of GitHub itself.
WAITS = (1, 2, 4)
REDIRECTS = 3
_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')


class GitHubRateLimited(Exception):  # noqa: N818
    """GitHub asks for a longer pause than one source may take. Worth another try later."""


class GitHubUnavailable(Exception):  # noqa: N818
    """GitHub failed or did not answer, several times. Worth another try later."""


class GitHubAccessDenied(Exception):  # noqa: N818
    """The token is not accepted, or may not read the repository. Never retried."""


class RepositoryNotFound(Exception):  # noqa: N818
    """There is no such repository for this token. Never retried."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One page of a list; empty when nothing has changed since the page was named `etag`."""

    items: list[dict[str, Any]] = field(default_factory=list)
    etag: str = ""
    next: str = ""


@dataclass(frozen=True, kw_only=True)
class _Reply:
    status: int
    headers: dict[str, str]
    content: bytes


class GitHub:
    """The API for one source: all its requests share one budget of patience."""

    def __init__(self, token_arn: str = "") -> None:
        self._token_arn = token_arn
        self._base = os.environ.get("GITHUB_API_URL", URL).rstrip("/")
        self._patience = float(PATIENCE_SECONDS)

    def get(self, path: str, etag: str | None = None) -> Answer:
        """A page of a list, by its path or by the address that the page before named."""
        url, failures, redirects = self._address(path), 0, 0
        while True:
            reply = self._ask(url, etag)
            if reply is None or reply.status >= 500:
                if failures == len(WAITS):
                    reason = "no answer" if reply is None else f"status {reply.status}"
                    raise GitHubUnavailable(f"{url} failed {failures + 1} times, at last with {reason}.")
                self._wait(WAITS[failures], url)
                failures += 1
            elif reply.status in {301, 302, 307, 308} and redirects < REDIRECTS:
                url, redirects = self._address(urljoin(url, reply.headers.get("location", ""))), redirects + 1
            elif reply.status == 304:
                return Answer(etag=etag or "")
            elif (pause := _pause(reply)) is not None:
                self._wait(pause, url)
            else:
                return _page(reply, url)

    def _address(self, path: str) -> str:
        """A full address; never one of another host, which must not see the token."""
        url = path if "://" in path else f"{self._base}{path}"
        ours, theirs = urlsplit(self._base), urlsplit(url)
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            raise GitHubUnavailable(f"GitHub points to {theirs.netloc}, which is not {ours.netloc}.")
        return url

    def _ask(self, url: str, etag: str | None) -> _Reply | None:
        parts = urlsplit(url)
        make = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = make(parts.hostname or "", parts.port, timeout=READ_SECONDS)
        try:
            connection.request("GET", f"{parts.path}?{parts.query}", headers=self._headers(etag))
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return _Reply(status=answer.status, headers=headers, content=answer.read())
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()

    def _headers(self, etag: str | None) -> dict[str, str]:
        headers = {
            "Accept": "application/vnd.github+json",
            "User-Agent": "goal-mandala",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        if self._token_arn:
            headers["Authorization"] = f"Bearer {secrets.read(self._token_arn).strip()}"
        if etag:
            headers["If-None-Match"] = etag
        return headers

    def _wait(self, seconds: float, url: str) -> None:
        if seconds > self._patience:
            raise GitHubRateLimited(
                f"{url}: GitHub asks for a pause of {seconds:.0f} s, {self._patience:.0f} s are left."
            )
        self._patience -= seconds
        logger.info("GitHub is asked again after a pause.", seconds=seconds)
        time.sleep(seconds)


def _pause(reply: _Reply) -> float | None:
    """How many seconds GitHub asks to wait; None when it does not."""
    if reply.status not in {403, 429}:
        return None
    after = reply.headers.get("retry-after", "")
    if after.isascii() and after.isdigit():
        return max(1.0, float(after))
    reset = reply.headers.get("x-ratelimit-reset", "")
    if reply.headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdigit():
        return max(1.0, float(reset) - time.time() + 1)
    # A secondary limit without a time: GitHub's documentation says to wait at least a minute.
    return 60.0 if reply.status == 429 or b"secondary rate limit" in reply.content else None


def _page(reply: _Reply, url: str) -> Answer:
    if reply.status in {404, 410, 451}:
        raise RepositoryNotFound(f"{url} answered {reply.status}: the repository is gone, renamed or private.")
    if reply.status != 200:
        raise GitHubAccessDenied(f"{url} answered {reply.status}; check the token and what it may read.")
    try:
        items = json.loads(reply.content)
    except ValueError:
        items = None
    if not isinstance(items, list):
        raise GitHubUnavailable(f"{url} answered something that is no list.")
    following = _NEXT.search(reply.headers.get("link", ""))
    return Answer(items=items, etag=reply.headers.get("etag", ""), next=following[1] if following else "")
