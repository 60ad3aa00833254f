"""Connections to the database stay within what it grants, because functions reserve what they run at once."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from components.database import Database, DatabaseArgs
from components.parts.function import Function, FunctionArgs
from components.parts.grant import Grant
from plan.graph import Graph
from plan.record import RecordError
from settings.functions import FunctionSettings
from tests.components.data import ADAPTER, EXTERNAL, PROXY, database_settings
from tests.components.parts.test_function import SETTINGS, platform
from tests.conftest import Stacks
from tests.harness import KEYS, build

FUNCTION = "aws:lambda/function:Function"
WAYS_OUT = (
    "set a reserved_concurrency, or a smaller one, for the kinds api and workflow or in sizes, or let RDS Proxy pool "
    "the connections (database.pooling.mode 'rds_proxy')"
)


def functions(sizes: dict[str, int | None], *, account: int = 1000, **database: Any) -> Graph:
    """Functions that use a database of these settings, each with this much reserved concurrency."""
    values = copy.deepcopy(SETTINGS) | {"account_concurrency": account}
    values["sizes"] = {
        name: {"memory_mb": 512, "timeout_seconds": 30, "reserved_concurrency": reserved}
        for name, reserved in sizes.items()
    }
    settings = ADAPTER.validate_python(EXTERNAL) if database.pop("external", False) else database_settings(**database)

    def construct() -> None:
        shared = replace(platform(), settings=FunctionSettings.model_validate(values))
        args = DatabaseArgs(settings=settings, platform=shared, keys=KEYS, vpc_id="vpc-1", zones=("a", "c"))
        grant = Database("database", args).connects()
        for name in sizes:
            Function(name, FunctionArgs(platform=shared, source=name, kind="api", grant=grant | Grant()))

    return build(construct)


@pytest.mark.requirement(167, 233)
def test_functions_that_reserve_as_much_as_the_database_grants_are_made() -> None:
    graph = functions({"goals": 20, "tasks": 24, "health": 1})
    reserved = [r.inputs["reservedConcurrentExecutions"] for r in graph.of_type(FUNCTION)]
    assert sorted(reserved) == [1, 20, 24]


@pytest.mark.requirement(167, 233)
def test_one_more_than_the_database_grants_is_refused_with_who_holds_how_many() -> None:
    with pytest.raises(RecordError) as raised:
        functions({"goals": 20, "tasks": 25, "health": 1})
    assert str(raised.value) == (
        "goal-mandala:functions: functions may hold 46 connections to the database at once (goals 20, health 1, tasks "
        f"25) and it grants 45 (max_connections in the database section): {WAYS_OUT}"
    )


@pytest.mark.requirement(167, 233)
def test_a_function_that_may_run_as_often_as_the_account_allows_is_refused() -> None:
    with pytest.raises(RecordError) as raised:
        functions({"goals": 20, "tasks": None})
    assert str(raised.value) == (
        "goal-mandala:functions: 'tasks' holds a connection to the database for each of its executions, which nothing "
        "keeps below account_concurrency (1000), and the database grants 45 (max_connections in the database section): "
        f"{WAYS_OUT}"
    )


@pytest.mark.requirement(29, 167)
def test_behind_rds_proxy_nothing_need_be_reserved() -> None:
    graph = functions({"goals": None, "tasks": 500}, pooling=PROXY)
    assert len(graph.of_type(FUNCTION)) == 2


@pytest.mark.requirement(90)
def test_a_database_that_stands_elsewhere_grants_what_its_operator_says() -> None:
    assert len(functions({"goals": 40, "tasks": 20}, external=True).of_type(FUNCTION)) == 2
    with pytest.raises(RecordError, match=r"hold 61 connections .* grants 60"):
        functions({"goals": 40, "tasks": 21}, external=True)


def test_an_account_that_runs_no_more_at_once_than_the_database_grants_needs_no_reservation() -> None:
    assert len(functions({"goals": None}, account=45).of_type(FUNCTION)) == 1
    with pytest.raises(RecordError, match="nothing keeps below account_concurrency"):
        functions({"goals": None}, account=46)


def test_what_opens_no_connection_may_run_as_often_as_it_likes() -> None:
    grant = Grant(environment={"A": "1"})
    assert grant.connections is None
    graph = build(lambda: Function("x", FunctionArgs(platform=platform(), source="health", kind="api", grant=grant)))
    assert "reservedConcurrentExecutions" not in graph.of_type(FUNCTION)[0].inputs


@pytest.mark.parametrize(("one", "other", "both"), [(None, None, None), (45, None, 45), (None, 45, 45), (45, 60, 45)])
def test_grants_together_keep_the_smaller_limit(one: int | None, other: int | None, both: int | None) -> None:
    assert (Grant(connections=one) | Grant(connections=other)).connections == both


@pytest.mark.requirement(167, 233, 249)
@pytest.mark.parametrize("name", ["prod", "staging", "dev"])
def test_no_stack_on_aws_lets_functions_hold_more_than_45_connections(name: str, stacks: Stacks) -> None:
    graph = stacks(name)
    users = [r for r in graph.of_type(FUNCTION) if "DATABASE_SECRET_ARN" in r.inputs["environment"]["variables"]]
    assert len(users) > 10
    pooled = bool(graph.of_type("aws:rds/proxy:Proxy"))
    reserved = [r.inputs.get("reservedConcurrentExecutions", 1000) for r in users]
    assert pooled or sum(reserved) <= 45, dict(zip((r.name for r in users), reserved, strict=True))
