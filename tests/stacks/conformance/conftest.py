"""Every system's production as the program registers it, recorded once and shared by all tests of this folder."""

from __future__ import annotations

import pytest

from plan.graph import Graph
from tests.conftest import Stacks


@pytest.fixture(scope="session")
def csr(stacks: Stacks) -> Graph:
    """The CSR Lambda API System."""
    return stacks("csr")


@pytest.fixture(scope="session")
def chase(stacks: Stacks) -> Graph:
    """CHASE-78, which watches repositories and keeps its rows in a database that stands elsewhere."""
    return stacks("chase")


@pytest.fixture(scope="session")
def testpilot(stacks: Stacks) -> Graph:
    """TestPilot."""
    return stacks("testpilot")


@pytest.fixture(scope="session")
def cheapest(stacks: Stacks) -> Graph:
    """The cheapest production of a small team."""
    return stacks("cheapest")
