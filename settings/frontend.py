"""The site."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from settings.section import Days, Section

CERTIFICATE_REGION = "us-east-1"
_CERTIFICATE = re.compile(r"arn:aws:acm:([a-z0-9-]+):\d{12}:certificate/[0-9a-f-]+")


class SpaFallback(Section):
    """Which error of the bucket is answered with the application's page instead (row 98).

    CloudFront maps every answer of the distribution, its own refusals too: a 403 for a country that is not allowed is
    then the page as well. The API is not behind the distribution, so its errors stay what they are.
    """

    error_code: Literal[403, 404, 500]
    response_code: Literal[200, 403, 404, 500]
    page: Annotated[str, Field(pattern=r"^/")]


def _certificate_of_cloudfront(arn: str) -> str:
    """CloudFront reads certificates in one region only (CloudFront documentation, requirements for certificates)."""
    found = _CERTIFICATE.fullmatch(arn)
    if found is None:
        raise ValueError("must be the ARN of a certificate in ACM: arn:aws:acm:us-east-1:<account>:certificate/<id>")
    if found[1] != CERTIFICATE_REGION:
        raise ValueError(
            f"is in {found[1]}, where CloudFront cannot read it: request the certificate in {CERTIFICATE_REGION}"
        )
    return arn


class SiteDomain(Section):
    """A name of one's own for the site (row 102).

    Either `certificate_arn` names a certificate that exists, or one is requested, which `hosted_zone_id` proves. With
    `hosted_zone_id` the name's address records are made as well; without it they are the operator's.
    """

    name: Annotated[str, Field(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$")]
    certificate_arn: Annotated[str, AfterValidator(_certificate_of_cloudfront)] | None = None
    hosted_zone_id: Annotated[str, Field(pattern=r"^Z[A-Z0-9]+$")] | None = None

    @model_validator(mode="after")
    def _certificate_comes_from_somewhere(self) -> SiteDomain:
        if self.certificate_arn is None and self.hosted_zone_id is None:
            raise ValueError(
                "needs certificate_arn, the certificate that CloudFront presents, or hosted_zone_id, where the name's "
                "Route 53 zone can prove a new one"
            )
        return self


class FrontendSettings(Section):
    """The site bucket and its distribution (rows 91 to 105).

    The site is always compressed, on IPv6, and redirects to HTTPS. With a domain nothing older than TLS 1.2 is spoken
    (TLSv1.2_2021); with CloudFront's own name and certificate AWS fixes the minimum at TLSv1, and no setting of the
    distribution changes that.
    """

    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"]
    allowed_countries: list[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]]
    spa_fallback: list[SpaFallback]
    hsts_max_age_seconds: Annotated[int, Field(ge=0)]
    noncurrent_version_days: Days
    abort_multipart_days: Days
    retain_bucket: bool
    access_logs: Annotated[bool, Field(description="Each request to the site, and each access to its bucket.")]
    bucket_events: Annotated[bool, Field(description="EventBridge hears of every change in the bucket.")]
    additional_metrics: Annotated[bool, Field(description="Needed for the cache-hit rate; costs per distribution.")]
    domain: SiteDomain | None = None
    connects_to: Annotated[
        list[Annotated[str, Field(pattern=r"^https://[a-z0-9.-]+$")]],
        Field(description="Origins that pages may call; empty: every API and sign-in page of the region."),
    ]

    @model_validator(mode="after")
    def _one_answer_for_each_error(self) -> FrontendSettings:
        codes = [fallback.error_code for fallback in self.spa_fallback]
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise ValueError(f"spa_fallback answers {twice} twice: CloudFront takes one answer for each error_code")
        return self
