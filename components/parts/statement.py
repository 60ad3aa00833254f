"""IAM as data: statements that owners offer, joined into documents by whoever is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

Conditions = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of a policy. `principals` only in resource policies and trust policies."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[pulumi.Input[str], ...] = ()
    conditions: Conditions = field(default_factory=dict)
    principals: Mapping[str, Any] | str | None = None
    sid: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The statement in IAM's JSON form, actions sorted."""
        body: dict[str, Any] = {"Effect": self.effect, "Action": sorted(self.actions)}
        if self.sid:
            body["Sid"] = self.sid
        if self.resources:
            body["Resource"] = list(self.resources)
        if self.principals is not None:
            body["Principal"] = self.principals
        if self.conditions:
            body["Condition"] = self.conditions
        return body


def allow(*actions: str, on: Sequence[pulumi.Input[str]], when: Conditions | None = None, sid: str = "") -> Statement:
    """What an identity may do, and on which resources."""
    return Statement(effect="Allow", actions=actions, resources=tuple(on), conditions=when or {}, sid=sid)


def allow_service(
    service: pulumi.Input[str],
    *actions: str,
    on: Sequence[pulumi.Input[str]],
    when: Conditions,
    sid: str = "",
) -> Statement:
    """What an AWS service may do to this resource; `when` bounds on whose behalf (confused deputy)."""
    principals = {"Service": service}
    return Statement(
        effect="Allow", actions=actions, resources=tuple(on), conditions=when, principals=principals, sid=sid
    )


def account_administers(account_id: pulumi.Input[str]) -> Statement:
    """A key's first statement: the account's own policies decide who may do what with it."""
    root = pulumi.Output.concat("arn:aws:iam::", account_id, ":root")
    return Statement(
        effect="Allow", actions=("kms:*",), resources=("*",), principals={"AWS": root}, sid="AccountAdministers"
    )


def deny_insecure_transport(action: str, on: Sequence[pulumi.Input[str]]) -> Statement:
    """Refuse every request that does not come over TLS."""
    return Statement(
        effect="Deny",
        actions=(action,),
        resources=tuple(on),
        principals="*",
        conditions={"Bool": {"aws:SecureTransport": "false"}},
        sid="DenyInsecureTransport",
    )


def trust(service: str, account_id: pulumi.Input[str], source_arn: pulumi.Input[str] | None = None) -> Statement:
    """Who may assume the role: the service, only on behalf of this account (and of one resource when given)."""
    conditions: dict[str, dict[str, Any]] = {"StringEquals": {"aws:SourceAccount": account_id}}
    if source_arn is not None:
        conditions["ArnLike"] = {"aws:SourceArn": source_arn}
    principals = {"Service": service}
    return Statement(effect="Allow", actions=("sts:AssumeRole",), principals=principals, conditions=conditions)


def document(statements: Iterable[Statement]) -> pulumi.Output[str]:
    """The policy document as canonical JSON text."""
    body = {"Version": "2012-10-17", "Statement": [statement.as_dict() for statement in statements]}
    return pulumi.Output.json_dumps(body, sort_keys=True)
