"""Every system's production as the program registers it, recorded once and shared by all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from plan.graph import Graph
from plan.record import record

FOLDER = Path(__file__).resolve().parent.parent
# The stack files beside those of the project itself, by the system whose production they describe.
POSTURES = {name: FOLDER / f"{name}-prod.yaml" for name in ("csr", "chase", "testpilot", "cheapest")}


@pytest.fixture(scope="session")
def csr() -> Graph:
    """The CSR Lambda API System."""
    return record(POSTURES["csr"])


@pytest.fixture(scope="session")
def chase() -> Graph:
    """CHASE-78, which watches repositories and keeps its rows in a database that stands elsewhere."""
    return record(POSTURES["chase"])


@pytest.fixture(scope="session")
def testpilot() -> Graph:
    """TestPilot."""
    return record(POSTURES["testpilot"])


@pytest.fixture(scope="session")
def cheapest() -> Graph:
    """The cheapest production of a small team."""
    return record(POSTURES["cheapest"])
