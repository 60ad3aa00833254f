"""What a web ACL refuses, and where it stands."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings.section import LogRetentionDays, Section, Text

# The windows over which WAF counts requests (WAF developer guide, rate-based rules).
WINDOWS = (60, 120, 300, 600)

ManagedRuleGroup = Literal[
    "AWSManagedRulesAdminProtectionRuleSet",
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesAnonymousIpList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesLinuxRuleSet",
    "AWSManagedRulesSQLiRuleSet",
]


def _window(seconds: int) -> int:
    if seconds not in WINDOWS:
        nearest = max((window for window in WINDOWS if window < seconds), default=WINDOWS[0])
        raise ValueError(
            f"must be one of {', '.join(str(window) for window in WINDOWS)}, the windows that WAF counts over: take "
            f"{nearest} and the number of requests that is right for {nearest} seconds"
        )
    return seconds


class PerIpLimit(Section):
    """How many requests one address may make in a window; beyond, it is answered 429 with the message (row 75)."""

    requests: Annotated[int, Field(ge=10, le=2_000_000_000)]
    window_seconds: Annotated[int, AfterValidator(_window)]
    message: Text


class WafOff(Section):
    """No web ACL."""

    mode: Literal["off"]


class WafOn(Section):
    """A web ACL in front of the API (`regional`), of the site (`cloudfront`), or one in front of each (`both`)."""

    mode: Literal["regional", "cloudfront", "both"]
    per_ip_limit: PerIpLimit | None
    managed_rule_groups: list[ManagedRuleGroup]
    log_retention_days: LogRetentionDays

    @property
    def in_front_of_api(self) -> bool:
        """Whether the API has a web ACL."""
        return self.mode in {"regional", "both"}

    @property
    def in_front_of_site(self) -> bool:
        """Whether the site's distribution has a web ACL."""
        return self.mode in {"cloudfront", "both"}


Waf = Annotated[WafOff | WafOn, Field(discriminator="mode")]
