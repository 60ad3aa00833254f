"""Stack files, read as the CLI would hand them to the program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plan.stack_file import StackFileError, read
from tests.conftest import ROOT


def write(folder: Path, text: str) -> Path:
    file = folder / "Pulumi.example.yaml"
    file.write_text(text)
    return file


def test_values_become_text_and_structures_json(tmp_path: Path) -> None:
    found = read(write(tmp_path, "config:\n  aws:region: eu-west-1\n  p:n: 3\n  p:s: {a: [1, true], b: '2'}\n"))
    assert found.stack == "example"
    assert found.config["aws:region"] == "eu-west-1"
    assert found.config["p:n"] == "3"
    assert json.loads(found.config["p:s"]) == {"a": [1, True], "b": "2"}
    assert found.secret_keys == ()


def test_an_encrypted_value_becomes_a_stand_in_that_stays_secret(tmp_path: Path) -> None:
    found = read(write(tmp_path, "config:\n  p:plain: x\n  p:key: {secure: v1:abc}\n  p:deep: {a: [{secure: v1:d}]}\n"))
    assert found.config["p:key"] == "secret-of-key"
    assert found.secret_keys == ("p:deep", "p:key")
    assert "v1:" not in json.dumps(found.config)


def test_a_secret_can_be_given_in_clear(tmp_path: Path) -> None:
    found = read(write(tmp_path, "config: {}\n"), {"token": "clear"})
    assert found.config == {"goal-mandala:token": "clear"}
    assert found.secret_keys == ("goal-mandala:token",)


@pytest.mark.parametrize("name", ["prod", "dev", "local"])
def test_a_stack_s_name_finds_its_file(name: str) -> None:
    assert read(name).path == ROOT / f"Pulumi.{name}.yaml"


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(StackFileError, match=r"stack 'prd' has no file Pulumi.prd.yaml; there are dev, local, prod"):
        read("prd")


def test_a_missing_file_is_named() -> None:
    with pytest.raises(StackFileError, match=r"somewhere/Pulumi.x.yaml: no such stack file"):
        read("somewhere/Pulumi.x.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("config: [unclosed", r"Pulumi.example.yaml is not valid YAML: .*line 1"),
        ("", "Pulumi.example.yaml has no mapping 'config' at its top level"),
        ("- a\n- b\n", "Pulumi.example.yaml has no mapping 'config' at its top level"),
        ("config: text\n", "Pulumi.example.yaml has no mapping 'config' at its top level"),
    ],
)
def test_a_file_that_is_no_stack_file_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(StackFileError, match=message) as raised:
        read(write(tmp_path, text))
    assert "\n" not in str(raised.value)
