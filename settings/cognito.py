"""Who may sign in, and how sure one must be that it is they."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from settings.section import Section, Text


def _domain_prefix(prefix: str) -> str:
    """Cognito reserves these words (developer guide, user pool domains)."""
    for word in ("aws", "amazon", "cognito"):
        if word in prefix:
            raise ValueError(f"must not contain '{word}', which Cognito reserves")
    return prefix


class CognitoMail(Section):
    """Mail from Cognito's own address: at most 50 a day, enough to try the system."""

    mode: Literal["cognito_default"]


class SesMail(Section):
    """Mail through SES (row 73). `identity` is the address or domain that SES has verified in the stack's region."""

    mode: Literal["ses"]
    from_address: Annotated[str, Field(pattern=r"^([^<>]+ <)?[^@\s<>]+@[^@\s<>]+>?$")]
    identity: Text
    reply_to: Text | None

    @model_validator(mode="after")
    def _covered_by_the_identity(self) -> SesMail:
        address = self.from_address.rpartition("<")[2].rstrip(">")
        if self.identity not in {address, address.rpartition("@")[2]}:
            raise ValueError(
                f"from_address ({self.from_address}) is not covered by identity ({self.identity}): Cognito refuses an "
                f"address that SES has not verified, so name '{address}' or '{address.rpartition('@')[2]}'"
            )
        return self


Mail = Annotated[CognitoMail | SesMail, Field(discriminator="mode")]
# What happens to a sign-in that looks like somebody else's, by how sure Cognito is (API reference,
# AccountTakeoverActionType).
RiskAction = Literal["NO_ACTION", "MFA_IF_CONFIGURED", "MFA_REQUIRED", "BLOCK"]


class ThreatsIgnored(Section):
    """No check of passwords and sign-ins against what Cognito knows of attacks."""

    mode: Literal["off"]


class ThreatsAudited(Section):
    """Risks are assessed and recorded, and nobody is refused."""

    mode: Literal["audit_only"]


class ThreatsEnforced(Section):
    """Compromised passwords are refused, and risky sign-ins are answered by how risky they are (row 73)."""

    mode: Literal["enforced"]
    low_risk: RiskAction
    medium_risk: RiskAction
    high_risk: RiskAction


Threats = Annotated[ThreatsIgnored | ThreatsAudited | ThreatsEnforced, Field(discriminator="mode")]


class CognitoSettings(Section):
    """The user pool (rows 73, 247).

    `log_delivery` writes failed mails, and with `threat_protection` every sign-in with its risk, to CloudWatch Logs.
    """

    domain_prefix: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$"), AfterValidator(_domain_prefix)]
    mfa: Literal["off", "optional", "required"]
    deletion_protection: bool
    self_sign_up: bool
    password_minimum_length: Annotated[int, Field(ge=8, le=99)]
    access_token_minutes: Annotated[int, Field(ge=5, le=1440)]
    refresh_token_days: Annotated[int, Field(ge=1, le=3650)]
    threat_protection: Threats
    mail: Mail
    log_delivery: bool

    @model_validator(mode="after")
    def _a_factor_to_ask_for(self) -> CognitoSettings:
        threats = self.threat_protection
        if self.mfa == "off" and isinstance(threats, ThreatsEnforced):
            actions = {threats.low_risk, threats.medium_risk, threats.high_risk}
            if asked := sorted(actions & {"MFA_IF_CONFIGURED", "MFA_REQUIRED"}):
                raise ValueError(
                    f"threat_protection answers with {', '.join(asked)} and mfa is 'off', so nobody has a second "
                    f"factor: set mfa to 'optional', or answer with BLOCK or NO_ACTION"
                )
        return self
