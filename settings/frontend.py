"""The site."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from settings.section import Days, Section


class SpaFallback(Section):
    """Which error of the bucket is answered with the application's page instead (row 98)."""

    error_code: Literal[403, 404, 500]
    response_code: Literal[200, 403, 404, 500]
    page: Annotated[str, Field(pattern=r"^/")]


class FrontendSettings(Section):
    """The site bucket and its distribution (rows 91 to 105)."""

    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"]
    allowed_countries: list[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]]
    spa_fallback: list[SpaFallback]
    hsts_max_age_seconds: Annotated[int, Field(ge=0)]
    noncurrent_version_days: Days
    abort_multipart_days: Days
    retain_bucket: bool
