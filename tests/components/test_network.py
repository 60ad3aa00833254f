"""The network: who can reach what."""

from __future__ import annotations

import pytest

from components.network import Network, NetworkArgs
from plan.graph import Graph
from settings.network import NetworkSettings
from tests.harness import STACK, build, only

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


def network(nat: str, zones: tuple[str, ...] = ("ap-northeast-1a", "ap-northeast-1c")) -> Graph:
    settings = NetworkSettings.model_validate(
        {
            "cidr_block": "10.0.0.0/16",
            "availability_zones": list(zones),
            "public_subnet_mask": 24,
            "private_subnet_mask": 20,
            "nat": nat,
        }
    )
    return build(lambda: Network("network", NetworkArgs(settings=settings, stack=STACK)))


def subnets(graph: Graph, kind: str) -> list[tuple[str, str]]:
    return [
        (s.inputs["availabilityZone"], s.inputs["cidrBlock"])
        for s in graph.of_type(SUBNET)
        if s.inputs["tags"]["SubnetType"] == kind
    ]


@pytest.mark.requirement(1)
def test_the_network_is_10_0_0_0_16(prod: Graph) -> None:
    vpc = only(prod, VPC)
    assert vpc.inputs["cidrBlock"] == "10.0.0.0/16"
    assert vpc.inputs["enableDnsHostnames"] is True
    assert vpc.inputs["enableDnsSupport"] is True


@pytest.mark.requirement(2, 3)
def test_each_of_two_zones_has_a_public_and_a_private_subnet(prod: Graph) -> None:
    assert subnets(prod, "Public") == [("ap-northeast-1a", "10.0.0.0/24"), ("ap-northeast-1c", "10.0.128.0/24")]
    assert subnets(prod, "Private") == [("ap-northeast-1a", "10.0.16.0/20"), ("ap-northeast-1c", "10.0.144.0/20")]


@pytest.mark.requirement(4)
def test_production_has_one_nat_gateway(prod: Graph) -> None:
    nat = only(prod, "aws:ec2/natGateway:NatGateway")
    assert nat.name == "network-vpc-1"
    private = [r for r in prod.of_type("aws:ec2/route:Route") if "natGatewayId" in r.inputs]
    assert [route.inputs["natGatewayId"] for route in private] == [nat.id, nat.id]


@pytest.mark.parametrize(("nat", "count"), [("none", 0), ("single", 1), ("one_per_az", 2)])
@pytest.mark.requirement(214)
def test_the_number_of_nat_gateways_is_a_setting(nat: str, count: int) -> None:
    graph = network(nat)
    assert len(graph.of_type("aws:ec2/natGateway:NatGateway")) == count
    assert len(graph.of_type("aws:ec2/eip:Eip")) == count
    through = {r.inputs["natGatewayId"] for r in graph.of_type("aws:ec2/route:Route") if "natGatewayId" in r.inputs}
    assert len(through) == count


def test_without_nat_the_inner_subnets_have_no_way_out() -> None:
    graph = network("none")
    assert len(subnets(graph, "Isolated")) == 2
    assert subnets(graph, "Private") == []
    assert all("-public-" in route.name for route in graph.of_type("aws:ec2/route:Route"))


def test_three_zones_have_three_of_each_subnet() -> None:
    graph = network("one_per_az", ("ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"))
    assert len(subnets(graph, "Public")) == len(subnets(graph, "Private")) == 3


@pytest.mark.requirement(5, 8)
def test_functions_and_database_have_a_security_group_each(prod: Graph) -> None:
    assert {group.inputs["name"] for group in prod.of_type(GROUP)} == {
        "goal-mandala-production-lambda-sg",
        "goal-mandala-production-db-sg",
    }


@pytest.mark.requirement(6)
def test_the_database_is_reached_by_the_functions_alone_on_5432(prod: Graph) -> None:
    rule = only(prod, INGRESS)
    database, functions = prod.named(GROUP, "network-database"), prod.named(GROUP, "network-functions")
    assert rule.inputs["securityGroupId"] == database.id
    assert rule.inputs["referencedSecurityGroupId"] == functions.id
    assert (rule.inputs["ipProtocol"], rule.inputs["fromPort"], rule.inputs["toPort"]) == ("tcp", 5432, 5432)
    assert "cidrIpv4" not in rule.inputs


@pytest.mark.requirement(7)
def test_the_database_has_no_way_out(prod: Graph) -> None:
    database = prod.named(GROUP, "network-database")
    assert not [rule for rule in prod.of_type(EGRESS) if rule.inputs["securityGroupId"] == database.id]
    for group in prod.of_type(GROUP):  # rules written into the group itself would be a second way
        assert "egress" not in group.inputs
        assert "ingress" not in group.inputs


def test_functions_go_out_to_https_and_the_database_only(prod: Graph) -> None:
    functions, database = prod.named(GROUP, "network-functions"), prod.named(GROUP, "network-database")
    rules = {
        (r.inputs["fromPort"], r.inputs.get("cidrIpv4"), r.inputs.get("referencedSecurityGroupId"))
        for r in prod.of_type(EGRESS)
        if r.inputs["securityGroupId"] == functions.id
    }
    assert rules == {(443, "0.0.0.0/0", None), (5432, None, database.id)}


def test_the_default_security_group_is_closed(prod: Graph) -> None:
    group = only(prod, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert group.inputs["ingress"] == []
    assert group.inputs["egress"] == []


@pytest.mark.requirement(10)
def test_functions_live_in_the_private_subnets(prod: Graph) -> None:
    private = {s.id for s in prod.of_type(SUBNET) if s.inputs["tags"]["SubnetType"] == "Private"}
    group = prod.named(GROUP, "network-functions")
    functions = prod.of_type("aws:lambda/function:Function")
    assert len(functions) == 14
    for function in functions:
        assert set(function.inputs["vpcConfig"]["subnetIds"]) == private
        assert function.inputs["vpcConfig"]["securityGroupIds"] == [group.id]


@pytest.mark.requirement(9)
def test_production_has_no_vpc_endpoints(prod: Graph) -> None:
    assert prod.of_type("aws:ec2/vpcEndpoint:VpcEndpoint") == []
