"""What `awsx.ec2.Vpc` registers, registered here in its place.

awsx is a remote component: its children are made by a plugin that neither a test nor the twin runs. This registers
the same children (names, types, parents, inputs) as awsx 3.11.0 does for the arguments that `components.network`
passes: a CIDR block, zone names, subnet specs of one public and one private (or isolated) kind with a mask, and a
NAT strategy. What it does not prove is that a later awsx does the same.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from pulumi.runtime import rpc

from plan.account import Created, Registration

TYPE = "awsx:ec2:Vpc"
Register = Callable[[str, str, str, dict[str, Any]], tuple[str, Created]]

SUPPORTED = {
    "cidrBlock", "availabilityZoneNames", "subnetStrategy", "subnetSpecs", "natGateways",
    "enableDnsHostnames", "enableDnsSupport",
}  # fmt: skip


def subnet_blocks(cidr_block: str, zones: int, masks: list[int]) -> list[list[str]]:
    """Blocks by zone, in the order of `masks`: each zone has an equal share of the VPC, each subnet the next free
    multiple of its own size."""
    network = ipaddress.IPv4Network(cidr_block)
    share_bits = (zones - 1).bit_length()
    result = []
    for share in list(network.subnets(prefixlen_diff=share_bits))[:zones]:
        blocks = []
        address = int(share.network_address)
        for mask in masks:
            size = 2 ** (32 - mask)
            address = -(-address // size) * size
            block = ipaddress.IPv4Network((address, mask))
            if not block.subnet_of(share):
                raise ValueError(f"subnets with masks {masks} do not fit into {share} (a zone's share of {cidr_block})")
            blocks.append(str(block))
            address += size
        result.append(blocks)
    return result


def expand(component: Registration, register: Register) -> dict[str, Any]:
    """Register the VPC's children through `register(type, name, parent URN, inputs)`; return the outputs.

    `routeTables` holds references to resources, as the real component's output does.
    """
    inputs = component.inputs
    unexpected = set(inputs) - SUPPORTED
    if unexpected:
        raise ValueError(
            f"awsx.ec2.Vpc arguments {sorted(unexpected)} are not covered by plan/awsx_vpc.py: add what they register"
        )
    name, zones, specs = component.name, inputs["availabilityZoneNames"], inputs["subnetSpecs"]
    vpc_inputs = {
        "cidrBlock": inputs["cidrBlock"],
        "enableDnsHostnames": inputs.get("enableDnsHostnames", True),
        "enableDnsSupport": inputs.get("enableDnsSupport", True),
        "tags": {"Name": name},
    }
    vpc_urn, vpc = register("aws:ec2/vpc:Vpc", name, component.urn, vpc_inputs)
    _, gateway = register(
        "aws:ec2/internetGateway:InternetGateway", name, vpc_urn, {"vpcId": vpc.id, "tags": {"Name": name}}
    )
    blocks = subnet_blocks(inputs["cidrBlock"], len(zones), [spec["cidrMask"] for spec in specs])
    ids: dict[str, list[str]] = {"Public": [], "Private": [], "Isolated": []}
    nat_ids: list[str] = []
    tables: list[dict[str, str]] = []
    strategy = inputs.get("natGateways", {}).get("strategy", "OnePerAz")
    for index, zone in enumerate(zones):
        for spec, block in zip(specs, blocks[index], strict=True):
            kind = spec["type"]
            subnet_name = f"{name}-{kind.lower()}-{index + 1}"
            subnet_urn, subnet, table = _subnet(register, vpc_urn, vpc.id, subnet_name, kind, zone, block)
            ids[kind].append(subnet.id)
            tables.append({rpc._special_sig_key: rpc._special_resource_sig, "urn": table[0], "id": table[1].id})
            if kind == "Public":
                _route(register, subnet_name, table, {"gatewayId": gateway.id})
                if strategy == "OnePerAz" or (strategy == "Single" and index == 0):
                    nat_ids.append(_nat_gateway(register, f"{name}-{index + 1}", subnet_urn, subnet.id))
            elif kind == "Private":
                _route(register, subnet_name, table, {"natGatewayId": nat_ids[-1]})
    return {
        "vpcId": vpc.id,
        "publicSubnetIds": ids["Public"],
        "privateSubnetIds": ids["Private"],
        "isolatedSubnetIds": ids["Isolated"],
        "routeTables": tables,
    }


def _subnet(
    register: Register, vpc_urn: str, vpc_id: str, name: str, kind: str, zone: str, block: str
) -> tuple[str, Created, tuple[str, Created]]:
    tags = {"Name": name, "SubnetType": kind}
    inputs = {
        "vpcId": vpc_id,
        "availabilityZone": zone,
        "cidrBlock": block,
        "mapPublicIpOnLaunch": kind == "Public",
        "assignIpv6AddressOnCreation": False,
        "tags": tags,
    }
    urn, subnet = register("aws:ec2/subnet:Subnet", name, vpc_urn, inputs)
    table = register("aws:ec2/routeTable:RouteTable", name, urn, {"vpcId": vpc_id, "tags": tags})
    association = {"subnetId": subnet.id, "routeTableId": table[1].id}
    register("aws:ec2/routeTableAssociation:RouteTableAssociation", name, table[0], association)
    return urn, subnet, table


def _route(register: Register, name: str, table: tuple[str, Created], target: dict[str, str]) -> None:
    inputs = {"routeTableId": table[1].id, "destinationCidrBlock": "0.0.0.0/0", **target}
    register("aws:ec2/route:Route", name, table[0], inputs)


def _nat_gateway(register: Register, name: str, subnet_urn: str, subnet_id: str) -> str:
    tags = {"Name": name}
    _, address = register("aws:ec2/eip:Eip", name, subnet_urn, {"tags": tags})
    inputs = {"subnetId": subnet_id, "allocationId": address.id, "tags": tags}
    return register("aws:ec2/natGateway:NatGateway", name, subnet_urn, inputs)[1].id
