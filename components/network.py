"""The network of a stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

from components.parts.stack import Stack
from settings.network import NetworkSettings

POSTGRESQL_PORT = 5432
_NAT = {
    "none": awsx.ec2.NatGatewayStrategy.NONE,
    "single": awsx.ec2.NatGatewayStrategy.SINGLE,
    "one_per_az": awsx.ec2.NatGatewayStrategy.ONE_PER_AZ,
}


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """What the network is made from."""

    settings: NetworkSettings
    stack: Stack


class Network(pulumi.ComponentResource):
    """The private network: functions and database in private subnets, the way out through NAT, the way in closed.

    It holds no load balancer: API Gateway and CloudFront are the only doors, and they stand outside the VPC.
    """

    vpc_id: pulumi.Output[str]
    private_subnet_ids: pulumi.Output[Sequence[str]]
    public_subnet_ids: pulumi.Output[Sequence[str]]
    functions_security_group_id: pulumi.Output[str]
    database_security_group_id: pulumi.Output[str]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the VPC and the two security groups."""
        super().__init__("mandala:components:Network", name, None, opts)
        self._name, self._args = name, args
        vpc = self._vpc()
        isolated = args.settings.nat == "none"
        self.vpc_id = vpc.vpc_id
        self.public_subnet_ids = vpc.public_subnet_ids
        self.private_subnet_ids = vpc.isolated_subnet_ids if isolated else vpc.private_subnet_ids
        self._close_default_security_group()
        functions = self._security_group(
            "functions", "lambda-sg", "Lambda functions: no way in, HTTPS and PostgreSQL out"
        )
        database = self._security_group("database", "db-sg", "PostgreSQL: in from the functions only, no way out")
        self._connect(functions, database)
        self.functions_security_group_id = functions.id
        self.database_security_group_id = database.id
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "private_subnet_ids": self.private_subnet_ids,
                "public_subnet_ids": self.public_subnet_ids,
                "functions_security_group_id": self.functions_security_group_id,
                "database_security_group_id": self.database_security_group_id,
            }
        )

    def _vpc(self) -> awsx.ec2.Vpc:
        settings = self._args.settings
        inside = awsx.ec2.SubnetType.ISOLATED if settings.nat == "none" else awsx.ec2.SubnetType.PRIVATE
        return awsx.ec2.Vpc(
            f"{self._name}-vpc",
            cidr_block=settings.cidr_block,
            availability_zone_names=settings.availability_zones,
            subnet_strategy=awsx.ec2.SubnetAllocationStrategy.AUTO,
            subnet_specs=[
                awsx.ec2.SubnetSpecArgs(type=awsx.ec2.SubnetType.PUBLIC, cidr_mask=settings.public_subnet_mask),
                awsx.ec2.SubnetSpecArgs(type=inside, cidr_mask=settings.private_subnet_mask),
            ],
            nat_gateways=awsx.ec2.NatGatewayConfigurationArgs(strategy=_NAT[settings.nat]),
            enable_dns_hostnames=True,
            enable_dns_support=True,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _close_default_security_group(self) -> None:
        """Whatever is started without a group of its own can reach nothing."""
        aws.ec2.DefaultSecurityGroup(
            f"{self._name}-default",
            vpc_id=self.vpc_id,
            ingress=[],
            egress=[],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _security_group(self, role: str, physical: str, description: str) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            f"{self._name}-{role}",
            name=self._args.stack.naming.of("security_group", physical),
            description=description,
            vpc_id=self.vpc_id,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _connect(self, functions: aws.ec2.SecurityGroup, database: aws.ec2.SecurityGroup) -> None:
        child = pulumi.ResourceOptions(parent=self)
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-database-from-functions",
            security_group_id=database.id,
            referenced_security_group_id=functions.id,
            ip_protocol="tcp",
            from_port=POSTGRESQL_PORT,
            to_port=POSTGRESQL_PORT,
            description="PostgreSQL from the functions",
            opts=child,
        )
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-functions-to-database",
            security_group_id=functions.id,
            referenced_security_group_id=database.id,
            ip_protocol="tcp",
            from_port=POSTGRESQL_PORT,
            to_port=POSTGRESQL_PORT,
            description="PostgreSQL",
            opts=child,
        )
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-functions-to-services",
            security_group_id=functions.id,
            cidr_ipv4="0.0.0.0/0",
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            description="AWS services, the model and Slack over HTTPS",
            opts=child,
        )
