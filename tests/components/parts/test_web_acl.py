"""What is refused before it reaches the API or the site."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from components.parts.signal import Signal
from components.parts.stack import Stack
from components.parts.web_acl import WebAcl, WebAclArgs
from plan.graph import Graph
from settings.web_acl import WafOn
from tests.harness import KEYS, STACK, build, only

ACL = "aws:wafv2/webAcl:WebAcl"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
LOGGING = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
SETTINGS: dict[str, Any] = {
    "mode": "both",
    "per_ip_limit": {"requests": 100, "window_seconds": 600, "message": "Too many requests from this IP"},
    "managed_rule_groups": ["AWSManagedRulesCommonRuleSet", "AWSManagedRulesSQLiRuleSet"],
    "log_retention_days": 30,
}


def acl(scope: Any, *, stack: Stack = STACK, signals: list[Signal] | None = None, **changes: Any) -> Graph:
    args = WebAclArgs(
        settings=WafOn.model_validate({**SETTINGS, **changes}),
        stack=stack,
        scope=scope,
        role="api" if scope == "REGIONAL" else "site",
        logs_key_arn=KEYS.logs,
    )

    def construct() -> None:
        made = WebAcl("acl", args)
        if signals is not None:
            signals.extend(made.signals())
        pulumi.export("arn", made.arn)

    return build(construct)


@pytest.mark.requirement(75)
def test_an_address_is_answered_429_when_it_asks_too_often() -> None:
    inputs = only(acl("REGIONAL"), ACL).inputs
    limit = inputs["rules"][0]
    assert limit["statement"]["rateBasedStatement"] == {
        "limit": 100,
        "evaluationWindowSec": 600,
        "aggregateKeyType": "IP",
    }
    response = limit["action"]["block"]["customResponse"]
    assert response["responseCode"] == 429
    headers = {header["name"]: header["value"] for header in response["responseHeaders"]}
    assert headers["Retry-After"] == "600"
    [body] = inputs["customResponseBodies"]
    assert body["key"] == response["customResponseBodyKey"]
    assert body["contentType"] == "APPLICATION_JSON"
    assert json.loads(body["content"])["title"] == "Too many requests from this IP"
    assert json.loads(body["content"])["status"] == 429


@pytest.mark.requirement(205)
def test_known_attacks_are_blocked_by_the_managed_groups_and_all_else_is_let_through() -> None:
    inputs = only(acl("REGIONAL"), ACL).inputs
    assert inputs["defaultAction"] == {"allow": {}}
    groups = [rule["statement"]["managedRuleGroupStatement"] for rule in inputs["rules"][1:]]
    assert groups == [
        {"vendorName": "AWS", "name": "AWSManagedRulesCommonRuleSet"},
        {"vendorName": "AWS", "name": "AWSManagedRulesSQLiRuleSet"},
    ]
    assert [rule["overrideAction"] for rule in inputs["rules"][1:]] == [{"none": {}}, {"none": {}}]
    assert [rule["priority"] for rule in inputs["rules"]] == [0, 1, 2]


def test_without_a_limit_there_are_the_managed_groups_alone() -> None:
    inputs = only(acl("REGIONAL", per_ip_limit=None), ACL).inputs
    assert [rule["name"] for rule in inputs["rules"]] == SETTINGS["managed_rule_groups"]
    assert inputs.get("customResponseBodies") is None


@pytest.mark.requirement(185, 205)
def test_what_is_refused_is_logged_encrypted_and_without_credentials() -> None:
    graph = acl("REGIONAL")
    group = only(graph, LOGS)
    assert group.inputs["name"] == "aws-waf-logs-example-production-api"
    assert group.inputs["retentionInDays"] == 30
    assert group.inputs["kmsKeyId"] == KEYS.logs
    logging = only(graph, LOGGING).inputs
    assert logging["logDestinationConfigs"] == [group.outputs["arn"]]
    assert [field["singleHeader"]["name"] for field in logging["redactedFields"]] == ["authorization", "cookie"]
    assert logging["loggingFilter"]["defaultBehavior"] == "DROP"
    kept = logging["loggingFilter"]["filters"][0]
    assert {c["actionCondition"]["action"] for c in kept["conditions"]} == {"BLOCK", "COUNT"}


def test_what_protects_the_site_stands_in_the_region_of_cloudfront() -> None:
    graph = acl("CLOUDFRONT")
    for type_ in (ACL, LOGS, LOGGING):
        assert only(graph, type_).inputs["region"] == "us-east-1"
    assert only(graph, ACL).inputs["scope"] == "CLOUDFRONT"
    assert ":us-east-1:" in graph.exports["arn"]
    assert ":global/webacl/" in graph.exports["arn"]


def test_a_stack_in_the_region_of_cloudfront_needs_no_other() -> None:
    virginia = Stack(
        naming=STACK.naming, stage="prod", release="1.0.0", region="us-east-1", account_id=STACK.account_id
    )
    assert only(acl("CLOUDFRONT", stack=virginia), ACL).inputs.get("region") is None


@pytest.mark.parametrize(
    ("scope", "dimensions", "region"),
    [
        ("REGIONAL", {"WebACL": "example-production-api", "Rule": "ALL", "Region": "ap-northeast-1"}, ""),
        ("CLOUDFRONT", {"WebACL": "example-production-site", "Rule": "ALL"}, "us-east-1"),
    ],
)
def test_refusals_are_signalled_where_aws_counts_them(scope: str, dimensions: dict[str, str], region: str) -> None:
    signals: list[Signal] = []
    acl(scope, signals=signals)
    [signal] = signals
    assert signal.kind == "waf_blocked"
    assert signal.metrics[0].name == "BlockedRequests"
    assert signal.metrics[0].dimensions == dimensions
    assert signal.region == region
