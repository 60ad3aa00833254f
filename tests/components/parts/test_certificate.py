"""A certificate: requested where it is presented, proved in its zone, used when it is issued."""

from __future__ import annotations

import pytest

from components.parts.certificate import Certificate, CertificateArgs
from plan.graph import Graph
from tests.harness import build, only


@pytest.fixture(scope="module")
def requested() -> Graph:
    args = CertificateArgs(domain_name="goals.example.com", hosted_zone_id="Z1EXAMPLE", region="us-east-1")
    return build(lambda: Certificate("front", args))


@pytest.mark.requirement(102)
def test_it_is_requested_in_the_region_that_presents_it(requested: Graph) -> None:
    assert only(requested, "aws:acm/certificate:Certificate").inputs == {
        "domainName": "goals.example.com",
        "validationMethod": "DNS",
        "region": "us-east-1",
    }


def test_the_zone_answers_what_acm_asks(requested: Graph) -> None:
    [question] = only(requested, "aws:acm/certificate:Certificate").outputs["domainValidationOptions"]
    answer = only(requested, "aws:route53/record:Record").inputs
    assert answer["zoneId"] == "Z1EXAMPLE"
    assert answer["name"] == question["resourceRecordName"]
    assert answer["type"] == "CNAME"
    assert answer["records"] == [question["resourceRecordValue"]]


def test_it_counts_once_it_is_issued(requested: Graph) -> None:
    issued = only(requested, "aws:acm/certificateValidation:CertificateValidation")
    assert issued.inputs["certificateArn"] == only(requested, "aws:acm/certificate:Certificate").outputs["arn"]
    assert issued.inputs["validationRecordFqdns"] == [only(requested, "aws:route53/record:Record").outputs["fqdn"]]
    assert issued.inputs["region"] == "us-east-1"
