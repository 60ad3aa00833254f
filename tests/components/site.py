"""The site with settings of a test's own, and what belongs to its bucket."""

from __future__ import annotations

from typing import Any

from components.frontend import Frontend, FrontendArgs
from components.parts.signal import Signal
from plan.graph import Graph, Resource
from settings.frontend import FrontendSettings
from settings.web_acl import WafOff
from tests.harness import STACK, build

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
BUCKET = "aws:s3/bucket:Bucket"
SITE = "frontend-site"  # the logical name of the bucket and of all that belongs to it
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"


def of_site(graph: Graph, kind: str) -> Resource:
    """The site bucket, or a setting of it."""
    return graph.named(f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}", SITE)


def settings(**more: Any) -> FrontendSettings:
    values: dict[str, Any] = {
        "price_class": "PriceClass_100",
        "allowed_countries": [],
        "spa_fallback": [],
        "hsts_max_age_seconds": 60,
        "noncurrent_version_days": 1,
        "abort_multipart_days": 1,
        "retain_bucket": False,
        "access_logs": False,
        "bucket_events": False,
        "additional_metrics": False,
        "connects_to": [],
    }
    return FrontendSettings(**{**values, **more})


def site_of(**more: Any) -> tuple[Graph, list[Signal]]:
    """The site with these settings, and its signals."""
    found: list[Signal] = []

    def construction() -> None:
        waf = more.pop("waf", WafOff(mode="off"))
        args = FrontendArgs(settings=settings(**more), waf=waf, stack=STACK, logs="example-logs")
        found.extend(Frontend("frontend", args).signals())

    return build(construction), found


def directives(policy: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for words in (part.split() for part in policy.split("; "))}
