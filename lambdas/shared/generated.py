"""The tasks that a model makes for one action."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from lambdas.shared.shapes import Kind, Minutes, Text, Title


class GeneratedTask(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """One task of 30 to 60 minutes."""

    title: Title
    description: Text
    estimated_minutes: Minutes
    kind: Kind


class GeneratedTasks(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Three to seven tasks that together carry out the action, in the order in which to do them."""

    tasks: Annotated[list[GeneratedTask], msgspec.Meta(min_length=3, max_length=7)]


def plain(tasks: GeneratedTasks) -> list[dict[str, Any]]:
    """The tasks as the workflow's payloads carry them."""
    built: list[dict[str, Any]] = msgspec.to_builtins(tasks.tasks)
    return built
