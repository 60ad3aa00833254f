"""What functions must reach, the network lets through."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from config import SECTIONS, Settings
from tests.conftest import POSTURES, ROOT


@pytest.fixture
def chase() -> dict[str, Any]:
    """The posture whose database stands elsewhere, on port 6543, surrounded by network ACLs."""
    config = yaml.safe_load((ROOT / POSTURES["chase"]).read_text(encoding="utf-8"))["config"]
    values = {"region": config["aws:region"], **{name: config[f"goal-mandala:{name}"] for name in SECTIONS}}
    values = copy.deepcopy(values)
    values["network"]["network_acls"] = {"ports_out": [443, 6543]}
    return values


@pytest.mark.requirement(11, 32)
def test_network_acls_may_let_an_external_database_be_reached(chase: dict[str, Any]) -> None:
    acls = Settings.model_validate(chase).network.network_acls
    assert acls is not None
    assert acls.ports_out == [443, 6543]


@pytest.mark.requirement(11, 32)
def test_network_acls_that_hide_an_external_database_are_refused(chase: dict[str, Any]) -> None:
    chase["network"]["network_acls"] = {"ports_out": [443]}
    with pytest.raises(ValidationError) as raised:
        Settings.model_validate(chase)
    assert raised.value.errors()[0]["msg"] == (
        "Value error, network.network_acls.ports_out: [443] lacks database.engine.port 6543, so that no function could "
        "reach the database: add it"
    )
