"""Who may reach the database: security groups and the rules between them."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.naming import Naming


@dataclass(frozen=True, kw_only=True)
class Doors:
    """Makes security groups and rules for one component, named after it."""

    name: str
    parent: pulumi.Resource
    naming: Naming
    vpc_id: pulumi.Input[str]

    def group(self, role: str, physical: str, description: str) -> pulumi.Output[str]:
        """A security group without rules; its id. Rules in the group itself would be a second way to write them."""
        return aws.ec2.SecurityGroup(
            f"{self.name}-{role}",
            name=self.naming.of("security_group", physical),
            description=description,
            vpc_id=self.vpc_id,
            opts=pulumi.ResourceOptions(parent=self.parent),
        ).id

    def connect(
        self, role: str, source: pulumi.Input[str], target: pulumi.Input[str], port: int, description: str
    ) -> None:
        """Let `source` open TCP connections to one port of `target`: the way in, and the way out."""
        child = pulumi.ResourceOptions(parent=self.parent)
        aws.vpc.SecurityGroupIngressRule(
            f"{self.name}-from-{role}",
            security_group_id=target,
            referenced_security_group_id=source,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=description,
            opts=child,
        )
        aws.vpc.SecurityGroupEgressRule(
            f"{self.name}-to-{role}",
            security_group_id=source,
            referenced_security_group_id=target,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=description,
            opts=child,
        )

    def leave(self, role: str, source: pulumi.Input[str], cidr_block: str, port: int, description: str) -> None:
        """Let `source` open TCP connections to one port of addresses outside."""
        aws.vpc.SecurityGroupEgressRule(
            f"{self.name}-{role}",
            security_group_id=source,
            cidr_ipv4=cidr_block,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=description,
            opts=pulumi.ResourceOptions(parent=self.parent),
        )
