"""What people write, and who they are, stays out of everything that is logged and told (GDPR: data minimisation)."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

import pytest

from tests.twin.experiments.laboratory import Laboratory
from tests.twin.system import System, eventually


@dataclass(frozen=True)
class Words:
    """Texts that occur nowhere else: whatever log holds one of them has it from this person."""

    email: str
    name: str
    goal: str
    description: str
    background: str
    sub_goal: str
    action: str
    reflection: str
    reason: str
    repository: str

    @classmethod
    def fresh(cls) -> Words:
        mark = uuid.uuid4().hex[:10]
        names = list(cls.__dataclass_fields__)
        return cls(**{name: f"zq{number}{name}{mark}" for number, name in enumerate(names)} | {"email": _address(mark)})


def _address(mark: str) -> str:
    return f"zqmail{mark}@example.com"


def use_everything(laboratory: Laboratory, words: Words) -> str:
    """One person's way through the system, with mistakes, failures and a cancelled run; the goal's id."""
    user = laboratory.system.new_user(words.email)
    assert user.call("PATCH", "/auth/me", {"name": words.name}).json["name"] == words.name
    written = {"title": words.goal, "description": words.description, "background": words.background}
    goal = user.call("POST", "/goals", written).json["id"]
    user.call("POST", "/goals", {**written, "deadline": words.description})  # refused
    user.call("POST", "/goals", {"title": words.goal * 50})  # refused
    user.call("PUT", f"/goals/{goal}/sub-goals/1", {"title": words.sub_goal, "description": words.description})
    for position in (1, 2):
        action = {"title": f"{words.action} {position}", "kind": "execution"}
        user.call("PUT", f"/goals/{goal}/sub-goals/1/actions/{position}", action)
    reflection = {"onDate": "2026-11-22", "summary": words.reflection, "regrets": words.reflection}
    assert user.call("POST", f"/goals/{goal}/reflections", reflection).status == 201
    user.call("POST", "/sources", {"owner": words.repository, "repo": words.repository})
    user.call("GET", f"/goals/{words.goal}")  # no such goal
    user.call("GET", f"/tasks?status={words.description}")  # refused
    laboratory.system.fault(contains=f"{words.action} 2", kind="malformed", times=None)
    laboratory.inject(laboratory.functions()["AggregateResults"], "crash", contains=goal, times=1)
    run = laboratory.ended(laboratory.start(user, goal))
    assert run.status == "partially_succeeded"
    eventually(lambda: laboratory.told(run.execution))
    laboratory.inject(laboratory.functions()["GenerateTasks"], "timeout", contains=goal)
    held = laboratory.start(user, goal)
    user.call("POST", f"/ai/executions/{held}/cancel", {"reason": words.reason})
    laboratory.ended(held)
    user.call("POST", "/ai/sub-goals", {"goalId": goal})
    assert words.action in user.call("GET", f"/goals/{goal}/export?format=csv").text
    return str(goal)


def logged(system: System) -> dict[str, str]:
    """Everything that CloudWatch holds, by log group."""
    logs = system.client("logs")
    groups = [
        g["logGroupName"] for page in logs.get_paginator("describe_log_groups").paginate() for g in page["logGroups"]
    ]
    found = {}
    for group in groups:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        found[group] = "\n".join(event["message"] for page in pages for event in page["events"])
    return found


def _seen(everywhere: dict[str, str], function: str) -> bool:
    """Whether the function's log is among what is searched and says something of its own."""
    return "transaction" in everywhere.get(f"/aws/lambda/goal-mandala-local-{function}", "")


@pytest.mark.requirement(243)
def test_nothing_that_a_person_wrote_is_logged_or_told(laboratory: Laboratory) -> None:
    words = Words.fresh()
    goal = use_everything(laboratory, words)
    everywhere = logged(laboratory.system) | {
        path.name: path.read_text(errors="replace") for path in (laboratory.system.folder / "logs").glob("*.log")
    }
    everywhere["slack"] = json.dumps(laboratory.system.slack_messages(), ensure_ascii=False)
    # Ids are logged on purpose: where they are found, a word would be.
    steps = ("generate-tasks", "save-tasks", "update-progress", "update-goal-status", "ai", "goals")
    assert {step for step in steps if not _seen(everywhere, step)} == set()
    assert goal in everywhere["/aws/lambda/goal-mandala-local-validate-input"]
    assert goal in everywhere["slack"]
    leaks = {
        (place, name)
        for place, text in everywhere.items()
        for name in Words.__dataclass_fields__
        if getattr(words, name) in text
    }
    assert leaks == set()
