"""Settings of the functions: runtimes that end, concurrency that does not fit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from settings.functions import RUNTIME_END_OF_LIFE, FunctionSettings, FunctionSize
from tests.conftest import ROOT

SIZE: dict[str, Any] = {"memory_mb": 512, "timeout_seconds": 30}
WARM = {"initial": 10, "minimum": 5, "maximum": 50, "target_utilization": 0.7}
ARM = "arn:aws:lambda:ap-northeast-1:580247275435:layer:LambdaInsightsExtension-Arm64:20"
INTEL = "arn:aws:lambda:ap-northeast-1:580247275435:layer:LambdaInsightsExtension:53"


def settings(**changes: Any) -> FunctionSettings:
    valid: dict[str, Any] = {
        "runtime": "python3.13",
        "architecture": "arm64",
        "log_level": "INFO",
        "log_retention_days": 30,
        "account_concurrency": 1000,
        "insights_layer_arn": None,
        "deployment": {"mode": "all_at_once"},
        "api": SIZE,
        "workflow": SIZE,
        "utility": SIZE,
        "sizes": {},
    }
    return FunctionSettings.model_validate({**valid, **changes})


@pytest.mark.parametrize("runtime", ["python3.11", "python3.12", "python3.13"])
@pytest.mark.requirement(46)
def test_a_supported_runtime_is_taken(runtime: str) -> None:
    assert settings(runtime=runtime).runtime == runtime


@pytest.mark.parametrize(
    ("runtime", "reason"),
    [
        ("python3.9", "support ended on 2025-12-15: take one of 'python3.11'"),
        ("nodejs18.x", "the functions are written in Python"),
        ("nodejs20.x", "the functions are written in Python"),
    ],
)
@pytest.mark.requirement(46)
def test_a_runtime_that_ended_or_cannot_run_the_functions_is_refused(runtime: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        settings(runtime=runtime)


@pytest.mark.parametrize("path", sorted(ROOT.glob("Pulumi.*.yaml")), ids=lambda path: path.name)
@pytest.mark.requirement(46)
def test_the_runtime_of_every_stack_is_supported_for_half_a_year_yet(path: Any) -> None:
    runtime = yaml.safe_load(path.read_text())["config"]["goal-mandala:functions"]["runtime"]
    ends = date.fromisoformat(RUNTIME_END_OF_LIFE[runtime])
    assert ends - datetime.now(UTC).date() > timedelta(days=182), f"{path.name}: {runtime} ends on {ends}"


@pytest.mark.requirement(51, 52)
def test_more_warm_environments_than_are_reserved_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"maximum \(50\) must not be above reserved_concurrency \(40\)"):
        FunctionSize.model_validate({**SIZE, "reserved_concurrency": 40, "provisioned_concurrency": WARM})


@pytest.mark.parametrize("initial", [4, 51])
@pytest.mark.requirement(52, 53)
def test_the_first_warm_environments_lie_within_the_bounds(initial: int) -> None:
    with pytest.raises(ValidationError, match="must lie between minimum"):
        FunctionSize.model_validate({**SIZE, "provisioned_concurrency": {**WARM, "initial": initial}})


@pytest.mark.requirement(51)
def test_two_functions_of_500_do_not_fit_into_an_account_of_1000() -> None:
    sizes = {name: {**SIZE, "reserved_concurrency": 500} for name in ("goals", "tasks")}
    with pytest.raises(ValidationError, match=r"reserve 1000 .*goals 500, tasks 500.* leaves 900"):
        settings(sizes=sizes)
    assert settings(sizes=sizes, account_concurrency=1100)


def test_warm_environments_count_against_the_account_too() -> None:
    sizes = {"goals": {**SIZE, "provisioned_concurrency": {**WARM, "maximum": 901}}}
    with pytest.raises(ValidationError, match="goals 901"):
        settings(sizes=sizes)


@pytest.mark.parametrize(("architecture", "layer"), [("arm64", INTEL), ("x86_64", ARM)])
@pytest.mark.requirement(159)
def test_an_insights_layer_of_the_other_architecture_is_refused(architecture: str, layer: str) -> None:
    with pytest.raises(ValidationError, match=f"is not for {architecture}"):
        settings(architecture=architecture, insights_layer_arn=layer)


@pytest.mark.parametrize(("architecture", "layer"), [("arm64", ARM), ("x86_64", INTEL)])
def test_the_insights_layer_of_the_architecture_is_taken(architecture: str, layer: str) -> None:
    assert settings(architecture=architecture, insights_layer_arn=layer).insights_layer_arn == layer


@pytest.mark.parametrize("minutes", [0, 7, 60])
@pytest.mark.requirement(134)
def test_a_canary_lasts_as_long_as_codedeploy_offers(minutes: int) -> None:
    with pytest.raises(ValidationError, match="5, 10, 15 or 30"):
        settings(deployment={"mode": "canary", "minutes": minutes, "rollback_errors": 1})
