"""IAM as data."""

from __future__ import annotations

import json

import pulumi
from hypothesis import given
from hypothesis import strategies as st

from components.parts.grant import Grant
from components.parts.statement import Statement, allow, allow_service, deny_insecure_transport, document, trust
from tests.harness import build

ACTIONS = st.lists(st.from_regex(r"[a-z]{2,8}:[A-Z][a-zA-Z]{2,10}", fullmatch=True), min_size=1, max_size=6)
ARN = "arn:aws:sqs:eu-west-1:123456789012:example"


@given(ACTIONS, st.randoms())
def test_the_order_in_which_actions_are_named_does_not_matter(actions: list[str], order: object) -> None:
    shuffled = list(actions)
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis's Random
    assert allow(*actions, on=["*"]).as_dict() == allow(*shuffled, on=["*"]).as_dict()


def test_parts_that_are_empty_are_left_out() -> None:
    assert allow("sqs:SendMessage", on=[ARN]).as_dict() == {
        "Effect": "Allow",
        "Action": ["sqs:SendMessage"],
        "Resource": [ARN],
    }


def test_a_service_is_let_in_under_its_conditions() -> None:
    when = {"ArnEquals": {"aws:SourceArn": ARN}}
    statement = allow_service("sns.amazonaws.com", "sqs:SendMessage", on=[ARN], when=when, sid="TopicSends").as_dict()
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Condition"] == when
    assert statement["Sid"] == "TopicSends"


def test_requests_without_tls_are_refused_for_everybody() -> None:
    assert deny_insecure_transport("s3:*", [ARN]).as_dict() == {
        "Effect": "Deny",
        "Action": ["s3:*"],
        "Resource": [ARN],
        "Principal": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        "Sid": "DenyInsecureTransport",
    }


def test_trust_is_bounded_by_account_and_by_resource_when_one_is_known() -> None:
    assert trust("lambda.amazonaws.com", "123456789012").as_dict()["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"}
    }
    assert trust("states.amazonaws.com", "123456789012", ARN).as_dict()["Condition"]["ArnLike"] == {
        "aws:SourceArn": ARN
    }


def test_a_document_waits_for_what_is_not_known_yet_and_is_canonical() -> None:
    def construct() -> None:
        arn = pulumi.Output.from_input(ARN)
        pulumi.export("document", document([allow("b:Two", "a:One", on=[arn])]))

    text = build(construct).exports["document"]
    assert json.loads(text) == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["a:One", "b:Two"], "Resource": [ARN]}],
    }
    assert text == json.dumps(json.loads(text), sort_keys=True)


names = st.sampled_from(["A", "B", "C"])
grants = st.builds(
    Grant,
    environment=st.dictionaries(names, st.sampled_from(["1", "2"]), max_size=3),
    statements=st.lists(
        st.builds(Statement, effect=st.just("Allow"), actions=st.tuples(names), resources=st.tuples(names)),
        unique_by=lambda s: (s.actions, s.resources),
        max_size=3,
    ).map(tuple),
)


@given(grants, grants, grants)
def test_grants_add_up_in_any_grouping(a: Grant, b: Grant, c: Grant) -> None:
    assert (a | b) | c == a | (b | c)


@given(grants)
def test_a_grant_added_to_itself_or_to_nothing_is_itself(grant: Grant) -> None:
    assert grant | grant == grant
    assert grant | Grant() == Grant() | grant == grant
