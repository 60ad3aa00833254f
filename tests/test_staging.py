"""Staging is production under other names, and wakes nobody: what passed there passes in production."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from plan.graph import Graph
from tests.conftest import ROOT, Stacks

# Every key that differs, with what staging says.
OTHER = {
    "goal-mandala:stack.name_prefix": "goal-mandala-staging",
    "goal-mandala:stack.name_overrides.frontend": None,
    "goal-mandala:stack.stage": "staging",
    "goal-mandala:stack.tags.environment": "staging",
    "goal-mandala:api.cognito.domain_prefix": "goal-mandala-staging",
    "goal-mandala:frontend.price_class": "PriceClass_200",
    # Mail is sent in production alone.
    "goal-mandala:audit.trail.notification_email": None,
    "goal-mandala:observability.notification_email": None,
}


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of the settings, by dotted path; a list is a leaf."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from flat(item, f"{path}.{key}".lstrip("."))
    elif value != {}:
        yield path, value


def leaves(stack: str) -> dict[str, Any]:
    return dict(flat(yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]))


@pytest.mark.requirement(270)
def test_staging_differs_from_production_in_names_price_class_and_mail_alone() -> None:
    production, staging = leaves("prod"), leaves("staging")
    assert len(production) > 60
    different = {
        key: staging.get(key) for key in production.keys() | staging.keys() if production.get(key) != staging.get(key)
    }
    assert different == OTHER


@pytest.mark.requirement(100, 114, 270)
def test_staging_has_the_same_resources_as_production_but_nobody_s_mail(stacks: Stacks, prod: Graph) -> None:
    staging = stacks("staging")
    without_mail = [r for r in prod.resources if r.inputs.get("protocol") != "email"]
    assert len(prod.resources) - len(without_mail) == 3
    assert [(r.type, r.name) for r in staging.resources] == [(r.type, r.name) for r in without_mail]
    [distribution] = staging.of_type("aws:cloudfront/distribution:Distribution")
    assert distribution.inputs["priceClass"] == "PriceClass_200"


@pytest.mark.requirement(14, 270)
def test_no_name_in_staging_is_one_of_production(stacks: Stacks) -> None:
    text = str([(r.inputs.get("name"), r.inputs.get("bucket")) for r in stacks("staging").resources])
    assert "goal-mandala-staging" in text
    assert "goal-mandala-production" not in text
