"""What each role of production may do: all of it, and nothing besides."""

from __future__ import annotations

import pytest

from plan.graph import Graph
from tests.harness import statements

LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACES = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
# Lambda attaches the function to the VPC in the function's own name.
NETWORK = {
    "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
}  # fmt: skip
COMPUTES = LOGS | TRACES | NETWORK
READS_A_SECRET = {"kms:Decrypt", "secretsmanager:GetSecretValue"}
USES_THE_DATABASE = COMPUTES | READS_A_SECRET
# To encrypted queues and topics.
SENDS = {"kms:Decrypt", "kms:GenerateDataKey", "sqs:SendMessage"}
PUBLISHES = {"kms:Decrypt", "kms:GenerateDataKey", "sns:Publish"}
RECEIVES = {"kms:Decrypt", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
ASKS_THE_MODEL = {"bedrock:InvokeModel"}
# Step Functions writes its log through a delivery, which has no resource of its own.
RUNS_STEPS = {
    "lambda:InvokeFunction",
    "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
} | TRACES  # fmt: skip
STARTS_GENERATION = {
    "lambda:InvokeFunction", "states:DescribeExecution", "states:StartExecution", "states:StopExecution",
}  # fmt: skip
REPLACES_A_SECRET = {
    "kms:GenerateDataKey", "secretsmanager:DescribeSecret", "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
}  # fmt: skip
ALLOWED = {
    "activities-process-updates-policy": USES_THE_DATABASE | RECEIVES | ASKS_THE_MODEL,
    "api-ai-policy": USES_THE_DATABASE | STARTS_GENERATION,
    "api-auth-policy": USES_THE_DATABASE | {"cognito-idp:AdminDeleteUser"},
    "api-goals-policy": USES_THE_DATABASE,
    "api-health-policy": USES_THE_DATABASE,
    "api-propose-policy": USES_THE_DATABASE | ASKS_THE_MODEL | PUBLISHES,
    "api-reflections-policy": USES_THE_DATABASE,
    "api-sources-policy": USES_THE_DATABASE,
    "api-tasks-policy": USES_THE_DATABASE,
    "database-proxy-policy": READS_A_SECRET,
    "database-rotation-rotate-secret-policy": USES_THE_DATABASE | REPLACES_A_SECRET,
    "generation-aggregate-results-policy": COMPUTES,
    "generation-create-batches-policy": COMPUTES,
    "generation-ending-record-policy": USES_THE_DATABASE | PUBLISHES | SENDS,
    "generation-generate-tasks-policy": USES_THE_DATABASE | ASKS_THE_MODEL,
    "generation-get-actions-policy": USES_THE_DATABASE,
    "generation-handle-error-policy": USES_THE_DATABASE | PUBLISHES,
    "generation-policy": RUNS_STEPS,
    "generation-save-tasks-policy": USES_THE_DATABASE,
    "generation-update-goal-status-policy": USES_THE_DATABASE | PUBLISHES,
    "generation-update-progress-policy": USES_THE_DATABASE,
    "generation-validate-input-policy": USES_THE_DATABASE,
    "monitoring-detect-updates-policy": USES_THE_DATABASE,
    "monitoring-enqueue-activities-policy": COMPUTES | SENDS,
    "monitoring-list-data-sources-policy": USES_THE_DATABASE,
    "monitoring-mark-checked-policy": USES_THE_DATABASE,
    "monitoring-policy": RUNS_STEPS,
    "monitoring-schedule-policy": SENDS | {"states:StartExecution"},
    "monitoring-summarize-run-policy": COMPUTES,
    "network-flow-policy": LOGS | {"logs:DescribeLogStreams"},
    "observability-extract-errors-policy": COMPUTES | SENDS,
    "observability-notify-slack-policy": COMPUTES | READS_A_SECRET | RECEIVES,
    "records-audit-delivery": LOGS,
    "retention-enforce-policy": USES_THE_DATABASE | PUBLISHES | {"s3:PutObject"},
    "retention-schedule-policy": SENDS | {"lambda:InvokeFunction"},
}


@pytest.mark.requirement(58, 203)
def test_each_role_of_production_may_do_exactly_what_its_work_needs(prod: Graph) -> None:
    policies = prod.of_type("aws:iam/rolePolicy:RolePolicy")
    found = {
        policy.name: {action for statement in statements(policy) for action in statement["Action"]}
        for policy in policies
    }
    assert found == ALLOWED


@pytest.mark.requirement(203)
def test_no_role_repeats_a_statement(prod: Graph) -> None:
    for policy in prod.of_type("aws:iam/rolePolicy:RolePolicy"):
        said = [(tuple(s["Action"]), tuple(s["Resource"]), str(s.get("Condition"))) for s in statements(policy)]
        assert len(said) == len(set(said)), f"{policy.name} repeats a statement"
