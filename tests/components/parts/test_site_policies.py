"""How the site's answers are cached, and which headers every one of them carries."""

from __future__ import annotations

import pytest

from components.parts.site_policies import content_security_policy
from plan.graph import Graph
from tests.harness import only

NOTHING_BUT_THE_PATH = {
    "cookiesConfig": {"cookieBehavior": "none"},
    "headersConfig": {"headerBehavior": "none"},
    "queryStringsConfig": {"queryStringBehavior": "none"},
    "enableAcceptEncodingBrotli": True,
    "enableAcceptEncodingGzip": True,
}


@pytest.mark.requirement(97)
@pytest.mark.parametrize(("role", "usual", "longest"), [("assets", 2_592_000, 31_536_000), ("pages", 300, 3_600)])
def test_a_copy_at_the_edge_is_kept_by_its_path_alone(prod: Graph, role: str, usual: int, longest: int) -> None:
    policy = prod.named("aws:cloudfront/cachePolicy:CachePolicy", f"frontend-{role}").inputs
    assert (policy["minTtl"], policy["defaultTtl"], policy["maxTtl"]) == (0, usual, longest)
    assert policy["parametersInCacheKeyAndForwardedToOrigin"] == NOTHING_BUT_THE_PATH


@pytest.mark.requirement(99)
def test_every_answer_carries_the_security_headers_whatever_the_bucket_says(prod: Graph) -> None:
    headers = only(prod, "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy").inputs["securityHeadersConfig"]
    content = headers["contentSecurityPolicy"]
    assert {name: header for name, header in headers.items() if header is not content} == {
        "strictTransportSecurity": {"accessControlMaxAgeSec": 31_536_000, "includeSubdomains": True, "override": True},
        "contentTypeOptions": {"override": True},
        "frameOptions": {"frameOption": "DENY", "override": True},
        "referrerPolicy": {"referrerPolicy": "strict-origin-when-cross-origin", "override": True},
    }
    assert content["override"] is True


@pytest.mark.requirement(99)
def test_a_page_loads_and_calls_what_is_its_own() -> None:
    rules = dict(rule.split(" ", 1) for rule in content_security_policy("eu-west-1").split("; "))
    assert rules == {
        "default-src": "'self'",
        "connect-src": "'self' https://*.execute-api.eu-west-1.amazonaws.com "
        "https://*.auth.eu-west-1.amazoncognito.com "
        "https://cognito-idp.eu-west-1.amazonaws.com",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


def test_a_page_calls_the_named_addresses_alone_where_some_are_named() -> None:
    policy = content_security_policy("eu-west-1", ["https://api.example.com", "https://login.example.com"])
    assert "connect-src 'self' https://api.example.com https://login.example.com; " in policy
    assert "amazonaws.com" not in policy
