"""The API and who may call it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from settings.section import Section


class Throttle(Section):
    """Steady rate and burst of requests a second (row 65)."""

    rate_limit: Annotated[int, Field(ge=1)]
    burst_limit: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _burst_covers_rate(self) -> Throttle:
        if self.burst_limit < self.rate_limit:
            raise ValueError(f"burst_limit ({self.burst_limit}) must be at least rate_limit ({self.rate_limit})")
        return self


def _domain_prefix(prefix: str) -> str:
    """Cognito reserves these words (developer guide, user pool domains)."""
    for word in ("aws", "amazon", "cognito"):
        if word in prefix:
            raise ValueError(f"must not contain '{word}', which Cognito reserves")
    return prefix


class CognitoSettings(Section):
    """The user pool (rows 73, 247)."""

    domain_prefix: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$"), AfterValidator(_domain_prefix)]
    mfa: Literal["off", "optional", "required"]
    deletion_protection: bool
    password_minimum_length: Annotated[int, Field(ge=8, le=99)]
    access_token_minutes: Annotated[int, Field(ge=5, le=1440)]
    refresh_token_days: Annotated[int, Field(ge=1, le=3650)]


class ApiSettings(Section):
    """The REST API and who may call it (rows 61 to 77)."""

    stage_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
    throttle: Throttle
    integration_timeout_ms: Annotated[int, Field(ge=50)]
    execution_log_level: Literal["OFF", "ERROR", "INFO"]
    data_trace: bool
    detailed_metrics: bool
    manage_account_log_role: bool
    cognito: CognitoSettings

    @model_validator(mode="after")
    def _gateway_limit(self) -> ApiSettings:
        if self.integration_timeout_ms > 29_000:
            raise ValueError(
                f"integration_timeout_ms ({self.integration_timeout_ms}) must not be above 29000, API Gateway's limit: "
                f"answer 202 and let the caller poll for what takes longer"
            )
        return self
