"""The second layer around the subnets: by its own address range everything, from outside answers alone."""

from __future__ import annotations

from typing import Any

import pytest

from plan.graph import Graph
from tests.components.data import network

ACL = "aws:ec2/networkAcl:NetworkAcl"
TCP = "6"


def rule(number: int, block: str, first: int, last: int) -> dict[str, Any]:
    return {
        "ruleNo": number,
        "cidrBlock": block,
        "fromPort": first,
        "toPort": last,
        "protocol": TCP,
        "action": "allow",
    }


@pytest.fixture(scope="module")
def listed() -> Graph:
    return network(network_acls={"ports_out": [443]}, cidr_block="10.20.0.0/16")


@pytest.mark.requirement(11)
@pytest.mark.parametrize("role", ["public", "private"])
def test_the_inside_is_open_https_goes_out_and_answers_come_in(listed: Graph, role: str) -> None:
    inside = rule(100, "10.20.0.0/16", 0, 65_535)
    acl = listed.named(ACL, f"network-acls-{role}").inputs
    assert acl["egress"] == [inside, rule(110, "0.0.0.0/0", 443, 443)]
    assert acl["ingress"] == [inside, rule(110, "0.0.0.0/0", 1024, 65_535)]
    assert len(acl["subnetIds"]) == 2
    assert acl["vpcId"]


@pytest.mark.requirement(11)
def test_no_subnet_has_two_lists(listed: Graph) -> None:
    subnets = [subnet for acl in listed.of_type(ACL) for subnet in acl.inputs["subnetIds"]]
    assert len(subnets) == len(set(subnets)) == 4
