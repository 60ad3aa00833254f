"""The cheapest production of a small team: what costs by the hour is not there, and what protects data still is."""

from __future__ import annotations

import json

import pytest

from plan.graph import Graph
from tests.components.alarms import ALARM
from tests.stacks.conformance.queries import (
    ABOVE,
    AT_LEAST,
    alarm,
    condition,
    function,
    having,
    key,
    log_group,
    may,
    only,
    severity,
    topics,
)

FUNCTION = "aws:lambda/function:Function"
HOME, GLOBAL = "eu-central-1", "us-east-1"


@pytest.mark.requirement(4, 13, 14, 214)
def test_it_stands_in_its_own_region_with_one_way_out(cheapest: Graph) -> None:
    assert only(cheapest, "pulumi:providers:aws")["region"] == "eu-central-1"
    assert len(cheapest.of_type("aws:ec2/natGateway:NatGateway")) == 1
    assert only(cheapest, "aws:ec2/vpcEndpoint:VpcEndpoint")["vpcEndpointType"] == "Gateway"
    text = json.dumps([r.masked_inputs() for r in cheapest.resources], default=str)
    assert "cheapest-prod" in text
    assert "ap-northeast-1" not in text


@pytest.mark.requirement(15, 18, 20, 21)
def test_the_database_sleeps_when_nobody_is_there_and_is_protected_all_the_same(cheapest: Graph) -> None:
    cluster = only(cheapest, "aws:rds/cluster:Cluster")
    scaling = cluster["serverlessv2ScalingConfiguration"]
    assert (scaling["minCapacity"], scaling["maxCapacity"]) == (0, 1)
    assert cluster["backupRetentionPeriod"] == 1
    assert (cluster["deletionProtection"], cluster["storageEncrypted"]) == (True, True)
    assert only(cheapest, "aws:rds/clusterInstance:ClusterInstance")["instanceClass"] == "db.serverless"
    for resource in cheapest.of_type(FUNCTION):
        variables = resource.inputs["environment"]["variables"]
        assert variables.get("PGCONNECT_TIMEOUT") == ("25" if "DATABASE_SECRET_ARN" in variables else None)


@pytest.mark.requirement(167, 233, 249)
def test_without_a_proxy_functions_reserve_less_than_the_connections_there_are(cheapest: Graph) -> None:
    assert not cheapest.of_type("aws:rds/proxy:Proxy")
    functions = [r.inputs for r in cheapest.of_type(FUNCTION)]
    users = [f for f in functions if "DATABASE_SECRET_ARN" in f["environment"]["variables"]]
    assert len(users) >= 16
    assert sum(f["reservedConcurrentExecutions"] for f in users) <= 45
    assert condition(alarm(cheapest, "cheapest-prod-database-connections")) == (ABOVE, 45, 300, 2)


@pytest.mark.requirement(37, 42)
def test_gemini_is_asked_with_a_key_that_costs_nothing_to_keep(cheapest: Graph) -> None:
    variables = function(cheapest, "cheapest-prod-generate-tasks")["environment"]["variables"]
    assert (variables["MODEL_PROVIDER"], variables["MODEL_ID"]) == ("gemini", "gemini-2.5-flash")
    kept = f"arn:aws:ssm:{HOME}:123456789012:parameter/cheapest-prod/gemini-api-key"
    assert variables["MODEL_KEY_ARN"] == kept
    for name in ("generate-tasks", "propose"):
        allowed = may(cheapest, f"cheapest-prod-{name}")
        assert [s["Action"] for s in allowed if s["Resource"] == [kept]] == [["ssm:GetParameter"]]
        assert not [s for s in allowed if any(action.startswith("bedrock:") for action in s["Action"])]


@pytest.mark.requirement(75, 205)
def test_the_site_alone_is_guarded_and_by_how_often_one_address_asks(cheapest: Graph) -> None:
    acl = only(cheapest, "aws:wafv2/webAcl:WebAcl")
    assert (acl["scope"], acl["region"]) == ("CLOUDFRONT", "us-east-1")
    [rule] = acl["rules"]
    limit = rule["statement"]["rateBasedStatement"]
    assert (limit["limit"], limit["evaluationWindowSec"], limit["aggregateKeyType"]) == (500, 300, "IP")
    assert rule["action"]["block"]["customResponse"]["responseCode"] == 429
    assert not cheapest.of_type("aws:wafv2/webAclAssociation:WebAclAssociation")
    guard = having(cheapest, "aws:wafv2/webAcl:WebAcl").outputs["arn"]
    assert only(cheapest, "aws:cloudfront/distribution:Distribution")["webAclId"] == guard


def test_people_sign_in_without_what_cognito_charges_extra_for(cheapest: Graph) -> None:
    pool = only(cheapest, "aws:cognito/userPool:UserPool")
    assert pool["userPoolTier"] == "ESSENTIALS"
    assert pool["userPoolAddOns"]["advancedSecurityMode"] == "OFF"
    assert pool["emailConfiguration"] == {"emailSendingAccount": "COGNITO_DEFAULT"}
    assert not cheapest.of_type("aws:cognito/riskConfiguration:RiskConfiguration")
    assert not cheapest.of_type("aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration")


@pytest.mark.requirement(184, 185, 204, 213, 240)
def test_logs_are_short_and_encrypted(cheapest: Graph) -> None:
    assert log_group(cheapest, "/aws/lambda/cheapest-prod-goals")["retentionInDays"] == 14
    groups = [r.inputs for r in cheapest.of_type("aws:cloudwatch/logGroup:LogGroup")]
    assert {group["retentionInDays"] for group in groups} <= {7, 14}
    assert all(key(cheapest, group["kmsKeyId"])["enableKeyRotation"] for group in groups)
    for resource in cheapest.of_type(FUNCTION):
        assert resource.inputs["environment"]["variables"]["LOG_LEVEL"] == "WARNING"


@pytest.mark.requirement(178, 180, 213)
def test_ten_alarms_are_free_and_there_are_ten(cheapest: Graph) -> None:
    found = {r.inputs["name"].removeprefix("cheapest-prod-"): r.inputs for r in cheapest.of_type(ALARM)}
    assert {name: condition(inputs) for name, inputs in found.items()} == {
        "api-errors": (AT_LEAST, 3, 60, 2),
        "api-latency": (ABOVE, 5_000, 300, 3),
        "billing-charges": (AT_LEAST, 80, 21_600, 1),
        "database-connections": (ABOVE, 45, 300, 2),
        "database-cpu": (AT_LEAST, 95, 60, 5),
        "enforce-retention-errors": (AT_LEAST, 1, 300, 1),
        "notifications-dead-letters": (AT_LEAST, 1, 300, 1),
        "notify-slack-errors": (AT_LEAST, 1, 300, 1),
        "site-errors": (AT_LEAST, 10, 300, 2),
        "task-generation-failures": (AT_LEAST, 1, 60, 1),
    }
    critical = {name for name, inputs in found.items() if severity(inputs) == "critical"}
    assert critical == {"api-errors", "database-cpu", "task-generation-failures"}
    for inputs in found.values():
        region = inputs.get("region", HOME)
        pages = {f"{region}:cheapest-prod-pages"} if severity(inputs) == "critical" else set()
        assert topics(inputs) == {f"{region}:cheapest-prod-alerts"} | pages
    assert {name for name, inputs in found.items() if "region" in inputs} == {"site-errors", "billing-charges"}


@pytest.mark.requirement(176, 212)
def test_the_budget_warns_at_half_and_at_all_of_80_dollars(cheapest: Graph) -> None:
    budget = only(cheapest, "aws:budgets/budget:Budget")
    assert budget["limitAmount"] == "80.00"
    told = [(n["notificationType"], n["threshold"]) for n in budget["notifications"]]
    assert told == [("ACTUAL", 50), ("ACTUAL", 100), ("FORECASTED", 120)]


@pytest.mark.requirement(4, 67, 101, 108, 214)
def test_what_costs_by_the_hour_or_by_the_event_is_not_there(cheapest: Graph) -> None:
    for type_ in (
        "aws:cloudtrail/trail:Trail",
        "aws:ec2/flowLog:FlowLog",
        "aws:cloudfront/monitoringSubscription:MonitoringSubscription",
        "aws:cloudwatch/compositeAlarm:CompositeAlarm",
        "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
        "aws:codedeploy/deploymentGroup:DeploymentGroup",
        "aws:backup/plan:Plan",
        "aws:appautoscaling/target:Target",
    ):
        assert not cheapest.of_type(type_), type_
    assert only(cheapest, "aws:apigateway/stage:Stage")["cacheClusterEnabled"] is False
    assert only(cheapest, "aws:cloudfront/distribution:Distribution")["priceClass"] == "PriceClass_100"
    assert len(cheapest.of_type("aws:cloudwatch/dashboard:Dashboard")) == 3  # the fourth is paid for
    assert len(cheapest.of_type("aws:sfn/stateMachine:StateMachine")) == 1
