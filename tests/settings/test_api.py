"""Settings of the API: every fault says what to set instead."""

from __future__ import annotations

from typing import Any, cast

import pytest
from pydantic import TypeAdapter, ValidationError

from settings.api import Cache, Cors, Domain
from settings.cognito import SesMail
from settings.web_acl import PerIpLimit, Waf, WafOn

# An annotated union is no class to mypy, and a valid argument to pydantic.
WAF: TypeAdapter[Any] = TypeAdapter(cast("Any", Waf))
LIMIT = {"requests": 100, "window_seconds": 600, "message": "Too many requests from this IP"}
ON = {"per_ip_limit": LIMIT, "managed_rule_groups": [], "log_retention_days": 30}


@pytest.mark.parametrize("window", [60, 120, 300, 600])
@pytest.mark.requirement(75)
def test_the_windows_of_waf_are_taken(window: int) -> None:
    assert PerIpLimit.model_validate({**LIMIT, "window_seconds": window}).window_seconds == window


@pytest.mark.parametrize(("window", "way_out"), [(900, "take 600"), (90, "take 60"), (30, "take 60")])
@pytest.mark.requirement(75)
def test_a_window_that_waf_does_not_know_is_refused_with_the_nearest_one(window: int, way_out: str) -> None:
    with pytest.raises(ValidationError, match=f"must be one of 60, 120, 300, 600, .*{way_out}"):
        PerIpLimit.model_validate({**LIMIT, "window_seconds": window})


@pytest.mark.parametrize(
    ("mode", "api", "site"), [("regional", True, False), ("cloudfront", False, True), ("both", True, True)]
)
@pytest.mark.requirement(68)
def test_a_web_acl_stands_where_the_mode_says(mode: str, api: bool, site: bool) -> None:
    settings: Any = WAF.validate_python({**ON, "mode": mode})
    assert isinstance(settings, WafOn)
    assert (settings.in_front_of_api, settings.in_front_of_site) == (api, site)


def test_a_web_acl_that_is_off_has_no_rules() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        WAF.validate_python({**ON, "mode": "off"})


@pytest.mark.requirement(71)
def test_any_origin_with_credentials_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"origins \['\*'\] must not be combined with credentials"):
        Cors.model_validate({"origins": ["*"], "credentials": True})


@pytest.mark.requirement(71)
def test_origins_must_be_named() -> None:
    with pytest.raises(ValidationError, match="at least 1 item"):
        Cors.model_validate({"origins": [], "credentials": True})


@pytest.mark.parametrize(
    "origin", ["https://example.com/", "example.com", "https://*.example.com", "ftp://example.com"]
)
def test_an_origin_is_scheme_and_host_alone(origin: str) -> None:
    with pytest.raises(ValidationError, match="should match pattern"):
        Cors.model_validate({"origins": [origin], "credentials": True})


def test_any_origin_and_another_is_refused() -> None:
    with pytest.raises(ValidationError, match="name it alone"):
        Cors.model_validate({"origins": ["*", "https://example.com"], "credentials": False})


@pytest.mark.parametrize("change", [{"ttl_seconds": 3601}, {"ttl_seconds": 0}, {"size_gb": "1"}, {"operations": []}])
@pytest.mark.requirement(67)
def test_a_cache_that_api_gateway_does_not_offer_is_refused(change: dict[str, Any]) -> None:
    valid = {"size_gb": "0.5", "ttl_seconds": 300, "operations": ["listGoals"]}
    assert Cache.model_validate(valid).ttl_seconds == 300
    with pytest.raises(ValidationError):
        Cache.model_validate({**valid, **change})


@pytest.mark.parametrize("change", [{"name": "https://example.com"}, {"certificate_arn": "arn:aws:iam::1:x"}])
def test_a_domain_is_a_name_with_a_certificate_of_acm(change: dict[str, str]) -> None:
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/1234"
    valid = {"name": "api.example.com", "certificate_arn": arn, "hosted_zone_id": None}
    assert Domain.model_validate(valid).certificate_region == "us-east-1"
    with pytest.raises(ValidationError):
        Domain.model_validate({**valid, **change})


@pytest.mark.parametrize("identity", ["other.example", "goals"])
@pytest.mark.requirement(73)
def test_an_address_that_ses_has_not_verified_is_refused(identity: str) -> None:
    valid = {"mode": "ses", "from_address": "Goals <no-reply@goals.example>", "identity": "goals.example"}
    assert SesMail.model_validate({**valid, "reply_to": None}).identity == "goals.example"
    assert SesMail.model_validate({**valid, "identity": "no-reply@goals.example", "reply_to": None})
    with pytest.raises(ValidationError, match=f"is not covered by identity .{identity}."):
        SesMail.model_validate({**valid, "identity": identity, "reply_to": None})
