"""Development and the local stack are production but for what is listed here, each difference with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

ABSENT = "absent"


def settings(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The settings by dotted path; entries of a list that have names stand under them, another list is one value."""
    if isinstance(value, list) and value and all(isinstance(item, dict) and "name" in item for item in value):
        value = {item["name"]: {key: part for key, part in item.items() if key != "name"} for item in value}
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from settings(item, f"{path}.{key}".lstrip(".").removeprefix("goal-mandala:"))
    else:
        yield path, value


def stack(name: str) -> dict[str, Any]:
    document = yaml.safe_load((ROOT / f"Pulumi.{name}.yaml").read_text(encoding="utf-8"))
    return dict(settings(document["config"]))


@pytest.mark.parametrize("name", ["dev", "local"])
def test_an_environment_differs_from_production_as_decided_and_no_further(name: str) -> None:
    decided: dict[str, Any] = {}
    for group in yaml.safe_load(Path(__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8")):
        assert group["why"]
        assert not decided.keys() & group["settings"].keys(), "a setting differs for one reason"
        decided |= group["settings"]
    production, here = stack("prod"), stack(name)
    assert len(production) > 200
    keys = production.keys() | here.keys()
    different = {
        key: here.get(key, ABSENT) for key in sorted(keys) if here.get(key, ABSENT) != production.get(key, ABSENT)
    }
    assert different == decided


def test_named_entries_are_settings_of_their_own() -> None:
    rules = {"alarms": [{"name": "errors", "threshold": 5}], "zones": ["a", "b"], "sizes": {}}
    assert dict(settings({"goal-mandala:watch": rules})) == {
        "watch.alarms.errors.threshold": 5,
        "watch.zones": ["a", "b"],
        "watch.sizes": {},
    }
