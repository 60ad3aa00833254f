"""Goal Mandala's production: the record of what happened in the account, and encryption everywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plan.graph import Graph
from tests.conftest import Stacks
from tests.harness import statements
from tests.stacks.conformance.queries import having, key, log_group, may, of_bucket, only

TRAIL = "aws:cloudtrail/trail:Trail"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
RECORD = "goal-mandala-production-cloudtrail-logs"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"


def trail(graph: Graph) -> dict[str, Any]:
    return having(graph, TRAIL, name="goal-mandala-production-trail").inputs


def lifecycle(graph: Graph, bucket: str) -> dict[str, Any]:
    """Transitions by storage class and the days until the end, of what is current in a bucket."""
    rules = of_bucket(graph, LIFECYCLE, bucket)["rules"]
    [end] = [rule["expiration"]["days"] for rule in rules if "expiration" in rule]
    colder = [move for rule in rules for move in rule.get("transitions", [])]
    return {"end": end, **{move["storageClass"]: move["days"] for move in colder}}


@pytest.mark.requirement(108, 208)
def test_the_trail_records_every_region_and_the_global_services(prod: Graph) -> None:
    assert trail(prod)["isMultiRegionTrail"] is True
    assert trail(prod)["includeGlobalServiceEvents"] is True
    assert trail(prod)["enableLogging"] is True


@pytest.mark.requirement(108, 241)
def test_management_events_of_all_services_and_data_events_of_buckets_and_functions_are_recorded(prod: Graph) -> None:
    recorded = []
    for selector in trail(prod)["advancedEventSelectors"]:
        fields = {f["field"]: f.get("equals") for f in selector["fieldSelectors"]}
        recorded.append((fields["eventCategory"], fields.get("resources.type")))
    assert recorded == [
        (["Management"], None),
        (["Data"], ["AWS::S3::Object"]),
        (["Data"], ["AWS::Lambda::Function"]),
    ]


@pytest.mark.requirement(109)
def test_the_record_is_validated_and_read_by_cloudwatch_logs(prod: Graph) -> None:
    assert trail(prod)["enableLogFileValidation"] is True
    group = having(prod, "aws:cloudwatch/logGroup:LogGroup", name="/aws/cloudtrail/goal-mandala-production-trail")
    assert trail(prod)["cloudWatchLogsGroupArn"] == f"{group.outputs['arn']}:*"
    role = having(prod, "aws:iam/role:Role", name="goal-mandala-production-trail-delivery")
    assert trail(prod)["cloudWatchLogsRoleArn"] == role.outputs["arn"]


@pytest.mark.requirement(110, 204)
def test_the_record_is_encrypted_with_a_key_that_rotates(prod: Graph) -> None:
    arn = trail(prod)["kmsKeyId"]
    assert key(prod, arn)["enableKeyRotation"] is True
    [rule] = of_bucket(
        prod, "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", RECORD
    )["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": arn}


@pytest.mark.requirement(111)
def test_the_record_s_bucket_is_written_by_this_trail_alone_and_outlives_the_stack(prod: Graph) -> None:
    assert trail(prod)["s3BucketName"] == RECORD
    looks, writes, insecure = statements(having(prod, "aws:s3/bucketPolicy:BucketPolicy", bucket=RECORD))
    arn = having(prod, TRAIL).outputs["arn"]
    for statement in (looks, writes):
        assert statement["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
        assert statement["Condition"]["StringEquals"]["aws:SourceArn"] == arn
    assert writes["Resource"] == [f"arn:aws:s3:::{RECORD}/AWSLogs/123456789012/*"]
    assert insecure["Effect"] == "Deny"
    assert having(prod, "aws:s3/bucket:Bucket", bucket=RECORD).options["retain_on_delete"] is True


@pytest.mark.requirement(112, 113)
def test_production_s_record_gets_colder_after_30_and_90_days_and_stays_7_years(prod: Graph) -> None:
    assert lifecycle(prod, RECORD) == {"STANDARD_IA": 30, "GLACIER": 90, "end": 2555}


@pytest.mark.requirement(112, 113)
def test_development_s_record_stays_90_days_and_never_gets_cold(dev: Graph) -> None:
    assert lifecycle(dev, "goal-mandala-development-cloudtrail-logs") == {"end": 90}


@pytest.mark.requirement(114)
def test_each_file_of_the_record_is_told_of_by_mail_in_production(prod: Graph) -> None:
    topic = having(prod, "aws:sns/topic:Topic", name="goal-mandala-production-audit")
    assert trail(prod)["snsTopicName"] == topic.inputs["name"]
    told = having(prod, SUBSCRIPTION, topic=topic.id).inputs
    assert told["protocol"] == "email"


@pytest.mark.requirement(114)
@pytest.mark.parametrize("stack", ["staging", "dev", "local"])
def test_mail_is_sent_in_production_alone(stacks: Stacks, stack: str) -> None:
    assert having(stacks(stack), TRAIL).inputs["snsTopicName"].endswith("-audit")
    assert [s.name for s in stacks(stack).of_type(SUBSCRIPTION) if s.inputs["protocol"] == "email"] == []


@pytest.mark.requirement(185, 240)
@pytest.mark.parametrize("stack", ["prod", "staging", "dev"])
def test_every_log_group_is_encrypted_with_a_key_of_the_stack_and_none_is_kept_for_ever(
    stacks: Stacks, stack: str
) -> None:
    groups = [g.inputs for g in stacks(stack).of_type("aws:cloudwatch/logGroup:LogGroup")]
    assert len(groups) >= 25
    for group in groups:
        assert key(stacks(stack), group["kmsKeyId"])["enableKeyRotation"] is True, group["name"]
        assert group["retentionInDays"] <= 400, group["name"]


@pytest.mark.requirement(204, 240)
def test_every_bucket_is_encrypted_closed_and_refuses_what_is_not_tls(prod: Graph) -> None:
    buckets = prod.of_type("aws:s3/bucket:Bucket")
    assert len(buckets) >= 4
    for bucket in buckets:
        name = bucket.inputs["bucket"]
        encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
        [rule] = of_bucket(prod, encryption, name)["rules"]
        assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] in {"AES256", "aws:kms"}
        block = of_bucket(prod, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", name)
        assert [value for value in block.values() if isinstance(value, bool)] == [True] * 4
        denied = [
            s
            for s in statements(having(prod, "aws:s3/bucketPolicy:BucketPolicy", bucket=name))
            if s["Effect"] == "Deny"
        ]
        assert {json.dumps(s["Condition"]) for s in denied} == {'{"Bool": {"aws:SecureTransport": "false"}}'}


@pytest.mark.requirement(240)
def test_every_queue_and_topic_is_encrypted_with_a_key_that_rotates(prod: Graph) -> None:
    found = [*prod.of_type("aws:sqs/queue:Queue"), *prod.of_type("aws:sns/topic:Topic")]
    assert len(found) >= 10
    for resource in found:
        arn = resource.inputs["kmsMasterKeyId"]
        assert key(prod, arn)["enableKeyRotation"] is True, resource.name
        assert arn.split(":")[3] == resource.inputs.get("region", "ap-northeast-1")


@pytest.mark.requirement(243)
def test_each_access_to_what_is_kept_of_people_is_logged_for_a_year(prod: Graph) -> None:
    logs = "goal-mandala-production-access-logs-123456789012"
    assert lifecycle(prod, logs) == {"end": 365}
    logged = {b.inputs["bucket"] for b in prod.of_type("aws:s3/bucketLogging:BucketLogging")}
    assert {b.inputs["bucket"] for b in prod.of_type("aws:s3/bucket:Bucket")} - logged == {logs}


@pytest.mark.requirement(243)
def test_a_person_can_have_everything_about_them_erased_with_their_sign_in(prod: Graph) -> None:
    erases = having(prod, "aws:apigateway/method:Method", operationName="eraseMe").inputs
    assert (erases["httpMethod"], erases["authorization"]) == ("DELETE", "COGNITO_USER_POOLS")
    pool = having(prod, "aws:cognito/userPool:UserPool").outputs["arn"]
    granted = {tuple(s["Action"]): s["Resource"] for s in may(prod, "goal-mandala-production-auth")}
    assert granted["cognito-idp:AdminDeleteUser",] == [pool]


@pytest.mark.requirement(271)
def test_releases_are_kept_in_versions_for_good(prod: Graph) -> None:
    name = "goal-mandala-production-artifacts-123456789012"
    assert prod.exports["artifact_bucket"] == name
    assert of_bucket(prod, "aws:s3/bucketVersioning:BucketVersioning", name)["versioningConfiguration"] == {
        "status": "Enabled"
    }
    rules = of_bucket(prod, LIFECYCLE, name)["rules"]
    assert not [rule for rule in rules if "expiration" in rule]


@pytest.mark.requirement(239, 274)
def test_error_lines_of_every_function_are_extracted_to_a_log_of_their_own(prod: Graph) -> None:
    log = log_group(prod, "goal-mandala-production-errors")
    assert log["retentionInDays"] == 90
    extractor = having(prod, "aws:lambda/function:Function", name="goal-mandala-production-extract-errors").inputs
    assert extractor["environment"]["variables"]["ERROR_LOG_GROUP"] == log["name"]
    filters = [f.inputs for f in prod.of_type("aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter")]
    functions = {f.inputs["name"] for f in prod.of_type("aws:lambda/function:Function")}
    watched = {f["logGroup"].removeprefix("/aws/lambda/") for f in filters}
    # The extractor's own errors would come back to it without end.
    assert watched == functions - {"goal-mandala-production-extract-errors"}
    assert {f["destinationArn"].split(":", 6)[6] for f in filters} == {"goal-mandala-production-extract-errors:live"}
    assert all("?ERROR" in f["filterPattern"] for f in filters)


@pytest.mark.requirement(245)
@pytest.mark.parametrize(("stack", "environment"), [("prod", "production"), ("staging", "staging")])
def test_everything_carries_the_six_tags(stacks: Stacks, stack: str, environment: str) -> None:
    tags = json.loads(only(stacks(stack), "pulumi:providers:aws")["defaultTags"])["tags"]
    assert tags == {
        "Project": "goal-mandala",
        "Environment": environment,
        "CostCenter": "goal-mandala",
        "Owner": "platform",
        "DataClassification": "confidential",
        "ManagedBy": "pulumi",
    }


@pytest.mark.requirement(243, 258, 273)
def test_every_night_what_is_over_is_deleted_and_old_executions_are_archived(prod: Graph) -> None:
    schedule = having(prod, "aws:scheduler/schedule:Schedule", name="goal-mandala-production-retention").inputs
    assert (schedule["scheduleExpression"], schedule["scheduleExpressionTimezone"]) == (
        "cron(0 3 * * ? *)",
        "Asia/Tokyo",
    )
    assert schedule["target"]["arn"].endswith(":function:goal-mandala-production-enforce-retention:live")
    archive = "goal-mandala-production-archive-123456789012"
    assert prod.exports["archive_bucket"] == archive
    job = having(prod, "aws:lambda/function:Function", name="goal-mandala-production-enforce-retention").inputs
    assert job["environment"]["variables"]["ARCHIVE_BUCKET"] == archive
    assert lifecycle(prod, archive) == {"STANDARD_IA": 30, "end": 1095}
