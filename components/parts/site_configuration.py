"""What the site must know of the stack that serves it, as a file beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class SiteConfigurationArgs:
    """The bucket, and the values: addresses and public ids only, since everybody can read them."""

    bucket_name: pulumi.Input[str]
    values: Mapping[str, pulumi.Input[str]]


class SiteConfiguration(pulumi.ComponentResource):
    """`config.json` in the site bucket. The site's own files are not here: a release uploads them."""

    def __init__(self, name: str, args: SiteConfigurationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Write the object."""
        super().__init__("mandala:parts:SiteConfiguration", name, None, opts)
        aws.s3.BucketObjectv2(
            f"{name}-object",
            bucket=args.bucket_name,
            key="config.json",
            content=pulumi.Output.json_dumps(dict(args.values), sort_keys=True),
            content_type="application/json",
            cache_control="no-cache",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
