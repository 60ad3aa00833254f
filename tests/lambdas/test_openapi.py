"""The OpenAPI document."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lambdas import openapi
from lambdas.shared.operations import OPERATIONS


def test_the_committed_document_is_the_one_the_operations_make() -> None:
    assert openapi.main(["--check"]) == 0


def test_an_outdated_document_is_noticed(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(openapi, "FILE", tmp_path / "openapi.json")
    openapi.FILE.write_text("{}")
    assert openapi.main(["--check"]) == 1
    assert "python -m lambdas.openapi" in capsys.readouterr().err
    assert openapi.main([]) == 0
    assert openapi.main(["--check"]) == 0


def test_every_reference_leads_somewhere() -> None:
    document = openapi.document()

    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            return [node["$ref"]] if "$ref" in node else [r for value in node.values() for r in references(value)]
        return [r for value in node for r in references(value)] if isinstance(node, list) else []

    found = references(document)
    assert len(found) > 100
    for reference in found:
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


@pytest.mark.requirement(72)
def test_only_health_and_shared_charts_need_no_sign_in() -> None:
    operations = [o for path in openapi.document()["paths"].values() for o in path.values()]
    assert len(operations) == len(OPERATIONS)
    assert [o["operationId"] for o in operations if o["security"] == []] == ["getSharedMandala", "getHealth"]
    assert sum(o["security"] == [{"accessToken": []}] for o in operations) == len(OPERATIONS) - 2


def test_request_bodies_are_flat_so_that_api_gateway_can_check_them() -> None:
    document = openapi.document()
    for operation in OPERATIONS:
        if operation.body is not None:
            schema = document["components"]["schemas"][operation.body.__name__]
            assert "$ref" not in str(schema)
            assert schema["additionalProperties"] is False
            assert schema.get("required") != []


def test_answers_fit_the_document(person: Any) -> None:
    goal = person.goal(deadline="2027-04-01")
    person.chart(goal["id"], 2, 2)
    calls = {
        "getGoal": {"goalId": goal["id"]},
        "getMandala": {"goalId": goal["id"]},
        "listGoals": {},
        "listTasks": {},
        "listExecutions": {},
        "getHealth": {},
    }
    for operation in OPERATIONS:
        if operation.id in calls and operation.answer is not None:
            answer = person.call(operation.id, calls[operation.id])
            assert answer.status == operation.status
            msgspec.json.decode(answer.text, type=operation.answer)
