"""One emulated account and one PostgreSQL for all tests of the twin that create resources."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.twin.account import Account, Refused
from twin.cloud import Cloud
from twin.postgres import PostgresServer
from twin.processes import Emulator

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever starts servers of the twin is not part of the fast tests; the stand-ins alone are quick."""
    for item in items:
        if item.path.is_relative_to(_HERE) and not item.path.is_relative_to(_HERE / "standins"):
            item.add_marker(pytest.mark.twin)


ACCOUNT, REGION = "123456789012", "ap-northeast-1"


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The emulator and the database, started once."""
    folder: Path = tmp_path_factory.mktemp("cloud")
    emulator = Emulator(folder, account_id=ACCOUNT, region=REGION, extra={})
    with PostgresServer(folder / "postgres") as server:
        emulator.start()
        try:
            yield Cloud(
                endpoint=emulator.endpoint,
                region=REGION,
                account_id=ACCOUNT,
                database_host="127.0.0.1",
                database_port=server.port,
                database_password=server.password,
                database_ca_file=str(server.ca_file),
            )
        finally:
            emulator.stop()


@pytest.fixture
def account(cloud: Cloud) -> Iterator[Account]:
    """An account whose resources are gone after the test."""
    account = Account(cloud)
    yield account
    account.delete_all()


@pytest.fixture
def refused() -> Refused:
    """The code of the error with which AWS refuses a call."""
    from botocore.exceptions import ClientError

    def code(call: Callable[[], Any]) -> str:
        with pytest.raises(ClientError) as caught:
            call()
        return str(caught.value.response["Error"]["Code"])

    return code
