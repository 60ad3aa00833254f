"""How long what people wrote is kept: what is over its time is deleted or archived, every day."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.parts.bucket import Bucket, BucketArgs, rule, tidy
from components.parts.function import FailedEvents, Function, FunctionArgs, Platform
from components.parts.grant import Grant
from components.parts.keys import Keys
from components.parts.schedule import Schedule, ScheduleArgs
from components.parts.signal import Signal
from components.parts.statement import allow
from settings.retention import RetentionSettings

RUNBOOK = "retention.md"
INFREQUENT_ACCESS_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class RetentionArgs:
    """What it is made from: `grant` reaches the database, `failed_events` hears of a run that failed.

    `logs` is the bucket where each access to the archive is logged.
    """

    settings: RetentionSettings
    platform: Platform
    keys: Keys
    grant: Grant
    failed_events: FailedEvents
    logs: pulumi.Input[str]


class Retention(pulumi.ComponentResource):
    """The function that deletes and archives, its schedule, and the archive of executions (rows 258, 273).

    What is kept how long is the application's own rule; here is when it is enforced and where the archive lies.
    """

    archive_bucket: pulumi.Output[str]

    def __init__(self, name: str, args: RetentionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the archive, the function and the schedule."""
        super().__init__("mandala:parts:Retention", name, None, opts)
        self._name, self._args = name, args
        child = pulumi.ResourceOptions(parent=self)
        archive = self._archive()
        put = allow("s3:PutObject", on=[archive.objects])
        self._function = Function(
            f"{name}-enforce",
            FunctionArgs(
                platform=args.platform,
                source="enforce_retention",
                kind="workflow",
                grant=args.grant | Grant(environment={"ARCHIVE_BUCKET": archive.bucket_name}, statements=(put,)),
                failed_events=args.failed_events,
                runbook=RUNBOOK,
            ),
            opts=child,
        )
        self._schedule = Schedule(
            f"{name}-schedule",
            ScheduleArgs(
                settings=args.settings.schedule,
                stack=args.platform.stack,
                keys=args.keys,
                role="retention",
                target_arn=self._function.alias_arn,
                start=self._function.invokes(),
                runbook=RUNBOOK,
                group="functions",
            ),
            child,
        )
        self.archive_bucket = archive.bucket_name
        self.register_outputs({"archive_bucket": self.archive_bucket})

    def exports(self) -> dict[str, pulumi.Output[str]]:
        """Where old executions are found."""
        return {"archive_bucket": self.archive_bucket}

    def signals(self) -> list[Signal]:
        """Starts that never succeeded, and the function's own signals."""
        return [*self._schedule.signals(), *self._function.signals()]

    def _archive(self) -> Bucket:
        settings, stack = self._args.settings, self._args.platform.stack
        cheaper = {"days": INFREQUENT_ACCESS_DAYS, "storage_class": "STANDARD_IA"}
        rules = [
            *tidy(abort_multipart_days=7, noncurrent_version_days=7),
            rule("keep-more-cheaply", transitions=[cheaper]),
        ]
        if settings.archive_days is not None:
            rules.append(rule("end-of-retention", expiration={"days": settings.archive_days}))
        bucket = Bucket(
            f"{self._name}-archive",
            BucketArgs(
                bucket_name=stack.naming.with_account("bucket", "archive", stack.account_id),
                rules=rules,
                retain=settings.retain_archive,
                log_bucket=self._args.logs,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        bucket.admit()
        return bucket
