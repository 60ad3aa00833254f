"""Inputs as Terraform arguments, against small schemas that are written out here."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from plan.terraform.schema import Block
from plan.terraform.translate import TranslationError, Translator, argument_path

RULE = Block(attributes={"id": "string", "days": "number"})
BLOCK = Block(
    attributes={
        "name": "string",
        "enabled": "bool",
        "policy": "string",
        "types": ["set", "string"],
        "variables": ["map", "string"],
        "ingress": ["set", ["object", {"from_port": "number", "cidr_blocks": ["list", "string"], "self": "bool"}]],
        "filename": "string",
        "content": "string",
    },
    blocks={"rule": RULE, "settings": Block(attributes={"log_level": "string"}, blocks={"rule": RULE})},
)


def body(inputs: dict[str, Any]) -> dict[str, Any]:
    return Translator(type_="aws_example").body(inputs, BLOCK)


def test_plain_values_keep_their_form() -> None:
    assert body({"name": "a", "enabled": False}) == {"name": "a", "enabled": False}


def test_an_input_that_is_not_given_is_not_written() -> None:
    assert body({"name": "a", "enabled": None}) == {"name": "a"}


def test_a_block_is_a_list_whether_pulumi_has_an_object_or_a_list() -> None:
    assert body({"settings": {"logLevel": "INFO", "rules": [{"id": "x"}]}}) == {
        "settings": [{"log_level": "INFO", "rule": [{"id": "x"}]}]
    }
    assert body({"rules": [{"id": "x", "days": 1}, {"id": "y"}]}) == {"rule": [{"id": "x", "days": 1}, {"id": "y"}]}


def test_a_list_that_pulumi_flattens_is_a_list_again() -> None:
    assert body({"types": "REGIONAL"}) == {"types": ["REGIONAL"]}
    assert body({"types": ["A", "B"]}) == {"types": ["A", "B"]}


def test_keys_of_a_map_are_data_and_keep_their_spelling() -> None:
    assert body({"variables": {"logLevel": "INFO", "STAGE": "prod"}}) == {
        "variables": {"logLevel": "INFO", "STAGE": "prod"}
    }


def test_an_attribute_of_objects_has_all_keys_since_terraform_wants_them() -> None:
    assert body({"ingress": [{"fromPort": 443, "cidrBlocks": ["10.0.0.0/16"]}]}) == {
        "ingress": [{"from_port": 443, "cidr_blocks": ["10.0.0.0/16"], "self": None}]
    }
    assert body({"ingress": []}) == {"ingress": []}


def test_a_policy_given_as_an_object_becomes_a_text() -> None:
    assert json.loads(body({"policy": {"Version": "2012-10-17"}})["policy"]) == {"Version": "2012-10-17"}


def test_an_archive_is_an_asset_beside_the_files() -> None:
    translator = Translator(type_="aws_example")
    inputs = {"filename": pulumi.FileArchive(".build/a.zip"), "content": pulumi.StringAsset("${a}")}
    assert translator.body(inputs, BLOCK) == {"filename": "${path.module}/assets/a.zip", "content": "${a}"}
    assert translator.assets == {"a.zip": ".build/a.zip"}


def test_two_assets_of_one_name_are_refused() -> None:
    translator = Translator(type_="aws_example", assets={"a.zip": "one/a.zip"})
    with pytest.raises(TranslationError, match=r"two/a.zip and one/a.zip would both be assets/a.zip"):
        translator.body({"filename": pulumi.FileArchive("two/a.zip")}, BLOCK)


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({"colour": "red"}, "colour"),
        ({"settings": {"colour": "red"}}, "settings.colour"),
        ({"ingress": [{"colour": "red"}]}, "ingress.colour"),
    ],
)
def test_an_input_without_an_argument_is_named(inputs: dict[str, Any], named: str) -> None:
    with pytest.raises(TranslationError, match=f"aws_example has no argument for '{named}'"):
        body(inputs)


def test_ignored_changes_are_paths_of_arguments() -> None:
    assert argument_path("enabled", BLOCK, "aws_example") == "enabled"
    assert argument_path("settings.logLevel", BLOCK, "aws_example") == "settings[0].log_level"
    with pytest.raises(TranslationError, match="'colour', which ignore_changes names"):
        argument_path("colour", BLOCK, "aws_example")
