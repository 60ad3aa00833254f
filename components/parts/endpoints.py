"""AWS services inside the VPC: what is reached this way needs no NAT gateway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.database_access import Doors
from components.parts.stack import Stack
from settings.network import GATEWAY_ENDPOINTS, Endpoint

HTTPS = 443


@dataclass(frozen=True, kw_only=True)
class EndpointsArgs:
    """Which services, and where they are reached from."""

    services: Sequence[Endpoint]
    stack: Stack
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    route_table_ids: pulumi.Input[Sequence[str]]
    functions_security_group_id: pulumi.Input[str]


class Endpoints(pulumi.ComponentResource):
    """Gateway endpoints in the route tables (they cost nothing), interface endpoints in the private subnets."""

    def __init__(self, name: str, args: EndpointsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make one endpoint for each service; interface endpoints share a security group that functions may reach."""
        super().__init__("mandala:parts:Endpoints", name, None, opts)
        self._name, self._args = name, args
        for service in args.services:
            if service in GATEWAY_ENDPOINTS:
                self._endpoint(service, vpc_endpoint_type="Gateway", route_table_ids=args.route_table_ids)
        interfaces = [service for service in args.services if service not in GATEWAY_ENDPOINTS]
        if interfaces:
            doors = Doors(name=name, parent=self, naming=args.stack.naming, vpc_id=args.vpc_id)
            group = doors.group("group", "endpoints-sg", "AWS services inside the VPC: in from the functions only")
            doors.connect("functions", args.functions_security_group_id, group, HTTPS, "AWS services")
            for service in interfaces:
                self._endpoint(
                    service,
                    vpc_endpoint_type="Interface",
                    subnet_ids=args.subnet_ids,
                    security_group_ids=[group],
                    private_dns_enabled=True,
                )
        self.register_outputs({})

    def _endpoint(
        self,
        service: Endpoint,
        *,
        vpc_endpoint_type: str,
        subnet_ids: pulumi.Input[Sequence[str]] | None = None,
        route_table_ids: pulumi.Input[Sequence[str]] | None = None,
        security_group_ids: Sequence[pulumi.Input[str]] | None = None,
        private_dns_enabled: bool | None = None,
    ) -> None:
        aws.ec2.VpcEndpoint(
            f"{self._name}-{service}",
            vpc_id=self._args.vpc_id,
            service_name=f"com.amazonaws.{self._args.stack.region}.{service}",
            vpc_endpoint_type=vpc_endpoint_type,
            subnet_ids=subnet_ids,
            route_table_ids=route_table_ids,
            security_group_ids=security_group_ids,
            private_dns_enabled=private_dns_enabled,
            opts=pulumi.ResourceOptions(parent=self),
        )
