"""Settings and constructions of the data components, shared by their tests."""

from __future__ import annotations

import copy
from typing import Any, cast

from pydantic import TypeAdapter

from components.database import Database, DatabaseArgs
from components.network import Network, NetworkArgs
from components.parts.application_secrets import ApplicationSecrets, ApplicationSecretsArgs
from components.parts.function import Function, FunctionArgs
from plan.graph import Graph
from settings.database import DatabaseSettings
from settings.network import NetworkSettings
from settings.secrets import SecretsSettings
from tests.components.parts.test_function import platform
from tests.harness import KEYS, STACK, build

# An annotated union is no class to mypy, and a valid argument to pydantic.
ADAPTER: TypeAdapter[DatabaseSettings] = TypeAdapter(cast("Any", DatabaseSettings))
DATABASE: dict[str, Any] = {
    "engine": {"mode": "serverless_v2", "min_capacity": 0.5, "max_capacity": 4.0, "readers": 0},
    "engine_version": "16.8",
    "database_name": "example",
    "administrator": "admin1",
    "application_user": "app",
    "pooling": {"mode": "none", "max_connections": 45},
    "backup": {"automation": "aurora", "retention_days": 3, "window": "01:00-02:00"},
    "maintenance_window": "mon:02:00-mon:03:00",
    "deletion_protection": False,
    "performance_insights": False,
    "monitoring_interval_seconds": 0,
    "slow_query_ms": 250,
    "audited": [],
    "log_retention_days": 7,
    "rotation_days": None,
}
PROXY = {
    "mode": "rds_proxy",
    "max_connections_percent": 80,
    "idle_client_timeout_seconds": 1200,
    "borrow_timeout_seconds": 7,
}
EXTERNAL = {
    "engine": {
        "mode": "external",
        "parameter": "/chase/supabase/connection",
        "port": 6543,
        "cidr_blocks": ["203.0.113.0/24", "198.51.100.7/32"],
        "max_connections": 60,
    }
}
NETWORK: dict[str, Any] = {
    "cidr_block": "10.0.0.0/16",
    "availability_zones": ["ap-northeast-1a", "ap-northeast-1c"],
    "public_subnet_mask": 24,
    "private_subnet_mask": 20,
    "nat": "single",
    "endpoints": [],
    "network_acls": None,
    "flow_logs": None,
}
SECRETS: dict[str, Any] = {"external": {}, "watch": None}


def database_settings(**changes: Any) -> DatabaseSettings:
    """The settings above with changes; `engine_changes` reach into the engine."""
    values = copy.deepcopy(DATABASE)
    values["engine"] |= changes.pop("engine_changes", {})
    settings: DatabaseSettings = ADAPTER.validate_python(values | changes)
    return settings


def database(settings: DatabaseSettings | None = None, **changes: Any) -> Graph:
    """A database of these settings alone, with a function's worth of network around it."""
    return build(lambda: _database(settings or database_settings(**changes)))


def _database(settings: DatabaseSettings) -> Database:
    args = DatabaseArgs(
        settings=settings,
        platform=platform(),
        keys=KEYS,
        vpc_id="vpc-1",
        zones=("ap-northeast-1a", "ap-northeast-1c"),
    )
    return Database("database", args)


def external(*, function: bool = False) -> Graph:
    """A database that stands elsewhere, and a function that uses it."""
    settings: DatabaseSettings = ADAPTER.validate_python(EXTERNAL)

    def construct() -> None:
        grant = _database(settings).connects()
        if function:
            Function("goals", FunctionArgs(platform=platform(), source="goals", kind="api", grant=grant))

    return build(construct)


def network(**changes: Any) -> Graph:
    """A network of these settings alone."""
    settings = NetworkSettings.model_validate(NETWORK | changes)
    return build(lambda: Network("network", NetworkArgs(settings=settings, stack=STACK, keys=KEYS)))


def secrets(**changes: Any) -> Graph:
    """The application's secrets alone."""
    settings = SecretsSettings.model_validate(SECRETS | changes)
    args = ApplicationSecretsArgs(settings=settings, stack=STACK, keys=KEYS)
    return build(lambda: ApplicationSecrets("secrets", args))
