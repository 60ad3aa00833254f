"""A database that costs nothing while nobody is there: what may sleep, and who waits until it is awake."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from components.database import Database, DatabaseArgs
from components.parts.function import Function, FunctionArgs
from settings.database import DatabaseSettings
from tests.components.data import PROXY, database_settings
from tests.components.parts.test_function import FUNCTION, platform
from tests.harness import KEYS, build, only


def test_functions_wait_for_a_database_that_may_be_asleep_and_for_no_other() -> None:
    told = [
        database_settings(engine_changes={"min_capacity": capacity}, engine_version="16.3") for capacity in (0, 0.5)
    ]
    asleep, awake = (waiting(settings) for settings in told)
    assert asleep["PGCONNECT_TIMEOUT"] == "25"
    assert "PGCONNECT_TIMEOUT" not in awake


def waiting(settings: DatabaseSettings) -> dict[str, str]:
    """What a function is told that uses a database of these settings."""

    def construct() -> None:
        shared = platform()
        args = DatabaseArgs(settings=settings, platform=shared, keys=KEYS, vpc_id="vpc-1", zones=("a", "c"))
        grant = Database("database", args).connects()
        Function("goals", FunctionArgs(platform=shared, source="goals", kind="workflow", grant=grant))

    variables: dict[str, str] = only(build(construct), FUNCTION).inputs["environment"]["variables"]
    return variables


@pytest.mark.parametrize("version", ["16.2", "15.6", "14.11", "13.14"])
def test_a_version_that_cannot_pause_is_refused_without_capacity(version: str) -> None:
    with pytest.raises(ValidationError, match=rf"engine_version \({version}\) cannot pause"):
        database_settings(engine_changes={"min_capacity": 0}, engine_version=version)
    assert database_settings(engine_changes={"min_capacity": 0.5}, engine_version=version)


@pytest.mark.parametrize("version", ["17.4", "16.3", "15.7", "14.12", "13.15"])
def test_a_version_that_can_pause_may_have_no_capacity(version: str) -> None:
    assert database_settings(engine_changes={"min_capacity": 0}, engine_version=version)


def test_a_proxy_keeps_a_database_awake_that_should_sleep() -> None:
    with pytest.raises(ValidationError, match="has no effect with pooling.mode 'rds_proxy'"):
        database_settings(engine_changes={"min_capacity": 0}, pooling=PROXY)
    assert database_settings(engine_changes={"min_capacity": 0.5}, pooling=PROXY)
