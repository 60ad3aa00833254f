"""Goal Mandala's production: the network it stands in, and what everything is called."""

from __future__ import annotations

import pytest

from plan.graph import Graph
from tests.conftest import Stacks
from tests.stacks.conformance.queries import having, only

SUBNET = "aws:ec2/subnet:Subnet"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
ROUTE = "aws:ec2/route:Route"
PREFIX = "goal-mandala-production"


def subnets(graph: Graph, kind: str) -> dict[str, str]:
    """Ids of the subnets of a kind by the zone they stand in."""
    return {s.inputs["availabilityZone"]: s.id for s in graph.of_type(SUBNET) if s.inputs["tags"]["SubnetType"] == kind}


@pytest.mark.requirement(1)
def test_the_vpc_has_the_range_10_0_0_0_16(prod: Graph) -> None:
    assert only(prod, "aws:ec2/vpc:Vpc")["cidrBlock"] == "10.0.0.0/16"


@pytest.mark.requirement(2, 3)
def test_two_public_and_two_private_subnets_stand_in_two_zones(prod: Graph) -> None:
    assert set(subnets(prod, "Public")) == {"ap-northeast-1a", "ap-northeast-1c"}
    assert set(subnets(prod, "Private")) == {"ap-northeast-1a", "ap-northeast-1c"}
    assert len(prod.of_type(SUBNET)) == 4
    in_public = {s.inputs["mapPublicIpOnLaunch"] for s in prod.of_type(SUBNET) if "public" in s.name}
    in_private = {s.inputs["mapPublicIpOnLaunch"] for s in prod.of_type(SUBNET) if "private" in s.name}
    assert (in_public, in_private) == ({True}, {False})


@pytest.mark.requirement(4, 214)
def test_one_nat_gateway_serves_both_private_subnets(prod: Graph) -> None:
    nat = having(prod, "aws:ec2/natGateway:NatGateway")
    assert nat.inputs["subnetId"] in subnets(prod, "Public").values()
    out = [r.inputs for r in prod.of_type(ROUTE) if "natGatewayId" in r.inputs]
    assert {r["natGatewayId"] for r in out} == {nat.id}
    assert {r["destinationCidrBlock"] for r in out} == {"0.0.0.0/0"}
    tables = {
        a.inputs["routeTableId"]
        for a in prod.of_type("aws:ec2/routeTableAssociation:RouteTableAssociation")
        if a.inputs["subnetId"] in subnets(prod, "Private").values()
    }
    assert {r["routeTableId"] for r in out} == tables
    assert len(prod.of_type("aws:ec2/eip:Eip")) == 1


@pytest.mark.requirement(5)
def test_functions_and_database_have_security_groups_and_nothing_that_is_not_there_has_one(prod: Graph) -> None:
    assert {g.inputs["name"] for g in prod.of_type(GROUP)} == {
        "goal-mandala-production-lambda-sg",
        "goal-mandala-production-db-sg",
        "goal-mandala-production-db-proxy-sg",
        "goal-mandala-production-db-rotation-sg",
    }
    assert not [r for r in prod.resources if r.type.startswith(("aws:lb/", "aws:alb/", "aws:elb/"))]


@pytest.mark.requirement(6)
def test_the_database_is_reached_on_5432_by_way_of_the_pool_alone_and_the_pool_by_the_functions(prod: Graph) -> None:
    ids = {g.inputs["name"].removeprefix(f"{PREFIX}-"): g.id for g in prod.of_type(GROUP)}
    named = {id_: name for name, id_ in ids.items()}
    ways = {
        (named[r.inputs["referencedSecurityGroupId"]], named[r.inputs["securityGroupId"]], r.inputs["ipProtocol"])
        for r in prod.of_type(INGRESS)
    }
    assert ways == {
        ("lambda-sg", "db-proxy-sg", "tcp"),
        ("db-proxy-sg", "db-sg", "tcp"),
        ("db-rotation-sg", "db-sg", "tcp"),
    }
    assert {(r.inputs["fromPort"], r.inputs["toPort"]) for r in prod.of_type(INGRESS)} == {(5432, 5432)}
    assert not [r for r in prod.of_type(INGRESS) if "cidrIpv4" in r.inputs or "cidrIpv6" in r.inputs]


@pytest.mark.requirement(7, 8)
def test_the_database_s_group_db_sg_lets_nothing_out(prod: Graph) -> None:
    door = having(prod, GROUP, name="goal-mandala-production-db-sg")
    assert door.id not in {r.inputs["securityGroupId"] for r in prod.of_type(EGRESS)}
    assert "egress" not in door.inputs
    writer = having(prod, "aws:rds/cluster:Cluster")
    assert writer.inputs["vpcSecurityGroupIds"] == [door.id]


@pytest.mark.requirement(9, 214)
def test_production_has_no_vpc_endpoints(prod: Graph) -> None:
    assert prod.of_type("aws:ec2/vpcEndpoint:VpcEndpoint") == []


@pytest.mark.requirement(10)
def test_every_function_stands_in_the_private_subnets_and_so_does_the_database(prod: Graph) -> None:
    private = set(subnets(prod, "Private").values())
    functions = prod.of_type("aws:lambda/function:Function")
    assert len(functions) >= 20
    for function in functions:
        assert set(function.inputs["vpcConfig"]["subnetIds"]) == private, function.name
    assert set(only(prod, "aws:rds/subnetGroup:SubnetGroup")["subnetIds"]) == private


@pytest.mark.requirement(12)
def test_the_network_s_traffic_is_recorded_for_30_days(prod: Graph) -> None:
    log = only(prod, "aws:ec2/flowLog:FlowLog")
    assert (log["trafficType"], log["maxAggregationInterval"]) == ("ALL", 600)
    assert log["vpcId"] == having(prod, "aws:ec2/vpc:Vpc").id
    group = having(prod, "aws:cloudwatch/logGroup:LogGroup", name="/aws/vpc/flow-logs/goal-mandala-production-network")
    assert log["logDestination"] == group.outputs["arn"]
    assert group.inputs["retentionInDays"] == 30


@pytest.mark.requirement(13)
@pytest.mark.parametrize("stack", ["prod", "staging", "dev"])
def test_goal_mandala_stands_in_tokyo(stack: str, stacks: Stacks) -> None:
    assert having(stacks(stack), "pulumi:providers:aws").inputs["region"] == "ap-northeast-1"


@pytest.mark.requirement(14)
@pytest.mark.parametrize(
    ("type_", "key", "name"),
    [
        ("aws:rds/cluster:Cluster", "clusterIdentifier", "goal-mandala-production-database"),
        ("aws:apigateway/restApi:RestApi", "name", "goal-mandala-production-api"),
        ("aws:lambda/function:Function", "name", "goal-mandala-production-goals"),
        ("aws:iam/role:Role", "name", "goal-mandala-production-goals"),
        ("aws:sfn/stateMachine:StateMachine", "name", "goal-mandala-production-task-generation-workflow"),
        ("aws:s3/bucket:Bucket", "bucket", "goal-mandala-production-website"),
        ("aws:cloudtrail/trail:Trail", "name", "goal-mandala-production-trail"),
        ("aws:cognito/userPool:UserPool", "name", "goal-mandala-production-users"),
        ("aws:secretsmanager/secret:Secret", "name", "goal-mandala-production-jwt"),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", "name", "goal-mandala-production-database-connections"),
        ("aws:cloudwatch/dashboard:Dashboard", "dashboardName", "goal-mandala-production-api-dashboard"),
    ],
)
def test_everything_that_is_named_is_named_by_the_rule(prod: Graph, type_: str, key: str, name: str) -> None:
    assert having(prod, type_, **{key: name}).inputs[key] == name


@pytest.mark.requirement(2, 3, 4)
def test_staging_is_built_like_production(stacks: Stacks) -> None:
    staging = stacks("staging")
    assert only(staging, "aws:ec2/vpc:Vpc")["cidrBlock"] == "10.0.0.0/16"
    assert len(staging.of_type(SUBNET)) == 4
    assert len(staging.of_type("aws:ec2/natGateway:NatGateway")) == 1
