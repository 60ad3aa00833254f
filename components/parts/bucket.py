"""Buckets: every one private, versioned, encrypted and reached over TLS only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.parts.statement import Statement, deny_insecure_transport, document

_DefaultEncryption = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs
Rule = aws.s3.BucketLifecycleConfigurationRuleArgs


def rule(id_: str, **actions: Any) -> Rule:
    """One lifecycle rule over the whole bucket; `actions` are S3's own (`expiration`, `transitions`)."""
    return Rule(
        id=id_, status="Enabled", filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""), **actions
    )


def tidy(*, abort_multipart_days: int, noncurrent_version_days: int) -> list[Rule]:
    """What every versioned bucket needs, or it grows for ever: no broken uploads, no old versions."""
    return [
        rule(
            "abort-incomplete-uploads",
            abort_incomplete_multipart_upload={"days_after_initiation": abort_multipart_days},
        ),
        rule("expire-noncurrent-versions", noncurrent_version_expiration={"noncurrent_days": noncurrent_version_days}),
    ]


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """What a bucket is made from.

    `key_arn` encrypts with that key, without it S3's own keys do. `log_bucket` is where each access is logged.
    `retain` leaves the bucket with all that is in it when the stack is removed.
    """

    bucket_name: pulumi.Input[str]
    rules: Sequence[Rule]
    retain: bool
    key_arn: pulumi.Input[str] | None = None
    log_bucket: pulumi.Input[str] | None = None


class Bucket(pulumi.ComponentResource):
    """A bucket that nobody reads or writes but those whom `admit` lets in, and IAM.

    Its owner calls `admit` once, with no statement when nobody else is let in: the policy that refuses requests
    without TLS is written there.
    """

    bucket_name: pulumi.Output[str]
    arn: pulumi.Output[str]
    objects: pulumi.Output[str]
    regional_domain_name: pulumi.Output[str]

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the bucket and its settings."""
        super().__init__("mandala:parts:Bucket", name, None, opts)
        self._name, self._child = name, pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(
            name,
            bucket=args.bucket_name,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=args.retain),
        )
        self.bucket_name, self.arn = bucket.bucket, bucket.arn
        self.objects = pulumi.Output.concat(bucket.arn, "/*")
        self.regional_domain_name = bucket.bucket_regional_domain_name
        self._close(bucket)
        self._encrypt(bucket, args.key_arn)
        self._keep(bucket, args.rules)
        if args.log_bucket is not None:
            aws.s3.BucketLogging(
                name,
                bucket=bucket.id,
                target_bucket=args.log_bucket,
                target_prefix=f"s3/{name}/",
                opts=self._child,
            )
        self.register_outputs(
            {
                "bucket_name": self.bucket_name,
                "arn": self.arn,
                "objects": self.objects,
                "regional_domain_name": self.regional_domain_name,
            }
        )

    def admit(self, *statements: Statement) -> aws.s3.BucketPolicy:
        """Let in those of `statements`, and nobody without TLS. Who writes on the bucket's behalf depends on it."""
        return aws.s3.BucketPolicy(
            self._name,
            bucket=self.bucket_name,
            policy=document([*statements, deny_insecure_transport("s3:*", [self.arn, self.objects])]),
            opts=self._child,
        )

    def _close(self, bucket: aws.s3.Bucket) -> None:
        """Nothing in it can be made public, and no access list counts."""
        aws.s3.BucketPublicAccessBlock(
            self._name,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child,
        )
        aws.s3.BucketOwnershipControls(
            self._name, bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"}, opts=self._child
        )

    def _encrypt(self, bucket: aws.s3.Bucket, key_arn: pulumi.Input[str] | None) -> None:
        encryption = aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
            apply_server_side_encryption_by_default=_DefaultEncryption(
                sse_algorithm="AES256" if key_arn is None else "aws:kms", kms_master_key_id=key_arn
            ),
            # A bucket key asks KMS once for many objects instead of once for each.
            bucket_key_enabled=None if key_arn is None else True,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            self._name, bucket=bucket.id, rules=[encryption], opts=self._child
        )

    def _keep(self, bucket: aws.s3.Bucket, rules: Sequence[Rule]) -> None:
        versioning = aws.s3.BucketVersioning(
            self._name, bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=self._child
        )
        aws.s3.BucketLifecycleConfiguration(
            self._name,
            bucket=bucket.id,
            rules=list(rules),
            # Rules on noncurrent versions are refused before the bucket has versions.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
