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


# The events of each control that counts calls, and whose calls (AWS Security Hub user guide, CloudWatch.4 to .14).
EVENTS = {
    "iam-changes": (
        "iam",
        "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy CreatePolicy "
        "DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy AttachUserPolicy "
        "DetachUserPolicy AttachGroupPolicy DetachGroupPolicy",
    ),
    "trail-changes": (None, "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"),
    "failed-sign-ins": (None, "ConsoleLogin"),
    "key-deletions": ("kms", "DisableKey ScheduleKeyDeletion"),
    "bucket-policy-changes": (
        "s3",
        "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy "
        "DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication",
    ),
    "config-changes": (
        "config",
        "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder",
    ),
    "security-group-changes": (
        None,
        "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress "
        "RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup",
    ),
    "network-acl-changes": (
        None,
        "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry "
        "ReplaceNetworkAclAssociation",
    ),
    "gateway-changes": (
        None,
        "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway "
        "DeleteInternetGateway DetachInternetGateway",
    ),
    "route-table-changes": (
        "ec2",
        "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute "
        "DisassociateRouteTable",
    ),
    "vpc-changes": (
        None,
        "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection "
        "DeleteVpcPeeringConnection RejectVpcPeeringConnection AttachClassicLinkVpc DetachClassicLinkVpc "
        "DisableVpcClassicLink EnableVpcClassicLink",
    ),
}
# The controls that look at something else than names of calls.
CONDITIONS = {
    "root-use": {'userIdentity.type="Root"', "userIdentity.invokedBy NOT EXISTS", 'eventType !="AwsServiceEvent"'},
    "unauthorized-calls": {'errorCode="*UnauthorizedOperation"', 'errorCode="AccessDenied*"'},
    "sign-in-without-mfa": {
        'eventName = "ConsoleLogin"', 'additionalEventData.MFAUsed != "Yes"', 'userIdentity.type = "IAMUser"',
        'responseElements.ConsoleLogin = "Success"',
    },
    "failed-sign-ins": {"eventName=ConsoleLogin", 'errorMessage="Failed authentication"'},
}  # fmt: skip


@pytest.mark.parametrize("control", EVENTS)
def test_a_control_names_its_events(prod: Graph, control: str) -> None:
    service, names = EVENTS[control]
    pattern = pattern_of(prod, control)
    assert re.findall(r"\$\.eventName=(\w+)", pattern) == names.split()
    assert re.findall(r"\$\.eventSource=(\w+)\.amazonaws\.com", pattern) == ([service] if service else [])


@pytest.mark.parametrize("control", CONDITIONS)
def test_a_control_has_its_conditions_and_no_others(prod: Graph, control: str) -> None:
    pattern = pattern_of(prod, control).strip("{ }").replace("(", "").replace(")", "")
    conditions = re.split(r" (?:&&|\|\|) ", pattern)
    assert {condition.strip().removeprefix("$.") for condition in conditions} == CONDITIONS[control]
    assert ("||" in pattern) == (control == "unauthorized-calls")


def pattern_of(graph: Graph, control: str) -> str:
    [found] = [f for f in graph.of_type(FILTER) if f.inputs["name"] == f"goal-mandala-production-{control}"]
    pattern: str = found.inputs["pattern"]
    return pattern


@pytest.mark.parametrize("control", CONTROLS)
def test_a_pattern_is_within_what_cloudwatch_takes(control: str) -> None:
    pattern = CONTROLS[control]
    assert len(pattern) <= 1024
    assert pattern.startswith("{")
    assert pattern.endswith("}")
    assert pattern.count("(") == pattern.count(")")


def test_a_stack_without_a_trail_counts_nothing(stacks: Stacks) -> None:
    assert stacks("contrary").of_type(FILTER) == []
