"""The audit trail: everything is recorded, nobody changes it unseen, and it is kept as long as it must be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from components.parts.audit_trail import AuditTrail, AuditTrailArgs
from components.parts.naming import Naming
from components.parts.stack import Stack
from plan.graph import Graph
from settings.audit import ColdStorage, TrailSettings
from tests.components.parts.test_records import of_bucket, rules
from tests.harness import KEYS, STACK, build, only, statements

TRAIL = "aws:cloudtrail/trail:Trail"
ACCOUNT = "123456789012"
ARN = f"arn:aws:cloudtrail:ap-northeast-1:{ACCOUNT}:trail/goal-mandala-production-trail"
RECORD = "goal-mandala-production-cloudtrail-logs"
ONLY_THIS = {"StringEquals": {"aws:SourceArn": ARN}}
SERVICE = {"Service": "cloudtrail.amazonaws.com"}


def settings(**more: Any) -> TrailSettings:
    values: dict[str, Any] = {
        "retention_days": 400,
        "log_retention_days": 7,
        "cold_storage": None,
        "data_events": [],
        "retain": False,
    }
    return TrailSettings(**{**values, **more})


def trail_of(stack: Stack = STACK, **more: Any) -> Graph:
    args = AuditTrailArgs(settings=settings(**more), stack=stack, logs_key_arn=KEYS.logs, log_bucket="example-logs")
    return build(lambda: AuditTrail("audit", args))


@pytest.mark.requirement(108, 208, 115)
def test_production_records_every_region_and_the_global_services(prod: Graph) -> None:
    inputs = only(prod, TRAIL).inputs
    assert inputs["name"] == "goal-mandala-production-trail"
    assert inputs["isMultiRegionTrail"] is True
    assert inputs["includeGlobalServiceEvents"] is True
    assert inputs["enableLogging"] is True
    assert inputs["s3BucketName"] == RECORD


@pytest.mark.requirement(108, 111)
def test_the_other_names_that_are_asked_for_are_literals_in_the_stack_file() -> None:
    names = {"trail": "example-production-audit-trail", "cloudtrail-logs": "example-production-audit-cloudtrail-logs"}
    graph = trail_of(replace(STACK, naming=Naming(prefix="example", overrides=names)))
    assert only(graph, TRAIL).inputs["name"] == "example-production-audit-trail"
    assert only(graph, TRAIL).inputs["s3BucketName"] == "example-production-audit-cloudtrail-logs"
    write = statements(only(graph, "aws:s3/bucketPolicy:BucketPolicy"))[1]
    assert write["Condition"]["StringEquals"]["aws:SourceArn"].endswith(":trail/example-production-audit-trail")


@pytest.mark.requirement(108)
def test_the_arn_that_everything_lets_in_is_the_trail_s_own(prod: Graph) -> None:
    assert only(prod, TRAIL).outputs["arn"] == ARN


@pytest.mark.requirement(109)
def test_a_changed_log_file_shows_and_events_reach_the_log_group(prod: Graph) -> None:
    inputs = only(prod, TRAIL).inputs
    assert inputs["enableLogFileValidation"] is True
    group = prod.named("aws:cloudwatch/logGroup:LogGroup", "records-audit-events")
    assert group.inputs["name"] == "/aws/cloudtrail/goal-mandala-production-trail"
    assert inputs["cloudWatchLogsGroupArn"] == f"{group.outputs['arn']}:*"
    role = prod.named("aws:iam/role:Role", "records-audit-delivery")
    assert inputs["cloudWatchLogsRoleArn"] == role.outputs["arn"]


@pytest.mark.requirement(109, 203)
def test_cloudtrail_writes_its_own_streams_and_nothing_else(prod: Graph) -> None:
    [trust] = statements(prod.named("aws:iam/role:Role", "records-audit-delivery"))
    assert trust["Principal"] == SERVICE
    [write] = statements(prod.named("aws:iam/rolePolicy:RolePolicy", "records-audit-delivery"))
    assert write["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    group = f"arn:aws:logs:ap-northeast-1:{ACCOUNT}:log-group:/aws/cloudtrail/goal-mandala-production-trail"
    assert write["Resource"] == [f"{group}:log-stream:{ACCOUNT}_CloudTrail_*"]


@pytest.mark.requirement(110)
def test_the_record_has_a_key_of_its_own_that_rotates_and_this_trail_alone_uses(prod: Graph) -> None:
    key = prod.named("aws:kms/key:Key", "records-audit-key")
    assert key.inputs["enableKeyRotation"] is True
    assert only(prod, TRAIL).inputs["kmsKeyId"] == key.outputs["arn"]
    account, trail = statements(key)
    assert account["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert trail["Principal"] == SERVICE
    assert trail["Action"] == ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"]
    assert trail["Condition"] == ONLY_THIS
    type_ = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    [rule] = of_bucket(prod, type_, RECORD).inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == key.outputs["arn"]


@pytest.mark.requirement(111)
def test_this_trail_alone_writes_to_the_record_and_only_its_account_s_files(prod: Graph) -> None:
    look, write, deny = statements(of_bucket(prod, "aws:s3/bucketPolicy:BucketPolicy", RECORD))
    assert (look["Principal"], look["Action"], look["Condition"]) == (SERVICE, ["s3:GetBucketAcl"], ONLY_THIS)
    assert look["Resource"] == [f"arn:aws:s3:::{RECORD}"]
    assert (write["Principal"], write["Action"]) == (SERVICE, ["s3:PutObject"])
    assert write["Resource"] == [f"arn:aws:s3:::{RECORD}/AWSLogs/{ACCOUNT}/*"]
    assert write["Condition"] == {"StringEquals": {"aws:SourceArn": ARN, "s3:x-amz-acl": "bucket-owner-full-control"}}
    assert deny["Effect"] == "Deny"


@pytest.mark.requirement(112, 113)
def test_production_keeps_the_record_seven_years_and_ever_more_cheaply(prod: Graph) -> None:
    found = rules(prod, RECORD)
    assert found["end-of-retention"]["expiration"] == {"days": 2555}
    assert found["colder-with-age"]["transitions"] == [
        {"days": 30, "storageClass": "STANDARD_IA"},
        {"days": 90, "storageClass": "GLACIER"},
    ]


@pytest.mark.requirement(112, 113)
def test_development_keeps_the_record_ninety_days_where_it_is(dev: Graph) -> None:
    found = rules(dev, "goal-mandala-development-cloudtrail-logs")
    assert found["end-of-retention"]["expiration"] == {"days": 90}
    assert not [rule for rule in found.values() if "transitions" in rule]


def test_the_production_record_outlives_the_stack_with_the_key_that_opens_it(prod: Graph, dev: Graph) -> None:
    for graph, bucket, kept in ((prod, RECORD, True), (dev, "goal-mandala-development-cloudtrail-logs", False)):
        [record] = [r for r in graph.of_type("aws:s3/bucket:Bucket") if r.inputs["bucket"] == bucket]
        key = graph.named("aws:kms/key:Key", "records-audit-key")
        for resource in (record, key):
            assert ("retain_on_delete" in resource.options) is kept
        assert key.options["protect"] is kept


@pytest.mark.requirement(114)
def test_a_topic_tells_of_each_file(prod: Graph) -> None:
    topic = prod.named("aws:sns/topic:Topic", "records-audit-files")
    assert topic.inputs["name"] == "goal-mandala-production-audit"
    assert topic.inputs["kmsMasterKeyId"] == prod.named("aws:kms/key:Key", "records-audit-key").outputs["arn"]
    assert only(prod, TRAIL).inputs["snsTopicName"] == "goal-mandala-production-audit"
    publish, deny = statements(prod.named("aws:sns/topicPolicy:TopicPolicy", "records-audit-files"))
    assert (publish["Principal"], publish["Action"], publish["Condition"]) == (SERVICE, ["sns:Publish"], ONLY_THIS)
    assert deny["Effect"] == "Deny"


@pytest.mark.requirement(114)
def test_mail_goes_to_the_address_that_is_set_and_to_nobody_otherwise(dev: Graph) -> None:
    subscription = only(trail_of(notification_email="audit@example.com"), "aws:sns/topicSubscription:TopicSubscription")
    assert (subscription.inputs["protocol"], subscription.inputs["endpoint"]) == ("email", "audit@example.com")
    assert trail_of().of_type("aws:sns/topicSubscription:TopicSubscription") == []
    assert not [s for s in dev.of_type("aws:sns/topicSubscription:TopicSubscription") if s.name.startswith("records-")]


@pytest.mark.requirement(108, 241)
def test_management_and_data_events_are_recorded_but_not_the_writing_of_logs(prod: Graph) -> None:
    management, objects, functions = only(prod, TRAIL).inputs["advancedEventSelectors"]
    assert management["fieldSelectors"] == [{"field": "eventCategory", "equals": ["Management"]}]
    assert objects["fieldSelectors"] == [
        {"field": "eventCategory", "equals": ["Data"]},
        {"field": "resources.type", "equals": ["AWS::S3::Object"]},
        {
            "field": "resources.ARN",
            "notStartsWiths": [
                f"arn:aws:s3:::goal-mandala-production-access-logs-{ACCOUNT}/",
                f"arn:aws:s3:::{RECORD}/",
            ],
        },
    ]
    assert functions["fieldSelectors"] == [
        {"field": "eventCategory", "equals": ["Data"]},
        {"field": "resources.type", "equals": ["AWS::Lambda::Function"]},
    ]


@pytest.mark.requirement(241)
def test_data_events_are_a_choice_and_management_events_are_not() -> None:
    [selector] = only(trail_of(data_events=[]), TRAIL).inputs["advancedEventSelectors"]
    assert selector["fieldSelectors"] == [{"field": "eventCategory", "equals": ["Management"]}]


def test_the_trail_waits_until_it_is_let_in(prod: Graph) -> None:
    """CloudTrail refuses a bucket, a topic or a role that does not let it in yet."""
    awaited = only(prod, TRAIL).registration.dependencies
    assert of_bucket(prod, "aws:s3/bucketPolicy:BucketPolicy", RECORD).urn in awaited
    assert prod.named("aws:sns/topicPolicy:TopicPolicy", "records-audit-files").urn in awaited
    assert prod.named("aws:iam/rolePolicy:RolePolicy", "records-audit-delivery").urn in awaited


@pytest.mark.parametrize(
    ("cold", "days", "message"),
    [
        ({"infrequent_access_days": 30, "glacier_days": 90}, 90, "retention_days \\(90\\) must be at least 90 above"),
        ({"infrequent_access_days": 30, "glacier_days": 90}, 179, "set cold_storage to null"),
    ],
)
@pytest.mark.requirement(113)
def test_a_record_that_would_go_as_it_freezes_is_refused(cold: dict[str, int], days: int, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings(retention_days=days, cold_storage=cold)
    assert settings(retention_days=180, cold_storage=cold).retention_days == 180


@pytest.mark.parametrize(("warm", "cold"), [(29, 90), (30, 59), (60, 89)])
def test_transitions_that_s3_refuses_are_refused_before(warm: int, cold: int) -> None:
    with pytest.raises(ValidationError):
        ColdStorage(infrequent_access_days=warm, glacier_days=cold)
    assert ColdStorage(infrequent_access_days=30, glacier_days=60).glacier_days == 60


def test_a_data_event_is_named_once() -> None:
    with pytest.raises(ValidationError, match="names an event twice"):
        settings(data_events=["functions", "functions"])
