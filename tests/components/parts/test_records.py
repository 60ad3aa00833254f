"""What the stack keeps: the log bucket and its writers, the releases, a trail or none."""

from __future__ import annotations

from typing import Any

import pytest

from components.parts.records import Records, RecordsArgs
from plan.graph import Graph, Resource
from settings.artifacts import ArtifactSettings
from settings.audit import AuditSettings
from tests.harness import KEYS, STACK, build, statements

BUCKET = "aws:s3/bucket:Bucket"
ACCOUNT = "123456789012"


def of_bucket(graph: Graph, type_: str, bucket: str) -> Resource:
    """The setting of this type of the bucket with this name."""
    [found] = [resource for resource in graph.of_type(type_) if resource.inputs["bucket"] == bucket]
    return found


def rules(graph: Graph, bucket: str) -> dict[str, dict[str, Any]]:
    type_ = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    return {rule["id"]: rule for rule in of_bucket(graph, type_, bucket).inputs["rules"]}


@pytest.mark.requirement(94, 101)
def test_s3_and_cloudfront_alone_write_logs_and_for_this_account_alone(prod: Graph) -> None:
    bucket = f"goal-mandala-production-access-logs-{ACCOUNT}"
    s3, cloudfront, deny = statements(of_bucket(prod, "aws:s3/bucketPolicy:BucketPolicy", bucket))
    assert s3["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert s3["Action"] == ["s3:PutObject"]
    assert s3["Resource"] == [f"arn:aws:s3:::{bucket}/s3/*"]
    assert s3["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert cloudfront["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
    assert cloudfront["Resource"] == [f"arn:aws:s3:::{bucket}/AWSLogs/{ACCOUNT}/*"]
    assert cloudfront["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT, "s3:x-amz-acl": "bucket-owner-full-control"},
        "ArnLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:delivery-source:*"},
    }
    assert deny["Effect"] == "Deny"


@pytest.mark.requirement(94)
def test_every_bucket_logs_to_the_log_bucket_but_itself(prod: Graph) -> None:
    logs = f"goal-mandala-production-access-logs-{ACCOUNT}"
    found = prod.of_type("aws:s3/bucketLogging:BucketLogging")
    assert {r.inputs["bucket"] for r in found} == {b.inputs["bucket"] for b in prod.of_type(BUCKET)} - {logs}
    assert {r.inputs["targetBucket"] for r in found} == {logs}
    policy = of_bucket(prod, "aws:s3/bucketPolicy:BucketPolicy", logs)
    assert all(policy.urn in r.registration.dependencies for r in found), "S3 must be let in before it is told to log"


def test_access_logs_expire_when_the_settings_say(prod: Graph, dev: Graph) -> None:
    for graph, prefix, days in ((prod, "production", 365), (dev, "development", 30)):
        found = rules(graph, f"goal-mandala-{prefix}-access-logs-{ACCOUNT}")
        assert found["end-of-retention"]["expiration"] == {"days": days}


@pytest.mark.requirement(271)
def test_releases_are_kept_by_version_and_never_expire(prod: Graph) -> None:
    bucket = f"goal-mandala-production-artifacts-{ACCOUNT}"
    assert prod.exports["artifact_bucket"] == bucket
    versioning = of_bucket(prod, "aws:s3/bucketVersioning:BucketVersioning", bucket)
    assert versioning.inputs["versioningConfiguration"] == {"status": "Enabled"}
    found = rules(prod, bucket)
    assert not [rule for rule in found.values() if "expiration" in rule]
    assert found["keep-more-cheaply"]["transitions"] == [{"days": 90, "storageClass": "STANDARD_IA"}]
    [resource] = [r for r in prod.of_type(BUCKET) if r.inputs["bucket"] == bucket]
    assert resource.options["retain_on_delete"] is True


@pytest.mark.requirement(271)
def test_nobody_but_the_account_s_own_identities_reaches_a_release(graph: Graph) -> None:
    policy = of_bucket(graph, "aws:s3/bucketPolicy:BucketPolicy", graph.exports["artifact_bucket"])
    assert [s["Effect"] for s in statements(policy)] == ["Deny"]


def test_a_stack_whose_account_is_recorded_elsewhere_has_no_trail() -> None:
    found: list[object] = []

    def construction() -> None:
        audit = AuditSettings(trail=None, access_log_retention_days=3, retain_access_logs=False)
        artifacts = ArtifactSettings(infrequent_access_days=30, noncurrent_version_days=2, retain_bucket=False)
        records = Records("records", RecordsArgs(audit=audit, artifacts=artifacts, stack=STACK, keys=KEYS))
        found.extend([records.trail_log_group, *records.exports()])

    graph = build(construction)
    assert found == [None, "log_bucket", "artifact_bucket"]
    assert graph.of_type("aws:cloudtrail/trail:Trail") == []
    assert len(graph.of_type(BUCKET)) == 2
    assert graph.of_type("aws:kms/key:Key") == []
