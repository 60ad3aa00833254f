"""Settings: every fault is named by its key, and all of them at once."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import config
from plan.monitor import Monitor
from plan.record import RecordError, run
from plan.recorded_account import RecordedAccount
from plan.stack_file import read
from tests.conftest import ROOT
from tests.faulty_settings import FAULTS, Change, Document, drop, put


@pytest.fixture(scope="module")
def valid() -> Document:
    document: Document = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"]
    return document


@pytest.fixture
def loaded(valid: Document, tmp_path: Path) -> Callable[..., config.Settings]:
    """Loads the production settings with changes; `RecordError` as the program would raise it."""

    def load(*changes: Change) -> config.Settings:
        document = copy.deepcopy(valid)
        for change in changes:
            change(document)
        file = tmp_path / "Pulumi.prod.yaml"
        file.write_text(yaml.safe_dump({"config": document}))
        found: list[config.Settings] = []
        run(lambda: found.append(config.load()), Monitor(RecordedAccount("ap-northeast-1")), source=read(file))
        return found[0]

    return load


def test_the_production_settings_load(loaded: Callable[..., config.Settings]) -> None:
    settings = loaded()
    assert settings.region == "ap-northeast-1"
    assert settings.network.nat == "single"
    assert settings.api.throttle.burst_limit == 2000


@pytest.mark.parametrize(("change", "sentence"), FAULTS)
def test_a_fault_is_one_sentence_that_names_its_key(
    loaded: Callable[..., config.Settings], change: Change, sentence: str
) -> None:
    with pytest.raises(RecordError) as raised:
        loaded(change)
    assert str(raised.value) == f"Pulumi.prod.yaml has 1 invalid setting:\n  {sentence}"


@pytest.mark.requirement(14)
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("stack.name_prefix", "Goal-Mandala"),
        ("network.cidr_block", "10.0.0.0/8"),
        ("network.cidr_block", "10.0.0.0"),
        ("network.availability_zones", ["ap-northeast-1a"]),
        ("encryption.deletion_window_days", 6),
        ("database.engine_version", "16"),
        ("database.backup.retention_days", 36),
        ("database.backup.window", "3-4"),
        ("database.engine.mode", "serverless"),
        ("database.engine.min_capacity", 0.3),
        ("functions.architecture", "arm"),
        ("api.cognito.password_minimum_length", 7),
        ("frontend.price_class", "PriceClass_50"),
        ("frontend.allowed_countries", ["Japan"]),
        ("stack.tags.cost_center", ""),
    ],
)
def test_a_value_that_aws_would_refuse_is_refused_before(
    loaded: Callable[..., config.Settings], path: str, value: object
) -> None:
    with pytest.raises(RecordError) as raised:
        loaded(put(path, value))
    lines = str(raised.value).splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"  goal-mandala:{path.removesuffix('.mode')}")


def test_all_faults_are_told_at_once(loaded: Callable[..., config.Settings]) -> None:
    with pytest.raises(RecordError) as raised:
        loaded(
            put("network.nat", "singel"),
            put("api.throttle.burst_limit", 20),
            put("nettwork", {}),
            drop("workflow"),
            drop("frontend.price_class"),
            put("observability.alarms.1.name", "api-errors"),
        )
    text = str(raised.value)
    assert text.splitlines()[0] == "Pulumi.prod.yaml has 6 invalid settings:"
    keys = [line.split(": ")[0].strip() for line in text.splitlines()[1:]]
    assert keys == [
        "goal-mandala:api.throttle",
        "goal-mandala:frontend.price_class",
        "goal-mandala:nettwork",
        "goal-mandala:network.nat",
        "goal-mandala:observability",
        "goal-mandala:workflow",
    ]


def test_a_fault_never_shows_a_secret(loaded: Callable[..., config.Settings]) -> None:
    with pytest.raises(RecordError) as raised:
        loaded(put("network.nat", "singel"))
    assert "secret-of-slack_webhook_url" not in str(raised.value)


def test_settings_do_not_change_after_loading(loaded: Callable[..., config.Settings]) -> None:
    settings = loaded()
    with pytest.raises(ValueError, match="frozen"):
        settings.network.nat = "none"


def test_a_wrong_stack_file_ends_the_command_with_one_block_of_text(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    text = (ROOT / "Pulumi.prod.yaml").read_text().replace("nat: single", "nat: singel")
    file.write_text(text.replace("burst_limit: 2000", "burst_limit: 20"))
    result = subprocess.run(
        [sys.executable, "-m", "plan.cli", "show", str(file)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == (
        "Pulumi.prod.yaml has 2 invalid settings:\n"
        "  goal-mandala:api.throttle: burst_limit (20) must be at least rate_limit (1000)\n"
        "  goal-mandala:network.nat: should be 'none', 'single' or 'one_per_az' (got 'singel')\n"
    )
