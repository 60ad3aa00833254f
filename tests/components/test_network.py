"""The network: who can reach what."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from plan.graph import Graph
from settings.network import NetworkSettings
from tests.components.data import NETWORK, network
from tests.harness import KEYS, documents, only

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
ACL = "aws:ec2/networkAcl:NetworkAcl"
RULE = "aws:vpc/securityGroup{0}Rule:SecurityGroup{0}Rule"


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
    graph = network(nat=nat, endpoints=["secretsmanager"])
    assert len(graph.of_type("aws:ec2/natGateway:NatGateway")) == count
    assert len(graph.of_type("aws:ec2/eip:Eip")) == count
    through = {r.inputs["natGatewayId"] for r in graph.of_type("aws:ec2/route:Route") if "natGatewayId" in r.inputs}
    assert len(through) == count


def test_without_nat_the_inner_subnets_have_no_way_out() -> None:
    graph = network(nat="none", endpoints=["secretsmanager"])
    assert len(subnets(graph, "Isolated")) == 2
    assert subnets(graph, "Private") == []
    assert all("-public-" in route.name for route in graph.of_type("aws:ec2/route:Route"))


def test_three_zones_have_three_of_each_subnet() -> None:
    graph = network(nat="one_per_az", availability_zones=["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"])
    assert len(subnets(graph, "Public")) == len(subnets(graph, "Private")) == 3


def test_the_default_security_group_is_closed(prod: Graph) -> None:
    group = only(prod, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert group.inputs["ingress"] == []
    assert group.inputs["egress"] == []


@pytest.mark.requirement(10)
def test_functions_live_in_the_private_subnets(prod: Graph) -> None:
    private = {s.id for s in prod.of_type(SUBNET) if s.inputs["tags"]["SubnetType"] == "Private"}
    group, rotation = prod.named(GROUP, "network-functions"), prod.named(GROUP, "database-rotation")
    functions = prod.of_type("aws:lambda/function:Function")
    assert len(functions) > 14
    for function in functions:
        assert set(function.inputs["vpcConfig"]["subnetIds"]) == private
        # Rotation alone goes past the proxy, by a door of its own.
        expected = rotation.id if function.name == "database-rotation-rotate-secret-function" else group.id
        assert function.inputs["vpcConfig"]["securityGroupIds"] == [expected]


@pytest.mark.requirement(9)
def test_production_has_no_vpc_endpoints(prod: Graph) -> None:
    assert prod.of_type(ENDPOINT) == []


@pytest.mark.requirement(9, 214)
def test_a_gateway_endpoint_stands_in_every_route_table() -> None:
    graph = network(endpoints=["s3"])
    endpoint = only(graph, ENDPOINT)
    assert endpoint.inputs["vpcEndpointType"] == "Gateway"
    assert endpoint.inputs["serviceName"] == "com.amazonaws.ap-northeast-1.s3"
    tables = {table.id for table in graph.of_type("aws:ec2/routeTable:RouteTable")}
    assert len(tables) == 4
    assert set(endpoint.inputs["routeTableIds"]) == tables


@pytest.mark.requirement(9)
def test_interface_endpoints_stand_in_the_private_subnets_and_are_open_to_the_functions_alone() -> None:
    graph = network(endpoints=["secretsmanager", "states"])
    group, functions = graph.named(GROUP, "network-endpoints-group"), graph.named(GROUP, "network-functions")
    private = {s.id for s in graph.of_type(SUBNET) if s.inputs["tags"]["SubnetType"] == "Private"}
    assert group.inputs["name"] == "example-production-endpoints-sg"
    for endpoint in graph.of_type(ENDPOINT):
        assert endpoint.inputs["vpcEndpointType"] == "Interface"
        assert endpoint.inputs["privateDnsEnabled"] is True
        assert set(endpoint.inputs["subnetIds"]) == private
        assert endpoint.inputs["securityGroupIds"] == [group.id]
    names = {endpoint.inputs["serviceName"] for endpoint in graph.of_type(ENDPOINT)}
    assert names == {"com.amazonaws.ap-northeast-1.secretsmanager", "com.amazonaws.ap-northeast-1.states"}
    rule = only(graph, RULE.format("Ingress"))
    assert rule.inputs["securityGroupId"] == group.id
    assert rule.inputs["referencedSecurityGroupId"] == functions.id
    assert (rule.inputs["fromPort"], rule.inputs["toPort"]) == (443, 443)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"endpoints": ["s3", "s3"]}, "endpoints ['s3'] are named twice: a service has one endpoint in a VPC"),
        ({"nat": "none"}, "add the endpoint, or choose nat 'single'"),
    ],
)
def test_a_network_in_which_nothing_works_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(sentence)):
        NetworkSettings.model_validate(NETWORK | changes)


@pytest.mark.requirement(11)
def test_network_acls_surround_every_subnet_and_let_only_tcp_pass() -> None:
    graph = network(network_acls={"ports_out": [443, 6543]})
    acls = graph.of_type(ACL)
    assert {id_ for acl in acls for id_ in acl.inputs["subnetIds"]} == {s.id for s in graph.of_type(SUBNET)}
    for acl in acls:
        rules = {
            way: {(r["protocol"], r["action"], r["cidrBlock"], r["fromPort"], r["toPort"]) for r in acl.inputs[way]}
            for way in ("ingress", "egress")
        }
        inside = ("6", "allow", "10.0.0.0/16", 0, 65535)
        assert rules["ingress"] == {inside, ("6", "allow", "0.0.0.0/0", 1024, 65535)}
        out = {("6", "allow", "0.0.0.0/0", port, port) for port in (443, 6543)}
        assert rules["egress"] == {inside, *out}
        assert len({rule["ruleNo"] for rule in acl.inputs["egress"]}) == 3
    assert network().of_type(ACL) == []


@pytest.mark.requirement(12, 185)
def test_flow_logs_are_written_encrypted_and_kept_as_set(prod: Graph) -> None:
    settings = {"traffic": "reject", "aggregation_seconds": 60, "retention_days": 90}
    graph = network(flow_logs=settings)
    log, group = only(graph, FLOW_LOG), only(graph, "aws:cloudwatch/logGroup:LogGroup")
    assert log.inputs["vpcId"] == only(graph, VPC).id
    assert (log.inputs["trafficType"], log.inputs["maxAggregationInterval"]) == ("REJECT", 60)
    assert log.inputs["logDestination"] == group.outputs["arn"]
    assert group.inputs["name"] == "/aws/vpc/flow-logs/example-production-network"
    assert (group.inputs["retentionInDays"], group.inputs["kmsKeyId"]) == (90, KEYS.logs)
    role = only(graph, "aws:iam/role:Role")
    assert log.inputs["iamRoleArn"] == role.outputs["arn"]
    ((_, policy),) = documents(only(graph, "aws:iam/rolePolicy:RolePolicy"))
    assert [s["Resource"] for s in policy["Statement"]] == [[f"{group.outputs['arn']}:*"]]
    assert only(prod, FLOW_LOG).inputs["trafficType"] == "ALL"
    assert network().of_type(FLOW_LOG) == []
