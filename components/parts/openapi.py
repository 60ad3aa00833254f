"""The API's description as data: which operations there are, and their bodies as API Gateway wants them.

`lambdas/openapi.json` is written from the same table that the handlers route and check by.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).resolve().parents[2] / "lambdas" / "openapi.json"
METHODS = ("get", "post", "put", "patch", "delete")


class DescriptionError(ValueError):
    """The API's description cannot become an API Gateway API; the message names the operation."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one path. `body` names a schema, `query` its required and `options` its other query parameters.

    `versioned` says that it answers with an ETag, which a later change must name; `may_be_empty` that its body may be
    left out.
    """

    id: str
    method: str
    path: str
    function: str
    signed_in: bool
    body: str | None
    query: tuple[str, ...]
    options: tuple[str, ...] = ()
    versioned: bool = False
    may_be_empty: bool = False

    @property
    def path_parameters(self) -> tuple[str, ...]:
        """Names in braces in the path."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))


@dataclass(frozen=True, kw_only=True)
class Description:
    """All operations, and the request bodies' schemas by name, self-contained, in JSON Schema draft 4."""

    operations: tuple[Operation, ...]
    models: dict[str, dict[str, Any]]

    def digest(self) -> str:
        """Changes when the API's shape does."""
        shape = [operation.__dict__ for operation in self.operations]
        return hashlib.sha256(json.dumps([shape, self.models], sort_keys=True).encode()).hexdigest()[:16]

    def paths(self) -> list[str]:
        """All paths and the paths above them, parents first."""
        found: set[str] = set()
        for operation in self.operations:
            parts = operation.path.strip("/").split("/")
            found.update("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
        return sorted(found)


def read(document: Path = DOCUMENT) -> Description:
    """The description in the file."""
    content = json.loads(document.read_text(encoding="utf-8"))
    schemas = content["components"]["schemas"]
    operations = [
        _operation(path, method, item[method])
        for path, item in sorted(content["paths"].items())
        for method in METHODS
        if method in item
    ]
    bodies = sorted({operation.body for operation in operations if operation.body})
    return Description(operations=tuple(operations), models={name: draft4(schemas[name], schemas) for name in bodies})


def _operation(path: str, method: str, item: dict[str, Any]) -> Operation:
    if "x-function" not in item:
        raise DescriptionError(f"{method.upper()} {path} names no function: give it x-function")
    body = item.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {}).get("$ref")
    query = {p["name"]: bool(p.get("required")) for p in item.get("parameters", []) if p["in"] == "query"}
    headers = {name for response in item.get("responses", {}).values() for name in response.get("headers", {})}
    return Operation(
        id=item["operationId"],
        method=method.upper(),
        path=path,
        function=item["x-function"],
        signed_in=bool(item.get("security")),
        body=body.rsplit("/", 1)[-1] if body else None,
        query=tuple(sorted(name for name, required in query.items() if required)),
        options=tuple(sorted(name for name, required in query.items() if not required)),
        versioned="ETag" in headers,
        may_be_empty=body is not None and not item["requestBody"].get("required", False),
    )


# Words of later drafts that say nothing draft 4 could check.
_ANNOTATIONS = {"title", "description", "default", "examples", "format", "deprecated"}


def draft4(schema: Any, schemas: dict[str, Any]) -> Any:
    """A 2020-12 schema as JSON Schema draft 4, references resolved in place.

    API Gateway checks bodies by draft 4 and does not resolve references into another document.
    """
    if isinstance(schema, list):
        return [draft4(item, schemas) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return draft4(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas)
    result: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _ANNOTATIONS or (key == "required" and not value):  # draft 4 refuses an empty list
            continue
        if key == "const":
            result["enum"] = [value]
        elif (key, value) == ("type", "integer"):
            # Until draft 6, 5.0 is no integer; to whoever sends it, it is.
            result |= {"type": "number", "multipleOf": 1}
        elif key in {"exclusiveMinimum", "exclusiveMaximum"}:
            result[key.replace("exclusiveM", "m")] = value
            result[key] = True
        elif key == "properties":
            result[key] = {name: draft4(item, schemas) for name, item in value.items()}
        else:
            result[key] = draft4(value, schemas)
    return result
