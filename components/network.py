"""The network of a stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

from components.parts.database_access import Doors
from components.parts.endpoints import Endpoints, EndpointsArgs
from components.parts.flow_logs import FlowLogs, FlowLogsArgs
from components.parts.keys import Keys
from components.parts.network_acl import NetworkAcls, NetworkAclsArgs
from components.parts.stack import Stack
from settings.network import NetworkSettings

HTTPS_PORT = 443
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
    keys: Keys


class Network(pulumi.ComponentResource):
    """The private network: functions and database in private subnets, the way out through NAT, the way in closed.

    It holds no load balancer: API Gateway and CloudFront are the only doors, and they stand outside the VPC. Who may
    reach the database is the database's to say.
    """

    vpc_id: pulumi.Output[str]
    private_subnet_ids: pulumi.Output[Sequence[str]]
    public_subnet_ids: pulumi.Output[Sequence[str]]
    functions_security_group_id: pulumi.Output[str]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the VPC, the functions' security group, and what is set of endpoints, lists and logs."""
        super().__init__("mandala:components:Network", name, None, opts)
        self._name, self._args = name, args
        vpc = self._vpc()
        isolated = args.settings.nat == "none"
        self.vpc_id = vpc.vpc_id
        self.zones = tuple(args.settings.availability_zones)  # those of the private subnets, in their order
        self.public_subnet_ids = vpc.public_subnet_ids
        self.private_subnet_ids = vpc.isolated_subnet_ids if isolated else vpc.private_subnet_ids
        self._close_default_security_group()
        self.functions_security_group_id = self._functions_group()
        self._guard(vpc)
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "private_subnet_ids": self.private_subnet_ids,
                "public_subnet_ids": self.public_subnet_ids,
                "functions_security_group_id": self.functions_security_group_id,
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

    def _functions_group(self) -> pulumi.Output[str]:
        """The functions' way out; what they reach inside the VPC adds its own rule."""
        doors = Doors(name=self._name, parent=self, naming=self._args.stack.naming, vpc_id=self.vpc_id)
        group = doors.group("functions", "lambda-sg", "Lambda functions: no way in, HTTPS and PostgreSQL out")
        doors.leave(
            "functions-to-services", group, "0.0.0.0/0", HTTPS_PORT, "AWS services, the model and Slack over HTTPS"
        )
        return group

    def _guard(self, vpc: awsx.ec2.Vpc) -> None:
        """What the settings add: endpoints, network ACLs, flow logs."""
        args, settings, child = self._args, self._args.settings, pulumi.ResourceOptions(parent=self)
        if settings.endpoints:
            Endpoints(
                f"{self._name}-endpoints",
                EndpointsArgs(
                    services=settings.endpoints,
                    stack=args.stack,
                    vpc_id=self.vpc_id,
                    subnet_ids=self.private_subnet_ids,
                    route_table_ids=vpc.route_tables.apply(
                        lambda tables: pulumi.Output.all(*(table.id for table in tables))
                    ),
                    functions_security_group_id=self.functions_security_group_id,
                ),
                child,
            )
        if settings.network_acls:
            NetworkAcls(
                f"{self._name}-acls",
                NetworkAclsArgs(
                    settings=settings.network_acls,
                    cidr_block=settings.cidr_block,
                    vpc_id=self.vpc_id,
                    public_subnet_ids=self.public_subnet_ids,
                    private_subnet_ids=self.private_subnet_ids,
                ),
                child,
            )
        if settings.flow_logs:
            FlowLogs(
                f"{self._name}-flow",
                FlowLogsArgs(settings=settings.flow_logs, stack=args.stack, keys=args.keys, vpc_id=self.vpc_id),
                child,
            )
