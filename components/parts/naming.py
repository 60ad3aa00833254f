"""One place for every physical name that a requirement or a person's habit fixes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

# Longest name AWS accepts, by kind of resource (AWS service documentation).
LIMITS = {
    "alarm": 255,
    "backup_plan": 50,
    "backup_vault": 50,
    "bucket": 63,
    "budget": 100,
    "cluster": 63,
    "cost_monitor": 1024,
    "dashboard": 255,
    "event_rule": 64,
    "function": 64,
    "header_policy": 128,
    "key_alias": 250,
    "log_delivery": 60,
    "log_filter": 512,
    "log_group": 512,
    "origin_access": 64,
    "proxy": 60,
    "queue": 80,
    "rest_api": 1024,
    "role": 64,
    "schedule": 64,
    "secret": 512,
    "security_group": 255,
    "state_machine": 80,
    "topic": 256,
    "trace_group": 32,
    "trail": 128,
    "user_pool": 128,
    "user_pool_domain": 63,
    "web_acl": 128,
}
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]+[a-z0-9]")


class InvalidNameError(ValueError):
    """A physical name that AWS would refuse; the message names the setting that makes it shorter."""


def checked(kind: str, name: str) -> str:
    """`name` when AWS accepts it for this kind, else `InvalidNameError`."""
    limit = LIMITS[kind]
    if len(name) > limit:
        raise InvalidNameError(
            f"{kind} name '{name}' has {len(name)} characters and AWS allows {limit}: shorten stack.name_prefix or "
            f"set another name under stack.name_overrides"
        )
    if kind == "bucket" and not _BUCKET.fullmatch(name):
        raise InvalidNameError(
            f"bucket name '{name}' may hold only lower-case letters, digits and hyphens: change stack.name_prefix"
        )
    return name


@dataclass(frozen=True, kw_only=True)
class Naming:
    """Names of one stack: `{prefix}-{role}`, or the literal that `overrides` gives for the role."""

    prefix: str
    overrides: Mapping[str, str] = field(default_factory=dict)

    def of(self, kind: str, role: str) -> str:
        """The physical name of the resource that plays `role`, within the limit of its kind."""
        return checked(kind, self.overrides.get(role, f"{self.prefix}-{role}"))

    def with_account(self, kind: str, role: str, account_id: pulumi.Input[str]) -> pulumi.Input[str]:
        """`{prefix}-{role}-{account id}`, for names that must be unique among all of AWS; or the override."""
        if role in self.overrides:
            return self.of(kind, role)
        checked(kind, f"{self.prefix}-{role}-{'0' * 12}")
        return pulumi.Output.concat(f"{self.prefix}-{role}-", account_id)
