"""Repositories that a person follows, and what happens in them."""

from __future__ import annotations

from typing import Any

from tests.lambdas import workflow
from tests.twin.standins.conftest import Server


def follow(person: Any, repo: str) -> str:
    source: str = person.call("createSource", body={"owner": "pulumi", "repo": repo}).json["id"]
    return source


def happen(hub: Server, repo: str, kind: str, title: str, body: str = "") -> dict[str, Any]:
    answer = hub.send(
        "POST", "/_twin/activities", {"repository": f"pulumi/{repo}", "kind": kind, "title": title, "body": body}
    )
    assert answer.status == 201
    made: dict[str, Any] = answer.json
    return made


def detect(source: str) -> dict[str, Any]:
    found: dict[str, Any] = workflow.step("detect_updates", {"sourceId": source})
    return found
