"""Stateless rules around the subnets: a second layer, should a security group ever be opened by mistake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from settings.network import NetworkAclSettings

ANYWHERE = "0.0.0.0/0"
EVERY = (0, 65535)
# Where answers arrive: Lambda and NAT gateways use these ports (VPC user guide, ephemeral ports).
EPHEMERAL = (1024, 65535)
TCP = "6"


@dataclass(frozen=True, kw_only=True)
class NetworkAclsArgs:
    """The VPC and its subnets of both kinds."""

    settings: NetworkAclSettings
    cidr_block: str
    vpc_id: pulumi.Input[str]
    public_subnet_ids: pulumi.Input[Sequence[str]]
    private_subnet_ids: pulumi.Input[Sequence[str]]


class NetworkAcls(pulumi.ComponentResource):
    """TCP only: inside the VPC everything, outside the ports that are set, and the answers from there."""

    def __init__(self, name: str, args: NetworkAclsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make one list for the public and one for the private subnets."""
        super().__init__("mandala:parts:NetworkAcls", name, None, opts)
        inside = (100, args.cidr_block, EVERY)
        out = [(110 + index, ANYWHERE, (port, port)) for index, port in enumerate(args.settings.ports_out)]
        # A NAT gateway stands in a public subnet: its traffic is the functions' own, so both lists are the same.
        for role, subnet_ids in (("public", args.public_subnet_ids), ("private", args.private_subnet_ids)):
            aws.ec2.NetworkAcl(
                f"{name}-{role}",
                vpc_id=args.vpc_id,
                subnet_ids=subnet_ids,
                ingress=[_rule(*rule) for rule in (inside, (110, ANYWHERE, EPHEMERAL))],
                egress=[_rule(*rule) for rule in (inside, *out)],
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})


def _rule(number: int, cidr_block: str, ports: tuple[int, int]) -> Any:
    """A rule as both directions take it."""
    first, last = ports
    return {
        "rule_no": number,
        "action": "allow",
        "protocol": TCP,
        "cidr_block": cidr_block,
        "from_port": first,
        "to_port": last,
    }
