"""Asks a recorded stack for one thing by the name that AWS shows, so that tests name what operators would see.

Each answers the inputs of exactly one resource; a name that nothing or more than one thing has fails the test.
"""

from __future__ import annotations

import json
from typing import Any

from plan.graph import Graph, Resource
from tests.components.alarms import ALARM, condition, measured, metrics
from tests.harness import statements

AT_LEAST, ABOVE, BELOW = "GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold"
__all__ = ["ABOVE", "AT_LEAST", "BELOW", "condition", "measured", "metrics"]


def having(graph: Graph, type_: str, **values: object) -> Resource:
    """The one resource of the type with these inputs (`name="..."`)."""
    of_type = graph.of_type(type_)
    found = [r for r in of_type if all(r.inputs.get(key) == value for key, value in values.items())]
    assert len(found) == 1, f"{len(found)} of {len(of_type)} {type_} have {values}"
    return found[0]


def only(graph: Graph, type_: str) -> dict[str, Any]:
    """The inputs of the one resource of the type."""
    return having(graph, type_).inputs


def function(graph: Graph, name: str) -> dict[str, Any]:
    """A Lambda function by its full name."""
    return having(graph, "aws:lambda/function:Function", name=name).inputs


def may(graph: Graph, function_name: str) -> list[dict[str, Any]]:
    """The statements of the policy of a function, by the function's full name."""
    owner = having(graph, "aws:lambda/function:Function", name=function_name)
    role = having(graph, "aws:iam/role:Role", name=owner.inputs["role"].rpartition("/")[2])
    [policy] = [p for p in graph.of_type("aws:iam/rolePolicy:RolePolicy") if p.inputs["role"] == role.id]
    return statements(policy)


def bucket(graph: Graph, name: str) -> dict[str, Any]:
    """A bucket by its full name."""
    return having(graph, "aws:s3/bucket:Bucket", bucket=name).inputs


def of_bucket(graph: Graph, type_: str, name: str) -> dict[str, Any]:
    """What holds for a bucket by its full name: its encryption, its lifecycle and the like."""
    owner = having(graph, "aws:s3/bucket:Bucket", bucket=name)
    return having(graph, type_, bucket=owner.id).inputs


def log_group(graph: Graph, name: str) -> dict[str, Any]:
    """A log group by its full name."""
    return having(graph, "aws:cloudwatch/logGroup:LogGroup", name=name).inputs


def alarm(graph: Graph, name: str) -> dict[str, Any]:
    """An alarm by its full name; `condition`, `measured` and `metrics` read it."""
    return having(graph, ALARM, name=name).inputs


def severity(inputs: dict[str, Any]) -> str:
    """How bad an alarm is."""
    text: str = json.loads(inputs["alarmDescription"])["severity"]
    return text


def topics(inputs: dict[str, Any]) -> set[str]:
    """Region and name of the topics that an alarm notifies when it goes off (`ap-northeast-1:example-alerts`)."""
    return {f"{arn.split(':')[3]}:{arn.split(':')[5]}" for arn in inputs["alarmActions"]}


def alarms_on(graph: Graph, metric: str) -> list[dict[str, Any]]:
    """Every alarm that looks at a metric of this name."""
    found = [r.inputs for r in graph.of_type(ALARM)]
    return [inputs for inputs in found if any(name == metric for _, name in measured(inputs))]


def key(graph: Graph, arn: str) -> dict[str, Any]:
    """A KMS key by its ARN."""
    [found] = [r for r in graph.of_type("aws:kms/key:Key") if r.outputs.get("arn") == arn]
    return found.inputs
