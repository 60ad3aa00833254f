"""A release that reaches a part of the calls first, and is taken back by itself."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Stacks
from tests.harness import function_statements

GROUP = "aws:codedeploy/deploymentGroup:DeploymentGroup"


@pytest.mark.requirement(134)
def test_a_release_reaches_a_tenth_first_and_returns_when_its_alarm_rings(stacks: Stacks) -> None:
    graph = stacks("contrary")
    group = graph.named(GROUP, "api-goals-release").inputs
    role = graph.named("aws:iam/role:Role", "api-goals-release-role")
    alarm = graph.named("aws:cloudwatch/metricAlarm:MetricAlarm", "api-goals-release").inputs
    application = graph.named("aws:codedeploy/application:Application", "api-goals-release").inputs
    assert group == {
        "appName": application["name"],
        "deploymentGroupName": "live",
        "serviceRoleArn": role.outputs["arn"],
        "deploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
        "alarmConfiguration": {"alarms": [alarm["name"]], "enabled": True},
        "autoRollbackConfiguration": {
            "enabled": True,
            "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
        },
    }
    assert application["computePlatform"] == "Lambda"


def test_the_alarm_that_takes_a_release_back_says_how_bad_it_is_and_what_to_do(stacks: Stacks) -> None:
    alarm = stacks("contrary").named("aws:cloudwatch/metricAlarm:MetricAlarm", "api-goals-release").inputs
    hears = ["arn:aws:sns:us-east-1:123456789012:goal-mandala-contrary-alerts"]
    assert {key: value for key, value in alarm.items() if key != "alarmDescription"} == {
        "name": "goal-mandala-contrary-goals-release",
        "namespace": "AWS/Lambda",
        "metricName": "Errors",
        "dimensions": {"FunctionName": "goal-mandala-contrary-goals", "Resource": "goal-mandala-contrary-goals:live"},
        "statistic": "Sum",
        "comparisonOperator": "GreaterThanOrEqualToThreshold",
        "threshold": 1,
        "period": 60,
        "evaluationPeriods": 1,
        "datapointsToAlarm": 1,
        "treatMissingData": "notBreaching",
        "alarmActions": hears,
        "okActions": hears,
    }
    assert json.loads(alarm["alarmDescription"]) == {
        "severity": "high",
        "signal": "function_errors",
        "subject": "goals",
        "runbook": "runbooks/api-function.md",
    }


@pytest.mark.requirement(134, 203)
def test_a_release_may_move_its_own_alias_and_look_at_its_own_alarm(stacks: Stacks) -> None:
    graph = stacks("contrary")
    function = graph.named("aws:lambda/function:Function", "api-goals-function").outputs["arn"]
    alias = graph.named("aws:lambda/alias:Alias", "api-goals-live").outputs["arn"]
    alarm = graph.named("aws:cloudwatch/metricAlarm:MetricAlarm", "api-goals-release").outputs["arn"]
    assert function_statements(graph, "api-goals-release") == [
        {
            "Effect": "Allow",
            "Action": ["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"],
            "Resource": [function, alias],
        },
        {"Effect": "Allow", "Action": ["cloudwatch:DescribeAlarms"], "Resource": [alarm]},
    ]
