"""AWS Budgets."""

from __future__ import annotations

from typing import Any

from plan.account import Created
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import remove


class Budget(Handler):
    """A budget with its notifications."""

    def create(self, order: Order) -> Created:
        """Make the budget; the emulator has no costs to count."""
        inputs, name, account = order.inputs, order.name(), order.cloud.account_id
        budget: dict[str, Any] = {
            "BudgetName": name,
            "BudgetType": inputs["budgetType"],
            "TimeUnit": inputs["timeUnit"],
            "BudgetLimit": {"Amount": str(inputs["limitAmount"]), "Unit": inputs["limitUnit"]},
        }
        if filters := inputs.get("costFilters"):
            budget["CostFilters"] = {item["name"]: item["values"] for item in filters}
        order.client("budgets").create_budget(
            AccountId=account,
            Budget=budget,
            NotificationsWithSubscribers=[_notification(item) for item in inputs.get("notifications") or []],
        )
        arn = order.arn("budgets", f"budget/{name}", regional=False)
        return Created(id=f"{account}:{name}", outputs={"arn": arn, "name": name, "accountId": account})

    def update(self, order: Order, existing: Created) -> Created:
        """Make it anew."""
        self.delete(order, existing)
        return self.create(order)

    def delete(self, order: Order, existing: Created) -> None:
        """Remove the budget and its notifications."""
        account, _, name = existing.id.partition(":")
        remove(order, "budgets", "delete_budget", AccountId=account, BudgetName=name)


def _notification(declared: dict[str, Any]) -> dict[str, Any]:
    topics = declared.get("subscriberSnsTopicArns") or []
    mails = declared.get("subscriberEmailAddresses") or []
    return {
        "Notification": {
            "NotificationType": declared["notificationType"],
            "ComparisonOperator": declared["comparisonOperator"],
            "Threshold": float(declared["threshold"]),
            "ThresholdType": declared["thresholdType"],
        },
        "Subscribers": [{"SubscriptionType": "SNS", "Address": topic} for topic in topics]
        + [{"SubscriptionType": "EMAIL", "Address": mail} for mail in mails],
    }


HANDLERS: dict[str, Handler] = {"aws:budgets/budget:Budget": Budget()}
