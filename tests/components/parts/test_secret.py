"""Secrets that are made with the stack."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from components.parts.secret import empty_secret, secret_value, stored_secret
from plan.graph import Graph
from plan.values import SECRET_TEXT
from tests.harness import KEYS, build, only

VERSION = "aws:secretsmanager/secretVersion:SecretVersion"


class Part(pulumi.ComponentResource):
    """A component with a secret in it."""

    def __init__(self, value: Any, **options: Any) -> None:
        super().__init__("test:parts:Part", "part")
        stored_secret(
            "part-secret",
            parent=self,
            physical_name="example-secret",
            description="an example",
            value=value,
            key_arn=KEYS.secrets,
            recovery_window_days=7,
            **options,
        )
        self.register_outputs({})


def secret(value: Any, **options: Any) -> Graph:
    return build(lambda: Part(value, **options))


@pytest.mark.parametrize("value", ["hunter2", {"password": "hunter2"}], ids=["text", "mapping"])
def test_a_value_is_secret_even_when_it_came_in_clear(value: Any) -> None:
    graph = secret(value)
    assert "hunter2" in only(graph, VERSION).inputs["secretString"]
    assert only(graph, VERSION).masked_inputs()["secretString"] == SECRET_TEXT
    assert "hunter2" not in json.dumps(graph.as_json())


def test_a_mapping_is_stored_as_json_and_a_text_as_it_is() -> None:
    mapping = build(lambda: Part({"b": 1, "a": pulumi.Output.from_input("x")}))
    assert only(mapping, VERSION).inputs["secretString"] == '{"a": "x", "b": 1}'
    assert only(secret("as it is"), VERSION).inputs["secretString"] == "as it is"


class Rotated(pulumi.ComponentResource):
    """A component with a secret that something else writes later."""

    def __init__(self) -> None:
        super().__init__("test:parts:Rotated", "part")
        names = {"physical_name": "example-secret", "description": "an example"}
        holder = empty_secret("part-secret", parent=self, key_arn=KEYS.secrets, recovery_window_days=7, **names)
        secret_value("part-secret", parent=self, secret=holder, value="x", rotated=True)
        self.register_outputs({})


def test_only_a_rotated_value_is_left_alone_by_updates() -> None:
    assert only(build(Rotated), VERSION).options["ignore_changes"] == ["secretString"]
    assert "ignore_changes" not in only(secret("x"), VERSION).options


@pytest.mark.requirement(39)
def test_a_secret_is_encrypted_with_the_given_key_and_can_be_recovered() -> None:
    made = only(secret("x"), "aws:secretsmanager/secret:Secret").inputs
    assert made["kmsKeyId"] == KEYS.secrets
    assert made["recoveryWindowInDays"] == 7
    assert made["name"] == "example-secret"
