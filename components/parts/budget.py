"""What the stack may cost, and who hears when it costs more or unusually much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.parts.signal import Metric, Signal
from components.parts.stack import Stack
from components.parts.topics import GLOBAL_REGION, Channels
from settings.observability import CostSettings

# The tags that every resource carries and that costs are told apart by (row 242).
COST_TAGS = ("Project", "Environment", "CostCenter", "Owner")


@dataclass(frozen=True, kw_only=True)
class BudgetArgs:
    """What the budget is made from. `tags` are those of the provider, which every resource carries."""

    settings: CostSettings
    stack: Stack
    channels: Channels
    tags: Mapping[str, str]


class Budget(pulumi.ComponentResource):
    """A monthly budget, the watch for unusual costs and the charges as a signal; AWS bills in us-east-1 alone."""

    def __init__(self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the budget; the watch and the tags where they are set."""
        super().__init__("mandala:parts:Budget", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._topic = args.channels.alerts[GLOBAL_REGION]
        self._budget()
        if args.settings.anomaly_usd is not None:
            self._anomalies(args.settings.anomaly_usd)
        if args.settings.activate_tags:
            for tag in COST_TAGS:
                aws.costexplorer.CostAllocationTag(
                    f"{name}-{tag.lower()}", tag_key=tag, status="Active", opts=self._child
                )
        self.register_outputs({})

    def signals(self) -> list[Signal]:
        """The account's charges since the month began, in US dollars."""
        charges = Metric(
            namespace="AWS/Billing",
            name="EstimatedCharges",
            statistic="Maximum",
            dimensions={"Currency": "USD"},
        )
        return [
            Signal(
                kind="estimated_charges",
                subject="billing",
                metrics=(charges,),
                runbook="costs.md",
                group="costs",
                region=GLOBAL_REGION,
            )
        ]

    def _budget(self) -> None:
        settings = self._args.settings
        notifications = [_notification("ACTUAL", percent, self._topic) for percent in settings.actual_percents] + [
            _notification("FORECASTED", percent, self._topic) for percent in settings.forecast_percents
        ]
        own = ("Project", "Environment")
        tagged = [f"user:{tag}${self._args.tags[tag]}" for tag in own]
        filters = [aws.budgets.BudgetCostFilterArgs(name="TagKeyValue", values=tagged)]
        aws.budgets.Budget(
            f"{self._name}-budget",
            name=self._args.stack.naming.of("budget", "monthly"),
            budget_type="COST",
            limit_amount=f"{settings.monthly_usd:.2f}",
            limit_unit="USD",
            time_unit="MONTHLY",
            cost_filters=filters if settings.scope == "project" else None,
            notifications=notifications,
            opts=self._child,
        )

    def _anomalies(self, impact_usd: float) -> None:
        """A watch over each service of the account, of which AWS allows one; or over what carries the stack's tags."""
        stack = self._args.stack
        by_service: dict[str, Any] = {"monitor_type": "DIMENSIONAL", "monitor_dimension": "SERVICE"}
        by_tag = {
            "monitor_type": "CUSTOM",
            "monitor_specification": pulumi.Output.json_dumps(
                {"Tags": {"Key": "Environment", "Values": [self._args.tags["Environment"]]}}, sort_keys=True
            ),
        }
        monitor = aws.costexplorer.AnomalyMonitor(
            f"{self._name}-cost-anomalies",
            name=stack.naming.of("cost_monitor", "cost-anomalies"),
            **(by_tag if self._args.settings.scope == "project" else by_service),
            opts=self._child,
        )
        at_least = aws.costexplorer.AnomalySubscriptionThresholdExpressionDimensionArgs(
            key="ANOMALY_TOTAL_IMPACT_ABSOLUTE",
            match_options=["GREATER_THAN_OR_EQUAL"],
            values=[f"{impact_usd:.2f}"],
        )
        aws.costexplorer.AnomalySubscription(
            f"{self._name}-cost-anomalies",
            name=stack.naming.of("cost_monitor", "cost-anomalies"),
            # SNS subscribers are told of each anomaly at once; only mail knows daily and weekly summaries.
            frequency="IMMEDIATE",
            monitor_arn_lists=[monitor.arn],
            subscribers=[aws.costexplorer.AnomalySubscriptionSubscriberArgs(type="SNS", address=self._topic)],
            threshold_expression=aws.costexplorer.AnomalySubscriptionThresholdExpressionArgs(dimension=at_least),
            opts=self._child,
        )


def _notification(kind: str, percent: int, topic: pulumi.Input[str]) -> aws.budgets.BudgetNotificationArgs:
    return aws.budgets.BudgetNotificationArgs(
        comparison_operator="GREATER_THAN",
        notification_type=kind,
        threshold=percent,
        threshold_type="PERCENTAGE",
        subscriber_sns_topic_arns=[topic],
    )
