"""The archive of executions and the function that keeps nothing too long."""

from __future__ import annotations

import pytest

from plan.graph import Graph
from tests.conftest import Stacks
from tests.harness import function_statements, statements

ARCHIVE = "goal-mandala-production-archive-123456789012"


@pytest.mark.requirement(258, 273)
def test_the_retention_is_enforced_every_day(prod: Graph) -> None:
    schedule = prod.named("aws:scheduler/schedule:Schedule", "retention-schedule").inputs
    assert (schedule["scheduleExpression"], schedule["scheduleExpressionTimezone"]) == (
        "cron(0 3 * * ? *)",
        "Asia/Tokyo",
    )
    assert schedule["target"]["arn"].endswith(":function:goal-mandala-production-enforce-retention:live")


@pytest.mark.requirement(258)
def test_the_function_writes_to_the_archive_and_reads_nothing_there(prod: Graph) -> None:
    function = prod.named("aws:lambda/function:Function", "retention-enforce-function").inputs
    assert function["environment"]["variables"]["ARCHIVE_BUCKET"] == ARCHIVE
    allowed = [s for s in function_statements(prod, "retention-enforce") if str(s["Action"]).find("s3:") >= 0]
    assert [(s["Action"], s["Resource"]) for s in allowed] == [(["s3:PutObject"], [f"arn:aws:s3:::{ARCHIVE}/*"])]
    assert prod.exports["archive_bucket"] == ARCHIVE


def test_a_run_that_fails_is_told(prod: Graph) -> None:
    failed = prod.named("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", "retention-enforce-live")
    destination = failed.inputs["destinationConfig"]["onFailure"]["destination"]
    assert destination == "arn:aws:sns:ap-northeast-1:123456789012:goal-mandala-production-alerts"
    assert (failed.inputs["maximumRetryAttempts"], failed.inputs["maximumEventAgeInSeconds"]) == (2, 3600)


@pytest.mark.requirement(204, 240, 258)
def test_the_archive_is_closed_encrypted_logged_and_kept_three_years(prod: Graph) -> None:
    lifecycle = prod.named("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "retention-archive")
    rules = {rule["id"]: rule for rule in lifecycle.inputs["rules"]}
    assert rules["end-of-retention"]["expiration"] == {"days": 1095}
    assert rules["keep-more-cheaply"]["transitions"] == [{"days": 30, "storageClass": "STANDARD_IA"}]
    block = prod.named("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "retention-archive").inputs
    assert [value for key, value in block.items() if key != "bucket"] == [True] * 4
    logging = prod.named("aws:s3/bucketLogging:BucketLogging", "retention-archive").inputs
    assert logging["targetBucket"] == prod.exports["log_bucket"]
    [refusal] = statements(prod.named("aws:s3/bucketPolicy:BucketPolicy", "retention-archive"))
    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert prod.named("aws:s3/bucket:Bucket", "retention-archive").registration.options["retain_on_delete"] is True


def test_an_archive_may_be_kept_for_ever(stacks: Stacks) -> None:
    contrary = stacks("contrary")
    lifecycle = contrary.named("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "retention-archive")
    assert "end-of-retention" not in {rule["id"] for rule in lifecycle.inputs["rules"]}
    bucket = contrary.named("aws:s3/bucket:Bucket", "retention-archive")
    assert not bucket.registration.options.get("retain_on_delete")
