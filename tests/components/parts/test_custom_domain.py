"""Names of one's own: entered in the zone as what CloudFront and API Gateway answer to."""

from __future__ import annotations

import pytest

from tests.conftest import Stacks

RECORD = "aws:route53/record:Record"


@pytest.mark.requirement(102)
def test_the_site_s_name_points_at_the_distribution_for_both_protocols(stacks: Stacks) -> None:
    graph = stacks("contrary")
    [distribution] = graph.of_type("aws:cloudfront/distribution:Distribution")
    for role, kind in (("frontend-a", "A"), ("frontend-aaaa", "AAAA")):
        record = graph.named(RECORD, role).inputs
        assert (record["type"], record["name"]) == (kind, "goals.example.com")
        assert record["aliases"] == [
            {
                "name": distribution.outputs["domainName"],
                "zoneId": distribution.outputs["hostedZoneId"],
                "evaluateTargetHealth": False,
            }
        ]


@pytest.mark.requirement(102)
def test_the_api_s_name_points_at_its_regional_address(stacks: Stacks) -> None:
    graph = stacks("contrary")
    [domain] = graph.of_type("aws:apigateway/domainName:DomainName")
    record = graph.named(RECORD, "api-domain").inputs
    assert (record["type"], record["name"]) == ("A", domain.inputs["domainName"])
    [alias] = record["aliases"]
    assert (alias["name"], alias["zoneId"]) == (
        domain.outputs["regionalDomainName"],
        domain.outputs["regionalZoneId"],
    )
    assert alias["evaluateTargetHealth"] is False


@pytest.mark.requirement(102)
def test_a_certificate_is_proven_by_a_record_that_may_be_there_already(stacks: Stacks) -> None:
    proofs = [r.inputs for r in stacks("contrary").of_type(RECORD) if "aliases" not in r.inputs]
    assert proofs
    for proof in proofs:
        assert proof["allowOverwrite"] is True
        assert proof["ttl"] == 300


@pytest.mark.requirement(77, 102)
def test_callers_are_told_the_api_s_own_name(stacks: Stacks) -> None:
    assert stacks("contrary").exports["api_url"] == "https://api.example.com"
