"""What the CIS AWS Foundations Benchmark wants somebody to hear of, counted in the audit trail's log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.signal import Metric, Signal
from components.parts.stack import Stack


def _calls(*names: str, source: str = "") -> str:
    events = " || ".join(f"($.eventName={name})" for name in names)
    return f"{{($.eventSource={source}) && ({events})}}" if source else f"{{{events}}}"


# The 14 controls CloudWatch.1 to CloudWatch.14 with their patterns (AWS Security Hub user guide, CloudWatch controls).
CONTROLS: Mapping[str, str] = {
    "root-use": '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && '
    '$.eventType !="AwsServiceEvent"}',
    "unauthorized-calls": '{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}',
    "sign-in-without-mfa": '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && '
    '($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }',
    "iam-changes": _calls(
        "DeleteGroupPolicy", "DeleteRolePolicy", "DeleteUserPolicy", "PutGroupPolicy", "PutRolePolicy",
        "PutUserPolicy", "CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion",
        "AttachRolePolicy", "DetachRolePolicy", "AttachUserPolicy", "DetachUserPolicy", "AttachGroupPolicy",
        "DetachGroupPolicy", source="iam.amazonaws.com",
    ),
    "trail-changes": _calls("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"),
    "failed-sign-ins": '{($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}',
    "key-deletions": _calls("DisableKey", "ScheduleKeyDeletion", source="kms.amazonaws.com"),
    "bucket-policy-changes": _calls(
        "PutBucketAcl", "PutBucketPolicy", "PutBucketCors", "PutBucketLifecycle", "PutBucketReplication",
        "DeleteBucketPolicy", "DeleteBucketCors", "DeleteBucketLifecycle", "DeleteBucketReplication",
        source="s3.amazonaws.com",
    ),
    "config-changes": _calls(
        "StopConfigurationRecorder", "DeleteDeliveryChannel", "PutDeliveryChannel", "PutConfigurationRecorder",
        source="config.amazonaws.com",
    ),
    "security-group-changes": _calls(
        "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupIngress",
        "RevokeSecurityGroupEgress", "CreateSecurityGroup", "DeleteSecurityGroup",
    ),
    "network-acl-changes": _calls(
        "CreateNetworkAcl", "CreateNetworkAclEntry", "DeleteNetworkAcl", "DeleteNetworkAclEntry",
        "ReplaceNetworkAclEntry", "ReplaceNetworkAclAssociation",
    ),
    "gateway-changes": _calls(
        "CreateCustomerGateway", "DeleteCustomerGateway", "AttachInternetGateway", "CreateInternetGateway",
        "DeleteInternetGateway", "DetachInternetGateway",
    ),
    "route-table-changes": _calls(
        "CreateRoute", "CreateRouteTable", "ReplaceRoute", "ReplaceRouteTableAssociation", "DeleteRouteTable",
        "DeleteRoute", "DisassociateRouteTable", source="ec2.amazonaws.com",
    ),
    "vpc-changes": _calls(
        "CreateVpc", "DeleteVpc", "ModifyVpcAttribute", "AcceptVpcPeeringConnection", "CreateVpcPeeringConnection",
        "DeleteVpcPeeringConnection", "RejectVpcPeeringConnection", "AttachClassicLinkVpc", "DetachClassicLinkVpc",
        "DisableVpcClassicLink", "EnableVpcClassicLink",
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class CisControlsArgs:
    """Where the events are, and whose they are."""

    stack: Stack
    trail_log_group: pulumi.Input[str]


class CisControls(pulumi.ComponentResource):
    """A metric for each of the benchmark's 14 controls, counted in the trail's log group.

    It counts; the alarm rules of the stack say how many are too many (signal `audit_event`).
    """

    def __init__(self, name: str, args: CisControlsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the metric filters."""
        super().__init__("mandala:parts:CisControls", name, None, opts)
        self._namespace = f"{args.stack.naming.prefix}/Audit"
        for role, pattern in CONTROLS.items():
            aws.cloudwatch.LogMetricFilter(
                f"{name}-{role}",
                name=args.stack.naming.of("log_filter", role),
                log_group_name=args.trail_log_group,
                pattern=pattern,
                metric_transformation={"name": _metric_name(role), "namespace": self._namespace, "value": "1"},
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})

    def signals(self) -> list[Signal]:
        """The count of each control's events."""
        return [
            Signal(
                kind="audit_event",
                subject=role,
                metrics=(Metric(namespace=self._namespace, name=_metric_name(role), statistic="Sum"),),
                runbook="audit.md",
                group="audit",
            )
            for role in CONTROLS
        ]


def _metric_name(role: str) -> str:
    return "".join(part.capitalize() for part in role.split("-"))
