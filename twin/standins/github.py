"""GitHub's REST API, played on this machine: releases, issues and pull requests of any repository.

Point `GITHUB_API_URL` at it. Every repository exists, with a history that follows from its name, except those whose
name begins with `missing`. `POST /_twin/activities` lets something happen:

    {"repository": "pulumi/pulumi", "kind": "release", "title": "v3.200.0", "body": "Fixes"}

It pages (`Link`), answers conditional requests (`ETag`, 304, which cost nothing), counts requests against a limit, and
fails as `POST /_twin/faults` says. It knows no search, no GraphQL and no authentication: any token will do.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from twin.standins import faults

HOURLY_REQUESTS = 5000
RETRY_AFTER_SECONDS = 1
_MOST_PER_PAGE, _DEFAULT_PER_PAGE = 100, 30
_HISTORY = 4
_KINDS = ("release", "issue", "pull_request")
_LISTS = {"releases": frozenset({"release"}), "issues": frozenset({"issue", "pull_request"})}

Item = dict[str, Any]
# What has just happened when the twin starts: repository, kind, title, text.
HAPPENED = (
    ("pulumi/pulumi", "release", "v3.201.0", "Faster previews, and fixes for providers that time out."),
    ("pulumi/pulumi", "issue", "Refresh forgets a tag", "A tag that was set by hand is gone after a refresh."),
    ("pulumi/pulumi", "pull_request", "Keep tags on refresh", "Reads tags before it writes them."),
)


class Repositories:
    """What has happened in every repository, and how many requests are left."""

    def __init__(self, hourly_requests: int) -> None:
        self.limit = self.remaining = hourly_requests
        self.reset_at = int(time.time()) + 3600
        self._ids = itertools.count(2_000_000_000)
        self._items: dict[str, list[tuple[str, Item]]] = defaultdict(list)

    def items(self, name: str, kinds: frozenset[str]) -> list[Item]:
        """A repository's items of some kinds, newest first."""
        if name not in self._items:
            self._invent(name)
        found = [item for kind, item in self._items[name] if kind in kinds]
        return sorted(found, key=lambda item: (item["created_at"], item["id"]), reverse=True)

    def add(self, name: str, kind: str, title: str, body: str, at: datetime | None = None) -> Item:
        """Let something happen in a repository."""
        if name not in self._items:
            self._invent(name)
        return self._append(name, kind, title, body, at or datetime.now(UTC))

    def _invent(self, name: str) -> None:
        """A history of some months, the same for the same name but for its dates."""
        for number in range(_HISTORY):
            at = datetime.now(UTC) - timedelta(days=20 * (number + 1))
            for kind in _KINDS:
                title = f"v1.{_HISTORY - number}.0" if kind == "release" else f"{kind} {number + 1} of {name}"
                self._append(name, kind, title, f"What changed in {name}.", at)

    def _append(self, name: str, kind: str, title: str, body: str, at: datetime) -> Item:
        identifier = next(self._ids)
        number = len(self._items[name]) + 1
        when = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        item: Item = {"id": identifier, "body": body, "created_at": when, "user": {"login": "octocat", "id": 583231}}
        page = f"https://github.com/{name}"
        if kind == "release":
            item |= {"tag_name": title, "name": title, "draft": False, "prerelease": False, "published_at": when}
            item["html_url"] = f"{page}/releases/tag/{title}"
        else:
            item |= {"number": number, "title": title, "state": "open", "updated_at": when, "labels": []}
            item["html_url"] = f"{page}/{'pull' if kind == 'pull_request' else 'issues'}/{number}"
        if kind == "pull_request":
            item["pull_request"] = {"html_url": item["html_url"], "merged_at": None}
        self._items[name].append((kind, item))
        return item


REPOSITORIES = web.AppKey("repositories", Repositories)


def github_app(
    happened: Iterable[tuple[str, str, str, str]] = (), hourly_requests: int = HOURLY_REQUESTS
) -> web.Application:
    """The stand-in, ready to be mounted on a loopback port; `happened` is what is new in it from the start."""
    app = web.Application()
    app[REPOSITORIES] = Repositories(hourly_requests)
    for repository, kind, title, body in happened:
        app[REPOSITORIES].add(repository, kind, title, body)
    app.router.add_get("/repos/{owner}/{repo}/{list:releases|issues}", _list)
    app.router.add_post(f"{faults.PREFIX}activities", _add)
    faults.install(app, _fail, frozenset({"GET"}))
    return app


async def _list(request: web.Request) -> web.Response:
    kept = request.app[REPOSITORIES]
    if kept.remaining == 0 and time.time() < kept.reset_at:
        return _answer(request, {"message": "API rate limit exceeded"}, status=403)
    name = f"{request.match_info['owner']}/{request.match_info['repo']}"
    if request.match_info["repo"].startswith("missing"):
        kept.remaining -= 1
        return _answer(request, {"message": "Not Found", "status": "404"}, status=404)
    size = min(int(request.query.get("per_page", _DEFAULT_PER_PAGE)), _MOST_PER_PAGE)
    page = int(request.query.get("page", 1))
    items = kept.items(name, _LISTS[request.match_info["list"]])
    shown = items[(page - 1) * size : page * size]
    etag = f'W/"{hashlib.sha256(json.dumps(shown).encode()).hexdigest()}"'
    if request.headers.get("If-None-Match") == etag:
        return _answer(request, None, {"ETag": etag}, status=304)
    kept.remaining -= 1
    headers = {"ETag": etag}
    if page * size < len(items):
        following = request.url.update_query(page=page + 1)
        headers["Link"] = (
            f'<{following}>; rel="next", <{request.url.update_query(page=-(-len(items) // size))}>; rel="last"'
        )
    return _answer(request, shown, headers)


async def _add(request: web.Request) -> web.Response:
    try:
        given = json.loads(await request.read())
        name, kind, title = str(given["repository"]), str(given["kind"]), str(given["title"])
    except (ValueError, KeyError, TypeError):
        return web.json_response({"message": "send repository, kind and title, and perhaps body"}, status=400)
    if kind not in _KINDS:
        return web.json_response({"message": f"kind: should be one of {', '.join(_KINDS)} (got {kind!r})"}, status=400)
    item = request.app[REPOSITORIES].add(name, kind, title, str(given.get("body", "")))
    return web.json_response(item, status=201)


async def _fail(request: web.Request, fault: faults.Fault) -> web.Response:
    if fault.kind == "throttle":
        message = {"message": "You have exceeded a secondary rate limit."}
        return _answer(request, message, {"Retry-After": str(RETRY_AFTER_SECONDS)}, status=429)
    if fault.kind == "malformed":
        return web.Response(text='[{"id": 1, "title": ', content_type="application/json")
    return _answer(request, {"message": fault.code or "Server Error"}, status=fault.status or 502)


def _answer(
    request: web.Request, document: object, more: Mapping[str, str] | None = None, *, status: int = 200
) -> web.Response:
    kept = request.app[REPOSITORIES]
    headers = {
        **(more or {}),
        "X-RateLimit-Limit": str(kept.limit),
        "X-RateLimit-Remaining": str(kept.remaining),
        "X-RateLimit-Reset": str(kept.reset_at),
        "X-RateLimit-Resource": "core",
    }
    if document is None:
        return web.Response(status=status, headers=headers)
    return web.json_response(document, status=status, headers=headers)
