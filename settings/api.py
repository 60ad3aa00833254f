"""The API and who may call it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.cognito import CognitoSettings
from settings.section import Section, Text
from settings.web_acl import Waf

SITE = "site"
ANY = "*"
Origin = Annotated[str, Field(pattern=r"^(site|\*|https?://[a-z0-9.-]+(:\d{1,5})?)$")]


class Throttle(Section):
    """Steady rate and burst of requests a second (row 65)."""

    rate_limit: Annotated[int, Field(ge=1)]
    burst_limit: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _burst_covers_rate(self) -> Throttle:
        if self.burst_limit < self.rate_limit:
            raise ValueError(f"burst_limit ({self.burst_limit}) must be at least rate_limit ({self.rate_limit})")
        return self


class Cors(Section):
    """Which sites a browser may call the API from (row 71): `site` is the stack's own, others by their origin.

    `credentials` lets a browser send cookies as well; the access token in the Authorization header does not need it.
    """

    origins: Annotated[list[Origin], Field(min_length=1)]
    credentials: bool

    @model_validator(mode="after")
    def _any_origin_stands_alone(self) -> Cors:
        if ANY in self.origins and self.credentials:
            raise ValueError(
                "origins ['*'] must not be combined with credentials, which no browser accepts (Fetch standard, CORS "
                "protocol and credentials): name the sites, such as 'site', or set credentials to false"
            )
        if ANY in self.origins and len(self.origins) > 1:
            raise ValueError(f"origins ({', '.join(self.origins)}): '*' includes all others, so name it alone")
        return self


class Cache(Section):
    """A cache for the answers of some GET operations, for each user apart (row 67).

    `operations` are operation ids of the API's description. One that answers with an ETag is refused: its readers must
    see the version that they are about to change.
    """

    size_gb: Literal["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"]
    ttl_seconds: Annotated[int, Field(ge=1, le=3600)]
    operations: Annotated[list[Text], Field(min_length=1)]


class Domain(Section):
    """A name of one's own for the API (row 102). The certificate stands in the API's region.

    With `hosted_zone_id` the name is entered in that Route 53 zone; without, whoever keeps the zone enters it.
    """

    name: Annotated[str, Field(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$")]
    certificate_arn: Annotated[str, Field(pattern=r"^arn:aws:acm:[a-z0-9-]+:\d{12}:certificate/[a-z0-9-]+$")]
    hosted_zone_id: Annotated[str, Field(pattern=r"^Z[A-Z0-9]+$")] | None

    @property
    def certificate_region(self) -> str:
        """Where the certificate stands."""
        return self.certificate_arn.split(":")[3]


class ApiSettings(Section):
    """The REST API and who may call it (rows 61 to 77).

    `data_trace` writes whole requests and answers into the log, what people wrote included (row 243).
    """

    stage_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
    throttle: Throttle
    integration_timeout_ms: Annotated[int, Field(ge=50)]
    authorizer_cache_seconds: Annotated[int, Field(ge=0, le=3600)]
    execution_log_level: Literal["OFF", "ERROR", "INFO"]
    data_trace: bool
    detailed_metrics: bool
    manage_account_log_role: bool
    slow_response_seconds: Annotated[float, Field(gt=0, le=29)]
    cors: Cors
    cache: Cache | None
    domain: Domain | None
    waf: Waf
    cognito: CognitoSettings

    @model_validator(mode="after")
    def _gateway_limit(self) -> ApiSettings:
        if self.integration_timeout_ms > 29_000:
            raise ValueError(
                f"integration_timeout_ms ({self.integration_timeout_ms}) must not be above 29000, API Gateway's limit: "
                f"answer 202 and let the caller poll for what takes longer"
            )
        return self

    @model_validator(mode="after")
    def _no_trace_without_log(self) -> ApiSettings:
        if self.data_trace and self.execution_log_level == "OFF":
            raise ValueError(
                "data_trace (true) needs the execution log: set execution_log_level to 'INFO', or data_trace to false"
            )
        return self
