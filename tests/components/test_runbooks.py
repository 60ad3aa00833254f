"""Which runbook an alarm of production sends people to."""

from __future__ import annotations

import json

import pytest

from plan.graph import Graph

# By the beginning of what stands behind the stack's prefix in the alarm's name; the longest that fits counts.
RUNBOOKS = {
    "activities": "repository-monitoring", "aggregate-results": "task-generation", "ai": "api-function", "api": "api",
    "auth": "api-function", "billing": "costs", "create-batches": "task-generation", "database": "database",
    "detect-updates": "repository-monitoring", "enforce-retention": "retention",
    "enqueue-activities": "repository-monitoring", "errors": "logs", "extract-errors": "logs",
    "generate-tasks": "task-generation", "get-actions": "task-generation", "goals": "api-function",
    "handle-error": "task-generation", "health": "api-function", "list-data-sources": "repository-monitoring",
    "logs": "costs", "mark-checked": "repository-monitoring", "notifications": "notifications",
    "notify-slack": "notifications", "process-updates": "repository-monitoring", "propose": "api-function",
    "record-ending": "task-generation", "reflections": "api-function",
    "repository-monitoring": "repository-monitoring", "retention": "retention", "rotate-secret": "secret-rotation",
    "save-tasks": "task-generation", "secrets": "secret-rotation", "site": "site", "sources": "api-function",
    "summarize-run": "repository-monitoring", "task-generation": "task-generation", "tasks": "api-function",
    "update-goal-status": "task-generation", "update-progress": "task-generation",
    "validate-input": "task-generation",
    # The alarms of the CIS benchmark have what they watch in their names.
    "bucket-policy-changes": "audit", "config-changes": "audit", "failed-sign-ins": "audit",
    "gateway-changes": "audit", "iam-changes": "audit", "key-deletions": "audit", "network-acl-changes": "audit",
    "root-use": "audit", "route-table-changes": "audit", "security-group-changes": "audit",
    "sign-in-without-mfa": "audit", "trail-changes": "audit", "unauthorized-calls": "audit", "vpc-changes": "audit",
}  # fmt: skip


@pytest.mark.requirement(223)
def test_an_alarm_sends_people_to_the_runbook_of_what_it_watches(prod: Graph) -> None:
    sent = set()
    for alarm in prod.of_type("aws:cloudwatch/metricAlarm:MetricAlarm"):
        name = alarm.inputs["name"].removeprefix("goal-mandala-production-")
        watched = max((begin for begin in RUNBOOKS if name.startswith(f"{begin}-")), key=len)
        described = json.loads(alarm.inputs["alarmDescription"])
        assert described["runbook"] == f"runbooks/{RUNBOOKS[watched]}.md", name
        sent.add(watched)
    assert sent == set(RUNBOOKS)
