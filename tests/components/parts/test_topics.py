"""Topics: where they stand, who publishes to them, and with which key."""

from __future__ import annotations

import pytest

from plan.graph import Graph
from tests.conftest import Stacks
from tests.harness import statements

TOPIC = "aws:sns/topic:Topic"
OWN = ("topics-alerts", "topics-pages", "topics-alerts-global", "topics-pages-global")


@pytest.mark.requirement(178)
def test_each_topic_stands_in_both_regions_under_its_name(prod: Graph) -> None:
    found = {name: prod.named(TOPIC, name) for name in OWN}
    arns = {name: topic.outputs["arn"] for name, topic in found.items()}
    assert arns == {
        "topics-alerts": "arn:aws:sns:ap-northeast-1:123456789012:goal-mandala-production-alerts",
        "topics-pages": "arn:aws:sns:ap-northeast-1:123456789012:goal-mandala-production-pages",
        "topics-alerts-global": "arn:aws:sns:us-east-1:123456789012:goal-mandala-production-alerts",
        "topics-pages-global": "arn:aws:sns:us-east-1:123456789012:goal-mandala-production-pages",
    }


@pytest.mark.requirement(178)
def test_a_stack_in_us_east_1_needs_no_second_pair(stacks: Stacks) -> None:
    names = {topic.name for topic in stacks("contrary").of_type(TOPIC)}
    assert {"topics-alerts", "topics-pages"} <= names
    assert not {"topics-alerts-global", "topics-pages-global"} & names


@pytest.mark.requirement(178, 242)
@pytest.mark.parametrize("name", OWN)
def test_alarms_and_costs_of_this_account_are_published(prod: Graph, name: str) -> None:
    *let_in, refused = statements(prod.named("aws:sns/topicPolicy:TopicPolicy", name))
    assert [s["Principal"] for s in let_in] == [
        {"Service": f"{service}.amazonaws.com"} for service in ("cloudwatch", "budgets", "costalerts")
    ]
    for statement in let_in:
        assert statement["Action"] == ["sns:Publish"]
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    assert refused["Effect"] == "Deny"


@pytest.mark.requirement(240)
def test_a_topic_is_encrypted_with_a_key_of_its_region_that_its_publishers_may_use(prod: Graph) -> None:
    for name in OWN:
        topic = prod.named(TOPIC, name)
        region = topic.outputs["arn"].split(":")[3]
        [key] = [key for key in prod.of_type("aws:kms/key:Key") if key.outputs["arn"] == topic.inputs["kmsMasterKeyId"]]
        assert key.outputs["arn"].split(":")[3] == region
        users = {s["Principal"].get("Service") for s in statements(key)}
        assert {f"{s}.amazonaws.com" for s in ("cloudwatch", "budgets", "costalerts", "sns")} <= users
        assert key.inputs["enableKeyRotation"] is True
        assert key.options["protect"] is True
