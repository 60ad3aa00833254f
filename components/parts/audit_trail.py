"""Who did what in the account: CloudTrail, kept where nobody can change it unseen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.parts.bucket import Bucket, BucketArgs, Rule, rule, tidy
from components.parts.stack import Stack
from components.parts.statement import (
    Statement,
    account_administers,
    allow,
    allow_service,
    deny_insecure_transport,
    document,
)
from settings.audit import TrailSettings

SERVICE = "cloudtrail.amazonaws.com"
_Selector = aws.cloudtrail.TrailAdvancedEventSelectorArgs
_Field = aws.cloudtrail.TrailAdvancedEventSelectorFieldSelectorArgs
RESOURCE_TYPES = {"s3_objects": "AWS::S3::Object", "functions": "AWS::Lambda::Function"}


@dataclass(frozen=True, kw_only=True)
class AuditTrailArgs:
    """What the trail is made from. `logs_key_arn` encrypts the log group, a key of the trail's own all else."""

    settings: TrailSettings
    stack: Stack
    logs_key_arn: pulumi.Input[str]
    log_bucket: pulumi.Input[str]


class AuditTrail(pulumi.ComponentResource):
    """Every management event of every region, and the data events that are set, in a bucket and in a log group.

    The bucket is the record, with signed digests that show a change; the log group is what alarms and queries read;
    the topic tells of each file. It does not judge the events: alarms on the log group do.
    """

    log_group_name: pulumi.Output[str]
    bucket_name: pulumi.Output[str]
    topic_arn: pulumi.Output[str]

    def __init__(self, name: str, args: AuditTrailArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the trail and everything that it writes to."""
        super().__init__("mandala:parts:AuditTrail", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._trail_name = args.stack.naming.of("trail", "trail")
        # Everything below lets in this trail alone, and must stand before it: so its ARN is said, not asked for.
        self._trail_arn = pulumi.Output.concat(
            "arn:aws:cloudtrail:", args.stack.region, ":", args.stack.account_id, ":trail/", self._trail_name
        )
        key_arn = self._key()
        bucket = self._bucket(key_arn)
        group = self._log_group()
        role, role_policy = self._role(group)
        topic = self._topic(key_arn)
        admitted, publishes = self._admit(bucket), self._publish(topic)
        aws.cloudtrail.Trail(
            f"{name}-trail",
            name=self._trail_name,
            s3_bucket_name=bucket.bucket_name,
            sns_topic_name=topic.name,
            cloud_watch_logs_group_arn=pulumi.Output.concat(group.arn, ":*"),
            cloud_watch_logs_role_arn=role.arn,
            kms_key_id=key_arn,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            enable_logging=True,
            advanced_event_selectors=self._selectors(bucket),
            # CloudTrail tries at once whether it is let in everywhere.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[admitted, publishes, role_policy]),
        )
        self.log_group_name = group.name
        self.bucket_name = bucket.bucket_name
        self.topic_arn = topic.arn
        self.register_outputs(
            {"log_group_name": self.log_group_name, "bucket_name": self.bucket_name, "topic_arn": self.topic_arn}
        )

    def _only_this(self) -> dict[str, dict[str, Any]]:
        return {"StringEquals": {"aws:SourceArn": self._trail_arn}}

    def _key(self) -> pulumi.Output[str]:
        """A key of the trail's own: it must live as long as the record, and lets in CloudTrail as no other does."""
        retain = self._args.settings.retain
        uses = ("kms:GenerateDataKey*", "kms:Decrypt", "kms:DescribeKey")
        trail = allow_service(SERVICE, *uses, on=["*"], when=self._only_this(), sid="TrailEncrypts")
        key = aws.kms.Key(
            f"{self._name}-key",
            description=f"{self._args.stack.naming.prefix}: the audit trail",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=document([account_administers(self._args.stack.account_id), trail]),
            # Without its key the record that outlives the stack could not be read.
            opts=pulumi.ResourceOptions(parent=self, protect=retain, retain_on_delete=retain),
        )
        aws.kms.Alias(
            f"{self._name}-key",
            name=f"alias/{self._args.stack.naming.of('key_alias', 'audit')}",
            target_key_id=key.key_id,
            opts=self._child,
        )
        return key.arn

    def _bucket(self, key_arn: pulumi.Input[str]) -> Bucket:
        settings = self._args.settings
        return Bucket(
            f"{self._name}-record",
            BucketArgs(
                bucket_name=self._args.stack.naming.of("bucket", "cloudtrail-logs"),
                rules=record_rules(settings),
                retain=settings.retain,
                key_arn=key_arn,
                log_bucket=self._args.log_bucket,
            ),
            self._child,
        )

    def _admit(self, bucket: Bucket) -> aws.s3.BucketPolicy:
        """This trail looks at the bucket and writes its own account's files, as CloudTrail asks for."""
        own_files = pulumi.Output.concat(bucket.arn, "/AWSLogs/", self._args.stack.account_id, "/*")
        as_owner = {"StringEquals": {**self._only_this()["StringEquals"], "s3:x-amz-acl": "bucket-owner-full-control"}}
        return bucket.admit(
            allow_service(SERVICE, "s3:GetBucketAcl", on=[bucket.arn], when=self._only_this(), sid="TrailLooks"),
            allow_service(SERVICE, "s3:PutObject", on=[own_files], when=as_owner, sid="TrailWrites"),
        )

    def _log_group(self) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{self._name}-events",
            name=f"/aws/cloudtrail/{self._trail_name}",
            retention_in_days=self._args.settings.log_retention_days,
            kms_key_id=self._args.logs_key_arn,
            opts=self._child,
        )

    def _role(self, group: aws.cloudwatch.LogGroup) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        """CloudTrail writes streams whose names start with account and `CloudTrail` into this group, nothing else."""
        stack = self._args.stack
        role = aws.iam.Role(
            f"{self._name}-delivery",
            name=stack.naming.of("role", "trail-delivery"),
            description=f"CloudTrail writes {self._trail_name}'s events to their log group",
            # CloudTrail says neither account nor trail when it assumes this role (CloudTrail user guide, "Role policy
            # document for CloudTrail to use CloudWatch Logs"): a condition on them would refuse it.
            assume_role_policy=document(
                [Statement(effect="Allow", actions=("sts:AssumeRole",), principals={"Service": SERVICE})]
            ),
            opts=self._child,
        )
        streams = pulumi.Output.concat(group.arn, ":log-stream:", stack.account_id, "_CloudTrail_*")
        policy = aws.iam.RolePolicy(
            f"{self._name}-delivery",
            role=role.name,
            policy=document([allow("logs:CreateLogStream", "logs:PutLogEvents", on=[streams])]),
            opts=self._child,
        )
        return role, policy

    def _topic(self, key_arn: pulumi.Input[str]) -> aws.sns.Topic:
        topic = aws.sns.Topic(
            f"{self._name}-files",
            name=self._args.stack.naming.of("topic", "audit"),
            kms_master_key_id=key_arn,
            opts=self._child,
        )
        if self._args.settings.notification_email:
            aws.sns.TopicSubscription(
                f"{self._name}-email",
                topic=topic.arn,
                protocol="email",
                endpoint=self._args.settings.notification_email,
                opts=self._child,
            )
        return topic

    def _publish(self, topic: aws.sns.Topic) -> aws.sns.TopicPolicy:
        publish = allow_service(SERVICE, "sns:Publish", on=[topic.arn], when=self._only_this(), sid="TrailTells")
        return aws.sns.TopicPolicy(
            f"{self._name}-files",
            arn=topic.arn,
            policy=document([publish, deny_insecure_transport("sns:Publish", [topic.arn])]),
            opts=self._child,
        )

    def _selectors(self, bucket: Bucket) -> list[_Selector]:
        """Management events always; data events without those of the logs, which would record their own writing."""
        logs = [
            pulumi.Output.concat("arn:aws:s3:::", self._args.log_bucket, "/"),
            pulumi.Output.concat(bucket.arn, "/"),
        ]
        selectors = [_selector("Management events", [_Field(field="eventCategory", equals=["Management"])])]
        for event in self._args.settings.data_events:
            fields = [
                _Field(field="eventCategory", equals=["Data"]),
                _Field(field="resources.type", equals=[RESOURCE_TYPES[event]]),
            ]
            if event == "s3_objects":
                fields.append(_Field(field="resources.ARN", not_starts_withs=logs))
            selectors.append(_selector(f"Data events: {event}", fields))
        return selectors


def record_rules(settings: TrailSettings) -> list[Rule]:
    """The record moves to cheaper storage as it ages, and goes when its time is over (rows 112, 113)."""
    rules = [
        *tidy(abort_multipart_days=7, noncurrent_version_days=30),
        rule("end-of-retention", expiration={"days": settings.retention_days}),
    ]
    if settings.cold_storage is not None:
        transitions = [
            {"days": settings.cold_storage.infrequent_access_days, "storage_class": "STANDARD_IA"},
            {"days": settings.cold_storage.glacier_days, "storage_class": "GLACIER"},
        ]
        rules.append(rule("colder-with-age", transitions=transitions))
    return rules


def _selector(name: str, fields: list[_Field]) -> _Selector:
    return _Selector(name=name, field_selectors=fields)
