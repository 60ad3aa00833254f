"""One running system for all experiments, in which state machines wait a fiftieth of their time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.twin.experiments.laboratory import PACE, TABLES, Laboratory, running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show what the experiments found."""
    for table in config.stash.get(TABLES, []):
        terminalreporter.section("what the experiments found")
        terminalreporter.write_line(table)


@pytest.fixture(scope="package")
def _running_laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    yield from running(tmp_path_factory)


@pytest.fixture
def laboratory(_running_laboratory: Laboratory) -> Iterator[Laboratory]:
    """The system, as quick as before and without faults of an earlier test."""
    _running_laboratory.pace(PACE)
    yield _running_laboratory
    _running_laboratory.control("DELETE", "/functions/faults")
    _running_laboratory.system.clear_faults()
