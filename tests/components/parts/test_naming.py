"""Physical names."""

from __future__ import annotations

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.parts.naming import LIMITS, InvalidNameError, Naming
from tests.harness import build

PREFIX = st.from_regex(r"[a-z][a-z0-9-]{1,40}[a-z0-9]", fullmatch=True)
# Each service's API reference.
AWS_TAKES = {
    "alarm": 255, "backup_plan": 50, "backup_vault": 50, "bucket": 63, "budget": 100, "cluster": 63,
    "cost_monitor": 1024, "dashboard": 255, "event_rule": 64, "function": 64, "header_policy": 128,
    "key_alias": 256 - len("alias/"), "log_delivery": 60, "log_filter": 512, "log_group": 512, "origin_access": 64,
    "proxy": 60, "queue": 80, "rest_api": 1024, "role": 64, "schedule": 64, "secret": 512, "security_group": 255,
    "state_machine": 80, "topic": 256, "trace_group": 32, "trail": 128, "user_pool": 128, "user_pool_domain": 63,
    "web_acl": 128,
}  # fmt: skip
ROLE = st.from_regex(r"[a-z][a-z0-9-]{0,40}[a-z0-9]", fullmatch=True)


@given(PREFIX, ROLE, st.sampled_from(sorted(LIMITS)))
def test_a_name_is_prefix_and_role_or_refused(prefix: str, role: str, kind: str) -> None:
    name = f"{prefix}-{role}"
    if len(name) <= LIMITS[kind]:
        assert Naming(prefix=prefix).of(kind, role) == name
    else:
        with pytest.raises(InvalidNameError) as raised:
            Naming(prefix=prefix).of(kind, role)
        assert str(LIMITS[kind]) in str(raised.value)
        assert "stack.name_prefix" in str(raised.value)


def test_the_limits_are_those_that_aws_documents() -> None:
    assert LIMITS == AWS_TAKES


@pytest.mark.parametrize(("kind", "limit"), AWS_TAKES.items())
def test_a_name_may_be_as_long_as_aws_takes_and_no_longer(kind: str, limit: int) -> None:
    naming = Naming(prefix="p" * 20)
    assert len(naming.of(kind, "r" * (limit - 21))) == limit
    with pytest.raises(InvalidNameError):
        naming.of(kind, "r" * (limit - 20))


def test_a_literal_takes_the_place_of_the_rule() -> None:
    naming = Naming(prefix="example", overrides={"frontend": "www"})
    assert naming.of("bucket", "frontend") == "www"
    assert naming.of("bucket", "other") == "example-other"
    assert naming.with_account("bucket", "frontend", "123456789012") == "www"


def test_a_literal_must_fit_too() -> None:
    with pytest.raises(InvalidNameError):
        Naming(prefix="example", overrides={"goals": "x" * 65}).of("function", "goals")


@pytest.mark.parametrize("name", ["Upper", "under_score", "dotted.name", "-hyphen", "hyphen-"])
def test_a_bucket_takes_lower_case_letters_digits_and_hyphens(name: str) -> None:
    with pytest.raises(InvalidNameError) as raised:
        Naming(prefix="example", overrides={"site": name}).of("bucket", "site")
    assert name in str(raised.value)


def test_names_that_must_be_unique_in_all_of_aws_end_in_the_account() -> None:
    def construct() -> None:
        account = pulumi.Output.from_input("123456789012")
        pulumi.export("name", Naming(prefix="example").with_account("bucket", "site", account))

    assert build(construct).exports["name"] == "example-site-123456789012"


def test_room_for_the_account_is_kept_before_the_account_is_known() -> None:
    with pytest.raises(InvalidNameError):
        Naming(prefix="p" * 42).with_account("bucket", "frontend", "")
