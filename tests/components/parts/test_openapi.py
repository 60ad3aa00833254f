"""The API's description as API Gateway takes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.parts.openapi import DescriptionError, draft4, read
from plan.graph import Graph
from tests.conftest import ROOT

SCALARS = st.one_of(
    st.builds(
        lambda low, size: {"type": "integer", "minimum": low, "exclusiveMaximum": low + size},
        st.integers(-5, 5),
        st.integers(1, 9),
    ),
    st.builds(lambda low: {"type": "integer", "exclusiveMinimum": low}, st.integers(-5, 5)),
    st.builds(
        lambda low, size: {"type": "string", "minLength": low, "maxLength": low + size}, *[st.integers(0, 4)] * 2
    ),
    st.builds(lambda value: {"const": value}, st.sampled_from(["a", "b"])),
    st.builds(lambda values: {"enum": values}, st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, unique=True)),
    st.just({"type": ["string", "null"], "format": "date", "description": "a day"}),
)
SCHEMAS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.builds(lambda item: {"type": "array", "items": item}, inner),
        st.builds(lambda options: {"anyOf": options}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(
            lambda properties: {"type": "object", "properties": properties, "required": sorted(properties)[:1]},
            st.dictionaries(st.sampled_from(["title", "format", "default", "x"]), inner, max_size=3),
        ),
    ),
    max_leaves=6,
)
VALUES = st.recursive(
    st.one_of(st.none(), st.integers(-8, 16), st.text("abc", max_size=9)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["title", "format", "default", "x"]), inner, max_size=3),
    ),
    max_leaves=6,
)


@given(SCHEMAS, VALUES)
def test_a_converted_schema_accepts_exactly_what_the_original_accepts(schema: dict[str, Any], value: Any) -> None:
    converted = draft4(schema, {})
    jsonschema.Draft4Validator.check_schema(converted)
    assert jsonschema.Draft4Validator(converted).is_valid(value) == jsonschema.Draft202012Validator(schema).is_valid(
        value
    )


@pytest.mark.parametrize(("value", "accepted"), [(2, False), (3, True), (6, True), (7, False)])
def test_bounds_that_exclude_themselves_still_do(value: int, accepted: bool) -> None:
    converted = draft4({"type": "integer", "exclusiveMinimum": 2, "exclusiveMaximum": 7}, {})
    assert jsonschema.Draft4Validator(converted).is_valid(value) is accepted


def test_references_are_resolved_in_place() -> None:
    schemas = {"Inner": {"type": "boolean"}, "Outer": {"properties": {"a": {"$ref": "#/components/schemas/Inner"}}}}
    assert draft4({"$ref": "#/components/schemas/Outer"}, schemas) == {"properties": {"a": {"type": "boolean"}}}


@pytest.mark.parametrize(("value", "accepted"), [(5, True), (5.0, True), (5.5, False), ("5", False), (True, False)])
def test_a_whole_number_is_an_integer_however_it_is_written(value: object, accepted: bool) -> None:
    assert jsonschema.Draft4Validator(draft4({"type": "integer"}, {})).is_valid(value) is accepted


def test_the_committed_description_has_the_health_check_and_bodies_in_draft_4() -> None:
    description = read(ROOT / "lambdas" / "openapi.json")
    by_id = {(operation.method, operation.path): operation for operation in description.operations}
    health = by_id["GET", "/health"]
    assert (health.function, health.signed_in, health.body) == ("health", False, None)
    create = by_id["POST", "/goals"]
    assert (create.function, create.signed_in) == ("goals", True)
    assert create.body in description.models
    for model in description.models.values():
        jsonschema.Draft4Validator.check_schema(model)


@pytest.mark.parametrize(
    ("body", "accepted"),
    [
        ({"title": "Run a marathon"}, True),
        ({"title": "Run", "deadline": "2026-10-01"}, True),
        ({}, False),
        ({"title": ""}, False),
        ({"title": "x" * 201}, False),
        ({"title": 1}, False),
    ],
)
def test_a_new_goal_needs_a_title_of_at_most_200_characters(body: dict[str, Any], accepted: bool) -> None:
    description = read(ROOT / "lambdas" / "openapi.json")
    [create] = [
        operation for operation in description.operations if (operation.method, operation.path) == ("POST", "/goals")
    ]
    assert create.body
    assert jsonschema.Draft4Validator(description.models[create.body]).is_valid(body) is accepted


def write(folder: Path, operation: dict[str, Any]) -> Path:
    file = folder / "openapi.json"
    file.write_text(json.dumps({"paths": {"/a/{id}/b": {"get": operation}}, "components": {"schemas": {}}}))
    return file


def test_an_operation_without_a_function_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DescriptionError, match=r"GET /a/\{id\}/b names no function"):
        read(write(tmp_path, {"operationId": "getB"}))


def test_paths_and_parameters_are_found(tmp_path: Path) -> None:
    parameters = [
        {"name": "id", "in": "path", "required": True},
        {"name": "since", "in": "query", "required": True},
        {"name": "limit", "in": "query"},
    ]
    operation = {"operationId": "getB", "x-function": "b", "security": [{"user": []}], "parameters": parameters}
    description = read(write(tmp_path, operation))
    assert description.paths() == ["a", "a/{id}", "a/{id}/b"]
    assert description.operations[0].path_parameters == ("id",)
    assert description.operations[0].query == ("since",)
    assert description.operations[0].signed_in is True


def test_another_shape_has_another_digest(tmp_path: Path) -> None:
    first = read(write(tmp_path, {"operationId": "getB", "x-function": "b"}))
    again = read(write(tmp_path, {"operationId": "getB", "x-function": "b", "summary": "only words"}))
    other = read(write(tmp_path, {"operationId": "getB", "x-function": "b", "security": [{"user": []}]}))
    assert first.digest() == again.digest() != other.digest()


def test_a_body_that_may_be_left_out_is_told_apart() -> None:
    description = read(ROOT / "lambdas" / "openapi.json")
    empty = {operation.id for operation in description.operations if operation.may_be_empty}
    assert empty == {"cancelExecution"}


def test_every_operation_that_the_document_describes_becomes_a_method(prod: Graph) -> None:
    document = json.loads((ROOT / "lambdas" / "openapi.json").read_text(encoding="utf-8"))
    described = [
        (verb.upper(), path) for path, item in document["paths"].items() for verb in item if verb != "parameters"
    ]
    methods = [m for m in prod.of_type("aws:apigateway/method:Method") if m.inputs["httpMethod"] != "OPTIONS"]
    assert sorted((o.method, o.path) for o in read().operations) == sorted(described)
    assert len(methods) == len(described)
    assert {"GET", "POST", "PUT", "PATCH", "DELETE"} == {verb for verb, _ in described}
