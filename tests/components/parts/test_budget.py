"""The budget: how much, whose costs, and who hears."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.parts.budget import Budget, BudgetArgs
from components.parts.topics import Channels
from plan.graph import Graph
from settings.observability import CostSettings
from tests.conftest import Stacks
from tests.harness import STACK, build, only

BUDGET = "aws:budgets/budget:Budget"
MONITOR = "aws:costexplorer/anomalyMonitor:AnomalyMonitor"
SUBSCRIPTION = "aws:costexplorer/anomalySubscription:AnomalySubscription"
ALERTS = "arn:aws:sns:us-east-1:123456789012:goal-mandala-production-alerts"
CHANNELS = Channels(alerts={"us-east-1": "arn:aws:sns:us-east-1:123456789012:alerts"}, pages={}, keys={})
TAGS = {"Project": "goal-mandala", "Environment": "staging", "CostCenter": "x", "Owner": "y"}


def costs(**more: Any) -> Graph:
    values = {
        "monthly_usd": 100.0,
        "actual_percents": [100],
        "forecast_percents": [],
        "scope": "project",
        "activate_tags": False,
        "anomaly_usd": 10.0,
    }
    settings = CostSettings.model_validate({**values, **more})
    return build(lambda: Budget("costs", BudgetArgs(settings=settings, stack=STACK, channels=CHANNELS, tags=TAGS)))


@pytest.mark.requirement(176, 212, 242)
def test_production_may_cost_100_dollars_a_month_and_says_so_before_it_does(prod: Graph) -> None:
    budget = only(prod, BUDGET).inputs
    assert (budget["limitAmount"], budget["limitUnit"], budget["timeUnit"]) == ("100.00", "USD", "MONTHLY")
    assert budget["budgetType"] == "COST"
    told = {(n["notificationType"], n["threshold"]) for n in budget["notifications"]}
    assert told == {("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)}
    for notification in budget["notifications"]:
        assert notification["comparisonOperator"] == "GREATER_THAN"
        assert notification["thresholdType"] == "PERCENTAGE"
        assert notification["subscriberSnsTopicArns"] == [ALERTS]
    assert "costFilters" not in budget, "a dedicated account: all of it counts"


@pytest.mark.requirement(242)
def test_unusual_costs_are_told_at_once(prod: Graph) -> None:
    monitor, subscription = only(prod, MONITOR), only(prod, SUBSCRIPTION).inputs
    assert (monitor.inputs["monitorType"], monitor.inputs["monitorDimension"]) == ("DIMENSIONAL", "SERVICE")
    assert subscription["monitorArnLists"] == [monitor.outputs["arn"]]
    assert subscription["frequency"] == "IMMEDIATE"
    assert subscription["subscribers"] == [{"type": "SNS", "address": ALERTS}]
    assert subscription["thresholdExpression"]["dimension"] == {
        "key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
        "matchOptions": ["GREATER_THAN_OR_EQUAL"],
        "values": ["20.00"],
    }


@pytest.mark.requirement(242)
def test_in_a_shared_account_the_tags_say_whose_costs_they_are() -> None:
    graph = costs()
    [by_tag] = only(graph, BUDGET).inputs["costFilters"]
    assert by_tag == {
        "name": "TagKeyValue",
        "values": ["user:Project$goal-mandala", "user:Environment$staging"],
    }
    monitor = only(graph, MONITOR).inputs
    assert monitor["monitorType"] == "CUSTOM"
    assert json.loads(monitor["monitorSpecification"]) == {"Tags": {"Key": "Environment", "Values": ["staging"]}}


@pytest.mark.requirement(242)
def test_costs_are_told_apart_by_tags_once_they_are_activated() -> None:
    kind = "aws:costexplorer/costAllocationTag:CostAllocationTag"
    assert costs().of_type(kind) == []
    tags = {tag.inputs["tagKey"]: tag.inputs["status"] for tag in costs(activate_tags=True).of_type(kind)}
    assert tags == dict.fromkeys(("Project", "Environment", "CostCenter", "Owner"), "Active")


def test_a_stack_may_watch_less_or_nothing(stacks: Stacks) -> None:
    assert costs(anomaly_usd=None).of_type(MONITOR) == []
    contrary = stacks("contrary")
    assert contrary.of_type(BUDGET) + contrary.of_type(MONITOR) == []
