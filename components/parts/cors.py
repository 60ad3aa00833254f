"""Which sites a browser may call the API from, as API Gateway says it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from settings.api import SITE, Cors

ALLOWED_HEADERS = "Authorization,Content-Type,Idempotency-Key,If-Match,X-Correlation-Id"
EXPOSED_HEADERS = "ETag,Location,Retry-After,X-Correlation-Id"
MAX_AGE_SECONDS = 7200
_ALLOW = "Access-Control-Allow-"


@dataclass(frozen=True, kw_only=True)
class CrossOrigin:
    """The origins that may call, and whether with credentials."""

    origins: tuple[pulumi.Input[str], ...]
    credentials: bool

    @property
    def varies(self) -> bool:
        """Whether the answer depends on who asks: with several origins, each is told only itself."""
        return len(self.origins) > 1

    def joined(self) -> pulumi.Output[str]:
        """The origins as the functions are told them: one text, with commas between."""
        return pulumi.Output.all(*self.origins).apply(",".join)

    def preflight_headers(self, methods: Sequence[str]) -> dict[str, pulumi.Input[str]]:
        """The headers of a preflight's answer, as literals in API Gateway's quotes.

        With several origins the first stands for all until `preflight_template` puts the caller's own in its place.
        """
        headers: dict[str, pulumi.Input[str]] = {
            f"{_ALLOW}Origin": _quoted(self.origins[0]),
            f"{_ALLOW}Headers": f"'{ALLOWED_HEADERS}'",
            f"{_ALLOW}Methods": f"'{','.join(methods)}'",
            "Access-Control-Max-Age": f"'{MAX_AGE_SECONDS}'",
        }
        if self.credentials:
            headers[f"{_ALLOW}Credentials"] = "'true'"
        if self.varies:
            headers["Vary"] = "'Origin'"
        return headers

    def preflight_template(self) -> pulumi.Output[str] | None:
        """The mapping template that answers one of several origins with itself; none where one is all there is."""
        if not self.varies:
            return None
        return pulumi.Output.all(*self.origins).apply(
            lambda origins: "\n".join(
                [
                    f"#set($origins = {json.dumps(origins)})",
                    "#set($origin = $input.params('Origin'))",
                    "#if($origin == '')#set($origin = $input.params('origin'))#end",
                    "#if($origins.contains($origin))",
                    # A header may be overridden once only: a second time is an internal error of API Gateway.
                    f"#set($context.responseOverride.header.{_ALLOW}Origin = $origin)",
                    "#end",
                ]
            )
        )

    def refusal_headers(self) -> dict[str, pulumi.Input[str]]:
        """The headers of API Gateway's own refusals, whose templates cannot choose among origins.

        With several, any site may read that it was refused: the answer holds nothing of the user's, and without
        credentials a browser takes the star.
        """
        headers: dict[str, pulumi.Input[str]] = {
            f"{_ALLOW}Origin": "'*'" if self.varies else _quoted(self.origins[0]),
            "Access-Control-Expose-Headers": f"'{EXPOSED_HEADERS}'",
        }
        if self.credentials and not self.varies:
            headers[f"{_ALLOW}Credentials"] = "'true'"
        return headers


def cross_origin(settings: Cors, site_origin: pulumi.Input[str]) -> CrossOrigin:
    """The settings with the site's own origin in place of its name."""
    origins = tuple(site_origin if origin == SITE else origin for origin in settings.origins)
    return CrossOrigin(origins=origins, credentials=settings.credentials)


def _quoted(value: pulumi.Input[str]) -> pulumi.Input[str]:
    return f"'{value}'" if isinstance(value, str) else pulumi.Output.concat("'", value, "'")
