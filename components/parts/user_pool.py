"""Who may sign in: the Cognito user pool, the site's client and the sign-in pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.parts.grant import Grant
from components.parts.stack import Stack
from components.parts.statement import allow
from settings.cognito import CognitoSettings, SesMail, ThreatsAudited, ThreatsEnforced, ThreatsIgnored

# What Cognito calls the assessment of risks, which needs its tier PLUS.
THREATS = {ThreatsIgnored: "OFF", ThreatsAudited: "AUDIT", ThreatsEnforced: "ENFORCED"}
MFA = {"off": "OFF", "optional": "OPTIONAL", "required": "ON"}


@dataclass(frozen=True, kw_only=True)
class UserPoolArgs:
    """What the pool is made from. `site_urls` are where the sign-in pages may send the user back to.

    `logs_key_arn` and `log_retention_days` are for what Cognito itself writes down.
    """

    settings: CognitoSettings
    stack: Stack
    site_urls: Sequence[pulumi.Input[str]]
    logs_key_arn: pulumi.Input[str]
    log_retention_days: int


class UserPool(pulumi.ComponentResource):
    """The users, by e-mail address; the site signs them in with the code grant and PKCE (row 247)."""

    arn: pulumi.Output[str]
    pool_id: pulumi.Output[str]
    client_id: pulumi.Output[str]
    issuer: pulumi.Output[str]
    sign_in_url: pulumi.Output[str]

    def __init__(self, name: str, args: UserPoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make pool, client and domain."""
        super().__init__("mandala:parts:UserPool", name, None, opts)
        self._name, self._args = name, args
        self._physical = args.stack.naming.of("user_pool", "users")
        pool = self._pool()
        self._threats(pool)
        if args.settings.log_delivery:
            self._logs(pool)
        client = self._client(pool)
        domain = aws.cognito.UserPoolDomain(
            f"{name}-domain",
            domain=args.settings.domain_prefix,
            user_pool_id=pool.id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn, self.pool_id, self.client_id = pool.arn, pool.id, client.id
        self.issuer = pulumi.Output.concat("https://cognito-idp.", args.stack.region, ".amazonaws.com/", pool.id)
        self.sign_in_url = pulumi.Output.concat(
            "https://", domain.domain, ".auth.", args.stack.region, ".amazoncognito.com"
        )
        self.register_outputs(
            {
                "arn": self.arn,
                "pool_id": self.pool_id,
                "client_id": self.client_id,
                "issuer": self.issuer,
                "sign_in_url": self.sign_in_url,
            }
        )

    def erases(self) -> Grant:
        """What a function needs to delete a person's sign-in."""
        return Grant(
            environment={"USER_POOL_ID": self.pool_id},
            statements=(allow("cognito-idp:AdminDeleteUser", on=[self.arn]),),
        )

    def _pool(self) -> aws.cognito.UserPool:
        settings = self._args.settings
        return aws.cognito.UserPool(
            self._name,
            name=self._physical,
            user_pool_tier="ESSENTIALS" if isinstance(settings.threat_protection, ThreatsIgnored) else "PLUS",
            username_attributes=["email"],
            auto_verified_attributes=["email"],
            username_configuration={"case_sensitive": False},
            password_policy={
                "minimum_length": settings.password_minimum_length,
                "require_lowercase": True,
                "require_uppercase": True,
                "require_numbers": True,
                "require_symbols": True,
                "temporary_password_validity_days": 7,
            },
            mfa_configuration=MFA[settings.mfa],
            software_token_mfa_configuration=None if settings.mfa == "off" else {"enabled": True},
            account_recovery_setting={"recovery_mechanisms": [{"name": "verified_email", "priority": 1}]},
            admin_create_user_config={"allow_admin_create_user_only": not settings.self_sign_up},
            email_configuration=self._mail(),
            user_attribute_update_settings={"attributes_require_verification_before_updates": ["email"]},
            user_pool_add_ons={"advanced_security_mode": THREATS[type(settings.threat_protection)]},
            deletion_protection="ACTIVE" if settings.deletion_protection else "INACTIVE",
            opts=pulumi.ResourceOptions(parent=self, protect=settings.deletion_protection),
        )

    def _mail(self) -> Any:
        mail, stack = self._args.settings.mail, self._args.stack
        if not isinstance(mail, SesMail):
            return {"email_sending_account": "COGNITO_DEFAULT"}
        identity = pulumi.Output.concat(
            "arn:aws:ses:", stack.region, ":", stack.account_id, f":identity/{mail.identity}"
        )
        own = {
            "email_sending_account": "DEVELOPER",
            "source_arn": identity,
            "from_email_address": mail.from_address,
        }
        return {**own, "reply_to_email_address": mail.reply_to} if mail.reply_to else own

    def _threats(self, pool: aws.cognito.UserPool) -> None:
        """What happens to known passwords and to sign-ins that look like somebody else's (row 73)."""
        threats = self._args.settings.threat_protection
        if not isinstance(threats, ThreatsEnforced):
            return
        levels = {"low": threats.low_risk, "medium": threats.medium_risk, "high": threats.high_risk}
        actions: Any = {
            f"{level}_action": {"event_action": action, "notify": False} for level, action in levels.items()
        }
        aws.cognito.RiskConfiguration(
            f"{self._name}-risk",
            user_pool_id=pool.id,
            compromised_credentials_risk_configuration={
                "actions": {"event_action": "BLOCK"},
                "event_filters": ["PASSWORD_CHANGE", "SIGN_IN", "SIGN_UP"],
            },
            account_takeover_risk_configuration={"actions": actions},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _logs(self, pool: aws.cognito.UserPool) -> None:
        """Mails that could not be sent, and every sign-in with its risk where risks are assessed."""
        group = aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            # Log groups under this prefix do not use up the size limit of CloudWatch Logs' resource policies.
            name=f"/aws/vendedlogs/cognito/{self._physical}",
            retention_in_days=self._args.log_retention_days,
            kms_key_id=self._args.logs_key_arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        sources = {"userNotification": "ERROR"}
        if not isinstance(self._args.settings.threat_protection, ThreatsIgnored):
            sources["userAuthEvents"] = "INFO"
        configurations: Any = [
            {
                "event_source": source,
                "log_level": level,
                "cloud_watch_logs_configuration": {"log_group_arn": group.arn},
            }
            for source, level in sources.items()
        ]
        aws.cognito.LogDeliveryConfiguration(
            f"{self._name}-logs",
            user_pool_id=pool.id,
            log_configurations=configurations,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _client(self, pool: aws.cognito.UserPool) -> aws.cognito.UserPoolClient:
        settings = self._args.settings
        return aws.cognito.UserPoolClient(
            f"{self._name}-site",
            name="site",
            user_pool_id=pool.id,
            generate_secret=False,
            explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
            allowed_oauth_flows_user_pool_client=True,
            allowed_oauth_flows=["code"],
            allowed_oauth_scopes=["email", "openid", "profile"],
            supported_identity_providers=["COGNITO"],
            callback_urls=list(self._args.site_urls),
            logout_urls=list(self._args.site_urls),
            prevent_user_existence_errors="ENABLED",
            enable_token_revocation=True,
            access_token_validity=settings.access_token_minutes,
            id_token_validity=settings.access_token_minutes,
            refresh_token_validity=settings.refresh_token_days,
            token_validity_units={"access_token": "minutes", "id_token": "minutes", "refresh_token": "days"},
            opts=pulumi.ResourceOptions(parent=self),
        )
