"""The site: a private bucket and the distribution in front of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.parts.stack import Stack
from components.parts.statement import allow_service, deny_insecure_transport, document
from settings.frontend import FrontendSettings

# Seconds (row 97).
ASSETS_DEFAULT, ASSETS_MAXIMUM = 2_592_000, 31_536_000
PAGES_DEFAULT, PAGES_MAXIMUM = 300, 3_600
ORIGIN = "site-bucket"


@dataclass(frozen=True, kw_only=True)
class FrontendArgs:
    """What the site is made from."""

    settings: FrontendSettings
    stack: Stack


class Frontend(pulumi.ComponentResource):
    """The site's home: only the distribution reads the bucket, and every answer carries the security headers.

    It does not hold the site's files: a release uploads them.
    """

    bucket_name: pulumi.Output[str]
    distribution_id: pulumi.Output[str]
    domain_name: pulumi.Output[str]
    origin: pulumi.Output[str]

    def __init__(self, name: str, args: FrontendArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make bucket and distribution."""
        super().__init__("mandala:components:Frontend", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        bucket = self._bucket()
        distribution = self._distribution(bucket)
        self._let_in(bucket, distribution)
        self.bucket_name = bucket.bucket
        self.distribution_id = distribution.id
        self.domain_name = distribution.domain_name
        self.origin = pulumi.Output.concat("https://", distribution.domain_name)
        self.register_outputs(
            {
                "bucket_name": self.bucket_name,
                "distribution_id": self.distribution_id,
                "domain_name": self.domain_name,
                "origin": self.origin,
            }
        )

    def exports(self) -> dict[str, pulumi.Output[str]]:
        """What operators' tools need to know of the site."""
        return {"site_url": self.origin, "site_bucket": self.bucket_name, "distribution_id": self.distribution_id}

    def _bucket(self) -> aws.s3.Bucket:
        settings, name = self._args.settings, f"{self._name}-site"
        bucket = aws.s3.Bucket(
            name,
            bucket=self._args.stack.naming.with_account("bucket", "frontend", self._args.stack.account_id),
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=settings.retain_bucket),
        )
        aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child,
        )
        aws.s3.BucketOwnershipControls(
            name, bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"}, opts=self._child
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.id,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=self._child,
        )
        versioning = aws.s3.BucketVersioning(
            name, bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=self._child
        )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.id,
            rules=[
                {
                    "id": "abort-incomplete-uploads",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": settings.abort_multipart_days},
                },
                {
                    "id": "expire-noncurrent-versions",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "noncurrent_version_expiration": {"noncurrent_days": settings.noncurrent_version_days},
                },
            ],
            # Rules on noncurrent versions are refused before the bucket has versions.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
        return bucket

    def _distribution(self, bucket: aws.s3.Bucket) -> aws.cloudfront.Distribution:
        settings = self._args.settings
        access = aws.cloudfront.OriginAccessControl(
            f"{self._name}-access",
            name=self._args.stack.naming.of("header_policy", "site"),
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=self._child,
        )
        headers = self._headers()
        behaviour: dict[str, Any] = {
            "target_origin_id": ORIGIN,
            "viewer_protocol_policy": "redirect-to-https",
            "allowed_methods": ["GET", "HEAD", "OPTIONS"],
            "cached_methods": ["GET", "HEAD"],
            "compress": True,
            "response_headers_policy_id": headers.id,
        }
        pages = self._cache_policy("pages", PAGES_DEFAULT, PAGES_MAXIMUM)
        assets = self._cache_policy("assets", ASSETS_DEFAULT, ASSETS_MAXIMUM)
        countries = settings.allowed_countries
        return aws.cloudfront.Distribution(
            f"{self._name}-distribution",
            enabled=True,
            is_ipv6_enabled=True,
            http_version="http2and3",
            comment=f"{self._args.stack.naming.prefix}: the site",
            default_root_object="index.html",
            price_class=settings.price_class,
            origins=[
                aws.cloudfront.DistributionOriginArgs(
                    origin_id=ORIGIN,
                    domain_name=bucket.bucket_regional_domain_name,
                    origin_access_control_id=access.id,
                )
            ],
            default_cache_behavior=aws.cloudfront.DistributionDefaultCacheBehaviorArgs(
                cache_policy_id=pages.id, **behaviour
            ),
            ordered_cache_behaviors=[
                aws.cloudfront.DistributionOrderedCacheBehaviorArgs(
                    path_pattern="/assets/*", cache_policy_id=assets.id, **behaviour
                )
            ],
            custom_error_responses=[
                {
                    "error_code": fallback.error_code,
                    "response_code": fallback.response_code,
                    "response_page_path": fallback.page,
                    "error_caching_min_ttl": 10,
                }
                for fallback in settings.spa_fallback
            ],
            restrictions={
                "geo_restriction": {"restriction_type": "whitelist" if countries else "none", "locations": countries}
            },
            viewer_certificate={"cloudfront_default_certificate": True},
            opts=self._child,
        )

    def _cache_policy(self, role: str, default: int, maximum: int) -> aws.cloudfront.CachePolicy:
        return aws.cloudfront.CachePolicy(
            f"{self._name}-{role}",
            name=self._args.stack.naming.of("header_policy", f"site-{role}"),
            comment=f"{role}: {default} s unless the object says otherwise, at most {maximum} s",
            min_ttl=0,
            default_ttl=default,
            max_ttl=maximum,
            parameters_in_cache_key_and_forwarded_to_origin={
                "enable_accept_encoding_brotli": True,
                "enable_accept_encoding_gzip": True,
                "cookies_config": {"cookie_behavior": "none"},
                "headers_config": {"header_behavior": "none"},
                "query_strings_config": {"query_string_behavior": "none"},
            },
            opts=self._child,
        )

    def _headers(self) -> aws.cloudfront.ResponseHeadersPolicy:
        return aws.cloudfront.ResponseHeadersPolicy(
            f"{self._name}-headers",
            name=self._args.stack.naming.of("header_policy", "site-headers"),
            comment="Security headers of every answer",
            security_headers_config={
                "strict_transport_security": {
                    "access_control_max_age_sec": self._args.settings.hsts_max_age_seconds,
                    "include_subdomains": True,
                    "override": True,
                },
                "content_type_options": {"override": True},
                "frame_options": {"frame_option": "DENY", "override": True},
                "referrer_policy": {"referrer_policy": "strict-origin-when-cross-origin", "override": True},
                "content_security_policy": {
                    "content_security_policy": content_security_policy(self._args.stack.region),
                    "override": True,
                },
            },
            opts=self._child,
        )

    def _let_in(self, bucket: aws.s3.Bucket, distribution: aws.cloudfront.Distribution) -> None:
        """Only this distribution reads, and nobody without TLS."""
        objects = pulumi.Output.concat(bucket.arn, "/*")
        only_this = {"StringEquals": {"AWS:SourceArn": distribution.arn}}
        read = allow_service("cloudfront.amazonaws.com", "s3:GetObject", on=[objects], when=only_this, sid="SiteReads")
        aws.s3.BucketPolicy(
            f"{self._name}-site",
            bucket=bucket.id,
            policy=document([read, deny_insecure_transport("s3:*", [bucket.arn, objects])]),
            opts=self._child,
        )


def content_security_policy(region: str) -> str:
    """What a page of the site may load and call: itself, this region's APIs and sign-in pages.

    The exact addresses would make a cycle: they know the site's own.
    """
    api = f"https://*.execute-api.{region}.amazonaws.com"
    sign_in = f"https://*.auth.{region}.amazoncognito.com https://cognito-idp.{region}.amazonaws.com"
    return "; ".join(
        [
            "default-src 'self'",
            f"connect-src 'self' {api} {sign_in}",
            "img-src 'self' data:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )
