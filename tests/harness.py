"""Builds single components under a fresh recording, so that tests assert on what was registered.

Nothing here knows what a component is for. `build` waits until nothing is under way: an assertion afterwards sees
everything, and none has to live inside an `apply`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from components.parts.keys import Keys
from components.parts.naming import Naming
from components.parts.stack import Stack
from plan.account import Account
from plan.graph import Graph, Resource
from plan.monitor import Monitor
from plan.record import graph_of, run
from plan.recorded_account import RecordedAccount
from plan.stack_file import StackFile

REGION = "ap-northeast-1"
ACCOUNT_ID = "123456789012"
STACK = Stack(
    naming=Naming(prefix="example-production"), stage="prod", release="1.2.3", region=REGION, account_id=ACCOUNT_ID
)
KEYS = Keys(
    region=REGION,
    data=f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/data",
    logs=f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/logs",
    secrets=f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/secrets",
)


def build(
    construction: Callable[[], object],
    *,
    config: Mapping[str, str] | None = None,
    secret_keys: tuple[str, ...] = (),
    account: Account | None = None,
    preview: bool = False,
) -> Graph:
    """Run `construction` to quiescence; the graph of what it registered. `RecordError` when something failed."""
    source = StackFile(path=Path("Pulumi.test.yaml"), stack="test", config=dict(config or {}), secret_keys=secret_keys)
    monitor = Monitor(account or RecordedAccount(REGION), preview=preview)
    run(construction, monitor, source=source)
    return graph_of(monitor, source.stack)


def only(graph: Graph, type_: str) -> Resource:
    """The one resource of the type; a test that expects one fails on two."""
    found = graph.of_type(type_)
    assert len(found) == 1, f"{len(found)} resources of type {type_}: {[resource.name for resource in found]}"
    return found[0]


def texts(value: Any) -> Iterator[str]:
    """Every text inside a value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts(key)
            yield from texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from texts(item)


def documents(resource: Resource) -> Iterator[tuple[str, dict[str, Any]]]:
    """The policy documents among the inputs, by property; text that looks like one and does not parse raises."""
    for key, value in resource.inputs.items():
        if isinstance(value, str) and ("2012-10-17" in value or "Policy" in key.removesuffix("Arn") or key == "policy"):
            if value.startswith("arn:") or key == "securityPolicy":  # a TLS version of API Gateway
                continue
            parsed = json.loads(value)
            if isinstance(parsed, dict) and "Statement" in parsed:
                yield key, parsed


def statements(resource: Resource) -> list[dict[str, Any]]:
    """All statements of all documents of the resource."""
    return [statement for _, document in documents(resource) for statement in document["Statement"]]


def function_statements(graph: Graph, function: str) -> list[dict[str, Any]]:
    """What a function's role may do, by the function's logical name (`api-goals`)."""
    return statements(graph.named("aws:iam/rolePolicy:RolePolicy", f"{function}-policy"))
