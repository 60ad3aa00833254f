"""Who reads a secret, and whether its rotation fails, is written to a log by rules of EventBridge."""

from __future__ import annotations

import json

import pytest

from plan.graph import Graph
from tests.harness import ACCOUNT_ID, REGION

WRITERS = {"Service": ["delivery.logs.amazonaws.com", "events.amazonaws.com"]}


@pytest.mark.requirement(40)
@pytest.mark.parametrize("role", ["secret-reads", "secret-rotation-failures"])
def test_the_rule_alone_writes_to_its_log(prod: Graph, role: str) -> None:
    policy = prod.named("aws:cloudwatch/logResourcePolicy:LogResourcePolicy", f"secrets-watch-{role}").inputs
    streams = [f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:/aws/events/goal-mandala-production-{role}:*"]
    rule = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/goal-mandala-production-{role}"
    assert policy["policyName"] == f"goal-mandala-production-{role}"
    assert json.loads(policy["policyDocument"])["Statement"] == [
        {
            "Sid": "DeliveryOpensStreams",
            "Effect": "Allow",
            "Principal": WRITERS,
            "Action": ["logs:CreateLogStream"],
            "Resource": streams,
        },
        {
            "Sid": "RuleWrites",
            "Effect": "Allow",
            "Principal": WRITERS,
            "Action": ["logs:PutLogEvents"],
            "Resource": streams,
            "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
        },
    ]


@pytest.mark.requirement(40)
def test_reads_of_the_system_s_own_secrets_are_watched_and_no_others(prod: Graph) -> None:
    pattern = json.loads(
        prod.named("aws:cloudwatch/eventRule:EventRule", "secrets-watch-secret-reads").inputs["eventPattern"]
    )
    assert f"arn:aws:secretsmanager:{REGION}:{ACCOUNT_ID}:secret:goal-mandala-production-" in json.dumps(pattern)
    assert "GetSecretValue" in json.dumps(pattern)
