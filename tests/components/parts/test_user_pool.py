"""Users: what the pool checks, how it writes to them, and what it writes down."""

from __future__ import annotations

from typing import Any

import pytest

from components.parts.user_pool import UserPool, UserPoolArgs
from plan.graph import Graph
from settings.cognito import CognitoSettings
from tests.harness import KEYS, STACK, build, only

POOL = "aws:cognito/userPool:UserPool"
RISK = "aws:cognito/riskConfiguration:RiskConfiguration"
DELIVERY = "aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration"
ENFORCED = {"mode": "enforced", "low_risk": "NO_ACTION", "medium_risk": "MFA_IF_CONFIGURED", "high_risk": "BLOCK"}
SETTINGS: dict[str, Any] = {
    "domain_prefix": "example",
    "mfa": "optional",
    "deletion_protection": True,
    "self_sign_up": True,
    "password_minimum_length": 8,
    "access_token_minutes": 60,
    "refresh_token_days": 30,
    "threat_protection": ENFORCED,
    "mail": {"mode": "cognito_default"},
    "log_delivery": True,
}


def users(**changes: Any) -> Graph:
    args = UserPoolArgs(
        settings=CognitoSettings.model_validate({**SETTINGS, **changes}),
        stack=STACK,
        site_urls=["https://example.com/"],
        logs_key_arn=KEYS.logs,
        log_retention_days=30,
    )
    return build(lambda: UserPool("users", args))


@pytest.mark.requirement(73)
def test_compromised_passwords_are_refused_and_risky_sign_ins_answered_by_their_risk() -> None:
    graph = users()
    risk = only(graph, RISK).inputs
    assert risk["userPoolId"] == only(graph, POOL).id
    compromised = risk["compromisedCredentialsRiskConfiguration"]
    assert compromised["actions"] == {"eventAction": "BLOCK"}
    assert set(compromised["eventFilters"]) == {"SIGN_IN", "PASSWORD_CHANGE", "SIGN_UP"}
    actions = risk["accountTakeoverRiskConfiguration"]["actions"]
    assert {level: action["eventAction"] for level, action in actions.items()} == {
        "lowAction": "NO_ACTION",
        "mediumAction": "MFA_IF_CONFIGURED",
        "highAction": "BLOCK",
    }


@pytest.mark.parametrize(
    ("threats", "mode", "tier"),
    [(ENFORCED, "ENFORCED", "PLUS"), ({"mode": "audit_only"}, "AUDIT", "PLUS"), ({"mode": "off"}, "OFF", "ESSENTIALS")],
)
@pytest.mark.requirement(73, 247)
def test_advanced_security_is_a_setting_and_paid_only_where_used(threats: Any, mode: str, tier: str) -> None:
    graph = users(threat_protection=threats)
    pool = only(graph, POOL).inputs
    assert pool["userPoolAddOns"] == {"advancedSecurityMode": mode}
    assert pool["userPoolTier"] == tier
    assert len(graph.of_type(RISK)) == (1 if mode == "ENFORCED" else 0)


@pytest.mark.requirement(73)
def test_mail_goes_through_ses_from_the_verified_address() -> None:
    mail = {
        "mode": "ses",
        "from_address": "Goals <no-reply@goals.example>",
        "identity": "goals.example",
        "reply_to": "help@goals.example",
    }
    assert only(users(mail=mail), POOL).inputs["emailConfiguration"] == {
        "emailSendingAccount": "DEVELOPER",
        "sourceArn": "arn:aws:ses:ap-northeast-1:123456789012:identity/goals.example",
        "fromEmailAddress": "Goals <no-reply@goals.example>",
        "replyToEmailAddress": "help@goals.example",
    }


def test_mail_of_a_trial_goes_from_cognito_s_own_address() -> None:
    assert only(users(), POOL).inputs["emailConfiguration"] == {"emailSendingAccount": "COGNITO_DEFAULT"}


@pytest.mark.requirement(73)
def test_production_protects_its_users_and_writes_to_them_through_ses(prod: Graph) -> None:
    pool = only(prod, POOL).inputs
    assert pool["deletionProtection"] == "ACTIVE"
    assert pool["emailConfiguration"]["emailSendingAccount"] == "DEVELOPER"
    assert only(prod, RISK).inputs["compromisedCredentialsRiskConfiguration"]["actions"] == {"eventAction": "BLOCK"}


@pytest.mark.parametrize(("allowed", "administrators_only"), [(True, False), (False, True)])
@pytest.mark.requirement(247)
def test_whether_people_may_sign_up_themselves_is_a_setting(allowed: bool, administrators_only: bool) -> None:
    pool = only(users(self_sign_up=allowed), POOL).inputs
    assert pool["adminCreateUserConfig"] == {"allowAdminCreateUserOnly": administrators_only}


@pytest.mark.requirement(240)
def test_failed_mails_and_sign_ins_are_written_to_an_encrypted_log() -> None:
    graph = users()
    group = only(graph, "aws:cloudwatch/logGroup:LogGroup")
    assert group.inputs["name"] == "/aws/vendedlogs/cognito/example-production-users"
    assert (group.inputs["retentionInDays"], group.inputs["kmsKeyId"]) == (30, KEYS.logs)
    delivered = only(graph, DELIVERY).inputs["logConfigurations"]
    assert {(d["eventSource"], d["logLevel"]) for d in delivered} == {
        ("userNotification", "ERROR"),
        ("userAuthEvents", "INFO"),
    }
    assert {d["cloudWatchLogsConfiguration"]["logGroupArn"] for d in delivered} == {group.outputs["arn"]}


def test_sign_ins_whose_risk_nobody_assesses_are_not_delivered() -> None:
    delivered = only(users(threat_protection={"mode": "off"}), DELIVERY).inputs["logConfigurations"]
    assert [d["eventSource"] for d in delivered] == ["userNotification"]


def test_a_pool_that_writes_nothing_down_has_no_log() -> None:
    graph = users(log_delivery=False)
    assert graph.of_type(DELIVERY) == []
    assert graph.of_type("aws:cloudwatch/logGroup:LogGroup") == []
