"""Where the pieces of every release are kept."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.parts.bucket import Bucket, BucketArgs, rule, tidy
from components.parts.stack import Stack
from settings.artifacts import ArtifactSettings


@dataclass(frozen=True, kw_only=True)
class ArtifactsArgs:
    """What the bucket is made from. `log_bucket` is where each access is logged."""

    settings: ArtifactSettings
    stack: Stack
    log_bucket: pulumi.Input[str]


class Artifacts(pulumi.ComponentResource):
    """Function packages and site builds, by release: a rollback takes the earlier release from here.

    Releases do not expire, since the one that is running may be the oldest. It does not fill itself: a deployment
    uploads what it built.
    """

    bucket_name: pulumi.Output[str]

    def __init__(self, name: str, args: ArtifactsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the bucket."""
        super().__init__("mandala:parts:Artifacts", name, None, opts)
        settings = args.settings
        cheaper = {"days": settings.infrequent_access_days, "storage_class": "STANDARD_IA"}
        rules = tidy(abort_multipart_days=7, noncurrent_version_days=settings.noncurrent_version_days)
        bucket = Bucket(
            f"{name}-releases",
            BucketArgs(
                bucket_name=args.stack.naming.with_account("bucket", "artifacts", args.stack.account_id),
                rules=[*rules, rule("keep-more-cheaply", transitions=[cheaper])],
                retain=settings.retain_bucket,
                log_bucket=args.log_bucket,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        bucket.admit()
        self.bucket_name = bucket.bucket_name
        self.register_outputs({"bucket_name": self.bucket_name})
