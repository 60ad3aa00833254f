"""The links of the OpenAPI document: which operations take the id that another one answers.

A client finds its way by them, and a tester makes whole stories of single calls.
"""

from __future__ import annotations

import typing
from typing import Any

import msgspec

from lambdas.shared import (
    shapes,
    shapes_account,
    shapes_executions,
    shapes_goals,
    shapes_proposals,
    shapes_reflections,
    shapes_sources,
    shapes_tasks,
)
from lambdas.shared.operations import OPERATIONS, Operation

# By which name the operations take what stands in an answer's field.
_TAKEN: dict[type, tuple[str, str]] = {
    shapes_goals.Goal: ("goalId", "id"),
    shapes_tasks.Task: ("taskId", "id"),
    shapes_executions.Execution: ("executionId", "id"),
    shapes_reflections.Reflection: ("reflectionId", "id"),
    shapes_sources.Source: ("sourceId", "id"),
    shapes_proposals.Proposal: ("proposalId", "id"),
    shapes_account.ShareLink: ("token", "token"),
}
_MADE = {operation.answer for operation in OPERATIONS if operation.method == "POST"}


def of(operation: Operation) -> dict[str, Any]:
    """The links of the operation's success, by the name of the operation that each leads to.

    What a POST made can be used at once; what no POST makes is found in its list.
    """
    if operation.answer is None:
        return {}
    is_made = operation.method == "POST"
    shape, place = (operation.answer, "#") if is_made else (_listed(operation.answer), "#/items/0")
    if shape not in _TAKEN or (shape in _MADE and not is_made):
        return {}
    name, field = _TAKEN[shape]
    value = f"$response.body{place}/{field}"
    links = {other.id: _link(other, name, value) for other in OPERATIONS if other.id != operation.id}
    return {key: link for key, link in links.items() if link is not None}


def _link(operation: Operation, name: str, value: str) -> dict[str, Any] | None:
    link: dict[str, Any] = {"operationId": operation.id}
    if f"{{{name}}}" in operation.path or name in _names(operation.query):
        return link | {"parameters": {name: value}}
    if name in _names(operation.body):
        return link | {"requestBody": {name: value}}
    return None


def _names(shape: type[shapes.Body] | None) -> set[str]:
    return set() if shape is None else {field.encode_name for field in msgspec.structs.fields(shape)}


def _listed(page: type[shapes.Answer]) -> type | None:
    """What a page holds; None for an answer that is no page."""
    items = next((field.type for field in msgspec.structs.fields(page) if field.name == "items"), None)
    found = typing.get_args(items)
    return found[0] if found else None
