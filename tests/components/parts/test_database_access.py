"""Every way into and out of every security group of production, in one table."""

from __future__ import annotations

import pytest

from plan.graph import Graph

INTO, OUT = (f"aws:vpc/securityGroup{way}Rule:SecurityGroup{way}Rule" for way in ("Ingress", "Egress"))
DATABASE, PROXY, ROTATION, FUNCTIONS = "db-sg", "db-proxy-sg", "db-rotation-sg", "lambda-sg"
ANYWHERE = "0.0.0.0/0"


def ways(graph: Graph, kind: str) -> set[tuple[str, str, int, int]]:
    """Whose rule, from or to where, first and last port."""
    prefix = "goal-mandala-production-"
    groups = {
        group.id: group.inputs["name"].removeprefix(prefix)
        for group in graph.of_type("aws:ec2/securityGroup:SecurityGroup")
    }
    rules = [rule.inputs for rule in graph.of_type(kind)]
    assert {rule["ipProtocol"] for rule in rules} == {"tcp"}
    return {
        (
            groups[rule["securityGroupId"]],
            rule.get("cidrIpv4") or groups[rule["referencedSecurityGroupId"]],
            rule["fromPort"],
            rule["toPort"],
        )
        for rule in rules
    }


@pytest.mark.requirement(5, 6)
def test_postgresql_is_reached_through_the_proxy_and_by_the_rotation_alone(prod: Graph) -> None:
    assert ways(prod, INTO) == {
        (PROXY, FUNCTIONS, 5432, 5432),
        (DATABASE, PROXY, 5432, 5432),
        (DATABASE, ROTATION, 5432, 5432),
    }


@pytest.mark.requirement(7)
def test_https_goes_out_from_functions_alone_and_nothing_goes_out_from_the_database(prod: Graph) -> None:
    assert ways(prod, OUT) == {
        (FUNCTIONS, ANYWHERE, 443, 443),
        (ROTATION, ANYWHERE, 443, 443),
        (FUNCTIONS, PROXY, 5432, 5432),
        (PROXY, DATABASE, 5432, 5432),
        (ROTATION, DATABASE, 5432, 5432),
    }
