"""Fitting an answer to a tool's JSON Schema, as a model does whose tool use is forced."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def resolve(schema: Schema, root: Schema) -> Schema:
    """The schema itself: references into the document followed, the first of several alternatives taken."""
    while True:
        if "$ref" in schema:
            target: Any = root
            for step in schema["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            schema = target
        elif choices := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            schema = next((choice for choice in choices if choice.get("type") != "null"), choices[0])
        else:
            return schema


def kind_of(schema: Schema) -> str:
    """The JSON type that a value of this schema has."""
    declared = schema.get("type")
    if isinstance(declared, list):
        return str(next((name for name in declared if name != "null"), "null"))
    if declared:
        return str(declared)
    if "properties" in schema:
        return "object"
    return "array" if "items" in schema else "string"


def conform(value: object, schema: Schema, root: Schema, words: str) -> object:
    """The value, made valid: limits kept, unknown properties dropped, missing ones filled from `words`."""
    schema = resolve(schema, root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return value if value in schema["enum"] else schema["enum"][0]
    kind = kind_of(schema)
    if kind == "object":
        return _object(value if isinstance(value, dict) else {}, schema, root, words)
    if kind == "array":
        return _array(value if isinstance(value, list) else [], schema, root, words)
    if kind in ("integer", "number"):
        return _number(value, schema, kind)
    if kind == "boolean":
        return bool(value)
    return None if kind == "null" else _string(value, schema, words)


def _object(value: dict[str, Any], schema: Schema, root: Schema, words: str) -> dict[str, Any]:
    properties: dict[str, Schema] = schema.get("properties", {})
    wanted = [name for name in properties if name in value or name in schema.get("required", [])]
    return {name: conform(value.get(name), properties[name], root, words) for name in wanted}


def _array(value: list[Any], schema: Schema, root: Schema, words: str) -> list[Any]:
    fewest, most = schema.get("minItems", 0), schema.get("maxItems", max(len(value), schema.get("minItems", 0)))
    filled = [*value, *[None] * (fewest - len(value))][:most]
    return [conform(item, schema.get("items", {}), root, words) for item in filled]


def _number(value: object, schema: Schema, kind: str) -> float | int:
    lowest = schema.get("minimum", 0)
    number: float = value if isinstance(value, int | float) and not isinstance(value, bool) else lowest
    step = schema.get("multipleOf")
    if step:
        number = round(number / step) * step
    number = max(schema.get("minimum", number), min(schema.get("maximum", number), number))
    return int(number) if kind == "integer" else float(number)


def _string(value: object, schema: Schema, words: str) -> str:
    text = (value if isinstance(value, str) and value else words)[: schema.get("maxLength")]
    return text.ljust(schema.get("minLength", 0), ".")
