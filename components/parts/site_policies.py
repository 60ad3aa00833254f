"""What every answer of the site says, and how long it may be kept."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.parts.naming import Naming

# Seconds (row 97): default and maximum.
PAGES = (300, 3_600)
ASSETS = (2_592_000, 31_536_000)


def cache_policy(
    name: str, role: str, seconds: tuple[int, int], *, naming: Naming, parent: pulumi.Resource
) -> aws.cloudfront.CachePolicy:
    """Answers kept for `seconds`, by default and at most; compressed ones apart, nothing else makes a difference."""
    default, maximum = seconds
    return aws.cloudfront.CachePolicy(
        f"{name}-{role}",
        name=naming.of("header_policy", f"site-{role}"),
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
        opts=pulumi.ResourceOptions(parent=parent),
    )


def headers_policy(
    name: str, *, hsts_seconds: int, content_security: str, naming: Naming, parent: pulumi.Resource
) -> aws.cloudfront.ResponseHeadersPolicy:
    """The security headers of every answer (row 99); what the bucket says of the same does not count."""
    return aws.cloudfront.ResponseHeadersPolicy(
        f"{name}-headers",
        name=naming.of("header_policy", "site-headers"),
        comment="Security headers of every answer",
        security_headers_config={
            "strict_transport_security": {
                "access_control_max_age_sec": hsts_seconds,
                "include_subdomains": True,
                "override": True,
            },
            "content_type_options": {"override": True},
            "frame_options": {"frame_option": "DENY", "override": True},
            "referrer_policy": {"referrer_policy": "strict-origin-when-cross-origin", "override": True},
            "content_security_policy": {"content_security_policy": content_security, "override": True},
        },
        opts=pulumi.ResourceOptions(parent=parent),
    )


def content_security_policy(region: str, connects_to: Sequence[str] = ()) -> str:
    """What a page of the site may load and call: itself, and `connects_to`, else this region's APIs and sign-in pages.

    The exact addresses that AWS makes up would make a cycle: they know the site's own.
    """
    regional = (
        f"https://*.execute-api.{region}.amazonaws.com",
        f"https://*.auth.{region}.amazoncognito.com",
        f"https://cognito-idp.{region}.amazonaws.com",
    )
    return "; ".join(
        [
            "default-src 'self'",
            " ".join(["connect-src 'self'", *(connects_to or regional)]),
            "img-src 'self' data:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )
