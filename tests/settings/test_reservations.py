"""What workflows start at once must be allowed to run at once."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from config import SECTIONS, Settings
from tests.conftest import ROOT

SMALL = {"memory_mb": 512, "timeout_seconds": 60}


@pytest.fixture(scope="module")
def production() -> dict[str, Any]:
    config = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text(encoding="utf-8"))["config"]
    return {"region": config["aws:region"], **{name: config[f"goal-mandala:{name}"] for name in SECTIONS}}


def reserving(production: dict[str, Any], name: str, reserved: int) -> dict[str, Any]:
    """Production that starts two batches of three actions, five sources and four batches of summaries at once."""
    values = copy.deepcopy(production)
    values["workflow"] |= {"batch_concurrency": 2, "action_concurrency": 3}
    values["monitoring"] |= {"source_concurrency": 5, "summary_concurrency": 4}
    values["functions"]["sizes"][name] = {**SMALL, "reserved_concurrency": reserved}
    return values


@pytest.mark.requirement(90, 249)
@pytest.mark.parametrize(
    ("name", "at_once", "key"),
    [
        ("generate-tasks", 6, "workflow.batch_concurrency x action_concurrency"),
        ("save-tasks", 6, "workflow.batch_concurrency x action_concurrency"),
        ("detect-updates", 5, "monitoring.source_concurrency"),
        ("enqueue-activities", 5, "monitoring.source_concurrency"),
        ("mark-checked", 5, "monitoring.source_concurrency"),
        ("process-updates", 4, "monitoring.summary_concurrency"),
    ],
)
def test_a_step_may_reserve_what_is_started_at_once_and_not_less(
    production: dict[str, Any], name: str, at_once: int, key: str
) -> None:
    settings = Settings.model_validate(reserving(production, name, at_once))
    assert settings.functions.sizes[name].reserved_concurrency == at_once
    with pytest.raises(ValidationError) as raised:
        Settings.model_validate(reserving(production, name, at_once - 1))
    assert raised.value.errors()[0]["msg"] == (
        f"Value error, {key}: starts {name} {at_once} times at once and its reserved_concurrency is {at_once - 1}, so "
        f"that Lambda refuses the others: set it to {at_once} in functions.sizes, or lower the former"
    )


@pytest.mark.requirement(90, 249)
def test_what_a_kind_reserves_counts_for_each_step_without_a_size_of_its_own(production: dict[str, Any]) -> None:
    values = reserving(production, "generate-tasks", 6)
    values["functions"]["workflow"]["reserved_concurrency"] = 5
    with pytest.raises(ValidationError, match="starts save-tasks 6 times at once and its reserved_concurrency is 5"):
        Settings.model_validate(values)
