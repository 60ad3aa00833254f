"""Who may sign in: the Cognito user pool, the site's client and the sign-in pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.stack import Stack
from settings.api import CognitoSettings

MFA = {"off": "OFF", "optional": "OPTIONAL", "required": "ON"}


@dataclass(frozen=True, kw_only=True)
class UserPoolArgs:
    """What the pool is made from. `site_urls` are where the sign-in pages may send the user back to."""

    settings: CognitoSettings
    stack: Stack
    site_urls: Sequence[pulumi.Input[str]]


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
        pool = self._pool()
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

    def _pool(self) -> aws.cognito.UserPool:
        settings = self._args.settings
        return aws.cognito.UserPool(
            self._name,
            name=self._args.stack.naming.of("user_pool", "users"),
            user_pool_tier="PLUS",
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
            admin_create_user_config={"allow_admin_create_user_only": False},
            user_attribute_update_settings={"attributes_require_verification_before_updates": ["email"]},
            user_pool_add_ons={"advanced_security_mode": "ENFORCED"},
            deletion_protection="ACTIVE" if settings.deletion_protection else "INACTIVE",
            opts=pulumi.ResourceOptions(parent=self, protect=settings.deletion_protection),
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
