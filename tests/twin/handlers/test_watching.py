"""Rules, log filters, composite alarms and budgets, as the program declares them."""

from __future__ import annotations

import json

from tests.twin.account import Account
from twin.handlers.ledger import reason

RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
GROUP = "aws:cloudwatch/logGroup:LogGroup"
BUDGET = "aws:budgets/budget:Budget"


def test_a_rule_s_target_keeps_its_dead_letter_queue_and_goes_before_the_rule(account: Account) -> None:
    pattern = json.dumps({"source": ["aws.states"]})
    rule = account.create(RULE, {"name": "watched-ending", "eventPattern": pattern, "description": "Endings"})
    queue = "arn:aws:sqs:ap-northeast-1:123456789012:watched-letters"
    target = account.create(
        TARGET,
        {
            "rule": rule.id,
            "arn": "arn:aws:lambda:ap-northeast-1:123456789012:function:record:live",
            "deadLetterConfig": {"arn": queue},
            "retryPolicy": {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 24},
        },
        name="watched-target",
    )
    events = account.cloud.client("events", account.cloud.region)
    assert json.loads(events.describe_rule(Name="watched-ending")["EventPattern"]) == {"source": ["aws.states"]}
    [found] = events.list_targets_by_rule(Rule="watched-ending")["Targets"]
    assert found["DeadLetterConfig"] == {"Arn": queue}
    assert found["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 24}
    account.delete(target)
    assert events.list_targets_by_rule(Rule="watched-ending")["Targets"] == []


def test_log_filters_are_kept_with_their_group(account: Account) -> None:
    group = account.create(GROUP, {"name": "/watched/group", "retentionInDays": 7})
    account.create(
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        {
            "name": "watched-root",
            "logGroupName": group.id,
            "pattern": '{$.userIdentity.type="Root"}',
            "metricTransformation": {"name": "RootUse", "namespace": "watched/Audit", "value": "1"},
        },
    )
    account.create(
        "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter",
        {
            "name": "watched-errors",
            "logGroup": group.id,
            "filterPattern": "?ERROR ?CRITICAL",
            "destinationArn": "arn:aws:lambda:ap-northeast-1:123456789012:function:extract:live",
        },
    )
    logs = account.cloud.client("logs", account.cloud.region)
    [counted] = logs.describe_metric_filters(logGroupName=group.id)["metricFilters"]
    assert counted["metricTransformations"] == [
        {"metricName": "RootUse", "metricNamespace": "watched/Audit", "metricValue": "1"}
    ]
    [subscribed] = logs.describe_subscription_filters(logGroupName=group.id)["subscriptionFilters"]
    assert subscribed["filterPattern"] == "?ERROR ?CRITICAL"


def test_a_composite_alarm_has_its_rule(account: Account) -> None:
    made = account.create(
        "aws:cloudwatch/compositeAlarm:CompositeAlarm",
        {"alarmName": "watched-both", "alarmRule": "FALSE", "actionsEnabled": False, "alarmActions": []},
    )
    watching = account.cloud.client("cloudwatch", account.cloud.region)
    [found] = watching.describe_alarms(AlarmNames=["watched-both"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert (found["AlarmRule"], found["ActionsEnabled"]) == ("FALSE", False)
    account.delete(made)


def test_a_budget_tells_its_topic_and_may_grow(account: Account) -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:alerts"
    inputs = {
        "name": "watched-monthly",
        "budgetType": "COST",
        "timeUnit": "MONTHLY",
        "limitAmount": "100.00",
        "limitUnit": "USD",
        "costFilters": [{"name": "TagKeyValue", "values": ["user:Project$goal-mandala"]}],
        "notifications": [
            {
                "notificationType": "ACTUAL",
                "comparisonOperator": "GREATER_THAN",
                "threshold": 80,
                "thresholdType": "PERCENTAGE",
                "subscriberSnsTopicArns": [topic],
            }
        ],
    }
    made = account.create(BUDGET, inputs)
    budgets = account.cloud.client("budgets", account.cloud.region)
    owner = account.cloud.account_id
    found = budgets.describe_budget(AccountId=owner, BudgetName="watched-monthly")["Budget"]
    assert found["BudgetLimit"] == {"Amount": "100.00", "Unit": "USD"}
    [told] = budgets.describe_notifications_for_budget(AccountId=owner, BudgetName="watched-monthly")["Notifications"]
    assert (told["NotificationType"], told["Threshold"]) == ("ACTUAL", 80.0)
    account.update(made, {**inputs, "limitAmount": "150.00"})
    found = budgets.describe_budget(AccountId=owner, BudgetName="watched-monthly")["Budget"]
    assert found["BudgetLimit"]["Amount"] == "150.00"


def test_what_the_emulator_lacks_says_why() -> None:
    assert reason("aws:cloudwatch/queryDefinition:QueryDefinition") == "the emulator keeps no saved queries"
    assert reason("aws:costexplorer/anomalyMonitor:AnomalyMonitor") == "the emulator has no Cost Explorer"
