"""S3 buckets, their settings, which are resources of their own, and objects that the program writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from plan.account import Created
from twin.handlers.assets import asset_bytes
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import Mapped, remove, tolerated

_LIMIT = 63


class Bucket(Handler):
    """A bucket; deleting it empties it first, as the twin keeps nothing."""

    def create(self, order: Order) -> Created:
        """Make the bucket in its region."""
        name = order.name("bucket").lower()[:_LIMIT]
        client, place = order.client("s3"), {}
        if order.region != "us-east-1":  # S3's first region is the one that must not be named
            place = {"CreateBucketConfiguration": {"LocationConstraint": order.region}}
        client.create_bucket(Bucket=name, **place)
        if order.inputs.get("tags"):
            tags = [{"Key": key, "Value": value} for key, value in order.inputs["tags"].items()]
            client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
        outputs = {
            "bucket": name,
            "arn": f"arn:aws:s3:::{name}",
            "bucketDomainName": f"{name}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{name}.s3.{order.region}.amazonaws.com",
            "bucketRegion": order.region,
            "hostedZoneId": "Z2M4EHUR26P7ZW",
        }
        return Created(id=name, outputs=outputs)

    def delete(self, order: Order, existing: Created) -> None:
        """Empty the bucket of every version and remove it."""
        client = order.client("s3")
        with tolerated():
            for page in client.get_paginator("list_object_versions").paginate(Bucket=existing.id):
                for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                    client.delete_object(Bucket=existing.id, Key=entry["Key"], VersionId=entry["VersionId"])
            client.delete_bucket(Bucket=existing.id)


@dataclass(frozen=True, kw_only=True)
class Setting(Mapped):
    """One setting of a bucket: its id is the bucket's name, and putting it again changes it.

    `member` is the argument that holds the setting; without one the inputs are the arguments themselves.
    """

    service: str = "s3"
    id: str = "{bucket}"
    put: bool = True
    member: str = ""

    def values(self, order: Order, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The bucket, and everything else under the argument that holds it."""
        values = order.declared("bucket", "expectedBucketOwner", *self.without)
        return {"bucket": order.inputs["bucket"], **({self.member: values} if self.member else values)}


class Notification(Handler):
    """What a bucket tells others about; `eventbridge` is a switch to Pulumi, an empty block to the API."""

    def create(self, order: Order) -> Created:
        """Put the whole configuration."""
        inputs = order.declared("bucket", "eventbridge")
        if order.inputs.get("eventbridge"):
            inputs["eventBridgeConfiguration"] = {}
        renames = {
            "lambdaFunctions": "LambdaFunctionConfigurations",
            "queues": "QueueConfigurations",
            "topics": "TopicConfigurations",
            "queueArn": "QueueArn",
        }
        values = {"bucket": order.inputs["bucket"], "notificationConfiguration": inputs}
        order.call("s3", "put_bucket_notification_configuration", values, renames=renames)
        return Created(id=order.inputs["bucket"])

    def update(self, order: Order, existing: Created) -> Created:
        """Put it anew."""
        return self.create(order)

    def delete(self, order: Order, existing: Created) -> None:
        """It goes with its bucket."""


class BucketObject(Handler):
    """An object whose content the program declares."""

    def create(self, order: Order) -> Created:
        """Write the object."""
        inputs = order.inputs
        source = inputs.get("source")
        body = str(inputs.get("content", "")).encode() if source is None else asset_bytes(source)
        values = order.declared("source", "content", "sourceHash", "etag", "forceDestroy", "tags")
        tagging = {"Tagging": urlencode(inputs["tags"])} if inputs.get("tags") else {}
        answer = order.call("s3", "put_object", values, renames={"kmsKeyId": "SSEKMSKeyId"}, Body=body, **tagging)
        outputs = {
            "arn": f"arn:aws:s3:::{inputs['bucket']}/{inputs['key']}",
            "etag": answer["ETag"].strip('"'),
            "versionId": answer.get("VersionId", ""),
        }
        return Created(id=str(inputs["key"]), outputs=outputs)

    def update(self, order: Order, existing: Created) -> Created:
        """Write it anew."""
        return self.create(order)

    def delete(self, order: Order, existing: Created) -> None:
        """Remove the object."""
        remove(order, "s3", "delete_object", Bucket=order.inputs["bucket"], Key=order.inputs["key"])


class Lifecycle(Setting):
    """When objects are moved or expire."""

    def values(self, order: Order, facts: Mapping[str, Any]) -> dict[str, Any]:
        """A rule without a filter is one with an empty filter."""
        values = super().values(order, facts)
        rules = [{**rule, "filter": rule.get("filter") or {"prefix": ""}} for rule in order.inputs["rules"]]
        values[self.member] = {"rules": rules}
        return values


class Logging(Setting):
    """Where each access to the bucket is logged."""

    def values(self, order: Order, facts: Mapping[str, Any]) -> dict[str, Any]:
        """That it is on at all is a level of its own to the API."""
        values = super().values(order, facts)
        return {**values, self.member: {"loggingEnabled": values[self.member]}}


HANDLERS: dict[str, Handler] = {
    "aws:s3/bucket:Bucket": Bucket(),
    "aws:s3/bucketVersioning:BucketVersioning": Setting(
        create_call="put_bucket_versioning", renames={"mfa": "MFA"}, member=""
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Setting(
        create_call="put_bucket_encryption",
        member="serverSideEncryptionConfiguration",
        renames={"kmsMasterKeyId": "KMSMasterKeyID", "sseAlgorithm": "SSEAlgorithm"},
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Setting(
        create_call="put_public_access_block", member="publicAccessBlockConfiguration", without=("skipDestroy",)
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Setting(
        create_call="put_bucket_ownership_controls", member="ownershipControls", renames={"rule": "Rules"}
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Setting(create_call="put_bucket_policy"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Lifecycle(
        create_call="put_bucket_lifecycle_configuration",
        member="lifecycleConfiguration",
        renames={"id": "ID"},
        without=("transitionDefaultMinimumObjectSize",),
    ),
    "aws:s3/bucketLogging:BucketLogging": Logging(create_call="put_bucket_logging", member="bucketLoggingStatus"),
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": Setting(
        create_call="put_bucket_cors", member="corsConfiguration", renames={"maxAgeSeconds": "MaxAgeSeconds"}
    ),
    "aws:s3/bucketNotification:BucketNotification": Notification(),
    "aws:s3/bucketObjectv2:BucketObjectv2": BucketObject(),
}
