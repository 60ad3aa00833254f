"""Values as they cross the SDK's wire."""

from __future__ import annotations

import json

import pulumi
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from plan.values import UNKNOWN_TEXT, dumps, is_unknown, plain, secret_keys

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=8,
)


def wire(value: object) -> object:
    """The value as protobuf gives it back: every number a double."""
    return json.loads(json.dumps(value), parse_int=float)


def envelope(value: object) -> dict[str, object]:
    return {rpc._special_sig_key: rpc._special_secret_sig, "value": value}


@given(JSON)
def test_the_wire_changes_nothing(value: object) -> None:
    assert json.dumps(plain(wire(value))) == json.dumps(value)


@given(JSON)
def test_an_envelope_is_taken_off_wherever_it_is(value: object) -> None:
    assert plain({"a": [envelope(wire(value))]}) == {"a": [value]}
    assert secret_keys({"a": [{"b": envelope(value)}], "c": 1}) == {"a"}


def test_fractions_stay() -> None:
    assert plain({"min": 0.5, "max": 2.0}) == {"min": 0.5, "max": 2}


def test_unknown_values_are_found_at_any_depth() -> None:
    assert is_unknown({"a": [1, {"b": rpc.UNKNOWN}]})
    assert not is_unknown({"a": [1, {"b": "known"}]})


def test_assets_are_shown_by_their_path_and_unknown_values_by_a_mark() -> None:
    value = {"b": pulumi.FileArchive(".build/x.zip"), "a": rpc.UNKNOWN, "c": pulumi.StringAsset("text")}
    assert json.loads(dumps(value)) == {"a": UNKNOWN_TEXT, "b": {"path": ".build/x.zip"}, "c": {"text": "text"}}


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=4))
def test_the_text_does_not_depend_on_the_order_of_keys(value: dict[str, object]) -> None:
    assert dumps(value) == dumps(dict(reversed(list(value.items()))))
