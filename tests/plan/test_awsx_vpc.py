"""The stand-in for awsx.ec2.Vpc against what awsx 3.11.0 was seen to register under the real engine.

The expectations were observed for one CIDR block, two zones and masks 24 and 20, with each NAT strategy. That a later
awsx still does the same is not proven here.
"""

from __future__ import annotations

import ipaddress
from typing import Any

import pulumi_awsx as awsx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plan.awsx_vpc import subnet_blocks
from plan.graph import Graph
from plan.record import RecordError
from tests.harness import build, only

CHAIN = "urn:pulumi:test::goal-mandala::awsx:ec2:Vpc$aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
STRATEGIES = {
    "None": awsx.ec2.NatGatewayStrategy.NONE,
    "Single": awsx.ec2.NatGatewayStrategy.SINGLE,
    "OnePerAz": awsx.ec2.NatGatewayStrategy.ONE_PER_AZ,
}


def vpc(strategy: str = "Single", **more: Any) -> Graph:
    inside = awsx.ec2.SubnetType.ISOLATED if strategy == "None" else awsx.ec2.SubnetType.PRIVATE
    return build(
        lambda: awsx.ec2.Vpc(
            "network-vpc",
            cidr_block="10.0.0.0/16",
            availability_zone_names=["ap-northeast-1a", "ap-northeast-1c"],
            subnet_strategy=awsx.ec2.SubnetAllocationStrategy.AUTO,
            nat_gateways=awsx.ec2.NatGatewayConfigurationArgs(strategy=STRATEGIES[strategy]),
            subnet_specs=[
                awsx.ec2.SubnetSpecArgs(type=awsx.ec2.SubnetType.PUBLIC, cidr_mask=24),
                awsx.ec2.SubnetSpecArgs(type=inside, cidr_mask=20),
            ],
            enable_dns_hostnames=True,
            enable_dns_support=True,
            **more,
        )
    )


def test_each_zone_has_half_of_the_block_and_subnets_start_at_multiples_of_their_size() -> None:
    assert subnet_blocks("10.0.0.0/16", 2, [24, 20]) == [
        ["10.0.0.0/24", "10.0.16.0/20"],
        ["10.0.128.0/24", "10.0.144.0/20"],
    ]


@given(
    st.integers(16, 20), st.integers(1, 4), st.lists(st.integers(22, 28), min_size=1, max_size=4), st.integers(0, 255)
)
def test_blocks_lie_in_the_network_and_never_overlap(mask: int, zones: int, masks: list[int], second: int) -> None:
    network = ipaddress.IPv4Network(f"10.{second}.0.0/{mask}")
    try:
        blocks = [ipaddress.IPv4Network(b) for zone in subnet_blocks(str(network), zones, masks) for b in zone]
    except ValueError as error:
        assert "do not fit" in str(error)
        share = 2 ** (32 - mask - (zones - 1).bit_length())
        assert sum(2 ** (32 - m) for m in masks) + 2 ** (32 - min(masks)) > share
        return
    assert [block.prefixlen for block in blocks] == masks * zones
    assert all(block.subnet_of(network) for block in blocks)
    for index, block in enumerate(blocks):
        assert not any(block.overlaps(other) for other in blocks[index + 1 :])


def test_subnets_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"do not fit into 10\.0\.0\.0/17 \(a zone's share of 10\.0\.0\.0/16\)"):
        subnet_blocks("10.0.0.0/16", 2, [17, 20])


def test_the_children_and_their_names_are_those_that_were_seen() -> None:
    subnet = f"{CHAIN}$aws:ec2/subnet:Subnet"
    table = f"{subnet}$aws:ec2/routeTable:RouteTable"
    expected = {"urn:pulumi:test::goal-mandala::awsx:ec2:Vpc::network-vpc", f"{CHAIN}::network-vpc"}
    expected.add(f"{CHAIN}$aws:ec2/internetGateway:InternetGateway::network-vpc")
    for name in ("public-1", "public-2", "private-1", "private-2"):
        expected |= {f"{subnet}::network-vpc-{name}", f"{table}::network-vpc-{name}"}
        expected.add(f"{table}$aws:ec2/routeTableAssociation:RouteTableAssociation::network-vpc-{name}")
        expected.add(f"{table}$aws:ec2/route:Route::network-vpc-{name}")
    expected |= {f"{subnet}$aws:ec2/eip:Eip::network-vpc-1", f"{subnet}$aws:ec2/natGateway:NatGateway::network-vpc-1"}
    assert {resource.urn for resource in vpc().resources} == expected


def test_the_vpc_and_its_subnets_have_the_inputs_that_were_seen() -> None:
    graph = vpc()
    network = only(graph, "aws:ec2/vpc:Vpc")
    assert network.inputs == {
        "cidrBlock": "10.0.0.0/16",
        "enableDnsHostnames": True,
        "enableDnsSupport": True,
        "tags": {"Name": "network-vpc"},
    }
    assert graph.named(SUBNET, "network-vpc-public-2").inputs == {
        "vpcId": network.id,
        "availabilityZone": "ap-northeast-1c",
        "cidrBlock": "10.0.128.0/24",
        "mapPublicIpOnLaunch": True,
        "assignIpv6AddressOnCreation": False,
        "tags": {"Name": "network-vpc-public-2", "SubnetType": "Public"},
    }
    private = graph.named(SUBNET, "network-vpc-private-1").inputs
    assert private["mapPublicIpOnLaunch"] is False
    assert private["cidrBlock"] == "10.0.16.0/20"


@pytest.mark.parametrize(
    ("strategy", "gateways", "through"),
    [
        ("Single", ["network-vpc-1"], ["network-vpc-1", "network-vpc-1"]),
        ("OnePerAz", ["network-vpc-1", "network-vpc-2"], ["network-vpc-1", "network-vpc-2"]),
        ("None", [], []),
    ],
)
def test_private_routes_go_through_the_gateways_that_were_seen(
    strategy: str, gateways: list[str], through: list[str]
) -> None:
    graph = vpc(strategy)
    made = {gateway.id: gateway for gateway in graph.of_type("aws:ec2/natGateway:NatGateway")}
    assert [gateway.name for gateway in made.values()] == gateways
    assert [address.name for address in graph.of_type("aws:ec2/eip:Eip")] == gateways
    routes = [r.inputs["natGatewayId"] for r in graph.of_type("aws:ec2/route:Route") if "natGatewayId" in r.inputs]
    assert [made[id_].name for id_ in routes] == through
    for gateway in made.values():
        number = gateway.name.rsplit("-", 1)[1]
        assert gateway.inputs["subnetId"] == graph.named(SUBNET, f"network-vpc-public-{number}").id


def test_without_gateways_the_inner_subnets_are_isolated() -> None:
    names = [subnet.name for subnet in vpc("None").of_type(SUBNET)]
    assert names == ["network-vpc-isolated-1", "network-vpc-isolated-2", "network-vpc-public-1", "network-vpc-public-2"]


def test_an_argument_that_is_not_covered_is_refused() -> None:
    with pytest.raises(RecordError, match=r"awsx\.ec2\.Vpc arguments \['instanceTenancy'\] are not covered"):
        vpc(instance_tenancy="dedicated")


def test_children_are_made_by_the_provider_of_the_component(prod: Graph) -> None:
    providers = {r.registration.provider for r in prod.resources if "awsx:ec2:Vpc$" in r.urn}
    assert len(providers) == 1
    assert "pulumi:providers:aws::aws::" in providers.pop()
