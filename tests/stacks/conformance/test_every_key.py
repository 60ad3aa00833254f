"""A stack file of another system leaves nothing to a default: what it does not say would be ours, not that system's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from config import PROJECT, SECRETS, SECTIONS, Settings
from settings.alarms import Rule
from tests.conftest import POSTURES, ROOT

FOREIGN = ["csr", "chase", "testpilot"]
# What narrows one rule of many: where it is not said, the rule is not narrowed.
NARROWING = {"subjects", "except_subjects", "statistic"}


def document(posture: str) -> dict[str, Any]:
    """The settings of a stack file, as they are written."""
    written: dict[str, Any] = yaml.safe_load((ROOT / POSTURES[posture]).read_text(encoding="utf-8"))["config"]
    return written


def unsaid(value: object, path: str) -> Iterator[str]:
    """The keys of the settings that their stack file does not name, by dotted path."""
    if isinstance(value, BaseModel):
        allowed = NARROWING if isinstance(value, Rule) else set()
        yield from (f"{path}.{name}" for name in type(value).model_fields.keys() - value.model_fields_set - allowed)
        for name in type(value).model_fields:
            yield from unsaid(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from unsaid(item, f"{path}.{name}")
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from unsaid(item, f"{path}[{number}]")


@pytest.mark.parametrize("posture", FOREIGN)
@pytest.mark.requirement(266)
def test_a_foreign_posture_says_every_key_of_every_section(posture: str) -> None:
    written = document(posture)
    values = {name: written[f"{PROJECT}:{name}"] for name in SECTIONS}
    settings = Settings.model_validate({"region": written["aws:region"], **values})
    assert sorted(unsaid(settings, PROJECT)) == []
    assert {f"{PROJECT}:{name}" for name in (*SECTIONS, *SECRETS)} | {"aws:region"} == written.keys()


def test_a_key_that_is_left_to_its_default_is_seen() -> None:
    written = document("csr")
    del written[f"{PROJECT}:frontend"]["domain"]
    del written[f"{PROJECT}:functions"]["utility"]["provisioned_concurrency"]
    values = {name: written[f"{PROJECT}:{name}"] for name in SECTIONS}
    settings = Settings.model_validate({"region": written["aws:region"], **values})
    assert sorted(unsaid(settings, PROJECT)) == [
        f"{PROJECT}.frontend.domain",
        f"{PROJECT}.functions.utility.provisioned_concurrency",
    ]
