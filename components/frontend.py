"""The site: a private bucket and the distribution in front of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.parts.bucket import Bucket, BucketArgs, tidy
from components.parts.certificate import Certificate, CertificateArgs
from components.parts.logs_key import logs_key
from components.parts.signal import Metric, Signal
from components.parts.site_logs import deliver_logs
from components.parts.site_policies import ASSETS, PAGES, cache_policy, content_security_policy, headers_policy
from components.parts.stack import Stack
from components.parts.statement import allow_service
from components.parts.topics import GLOBAL_REGION
from components.parts.web_acl import WebAcl, WebAclArgs
from settings.frontend import FrontendSettings, SiteDomain
from settings.web_acl import WafOff, WafOn

ORIGIN = "site-bucket"
# The oldest protocol that CloudFront speaks under an own name (CloudFront documentation, security policies).
MINIMUM_PROTOCOL = "TLSv1.2_2021"


@dataclass(frozen=True, kw_only=True)
class FrontendArgs:
    """What the site is made from. `logs` is the bucket where requests and accesses are logged."""

    settings: FrontendSettings
    waf: WafOff | WafOn
    stack: Stack
    logs: pulumi.Input[str]


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
        domain = args.settings.domain
        self._acl = self._web_acl()
        bucket = self._bucket()
        distribution = self._distribution(bucket)
        only_this = {"StringEquals": {"AWS:SourceArn": distribution.arn}}
        bucket.admit(
            allow_service(
                "cloudfront.amazonaws.com", "s3:GetObject", on=[bucket.objects], when=only_this, sid="SiteReads"
            )
        )
        if domain:
            self._addresses(domain, distribution)
        self._watch(distribution)
        self.bucket_name = bucket.bucket_name
        self.distribution_id = distribution.id
        self.domain_name = pulumi.Output.from_input(domain.name) if domain else distribution.domain_name
        self.origin = pulumi.Output.concat("https://", self.domain_name)
        self._events(bucket)
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

    def signals(self) -> list[Signal]:
        """What can go wrong with the site; CloudFront measures in us-east-1, the cache-hit rate only when it is paid.

        Rates are percentages of all requests, as CloudFront reports them.
        """
        found = [
            self._signal("site_requests", "Requests", "Sum"),
            self._signal("site_error_rate", "TotalErrorRate", "Average"),
            self._signal("site_5xx", "5xxErrorRate", "Average"),
        ]
        if self._args.settings.additional_metrics:
            found.append(self._signal("site_cache_hit_rate", "CacheHitRate", "Average"))
        return [*found, *(self._acl.signals() if self._acl else ())]

    def _signal(self, kind: str, metric: str, statistic: str) -> Signal:
        measured = Metric(
            namespace="AWS/CloudFront",
            name=metric,
            statistic=statistic,
            dimensions={"DistributionId": self.distribution_id, "Region": "Global"},
        )
        return Signal(
            kind=kind, subject="site", metrics=(measured,), runbook="site.md", group="frontend", region=GLOBAL_REGION
        )

    def _web_acl(self) -> WebAcl | None:
        """What refuses requests before the distribution answers them, from its cache or not."""
        waf, stack = self._args.waf, self._args.stack
        if isinstance(waf, WafOff) or not waf.in_front_of_site:
            return None
        key = logs_key(f"{self._name}-acl-logs", "site-logs", region=GLOBAL_REGION, stack=stack, parent=self)
        return WebAcl(
            f"{self._name}-acl",
            WebAclArgs(settings=waf, stack=stack, scope="CLOUDFRONT", role="site", logs_key_arn=key),
            self._child,
        )

    def _bucket(self) -> Bucket:
        settings, stack = self._args.settings, self._args.stack
        return Bucket(
            f"{self._name}-site",
            BucketArgs(
                bucket_name=stack.naming.with_account("bucket", "frontend", stack.account_id),
                rules=tidy(
                    abort_multipart_days=settings.abort_multipart_days,
                    noncurrent_version_days=settings.noncurrent_version_days,
                ),
                retain=settings.retain_bucket,
                log_bucket=self._args.logs if settings.access_logs else None,
            ),
            self._child,
        )

    def _events(self, bucket: Bucket) -> None:
        """Who hears of changes, and which pages may read the bucket's files by script: the site's own."""
        if self._args.settings.bucket_events:
            aws.s3.BucketNotification(
                f"{self._name}-site", bucket=bucket.bucket_name, eventbridge=True, opts=self._child
            )
        aws.s3.BucketCorsConfiguration(
            f"{self._name}-site",
            bucket=bucket.bucket_name,
            cors_rules=[
                {
                    "allowed_methods": ["GET", "HEAD"],
                    "allowed_origins": [self.origin],
                    "allowed_headers": ["*"],
                    "max_age_seconds": 3600,
                }
            ],
            opts=self._child,
        )

    def _distribution(self, bucket: Bucket) -> aws.cloudfront.Distribution:
        settings, stack = self._args.settings, self._args.stack
        access = aws.cloudfront.OriginAccessControl(
            f"{self._name}-access",
            name=stack.naming.of("origin_access", "site"),
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=self._child,
        )
        pages, assets = self._behaviors()
        countries = settings.allowed_countries
        return aws.cloudfront.Distribution(
            f"{self._name}-distribution",
            enabled=True,
            is_ipv6_enabled=True,
            http_version="http2and3",
            comment=f"{stack.naming.prefix}: the site",
            default_root_object="index.html",
            price_class=settings.price_class,
            aliases=[settings.domain.name] if settings.domain else None,
            origins=[
                aws.cloudfront.DistributionOriginArgs(
                    origin_id=ORIGIN,
                    domain_name=bucket.regional_domain_name,
                    origin_access_control_id=access.id,
                )
            ],
            default_cache_behavior=pages,
            ordered_cache_behaviors=[assets],
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
            viewer_certificate=self._viewer_certificate(),
            web_acl_id=self._acl.arn if self._acl else None,
            opts=self._child,
        )

    def _behaviors(
        self,
    ) -> tuple[
        aws.cloudfront.DistributionDefaultCacheBehaviorArgs, aws.cloudfront.DistributionOrderedCacheBehaviorArgs
    ]:
        """How pages and, under /assets, the files with a hash in their names are answered."""
        settings, stack = self._args.settings, self._args.stack
        headers = headers_policy(
            self._name,
            hsts_seconds=settings.hsts_max_age_seconds,
            content_security=content_security_policy(stack.region, settings.connects_to),
            naming=stack.naming,
            parent=self,
        )
        common: dict[str, Any] = {
            "target_origin_id": ORIGIN,
            "viewer_protocol_policy": "redirect-to-https",
            "allowed_methods": ["GET", "HEAD", "OPTIONS"],
            "cached_methods": ["GET", "HEAD"],
            "compress": True,
            "response_headers_policy_id": headers.id,
        }
        pages = cache_policy(self._name, "pages", PAGES, naming=stack.naming, parent=self)
        assets = cache_policy(self._name, "assets", ASSETS, naming=stack.naming, parent=self)
        return (
            aws.cloudfront.DistributionDefaultCacheBehaviorArgs(cache_policy_id=pages.id, **common),
            aws.cloudfront.DistributionOrderedCacheBehaviorArgs(
                path_pattern="/assets/*", cache_policy_id=assets.id, **common
            ),
        )

    def _viewer_certificate(self) -> aws.cloudfront.DistributionViewerCertificateArgs:
        domain = self._args.settings.domain
        if domain is None:
            return aws.cloudfront.DistributionViewerCertificateArgs(cloudfront_default_certificate=True)
        arn: pulumi.Input[str] | None = domain.certificate_arn
        if arn is None:
            requested = CertificateArgs(
                domain_name=domain.name, hosted_zone_id=domain.hosted_zone_id or "", region=GLOBAL_REGION
            )
            arn = Certificate(f"{self._name}-certificate", requested, self._child).arn
        return aws.cloudfront.DistributionViewerCertificateArgs(
            acm_certificate_arn=arn, ssl_support_method="sni-only", minimum_protocol_version=MINIMUM_PROTOCOL
        )

    def _addresses(self, domain: SiteDomain, distribution: aws.cloudfront.Distribution) -> None:
        """The name's addresses, of both kinds, where its zone is ours to write."""
        if domain.hosted_zone_id is None:
            return
        alias = aws.route53.RecordAliasArgs(
            name=distribution.domain_name, zone_id=distribution.hosted_zone_id, evaluate_target_health=False
        )
        for kind in ("A", "AAAA"):
            aws.route53.Record(
                f"{self._name}-{kind.lower()}",
                zone_id=domain.hosted_zone_id,
                name=domain.name,
                type=kind,
                aliases=[alias],
                opts=self._child,
            )

    def _watch(self, distribution: aws.cloudfront.Distribution) -> None:
        settings = self._args.settings
        if settings.access_logs:
            deliver_logs(
                self._name,
                distribution_arn=distribution.arn,
                log_bucket=self._args.logs,
                naming=self._args.stack.naming,
                parent=self,
            )
        if settings.additional_metrics:
            aws.cloudfront.MonitoringSubscription(
                f"{self._name}-metrics",
                distribution_id=distribution.id,
                monitoring_subscription={
                    "realtime_metrics_subscription_config": {"realtime_metrics_subscription_status": "Enabled"}
                },
                opts=self._child,
            )
