"""The controls of the CIS benchmark, counted in the audit trail's log."""

from __future__ import annotations

import re

import pytest

from components.parts.cis_alarms import CONTROLS
from plan.graph import Graph
from tests.components.alarms import ALARM, condition, measured, severity
from tests.conftest import Stacks

FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"


@pytest.mark.requirement(208)
def test_all_fourteen_controls_are_counted_in_the_trail_s_log(prod: Graph) -> None:
    [trail] = prod.of_type("aws:cloudtrail/trail:Trail")
    filters = prod.of_type(FILTER)
    assert len(filters) == 14
    for item in filters:
        assert trail.inputs["cloudWatchLogsGroupArn"].endswith(f":log-group:{item.inputs['logGroupName']}:*")
        assert item.inputs["metricTransformation"]["value"] == "1"
        assert item.inputs["metricTransformation"]["namespace"] == "goal-mandala-production/Audit"


@pytest.mark.requirement(208)
def test_each_control_s_own_metric_has_an_alarm(prod: Graph) -> None:
    counted = {f.inputs["metricTransformation"]["name"] for f in prod.of_type(FILTER)}
    alarms = [a for a in prod.of_type(ALARM) if {n for n, _ in measured(a.inputs)} == {"goal-mandala-production/Audit"}]
    assert {a.inputs["metricName"] for a in alarms} == counted
    [root] = [a for a in alarms if a.inputs["metricName"] == "RootUse"]
    assert condition(root.inputs) == ("GreaterThanOrEqualToThreshold", 1, 60, 1)
    assert severity(root) == "critical"


@pytest.mark.parametrize(
    ("control", "events"),
    [
        ("trail-changes", {"CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"}),
        ("key-deletions", {"DisableKey", "ScheduleKeyDeletion"}),
        (
            "network-acl-changes",
            {
                "CreateNetworkAcl", "CreateNetworkAclEntry", "DeleteNetworkAcl", "DeleteNetworkAclEntry",
                "ReplaceNetworkAclEntry", "ReplaceNetworkAclAssociation",
            },
        ),
    ],
)  # fmt: skip
def test_a_control_names_its_events(control: str, events: set[str]) -> None:
    assert set(re.findall(r"\$\.eventName=(\w+)", CONTROLS[control])) == events


@pytest.mark.parametrize("control", CONTROLS)
def test_a_pattern_is_within_what_cloudwatch_takes(control: str) -> None:
    pattern = CONTROLS[control]
    assert len(pattern) <= 1024
    assert pattern.startswith("{")
    assert pattern.endswith("}")
    assert pattern.count("(") == pattern.count(")")


def test_a_stack_without_a_trail_counts_nothing(stacks: Stacks) -> None:
    assert stacks("contrary").of_type(FILTER) == []
