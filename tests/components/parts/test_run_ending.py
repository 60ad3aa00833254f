"""Executions that end without a step of theirs saying so: EventBridge tells of them."""

from __future__ import annotations

import json

import pytest

from plan.graph import Graph
from tests.harness import function_statements, statements

NAME = "generation-ending"


@pytest.mark.requirement(82, 256)
def test_time_outs_aborts_and_failures_of_this_machine_are_heard_of(prod: Graph) -> None:
    rule = prod.named("aws:cloudwatch/eventRule:EventRule", f"{NAME}-rule").inputs
    machine = prod.named("aws:sfn/stateMachine:StateMachine", "generation-machine")
    assert json.loads(rule["eventPattern"]) == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"status": ["ABORTED", "FAILED", "TIMED_OUT"], "stateMachineArn": [machine.id]},
    }


@pytest.mark.requirement(256)
def test_the_live_function_is_called_by_this_rule_alone(prod: Graph) -> None:
    rule = prod.named("aws:cloudwatch/eventRule:EventRule", f"{NAME}-rule")
    target = prod.named("aws:cloudwatch/eventTarget:EventTarget", f"{NAME}-target").inputs
    assert target["rule"] == rule.inputs["name"]
    assert target["arn"].endswith(":goal-mandala-production-record-ending:live")
    permission = prod.named("aws:lambda/permission:Permission", f"{NAME}-record-rule").inputs
    assert (permission["principal"], permission["sourceArn"]) == ("events.amazonaws.com", rule.outputs["arn"])


@pytest.mark.requirement(86, 256)
def test_an_ending_that_cannot_be_delivered_or_recorded_waits_for_somebody(prod: Graph) -> None:
    queue = prod.named("aws:sqs/queue:Queue", f"{NAME}-dead-letters")
    rule = prod.named("aws:cloudwatch/eventRule:EventRule", f"{NAME}-rule")
    target = prod.named("aws:cloudwatch/eventTarget:EventTarget", f"{NAME}-target").inputs
    assert target["deadLetterConfig"] == {"arn": queue.outputs["arn"]}
    failed = prod.named("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", f"{NAME}-record-live")
    assert failed.inputs["destinationConfig"]["onFailure"]["destination"] == queue.outputs["arn"]
    let_in, _ = statements(prod.named("aws:sqs/queuePolicy:QueuePolicy", f"{NAME}-dead-letters"))
    assert let_in["Principal"] == {"Service": "events.amazonaws.com"}
    assert let_in["Condition"] == {"ArnEquals": {"aws:SourceArn": [rule.outputs["arn"]]}}
    key = prod.named("aws:kms/key:Key", "encryption-data")
    assert "events.amazonaws.com" in {s["Principal"].get("Service") for s in statements(key)}


def test_the_function_reaches_the_database_the_alerts_and_its_queue(prod: Graph) -> None:
    function = prod.named("aws:lambda/function:Function", f"{NAME}-record-function").inputs
    assert {"DATABASE_SECRET_ARN", "ALERTS_TOPIC_ARN"} <= set(function["environment"]["variables"])
    allowed = {action for s in function_statements(prod, f"{NAME}-record") for action in s["Action"]}
    assert {"secretsmanager:GetSecretValue", "sns:Publish", "sqs:SendMessage"} <= allowed
    assert not any(action.startswith("states:") for action in allowed)
