"""Which of GitHub's answers are new activities."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from lambdas.detect_updates.github import GitHub

# GitHub's lists lag behind a little; what is seen twice is stored once.
OVERLAP = dt.timedelta(minutes=5)
PAGES = 10
TITLE, BODY = 500, 20_000
LISTS = {
    "releases": "releases?per_page=100",
    # Pull requests are issues too, in this list.
    "issues": "issues?state=all&sort=created&direction=desc&per_page=100",
}

Activity = dict[str, Any]


def detect(github: GitHub, source: Mapping[str, Any]) -> tuple[list[Activity], dict[str, str]]:
    """The activities since the source was looked at, and GitHub's names (ETags) of the lists' first pages."""
    since = source["since"] - OVERLAP
    found: list[Activity] = []
    etags: dict[str, str] = {}
    for name, query in LISTS.items():
        known = source["etags"].get(name)
        answer = github.get(f"/repos/{source['owner']}/{source['repo']}/{query}", known)
        if answer.etag:
            etags[name] = answer.etag
        for _ in range(PAGES):
            items = [item for item in map(_activity, answer.items) if item]
            found += [item for item in items if item["occurred_at"] >= since]
            # Both lists begin with the newest.
            if not answer.next or any(item["occurred_at"] < since for item in items):
                break
            answer = github.get(answer.next)
    return found, etags


def _activity(item: Mapping[str, Any]) -> Activity | None:
    """A release, an issue or a pull request; None for a release that is not published."""
    if item.get("draft") and "tag_name" in item:
        return None
    is_release = "tag_name" in item
    title = item.get("name") or item.get("tag_name") if is_release else item.get("title")
    kind = "release" if is_release else "pull_request" if "pull_request" in item else "issue"
    return {
        "kind": kind,
        "github_id": int(item["id"]),
        "title": _text(title, TITLE) or "-",
        "body": _text(item.get("body"), BODY),
        "url": str(item["html_url"]),
        "occurred_at": dt.datetime.fromisoformat(str(item.get("published_at") or item["created_at"])),
    }


def _text(value: object, most: int) -> str:
    """What the database can hold of a text."""
    return str(value or "").replace("\0", "")[:most]
