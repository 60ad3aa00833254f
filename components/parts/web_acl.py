"""A web ACL: which requests are refused before they reach what it protects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from components.parts.signal import Metric, Signal
from components.parts.stack import Stack
from settings.web_acl import PerIpLimit, WafOn

# Where WAF keeps what protects CloudFront (WAF API reference, CreateWebACL).
CLOUDFRONT_REGION = "us-east-1"
TOO_MANY = "too-many-requests"
# Headers whose values are credentials: they stay out of the log.
REDACTED = ("authorization", "cookie")


@dataclass(frozen=True, kw_only=True)
class WebAclArgs:
    """What the web ACL is made from.

    `role` is the last part of its name and the subject of its signals (`api`, `site`). `logs_key_arn` is a key of the
    ACL's own region: the stack's for REGIONAL, one in us-east-1 for CLOUDFRONT; without one, CloudWatch Logs encrypts
    with a key of AWS.
    """

    settings: WafOn
    stack: Stack
    scope: Literal["REGIONAL", "CLOUDFRONT"]
    role: str
    logs_key_arn: pulumi.Input[str] | None = None


class WebAcl(pulumi.ComponentResource):
    """Rules in the order: too many requests from one address, then AWS's managed groups; the rest is let through.

    What it blocked and counted is logged, without credentials. A distribution names the ACL itself (`arn`); a stage of
    API Gateway is put behind it with `protect`.
    """

    arn: pulumi.Output[str]
    log_group_name: pulumi.Output[str]

    def __init__(self, name: str, args: WebAclArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the ACL with its log."""
        super().__init__("mandala:parts:WebAcl", name, None, opts)
        self._name, self._args = name, args
        elsewhere = args.scope == "CLOUDFRONT" and args.stack.region != CLOUDFRONT_REGION
        self._region = CLOUDFRONT_REGION if elsewhere else None
        self._physical = args.stack.naming.of("web_acl", args.role)
        limit = args.settings.per_ip_limit
        acl = aws.wafv2.WebAcl(
            name,
            name=self._physical,
            description=f"What does not reach the {args.role}",
            scope=args.scope,
            default_action={"allow": {}},
            custom_response_bodies=[_too_many(limit)] if limit else None,
            rules=self._rules(),
            visibility_config=_visible(self._physical),
            region=self._region,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = acl.arn
        self.log_group_name = self._log(acl)
        self.register_outputs({"arn": self.arn, "log_group_name": self.log_group_name})

    def protect(self, role: str, resource_arn: pulumi.Input[str]) -> aws.wafv2.WebAclAssociation:
        """Put a regional resource behind the ACL."""
        return aws.wafv2.WebAclAssociation(
            f"{self._name}-{role}",
            resource_arn=resource_arn,
            web_acl_arn=self.arn,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def signals(self) -> list[Signal]:
        """How many requests were refused: many may be an attack, or a rule that hits users."""
        args = self._args
        dimensions = {"WebACL": self._physical, "Rule": "ALL"}
        if args.scope == "REGIONAL":  # CloudFront's metrics carry no region
            dimensions["Region"] = args.stack.region
        blocked = Metric(namespace="AWS/WAFV2", name="BlockedRequests", statistic="Sum", dimensions=dimensions)
        group = "api" if args.scope == "REGIONAL" else "frontend"
        return [
            Signal(
                kind="waf_blocked",
                subject=args.role,
                metrics=(blocked,),
                runbook="waf.md",
                group=group,
                region=self._region or "",
            )
        ]

    def _rules(self) -> Any:
        settings = self._args.settings
        rules = [_per_ip(settings.per_ip_limit)] if settings.per_ip_limit else []
        rules += [_managed(group) for group in settings.managed_rule_groups]
        return [{**rule, "priority": index} for index, rule in enumerate(rules)]

    def _log(self, acl: aws.wafv2.WebAcl) -> pulumi.Output[str]:
        group = aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            # WAF delivers only to groups whose name starts like this.
            name=f"aws-waf-logs-{self._physical}",
            retention_in_days=self._args.settings.log_retention_days,
            kms_key_id=self._args.logs_key_arn,
            region=self._region,
            opts=pulumi.ResourceOptions(parent=self),
        )
        kept: list[Any] = [{"action_condition": {"action": action}} for action in ("BLOCK", "COUNT")]
        redacted: list[Any] = [{"single_header": {"name": header}} for header in REDACTED]
        aws.wafv2.WebAclLoggingConfiguration(
            f"{self._name}-logs",
            resource_arn=acl.arn,
            log_destination_configs=[group.arn],
            redacted_fields=redacted,
            logging_filter={
                "default_behavior": "DROP",
                "filters": [{"behavior": "KEEP", "requirement": "MEETS_ANY", "conditions": kept}],
            },
            region=self._region,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return group.name


def _per_ip(limit: PerIpLimit) -> dict[str, Any]:
    headers = [
        {"name": "Retry-After", "value": str(limit.window_seconds)},
        # The answer holds nothing of anybody's; a browser shows it to the site only with this header.
        {"name": "Access-Control-Allow-Origin", "value": "*"},
    ]
    custom = {"response_code": 429, "custom_response_body_key": TOO_MANY, "response_headers": headers}
    return {
        "name": "per-ip-limit",
        "statement": {
            "rate_based_statement": {
                "limit": limit.requests,
                "evaluation_window_sec": limit.window_seconds,
                "aggregate_key_type": "IP",
            }
        },
        "action": {"block": {"custom_response": custom}},
        "visibility_config": _visible("per-ip-limit"),
    }


def _managed(group: str) -> dict[str, Any]:
    return {
        "name": group,
        "statement": {"managed_rule_group_statement": {"vendor_name": "AWS", "name": group}},
        "override_action": {"none": {}},
        "visibility_config": _visible(group),
    }


def _too_many(limit: PerIpLimit) -> Any:
    problem = {"type": "about:blank", "title": limit.message, "status": 429, "errors": []}
    return {"key": TOO_MANY, "content_type": "APPLICATION_JSON", "content": json.dumps(problem, sort_keys=True)}


def _visible(metric: str) -> Any:
    return {"cloudwatch_metrics_enabled": True, "metric_name": metric, "sampled_requests_enabled": True}
