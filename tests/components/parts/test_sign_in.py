"""How people sign in: to the details of the user pool and of the site's client that no setting names."""

from __future__ import annotations

import pytest

from plan.graph import Graph
from tests.components.parts.test_user_pool import users
from tests.harness import only


@pytest.mark.requirement(247)
def test_an_address_is_one_person_whatever_its_capitals_and_is_proven_before_it_counts(prod: Graph) -> None:
    pool = only(prod, "aws:cognito/userPool:UserPool").inputs
    assert pool["usernameAttributes"] == pool["autoVerifiedAttributes"] == ["email"]
    assert pool["usernameConfiguration"] == {"caseSensitive": False}
    assert pool["userAttributeUpdateSettings"] == {"attributesRequireVerificationBeforeUpdates": ["email"]}
    assert pool["accountRecoverySetting"] == {"recoveryMechanisms": [{"name": "verified_email", "priority": 1}]}
    assert pool["softwareTokenMfaConfiguration"] == {"enabled": True}
    assert pool["passwordPolicy"] == {
        "minimumLength": 8,
        "requireLowercase": True,
        "requireNumbers": True,
        "requireSymbols": True,
        "requireUppercase": True,
        "temporaryPasswordValidityDays": 7,
    }


@pytest.mark.requirement(247)
def test_the_site_s_client_has_no_secret_and_its_tokens_are_counted_in_minutes_and_days(prod: Graph) -> None:
    client = only(prod, "aws:cognito/userPoolClient:UserPoolClient").inputs
    home = f"{prod.exports['site_url']}/"
    assert client["generateSecret"] is False
    assert client["supportedIdentityProviders"] == ["COGNITO"]
    assert (client["callbackUrls"], client["logoutUrls"]) == ([home], [home])
    assert client["tokenValidityUnits"] == {"accessToken": "minutes", "idToken": "minutes", "refreshToken": "days"}
    assert (client["accessTokenValidity"], client["idTokenValidity"], client["refreshTokenValidity"]) == (60, 60, 30)
    assert client["allowedOauthFlowsUserPoolClient"] is True


@pytest.mark.requirement(73)
def test_an_unlike_sign_in_is_answered_by_its_risk_without_a_mail(prod: Graph) -> None:
    risk = only(prod, "aws:cognito/riskConfiguration:RiskConfiguration").inputs
    assert risk["compromisedCredentialsRiskConfiguration"] == {
        "actions": {"eventAction": "BLOCK"},
        "eventFilters": ["PASSWORD_CHANGE", "SIGN_IN", "SIGN_UP"],
    }
    assert risk["accountTakeoverRiskConfiguration"]["actions"] == {
        "lowAction": {"eventAction": "NO_ACTION", "notify": False},
        "mediumAction": {"eventAction": "MFA_IF_CONFIGURED", "notify": False},
        "highAction": {"eventAction": "BLOCK", "notify": False},
    }


@pytest.mark.requirement(73, 247)
@pytest.mark.parametrize(("mfa", "said", "totp"), [("off", "OFF", False), ("required", "ON", True)])
def test_a_second_factor_is_a_setting(mfa: str, said: str, totp: bool) -> None:
    pool = only(users(mfa=mfa, threat_protection={"mode": "audit_only"}), "aws:cognito/userPool:UserPool").inputs
    assert pool["mfaConfiguration"] == said
    assert pool.get("softwareTokenMfaConfiguration") == ({"enabled": True} if totp else None)


def test_a_pool_that_may_be_deleted_says_so() -> None:
    pool = only(users(deletion_protection=False), "aws:cognito/userPool:UserPool")
    assert pool.inputs["deletionProtection"] == "INACTIVE"
    assert not pool.options.get("protect")
