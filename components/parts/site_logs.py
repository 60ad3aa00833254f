"""Each request to a distribution, in a bucket."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.parts.naming import Naming
from components.parts.topics import GLOBAL_REGION


def deliver_logs(
    name: str,
    *,
    distribution_arn: pulumi.Input[str],
    log_bucket: pulumi.Input[str],
    naming: Naming,
    parent: pulumi.Resource,
) -> None:
    """CloudFront's standard logs, version 2, which needs no access list in the bucket; all of it is in us-east-1.

    The files are where AWS puts them, `AWSLogs/<account>/CloudFront/`: a path of one's own loses that part when it is
    changed later.
    """
    child = pulumi.ResourceOptions(parent=parent)
    source = aws.cloudwatch.LogDeliverySource(
        f"{name}-requests",
        name=naming.of("log_delivery", "site"),
        log_type="ACCESS_LOGS",
        resource_arn=distribution_arn,
        region=GLOBAL_REGION,
        opts=child,
    )
    destination = aws.cloudwatch.LogDeliveryDestination(
        f"{name}-requests",
        name=naming.of("log_delivery", "site"),
        output_format="json",
        delivery_destination_configuration={
            "destination_resource_arn": pulumi.Output.concat("arn:aws:s3:::", log_bucket)
        },
        region=GLOBAL_REGION,
        opts=child,
    )
    aws.cloudwatch.LogDelivery(
        f"{name}-requests",
        delivery_source_name=source.name,
        delivery_destination_arn=destination.arn,
        region=GLOBAL_REGION,
        opts=child,
    )
