"""A record of the traffic in a VPC."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.keys import Keys
from components.parts.stack import Stack
from components.parts.statement import allow, document, trust
from settings.network import FlowLogSettings


@dataclass(frozen=True, kw_only=True)
class FlowLogsArgs:
    """What is recorded, and of which VPC."""

    settings: FlowLogSettings
    stack: Stack
    keys: Keys
    vpc_id: pulumi.Input[str]


class FlowLogs(pulumi.ComponentResource):
    """VPC flow logs in an encrypted log group: who spoke to whom, never what was said."""

    log_group_name: pulumi.Output[str]

    def __init__(self, name: str, args: FlowLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the log group, the role that writes to it, and the flow log."""
        super().__init__("mandala:parts:FlowLogs", name, None, opts)
        stack, child = args.stack, pulumi.ResourceOptions(parent=self)
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=f"/aws/vpc/flow-logs/{stack.naming.of('log_group', 'network')}",
            retention_in_days=args.settings.retention_days,
            kms_key_id=args.keys.logs,
            opts=child,
        )
        role = aws.iam.Role(
            f"{name}-role",
            name=stack.naming.of("role", "flow-logs"),
            description="Writes the flow logs of the VPC",
            assume_role_policy=document([trust("vpc-flow-logs.amazonaws.com", stack.account_id)]),
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.id,
            policy=document(
                [
                    allow(
                        "logs:CreateLogStream",
                        "logs:PutLogEvents",
                        "logs:DescribeLogStreams",
                        on=[pulumi.Output.concat(logs.arn, ":*")],
                    )
                ]
            ),
            opts=child,
        )
        aws.ec2.FlowLog(
            f"{name}-vpc",
            vpc_id=args.vpc_id,
            traffic_type=args.settings.traffic.upper(),
            log_destination_type="cloud-watch-logs",
            log_destination=logs.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=args.settings.aggregation_seconds,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        self.log_group_name = logs.name
        self.register_outputs({"log_group_name": self.log_group_name})
