"""Functions, queues, topics and state machines."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from plan.account import Created
from tests.twin.account import Account, Refused

SOURCE = "def handler(event, context):\n    return {'said': event['say'], 'version': context.function_version}\n"
ROLE = "arn:aws:iam::123456789012:role/test"


@pytest.fixture
def function(account: Account) -> Created:
    return account.create("aws:lambda/function:Function", declared_function())


def declared_function(source: str = SOURCE) -> dict[str, Any]:
    return {
        "role": ROLE,
        "runtime": "python3.13",
        "architectures": ["arm64"],
        "handler": "main.handler",
        "code": pulumi.AssetArchive({"main.py": pulumi.StringAsset(source)}),
        "publish": True,
        "timeout": 10,
        "reservedConcurrentExecutions": 2,
        "environment": {"variables": {"STAGE": "test"}},
    }


def call(account: Account, function: Created, qualifier: str) -> dict[str, Any]:
    answer = account.cloud.client("lambda").invoke(
        FunctionName=function.id, Qualifier=qualifier, Payload=json.dumps({"say": "hello"})
    )
    said: dict[str, Any] = json.loads(answer["Payload"].read())
    return said


def test_an_alias_runs_the_published_version_of_the_code(account: Account, function: Created) -> None:
    inputs = {"name": "live", "functionName": function.id, "functionVersion": function.outputs["version"]}
    alias = account.create("aws:lambda/alias:Alias", inputs)
    assert alias.id == f"{function.outputs['arn']}:live"
    assert call(account, function, "live") == {"said": "hello", "version": "1"}


def test_a_function_is_named_after_its_logical_name(function: Created) -> None:
    stem, _, suffix = function.id.rpartition("-")
    assert stem.startswith("thing-")
    assert (len(suffix), int(suffix, 16) >= 0) == (7, True)


def test_an_updated_function_publishes_its_next_version(account: Account, function: Created) -> None:
    changed = account.update(function, declared_function(SOURCE.replace("event['say']", "'goodbye'")))
    assert changed.outputs["version"] == "2"
    assert call(account, function, "2")["said"] == "goodbye"
    assert call(account, function, "1")["said"] == "hello"


def test_a_functions_concurrency_is_bounded(account: Account, function: Created) -> None:
    answer = account.cloud.client("lambda").get_function_concurrency(FunctionName=function.id)
    assert answer["ReservedConcurrentExecutions"] == 2


def test_api_gateway_calls_a_function_by_its_invoke_arn(function: Created) -> None:
    assert function.outputs["invokeArn"] == (
        f"arn:aws:apigateway:ap-northeast-1:lambda:path/2015-03-31/functions/{function.outputs['arn']}/invocations"
    )


def test_a_permission_is_a_statement_of_the_functions_policy(account: Account, function: Created) -> None:
    inputs = {"action": "lambda:InvokeFunction", "function": function.id, "principal": "apigateway.amazonaws.com"}
    permission = account.create("aws:lambda/permission:Permission", inputs)
    client = account.cloud.client("lambda")
    (statement,) = json.loads(client.get_policy(FunctionName=function.id)["Policy"])["Statement"]
    assert (statement["Sid"], statement["Principal"]) == (permission.id, {"Service": "apigateway.amazonaws.com"})


def test_a_queue_feeds_a_function_in_batches_that_may_fail_in_part(account: Account, function: Created) -> None:
    queue = account.create("aws:sqs/queue:Queue", {"visibilityTimeoutSeconds": 60})
    inputs = {
        "eventSourceArn": queue.outputs["arn"],
        "functionName": function.id,
        "batchSize": 10,
        "functionResponseTypes": ["ReportBatchItemFailures"],
    }
    mapping = account.create("aws:lambda/eventSourceMapping:EventSourceMapping", inputs)
    found = account.cloud.client("lambda").get_event_source_mapping(UUID=mapping.id)
    assert (found["EventSourceArn"], found["FunctionResponseTypes"]) == (
        queue.outputs["arn"],
        ["ReportBatchItemFailures"],
    )


def test_a_queue_is_known_by_its_url_and_keeps_its_attributes(account: Account, refused: Refused) -> None:
    dead = account.create("aws:sqs/queue:Queue", {"name": "dead"})
    redrive = json.dumps({"deadLetterTargetArn": dead.outputs["arn"], "maxReceiveCount": 3})
    queue = account.create(
        "aws:sqs/queue:Queue", {"name": "jobs", "messageRetentionSeconds": 1209600, "redrivePolicy": redrive}
    )
    client = account.cloud.client("sqs")
    kept = client.get_queue_attributes(QueueUrl=queue.id, AttributeNames=["All"])["Attributes"]
    assert (kept["MessageRetentionPeriod"], json.loads(kept["RedrivePolicy"])) == ("1209600", json.loads(redrive))
    account.delete(queue)
    account.delete(queue)
    assert "NonExistentQueue" in refused(lambda: client.get_queue_attributes(QueueUrl=queue.id))


def test_a_topic_delivers_to_its_subscribed_queue(account: Account) -> None:
    topic = account.create("aws:sns/topic:Topic", {"name": "alerts"})
    queue = account.create("aws:sqs/queue:Queue", {"name": "alerted"})
    inputs = {"topic": topic.id, "protocol": "sqs", "endpoint": queue.outputs["arn"], "rawMessageDelivery": True}
    account.create("aws:sns/topicSubscription:TopicSubscription", inputs)
    account.cloud.client("sns").publish(TopicArn=topic.id, Message="it burns")
    (message,) = account.cloud.client("sqs").receive_message(QueueUrl=queue.id, WaitTimeSeconds=5)["Messages"]
    assert message["Body"] == "it burns"


def test_a_role_takes_its_policy_and_goes(account: Account, refused: Refused) -> None:
    def document(**statement: Any) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})

    trust = document(Action="sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"})
    permits = document(Action="sqs:SendMessage", Resource="*")
    role = account.create("aws:iam/role:Role", {"name": "worker", "assumeRolePolicy": trust, "tags": {"a": "1"}})
    policy = account.create("aws:iam/rolePolicy:RolePolicy", {"name": "own", "role": role.id, "policy": permits})
    client = account.cloud.client("iam")
    assert policy.id == "worker:own"
    kept = client.get_role_policy(RoleName="worker", PolicyName="own")["PolicyDocument"]
    assert kept["Statement"][0]["Action"] == "sqs:SendMessage"
    account.delete(policy)
    account.delete(role)
    assert refused(lambda: client.get_role(RoleName="worker")) == "NoSuchEntity"


def test_a_state_machine_runs_the_declared_definition_and_then_the_updated_one(account: Account) -> None:
    def definition(result: str) -> str:
        return json.dumps({"StartAt": "Say", "States": {"Say": {"Type": "Pass", "Result": result, "End": True}}})

    def run() -> Any:
        client = account.cloud.client("stepfunctions")
        execution = client.start_execution(stateMachineArn=machine.id, input="{}")["executionArn"]
        for _ in range(100):
            found = client.describe_execution(executionArn=execution)
            if found["status"] != "RUNNING":
                return json.loads(found["output"])
        raise AssertionError(f"the execution did not end: {found}")

    logs = account.create("aws:cloudwatch/logGroup:LogGroup", {"name": "/aws/states/test", "retentionInDays": 7})
    logging = {"level": "ALL", "includeExecutionData": True, "logDestination": f"{logs.outputs['arn']}:*"}
    inputs = {"name": "machine", "roleArn": ROLE, "loggingConfiguration": logging, "definition": definition("first")}
    machine = account.create("aws:sfn/stateMachine:StateMachine", inputs)
    assert run() == "first"
    account.update(machine, {**inputs, "definition": definition("second")})
    assert run() == "second"
    (group,) = account.cloud.client("logs").describe_log_groups(logGroupNamePrefix="/aws/states/test")["logGroups"]
    assert group["retentionInDays"] == 7
