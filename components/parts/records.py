"""What the stack keeps for those who operate it: access logs, the audit trail, releases."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.parts.artifacts import Artifacts, ArtifactsArgs
from components.parts.audit_trail import AuditTrail, AuditTrailArgs
from components.parts.bucket import Bucket, BucketArgs, rule, tidy
from components.parts.keys import Keys
from components.parts.stack import Stack
from components.parts.statement import allow_service
from components.parts.topics import GLOBAL_REGION
from settings.artifacts import ArtifactSettings
from settings.audit import AuditSettings


@dataclass(frozen=True, kw_only=True)
class RecordsArgs:
    """What the records are made from."""

    audit: AuditSettings
    artifacts: ArtifactSettings
    stack: Stack
    keys: Keys


class Records(pulumi.ComponentResource):
    """The log bucket, the audit trail where one is set, and the bucket of releases.

    `logs` names the log bucket, once S3 and CloudFront may write there. It logs no access to itself: that would never
    end.
    """

    logs: pulumi.Output[str]
    artifact_bucket: pulumi.Output[str]

    def __init__(self, name: str, args: RecordsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make what is kept; the log bucket first, because the others log to it."""
        super().__init__("mandala:parts:Records", name, None, opts)
        self._name, self._args = name, args
        child = pulumi.ResourceOptions(parent=self)
        self.logs = self._log_bucket()
        self._trail = self._audit_trail(child)
        artifacts = Artifacts(
            f"{name}-artifacts",
            ArtifactsArgs(settings=args.artifacts, stack=args.stack, log_bucket=self.logs),
            child,
        )
        self.artifact_bucket = artifacts.bucket_name
        self.register_outputs({"logs": self.logs, "artifact_bucket": self.artifact_bucket})

    @property
    def trail_log_group(self) -> pulumi.Output[str] | None:
        """The log group with the account's events, for alarms on them; None where the stack has no trail."""
        return self._trail.log_group_name if self._trail else None

    def exports(self) -> dict[str, pulumi.Output[str]]:
        """What operators' tools need to know of the records."""
        trail = {"audit_bucket": self._trail.bucket_name} if self._trail else {}
        return {"log_bucket": self.logs, "artifact_bucket": self.artifact_bucket, **trail}

    def _log_bucket(self) -> pulumi.Output[str]:
        """The bucket's name, once S3 and CloudFront may write there. S3 writes logs to no bucket with a KMS key."""
        settings, stack = self._args.audit, self._args.stack
        bucket = Bucket(
            f"{self._name}-logs",
            BucketArgs(
                bucket_name=stack.naming.with_account("bucket", "access-logs", stack.account_id),
                rules=[
                    *tidy(abort_multipart_days=7, noncurrent_version_days=7),
                    rule("end-of-retention", expiration={"days": settings.access_log_retention_days}),
                ],
                retain=settings.retain_access_logs,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        own: dict[str, pulumi.Input[str]] = {"aws:SourceAccount": stack.account_id}
        deliveries = pulumi.Output.concat("arn:aws:logs:", GLOBAL_REGION, ":", stack.account_id, ":delivery-source:*")
        as_owner: dict[str, dict[str, pulumi.Input[str]]] = {
            "StringEquals": {**own, "s3:x-amz-acl": "bucket-owner-full-control"},
            "ArnLike": {"aws:SourceArn": deliveries},
        }
        policy = bucket.admit(
            allow_service(
                "logging.s3.amazonaws.com",
                "s3:PutObject",
                on=[pulumi.Output.concat(bucket.arn, "/s3/*")],
                when={"StringEquals": own},
                sid="BucketsLog",
            ),
            allow_service(
                "delivery.logs.amazonaws.com",
                "s3:PutObject",
                on=[pulumi.Output.concat(bucket.arn, "/AWSLogs/", stack.account_id, "/*")],
                when=as_owner,
                sid="AWSLogDeliveryWrite",
            ),
        )
        return policy.bucket

    def _audit_trail(self, child: pulumi.ResourceOptions) -> AuditTrail | None:
        args = self._args
        if args.audit.trail is None:
            return None
        return AuditTrail(
            f"{self._name}-audit",
            AuditTrailArgs(
                settings=args.audit.trail, stack=args.stack, logs_key_arn=args.keys.logs, log_bucket=self.logs
            ),
            child,
        )
