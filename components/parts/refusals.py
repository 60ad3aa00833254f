"""What API Gateway itself answers: one problem document (RFC 9457) for each reason it has to refuse a request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

_HEADER = "gatewayresponse.header."


@dataclass(frozen=True)
class Refusal:
    """One type of gateway response. `detail` stands where API Gateway has no message of its own."""

    type: str
    status: str | None
    title: str
    detail: str = ""

    def template(self) -> str:
        """The problem document, with the variables that API Gateway fills in; there is none for a status."""
        status = f'"status": {self.status}, ' if self.status else ""
        detail = json.dumps(self.detail) if self.detail else "$context.error.messageString"
        return (
            f'{{"type": "about:blank", "title": "{self.title}", {status}'
            f'"detail": {detail}, "errors": [], "requestId": "$context.requestId"}}'
        )

    def headers(self, cross_origin: Mapping[str, pulumi.Input[str]]) -> dict[str, pulumi.Input[str]]:
        """The answer's headers, as API Gateway's mappings of them."""
        own = {
            "Cache-Control": "'no-store'",
            "Content-Type": "'application/problem+json'",
            "X-Content-Type-Options": "'nosniff'",
        }
        if self.type == "THROTTLED":
            own["Retry-After"] = "'1'"
        return {f"{_HEADER}{name}": value for name, value in {**cross_origin, **own}.items()}


# By logical name: every type that API Gateway documents, with its documented status but for two.
REFUSALS: Mapping[str, Refusal] = {
    # The last resort states no status: one stated there would become that of every answer without one of its own.
    "default-4xx": Refusal("DEFAULT_4XX", None, "Request refused"),
    "default-5xx": Refusal("DEFAULT_5XX", None, "Internal server error"),
    "access-denied": Refusal("ACCESS_DENIED", "403", "Not allowed"),
    "api-misconfigured": Refusal("API_CONFIGURATION_ERROR", "500", "Internal server error"),
    "authorizer-failed": Refusal(
        "AUTHORIZER_FAILURE", "500", "The sign-in could not be checked", "The token could not be checked; try again."
    ),
    "authorizer-misconfigured": Refusal("AUTHORIZER_CONFIGURATION_ERROR", "500", "The sign-in could not be checked"),
    "invalid-body": Refusal("BAD_REQUEST_BODY", "400", "The request body does not match the operation"),
    "invalid-parameters": Refusal("BAD_REQUEST_PARAMETERS", "400", "A required parameter is missing"),
    "expired-token": Refusal("EXPIRED_TOKEN", "403", "The request's credentials have expired"),
    # A function that failed is a bad gateway, which API Gateway answers too; 504 is documented for this type.
    "integration-failed": Refusal("INTEGRATION_FAILURE", "502", "The application failed"),
    "integration-timed-out": Refusal("INTEGRATION_TIMEOUT", "504", "The application did not answer in time"),
    "invalid-api-key": Refusal("INVALID_API_KEY", "403", "The API key is not valid"),
    "invalid-signature": Refusal("INVALID_SIGNATURE", "403", "The request's signature is not valid"),
    # API Gateway takes a path it does not know for one that wants a signature: 403 is documented.
    "not-found": Refusal("MISSING_AUTHENTICATION_TOKEN", "404", "No such operation"),
    "quota-exceeded": Refusal("QUOTA_EXCEEDED", "429", "The quota is used up"),
    "too-large": Refusal("REQUEST_TOO_LARGE", "413", "The request is too large"),
    "no-resource": Refusal("RESOURCE_NOT_FOUND", "404", "No such operation"),
    "throttled": Refusal("THROTTLED", "429", "Too many requests"),
    "unauthorized": Refusal("UNAUTHORIZED", "401", "Sign in to do this"),
    "unsupported-media-type": Refusal("UNSUPPORTED_MEDIA_TYPE", "415", "The body's media type is not supported"),
    "filtered": Refusal("WAF_FILTERED", "403", "The firewall refused the request"),
}


def digest() -> str:
    """Changes when an answer does: a deployment holds the answers of its time."""
    said = [[refusal.type, refusal.status, refusal.template(), refusal.headers({})] for refusal in REFUSALS.values()]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
