"""Every policy document that the program writes, in every stack."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from plan.graph import Graph, Resource
from plan.recorded_account import ACCOUNT_ID
from tests.harness import documents, function_statements, statements

ROOT_PRINCIPAL = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
KEY = "aws:kms/key:Key"
# The actions that AWS lets nobody bound to a resource (IAM service authorization reference).
UNBOUNDED = {
    "xray:PutTraceSegments": "X-Ray has no resources to name",
    "xray:PutTelemetryRecords": "X-Ray has no resources to name",
    "ec2:CreateNetworkInterface": "Lambda attaches functions to the VPC with interfaces that do not exist yet",
    "ec2:DescribeNetworkInterfaces": "describing knows no resource",
    "ec2:DescribeSubnets": "describing knows no resource",
    "ec2:DeleteNetworkInterface": "Lambda removes interfaces whose ids nobody knows beforehand",
    "ec2:AssignPrivateIpAddresses": "Lambda's interfaces, as above",
    "ec2:UnassignPrivateIpAddresses": "Lambda's interfaces, as above",
    "logs:CreateLogDelivery": "log delivery has no resources to name",
    "logs:DeleteLogDelivery": "log delivery has no resources to name",
    "logs:DescribeLogGroups": "describing knows no resource",
    "logs:DescribeResourcePolicies": "describing knows no resource",
    "logs:GetLogDelivery": "log delivery has no resources to name",
    "logs:ListLogDeliveries": "log delivery has no resources to name",
    "logs:PutResourcePolicy": "resource policies of CloudWatch Logs have no resource",
    "logs:UpdateLogDelivery": "log delivery has no resources to name",
}
DATABASE_FUNCTIONS = {
    "api-goals", "api-tasks", "api-ai", "api-health", "generation-get-actions", "generation-generate-tasks",
    "generation-save-tasks", "generation-update-progress", "generation-update-goal-status", "generation-handle-error",
    "generation-validate-input", "monitoring-list-data-sources", "monitoring-mark-checked",
    "activities-process-updates", "retention-enforce",
}  # fmt: skip


# The roles that neither a function has nor a release.
ASSUMED_BY = {
    "api-log-role": "apigateway", "database-backup-role": "backup", "database-monitoring": "monitoring.rds",
    "database-proxy-role": "rds", "generation-role": "states", "monitoring-role": "states",
    "monitoring-schedule-role": "scheduler", "network-flow-role": "vpc-flow-logs",
    "records-audit-delivery": "cloudtrail", "retention-schedule-role": "scheduler",
}  # fmt: skip


def every(graph: Graph) -> Iterator[tuple[Resource, dict[str, Any]]]:
    """All statements with the resource that carries them."""
    for resource in graph.resources:
        for _, document in documents(resource):
            for statement in document["Statement"]:
                yield resource, statement


def test_every_document_is_well_formed(graph: Graph) -> None:
    seen = 0
    for resource in graph.resources:
        for key, document in documents(resource):
            seen += 1
            assert document["Version"] == "2012-10-17", f"{resource.urn} {key}"
            for statement in document["Statement"]:
                assert set(statement) <= {"Effect", "Action", "Resource", "Sid", "Principal", "Condition"}
                assert statement["Effect"] in {"Allow", "Deny"}
                assert statement["Action"] == sorted(statement["Action"])
                assert all(re.fullmatch(r"[a-z0-9-]+:[A-Za-z*]+", action) for action in statement["Action"])
                assert ("Resource" in statement) != (statement["Action"] == ["sts:AssumeRole"]), resource.urn
                assert re.fullmatch(r"[A-Za-z0-9]*", statement.get("Sid", "")), statement
    assert seen > 30


def test_a_secret_that_is_deleted_by_mistake_can_be_taken_back_for_a_week(graph: Graph) -> None:
    for secret in graph.of_type("aws:secretsmanager/secret:Secret"):
        assert secret.inputs["recoveryWindowInDays"] == 7, secret.urn


@pytest.mark.requirement(203)
def test_nothing_is_denied_but_what_comes_without_tls_and_that_in_whole(graph: Graph) -> None:
    whole = {
        "aws:s3/bucketPolicy:BucketPolicy": ["s3:*"],
        "aws:sqs/queuePolicy:QueuePolicy": ["sqs:*"],
        "aws:sns/topicPolicy:TopicPolicy": ["sns:Publish"],  # SNS takes no wildcard in a topic's policy
    }
    for resource, statement in every(graph):
        if statement["Effect"] == "Deny":
            assert statement["Action"] == whole[resource.type], resource.urn
            assert statement["Principal"] == "*"
            assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_account_administers_each_key_and_the_key_s_services_use_it(graph: Graph) -> None:
    for key in graph.of_type(KEY):
        account, *services = statements(key)
        assert (account["Effect"], account["Action"], account["Principal"]) == ("Allow", ["kms:*"], ROOT_PRINCIPAL)
        assert {(s["Effect"], *s["Principal"]) for s in services} <= {("Allow", "Service")}, key.urn


def test_resources_are_arns_of_this_account_or_deliberately_open(graph: Graph) -> None:
    arn = re.compile(
        rf"\*|arn:aws:s3:::[a-z0-9-]+(/[A-Za-z0-9*/-]+)?|arn:aws:[a-z-]+:[a-z0-9*-]*:({ACCOUNT_ID})?:[A-Za-z0-9/:_.*-]+"
    )
    for resource, statement in every(graph):
        for target in statement.get("Resource", []):
            assert arn.fullmatch(target), f"{resource.urn}: {target}"


@pytest.mark.requirement(203)
def test_no_action_is_a_whole_service_but_the_account_s_own_use_of_its_keys(graph: Graph) -> None:
    for resource, statement in every(graph):
        if statement["Effect"] == "Allow" and any(
            action.endswith(":*") or action == "*" for action in statement["Action"]
        ):
            assert resource.type == KEY, f"{resource.urn} allows {statement['Action']}"
            assert statement["Action"] == ["kms:*"]
            assert statement["Principal"] == ROOT_PRINCIPAL


@pytest.mark.requirement(58, 203)
def test_every_resource_is_named_unless_aws_knows_none(graph: Graph) -> None:
    for resource, statement in every(graph):
        if statement["Effect"] == "Allow" and "*" in statement.get("Resource", []) and resource.type != KEY:
            unexplained = set(statement["Action"]) - set(UNBOUNDED)
            assert not unexplained, f"{resource.urn} allows {sorted(unexplained)} on everything"


def test_every_exception_is_still_needed(prod: Graph) -> None:
    used = {action for _, s in every(prod) if "*" in s.get("Resource", []) for action in s["Action"]}
    assert set(UNBOUNDED) <= used


def test_a_role_is_assumed_by_the_one_service_that_it_is_for(graph: Graph) -> None:
    for role in graph.of_type("aws:iam/role:Role"):
        [trust] = statements(role)
        other = "codedeploy" if role.name.endswith("-release-role") else "lambda"
        service = f"{ASSUMED_BY.get(role.name, other)}.amazonaws.com"
        said = (trust["Effect"], trust["Action"], trust["Principal"])
        assert said == ("Allow", ["sts:AssumeRole"], {"Service": service}), role.urn


def test_every_statement_of_a_resource_s_policy_says_what_it_is_for(graph: Graph) -> None:
    for resource in graph.resources:
        for key, document in documents(resource):
            if key != "assumeRolePolicy" and any("Principal" in statement for statement in document["Statement"]):
                names = [statement.get("Sid", "") for statement in document["Statement"]]
                assert all(names), f"{resource.urn} has statements without a name among {names}"
                assert len(names) == len(set(names)), f"{resource.urn} repeats a name among {names}"


def test_nobody_is_let_in_without_being_named(graph: Graph) -> None:
    for resource, statement in every(graph):
        if statement["Effect"] == "Allow" and "Principal" in statement:
            principals = statement["Principal"]
            assert isinstance(principals, dict), f"{resource.urn} lets in {principals}"
            assert "*" not in str(principals), f"{resource.urn} lets in {principals}"


def test_a_service_acts_only_on_behalf_of_this_account(graph: Graph) -> None:
    bounds = {"aws:SourceAccount", "aws:SourceArn", "AWS:SourceArn", "kms:EncryptionContext:aws:logs:arn"}
    for resource, statement in every(graph):
        if statement["Effect"] == "Allow" and "Service" in statement.get("Principal", {}):
            if resource.name == "records-audit-delivery":  # CloudTrail does not say on whose behalf it takes this role
                continue
            if statement["Action"] == ["logs:CreateLogStream"]:  # EventBridge makes a stream on nobody's behalf
                continue
            keys = {key for condition in statement.get("Condition", {}).values() for key in condition}
            assert keys & bounds, f"{resource.urn} trusts {statement['Principal']} on anybody's behalf"


@pytest.mark.requirement(58)
@pytest.mark.parametrize("function", sorted(DATABASE_FUNCTIONS))
def test_a_function_reads_the_application_s_secret_and_no_other(prod: Graph, function: str) -> None:
    found = function_statements(prod, function)
    reads = [s for s in found if "secretsmanager:GetSecretValue" in s["Action"]]
    assert len(reads) == 1
    assert len(reads[0]["Resource"]) == 1
    assert ":secret:goal-mandala-production-database-application-" in reads[0]["Resource"][0]
    decrypts = [s for s in found if s["Action"] == ["kms:Decrypt"]]
    assert decrypts[0]["Condition"] == {
        "StringEquals": {"kms:ViaService": "secretsmanager.ap-northeast-1.amazonaws.com"}
    }


@pytest.mark.requirement(203)
@pytest.mark.parametrize(
    "function", ["generation-create-batches", "generation-aggregate-results", "monitoring-summarize-run"]
)
def test_a_function_that_only_computes_may_do_nothing_else(prod: Graph, function: str) -> None:
    allowed = {action.split(":")[0] for s in function_statements(prod, function) for action in s["Action"]}
    assert allowed == {"logs", "xray", "ec2"}


@pytest.mark.requirement(58)
def test_a_function_writes_its_own_log_and_no_other(prod: Graph) -> None:
    for function in prod.of_type("aws:lambda/function:Function"):
        granted = function_statements(prod, function.name.removesuffix("-function"))
        # The error log's own function also writes there, which a test of that log says.
        writes = [
            s
            for s in granted
            if "logs:PutLogEvents" in s["Action"] and ":goal-mandala-production-errors:*" not in str(s["Resource"])
        ]
        group = f"arn:aws:logs:ap-northeast-1:{ACCOUNT_ID}:log-group:/aws/lambda/{function.inputs['name']}:*"
        assert [s["Resource"] for s in writes] == [[group]]


@pytest.mark.requirement(203)
def test_only_the_ai_function_starts_task_generation(prod: Graph) -> None:
    machine = (
        f"arn:aws:states:ap-northeast-1:{ACCOUNT_ID}:stateMachine:goal-mandala-production-task-generation-workflow"
    )
    starters = {
        resource.name: statement["Resource"]
        for resource, statement in every(prod)
        if "states:StartExecution" in statement["Action"]
    }
    assert starters["api-ai-policy"] == [machine]
    assert [name for name, started in starters.items() if machine in started] == ["api-ai-policy"]


@pytest.mark.requirement(87, 203)
def test_a_schedule_may_start_what_it_is_for_and_report_that_it_could_not(prod: Graph) -> None:
    own = {
        "monitoring-schedule": (
            "states:StartExecution",
            "stateMachine:goal-mandala-production-repository-monitoring-workflow",
        ),
        "retention-schedule": ("lambda:InvokeFunction", "function:goal-mandala-production-enforce-retention:live"),
    }
    for name, (action, target) in own.items():
        allowed = function_statements(prod, name)
        assert allowed[0]["Action"] == [action]
        assert [arn.endswith(f":{target}") for arn in allowed[0]["Resource"]] == [True]
        assert {a for s in allowed[1:] for a in s["Action"]} == {
            "sqs:SendMessage", "kms:Decrypt", "kms:GenerateDataKey",
        }  # fmt: skip


@pytest.mark.requirement(203)
def test_only_what_writes_texts_asks_the_model_and_only_the_one_that_is_set(prod: Graph) -> None:
    asks = {r.name: s["Resource"] for r, s in every(prod) if any(a.startswith("bedrock:") for a in s["Action"])}
    model = "anthropic.claude-sonnet-4-20250514-v1:0"
    allowed = [
        f"arn:aws:bedrock:ap-northeast-1:{ACCOUNT_ID}:inference-profile/apac.{model}",
        f"arn:aws:bedrock:*::foundation-model/{model}",
    ]
    writers = ("generation-generate-tasks-policy", "api-propose-policy", "activities-process-updates-policy")
    assert asks == dict.fromkeys(writers, allowed)
