"""Buckets: what is true of each one, whatever it is for."""

from __future__ import annotations

from typing import Any

import pytest

from components.parts.bucket import Bucket, BucketArgs, tidy
from components.parts.statement import allow_service
from plan.graph import Graph
from tests.harness import build, only, statements

BUCKET = "aws:s3/bucket:Bucket"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
LOGGING = "aws:s3/bucketLogging:BucketLogging"
SETTINGS = {
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    },
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": {"rule": {"objectOwnership": "BucketOwnerEnforced"}},
    "aws:s3/bucketVersioning:BucketVersioning": {"versioningConfiguration": {"status": "Enabled"}},
}
KEY = "arn:aws:kms:ap-northeast-1:123456789012:key/own"


def by_bucket(graph: Graph, type_: str) -> dict[str, dict[str, Any]]:
    """The inputs of a setting for each bucket that has it; a bucket with two would hide one, so that fails."""
    found = graph.of_type(type_)
    settings = {r.inputs["bucket"]: {k: v for k, v in r.inputs.items() if k != "bucket"} for r in found}
    assert len(settings) == len(found)
    return settings


@pytest.mark.requirement(92, 204)
@pytest.mark.parametrize("type_", sorted(SETTINGS))
def test_every_bucket_of_every_stack_is_private_owned_and_versioned(graph: Graph, type_: str) -> None:
    buckets = {bucket.inputs["bucket"] for bucket in graph.of_type(BUCKET)}
    assert len(buckets) >= 3
    assert by_bucket(graph, type_) == dict.fromkeys(buckets, SETTINGS[type_])


@pytest.mark.requirement(204, 240)
def test_every_bucket_of_every_stack_encrypts(graph: Graph) -> None:
    found = by_bucket(graph, ENCRYPTION)
    assert set(found) == {bucket.inputs["bucket"] for bucket in graph.of_type(BUCKET)}
    for bucket, setting in found.items():
        [rule] = setting["rules"]
        expected = "aws:kms" if bucket.endswith("-cloudtrail-logs") else "AES256"
        assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == expected


@pytest.mark.requirement(240)
def test_every_bucket_of_every_stack_refuses_requests_without_tls(graph: Graph) -> None:
    policies = {policy.inputs["bucket"]: policy for policy in graph.of_type("aws:s3/bucketPolicy:BucketPolicy")}
    for bucket in graph.of_type(BUCKET):
        arn = bucket.outputs["arn"]
        [deny] = [s for s in statements(policies[bucket.inputs["bucket"]]) if s["Effect"] == "Deny"]
        assert deny["Principal"] == "*"
        assert deny["Action"] == ["s3:*"]
        assert deny["Resource"] == [arn, f"{arn}/*"]
        assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_no_bucket_keeps_old_versions_and_broken_uploads_for_ever(graph: Graph) -> None:
    found = by_bucket(graph, LIFECYCLE)
    for bucket in graph.of_type(BUCKET):
        kinds = {key for rule in found[bucket.inputs["bucket"]]["rules"] for key in rule}
        assert {"noncurrentVersionExpiration", "abortIncompleteMultipartUpload"} <= kinds


def made(**more: object) -> Graph:
    def construction() -> None:
        args = BucketArgs(
            bucket_name="example-things",
            rules=tidy(abort_multipart_days=3, noncurrent_version_days=5),
            retain=False,
            **more,  # type: ignore[arg-type]
        )
        Bucket("things", args).admit()

    return build(construction)


def test_a_bucket_encrypts_with_the_key_that_it_is_given() -> None:
    assert only(made(key_arn=KEY), ENCRYPTION).inputs["rules"] == [
        {
            "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY},
            "bucketKeyEnabled": True,
        }
    ]
    assert only(made(), ENCRYPTION).inputs["rules"] == [
        {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    ]


@pytest.mark.requirement(94)
def test_a_bucket_logs_each_access_under_a_prefix_of_its_own() -> None:
    assert only(made(log_bucket="example-logs"), LOGGING).inputs == {
        "bucket": "example-things",
        "targetBucket": "example-logs",
        "targetPrefix": "s3/things/",
    }
    assert made().of_type(LOGGING) == []


def test_rules_on_versions_wait_for_versions() -> None:
    graph = made()
    [versioning] = graph.of_type("aws:s3/bucketVersioning:BucketVersioning")
    assert versioning.urn in only(graph, LIFECYCLE).registration.dependencies


@pytest.mark.parametrize("retain", [True, False])
def test_a_bucket_outlives_the_stack_only_when_told(retain: bool) -> None:
    def construction() -> None:
        Bucket("things", BucketArgs(bucket_name="example-things", rules=[], retain=retain)).admit()

    assert ("retain_on_delete" in only(build(construction), BUCKET).options) is retain


def test_who_is_admitted_stands_beside_the_refusal() -> None:
    def construction() -> None:
        bucket = Bucket("things", BucketArgs(bucket_name="example-things", rules=[], retain=False))
        own = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
        bucket.admit(allow_service("logging.s3.amazonaws.com", "s3:PutObject", on=[bucket.objects], when=own))

    graph = build(construction)
    read, deny = statements(only(graph, "aws:s3/bucketPolicy:BucketPolicy"))
    assert read["Resource"] == ["arn:aws:s3:::example-things/*"]
    assert deny["Effect"] == "Deny"
