"""The health function."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest


@pytest.mark.requirement(70)
def test_a_healthy_system_tells_its_version_and_latency(person: Any) -> None:
    answer = person.call("getHealth")
    assert answer.status == 200
    assert (answer.json["status"], answer.json["version"]) == ("ok", "v1.2.3")
    assert 0 < answer.json["databaseLatencyMs"] < 1000
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_its_database_the_system_is_not_healthy(person: Any, database: Any, secrets: dict[str, str]) -> None:
    from lambdas.health import handler

    handler.DATABASE.close()
    secrets[os.environ["DATABASE_SECRET_ARN"]] = json.dumps(database.secret | {"port": 1})
    answer = person.call("getHealth")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    secrets[os.environ["DATABASE_SECRET_ARN"]] = json.dumps(database.secret)
    assert person.call("getHealth").status == 200
