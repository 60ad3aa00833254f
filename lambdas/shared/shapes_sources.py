"""Shapes of the API: the repositories that a person follows, and what happens in them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from lambdas.shared.shapes import Answer, Body, PageQuery

# GitHub's own rules for names. The last part stands for the end: `$` would let a line break follow.
Owner = Annotated[str, Meta(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?(?![\s\S])", max_length=39)]
Repository = Annotated[str, Meta(pattern=r"^(?!\.{1,2}$)[A-Za-z0-9._-]+(?![\s\S])", max_length=100)]
ActivityKind = Literal["release", "issue", "pull_request"]
ActivityState = Literal["pending", "processing", "completed", "failed"]


class Source(Answer):
    """A GitHub repository that a person follows."""

    id: UUID
    owner: str
    repo: str
    enabled: bool
    last_checked_at: dt.datetime | None
    last_error: str | None
    created_at: dt.datetime


class SourcePage(Answer):
    """A page of followed repositories, newest first."""

    items: list[Source]
    next_cursor: str | None


class CreateSource(Body):
    """The repository to follow."""

    owner: Owner
    repo: Repository


class UpdateSource(Body):
    """Whether the repository is looked at."""

    enabled: bool


class Activity(Answer):
    """A release, an issue or a pull request, with its summary in Japanese once there is one."""

    id: UUID
    source_id: UUID
    owner: str
    repo: str
    kind: ActivityKind
    title: str
    title_ja: str | None
    summary_ja: str | None
    url: str
    state: ActivityState
    occurred_at: dt.datetime


class ActivityPage(Answer):
    """A page of activities, newest first."""

    items: list[Activity]
    next_cursor: str | None


class ActivityQuery(PageQuery):
    """Which activities, and which page of them."""

    source_id: UUID | None = None
    kind: ActivityKind | None = None
    state: ActivityState | None = None
