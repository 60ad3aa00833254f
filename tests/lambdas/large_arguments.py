"""What every function of the repositories is called with on the large database, by the names of its parameters."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from lambdas.enforce_retention import logic as retention
from lambdas.shared.repositories import executions, sources, tasks
from tests.lambdas import million

PERSON = 500
GOAL = PERSON * million.GOALS + 2
ACTION = GOAL * million.SUB_GOALS * million.ACTIONS + 20
RUN = GOAL * (million.EXECUTIONS // million.GOALS)
ACTIONS = [million.identifier("action", ACTION + n) for n in range(3)]
MIDDLE = dt.datetime(2027, 1, 15, tzinfo=dt.UTC)
DAY = dt.date(2027, 3, 3)
NIL = UUID(int=0)
GENERATED = {"title": "A", "description": "", "estimatedMinutes": 30, "kind": "habit"}
FOUND = {"kind": "issue", "github_id": 7, "title": "A", "body": "", "url": "https://example.com", "occurred_at": MIDDLE}

ANY: dict[str, Any] = {
    "user": million.identifier("user", PERSON),
    "subject": million.subject(PERSON),
    "goal": million.identifier("goal", GOAL),
    "action": ACTIONS[0],
    "actions": ACTIONS,
    "task": million.identifier("task", ACTION),
    "execution": million.identifier("run", RUN),
    "executions": [million.identifier("run", RUN + n) for n in range(3)],
    "source": million.identifier("source", PERSON * million.SOURCES),
    "identifier": million.identifier("source", PERSON * million.SOURCES),
    "reflection": str(NIL), "proposal": str(NIL), "activity": str(NIL),
    "limit": 51, "after": (MIDDLE, NIL), "day": DAY, "days": 90, "at": MIDDLE,
    "position": 3, "places": (3, 9 - 1), "title": "A", "description": "", "kind": "habit",
    "actor": None, "entity": ("goal", str(NIL)), "detail": {}, "failures": [{"actionId": ACTIONS[0], "error": "X"}],
    "total": 3, "arn": "arn:aws:states:ap-northeast-1:123456789012:execution:a:b", "calls": 1,
    "end": executions.End(status="failed"), "etags": {}, "error": "X", "found": [FOUND],
    "title_ja": "A", "summary_ja": "A", "state": "completed", "result": {}, "owner": "pulumi", "repo": "pulumi",
    "enabled": False, "locale": "en", "tasks": [GENERATED] * 3,
}  # fmt: skip

# Where a name means different things, and every way to filter.
OWN: dict[str, list[dict[str, Any]]] = {
    "chart.put_action": [{"values": ("A", "", "habit")}],
    "monitoring.claim": [{"activities": [str(NIL)]}, {"activities": []}],
    "progress.recalculate": [{"actions": ACTIONS[:1]}, {"actions": []}, {"actions": None}],
    "goals.create": [
        {"values": dict.fromkeys(("title", "description", "background", "constraints"), "A") | {"deadline": None}}
    ],
    "goals.update": [{"changes": {"title": "B"}}],
    "goals.page": [{}, {"after": None}],
    "executions.create": [{"goal": million.identifier("goal", GOAL)}],
    "executions.page": [
        {"wanted": executions.Filter(), "after": None},
        {"wanted": executions.Filter()},
        {"wanted": executions.Filter(status="failed"), "after": None},
        {"wanted": executions.Filter(started_from=DAY, started_to=DAY), "after": None},
        {"wanted": executions.Filter(goal=million.identifier("goal", GOAL), status="succeeded")},
    ],
    "executions.actions_in_scope": [{}, {"actions": None}],
    "proposals.create": [{}, {"position": None}],
    "reflections.create": [
        {"values": dict.fromkeys(("summary", "went_well", "regrets", "next_actions"), "") | {"on_date": DAY, "mood": 3}}
    ],
    "reflections.page": [{"after": None}, {"after": (DAY, NIL)}],
    "reflections.update": [{"changes": {"summary": "B"}}],
    "retention.delete": [
        {"table": rule.table, "since": rule.since, "days": rule.days or 1} for rule in retention.RULES
    ],
    "retention.forget_audit_events": [{"days": 400}],
    "sources.activities": [
        {"wanted": sources.Filter(), "after": None},
        {"wanted": sources.Filter()},
        {"wanted": sources.Filter(source=million.identifier("source", PERSON * million.SOURCES), state="pending")},
        {"wanted": sources.Filter(kind="release", state="failed"), "after": None},
    ],
    "tasks.page": [
        {"wanted": tasks.Filter(), "after": None},
        {"wanted": tasks.Filter(), "after": 500_000},
        {"wanted": tasks.Filter(goal=million.identifier("goal", GOAL)), "after": None},
        {"wanted": tasks.Filter(action=ACTIONS[0]), "after": None},
        {"wanted": tasks.Filter(status="in_progress"), "after": None},
        {"wanted": tasks.Filter(kind="habit"), "after": None},
        {"wanted": tasks.Filter(due_from=DAY, due_to=DAY + dt.timedelta(7)), "after": None},
        {"wanted": tasks.Filter(goal=million.identifier("goal", GOAL), status="skipped", kind="habit"), "after": 9},
    ],
    "tasks.update": [{"changes": {"status": "completed", "due_on": DAY}}],
    "accounts.update": [{"changes": {"name": "B"}}],
}  # fmt: skip
