"""The OpenAPI 3.1 document of the API, made from the table of operations.

`python -m lambdas.openapi` writes `lambdas/openapi.json`; with `--check` it only says whether the file is current.
The API's resources, the request models and the web application's types are made from that file.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import msgspec

from lambdas.shared import links, shapes
from lambdas.shared.operations import OPERATIONS, PATH_PARAMETERS, Operation

FILE = Path(__file__).with_name("openapi.json")
_REFERENCE = "#/components/schemas/{name}"
_PROBLEMS = {
    400: "The request is not valid.",
    401: "Sign in first.",
    403: "The request was refused before it reached the application.",
    404: "Nothing with this id belongs to the signed-in person.",
    409: "The state of the thing does not allow this now.",
    412: "If-Match does not name the current version.",
    413: "The request is too large.",
    415: "The body is not JSON.",
    422: "The Idempotency-Key was used for another request.",
    429: "Too many requests from this IP.",
    500: "The application failed; the request id finds the reason in its log.",
    502: "The application failed before it could answer.",
    503: "The database or the workflow cannot be reached; try again.",
    504: "The application did not answer in time.",
}
_PARAMETER_SCHEMAS: dict[str, dict[str, Any]] = {
    "uuid": {"type": "string", "format": "uuid"},
    "position": {"type": "integer", "minimum": 1, "maximum": 8},
    "token": {"type": "string"},
}


def document() -> dict[str, Any]:
    """The whole document as plain data."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Goal Mandala",
            "version": "1",
            "description": "Goals as mandala charts, their daily tasks, reflections, and followed repositories.",
        },
        "servers": [{"url": "/v1"}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "responses": {f"Problem{status}": _problem(status) for status in _PROBLEMS},
            "securitySchemes": {
                "accessToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The access token of the Cognito user pool.",
                }
            },
        },
    }


def _schemas() -> dict[str, Any]:
    types: list[type] = [shapes.Problem]
    types += [t for operation in OPERATIONS for t in (operation.body, operation.answer) if t is not None]
    _, components = msgspec.json.schema_components(dict.fromkeys(types), ref_template=_REFERENCE)
    changes = {operation.body.__name__ for operation in OPERATIONS if operation.body and operation.method == "PATCH"}
    for name, schema in components.items():
        if not schema.get("required"):
            schema.pop("required", None)  # API Gateway's models are JSON Schema draft 4, where it may not be empty
            if name in changes:
                schema["minProperties"] = 1
    return {name: components[name] for name in sorted(components)}


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.function],
        "x-function": operation.function,
        "security": [{"accessToken": []}] if operation.login else [],
        "responses": _responses(operation),
    }
    parameters = [*_path_parameters(operation), *_query_parameters(operation), *_header_parameters(operation)]
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {
            "required": operation.body_required,
            "content": {"application/json": {"schema": {"$ref": _REFERENCE.format(name=operation.body.__name__)}}},
        }
    return described


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _PARAMETER_SCHEMAS[PATH_PARAMETERS[name]]}
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    (_,), components = msgspec.json.schema_components([operation.query], ref_template=_REFERENCE)
    properties: dict[str, dict[str, Any]] = components[operation.query.__name__]["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": _without_null(schema)}
        for name, schema in properties.items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query parameter is there or not there; it is never null."""
    if "anyOf" in schema:
        (kept,) = [choice for choice in schema["anyOf"] if choice != {"type": "null"}]
        return dict(kept)
    if "enum" in schema:
        return {"type": "string", "enum": [value for value in schema["enum"] if value is not None]}
    return schema


def _header_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.is_repeatable:
        description = "Repeated with the same key and body within a day, the call has one effect and the same answer."
        key = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[!-~]+(?![\s\S])"}
        named = {"name": "Idempotency-Key", "in": "header", "required": False}
        return [named | {"schema": key, "description": description}]
    if not operation.conditional or operation.method not in {"PATCH", "DELETE"}:
        return []
    schema = {"type": "string", "examples": ['"3"']}
    return [{"name": "If-Match", "in": "header", "required": False, "schema": schema}]


def _responses(operation: Operation) -> dict[str, Any]:
    success: dict[str, Any] = {"description": operation.summary}
    headers: dict[str, Any] = {}
    if operation.conditional and operation.answer is not None:
        headers["ETag"] = {"schema": {"type": "string"}, "description": "The version, for If-Match."}
    if operation.answers_location:
        headers["Location"] = {"schema": {"type": "string"}, "description": "Where to read it."}
    if headers:
        success["headers"] = headers
    if operation.answer is not None:
        schema = {"$ref": _REFERENCE.format(name=operation.answer.__name__)}
        success["content"] = {"application/json": {"schema": schema}}
    if operation.also_csv:
        success["content"]["text/csv"] = {"schema": {"type": "string"}}
    if found := links.of(operation):
        success["links"] = found
    problems = {status: {"$ref": f"#/components/responses/Problem{status}"} for status in _statuses(operation)}
    answers = {operation.status: success, **problems}
    return {str(status): answers[status] for status in sorted(answers)}


def _statuses(operation: Operation) -> set[int]:
    statuses = {400, 403, 429, 500, 502, 503, 504, *operation.problems}
    if operation.login:
        statuses.add(401)
    if "{" in operation.path:
        statuses.add(404)
    if operation.body is not None:
        statuses |= {413, 415}
    if operation.is_repeatable:
        statuses.add(422)
    if operation.conditional and operation.method in {"PATCH", "DELETE"}:
        statuses.add(412)
    return statuses


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": _REFERENCE.format(name="Problem")}
    answer: dict[str, Any] = {
        "description": _PROBLEMS[status],
        "content": {"application/problem+json": {"schema": schema}},
    }
    if status in {429, 503}:
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
    return answer


def text() -> str:
    """The document as it stands in the file."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or check it. Answers the exit status."""
    if "--check" in arguments:
        if FILE.read_text("utf-8") == text():
            return 0
        print("lambdas/openapi.json is older than the operations: run python -m lambdas.openapi", file=sys.stderr)
        return 1
    FILE.write_text(text(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
