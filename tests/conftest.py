"""The stacks as the program registers them, recorded once and shared by all tests."""

from __future__ import annotations

import gc
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from plan.graph import Graph
from plan.record import record

STACK_FILES = {
    "prod": "prod",
    "staging": "staging",
    "dev": "dev",
    "local": "local",
    "contrary": "tests/stacks/contrary.yaml",
}
# The productions of other systems, whose demands tests/stacks/conformance walks.
POSTURES = {name: f"tests/stacks/{name}-prod.yaml" for name in ("csr", "chase", "testpilot", "cheapest")}
Stacks = Callable[[str], Graph]
ROOT = Path(__file__).resolve().parent.parent


# The functions' logger takes its service's name when the first of them is imported, by whichever test.
os.environ["POWERTOOLS_SERVICE_NAME"] = "test"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Write tests/golden/ from what the program registers now."
    )


# What starts a server or another program, or records the whole program many times.
SLOW_FIXTURES = {"postgres"}
SLOW_PLACES = (
    "tests/components/parts/test_layer.py",
    "tests/components/parts/test_package.py",
    "tests/components/parts/test_records.py",
    "tests/components/test_alarm_postures.py",
    "tests/components/test_api_alternatives.py",
    "tests/lambdas/test_models.py",
    "tests/migrations/",
    "tests/mutation/",
    "tests/plan/terraform/test_export.py",
    "tests/plan/terraform/test_judge.py",
    "tests/requirements/",
    "tests/stacks/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is no part of the fast tests."""
    for item in items:
        place = item.path.relative_to(ROOT).as_posix()
        fixtures = set(getattr(item, "fixturenames", ()))
        if place.startswith(SLOW_PLACES) or fixtures & SLOW_FIXTURES:
            item.add_marker(pytest.mark.slow)


def pytest_configure(config: pytest.Config) -> None:
    # The SDKs warn of classes of their own while they are imported; that the program uses none of them is a test.
    config.addinivalue_line("filterwarnings", r"ignore::DeprecationWarning:pulumi_awsx?\..*")


def stack_path(name: str) -> str:
    """What `record` takes for the stack of this name."""
    entry = {**STACK_FILES, **POSTURES}[name]
    return str(ROOT / entry) if "/" in entry else entry


@pytest.fixture(scope="session")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stacks]:
    """The graph of a stack by name; each is recorded when first asked for, once for all processes of a test run.

    All tests share it: one that changes it would decide how others end, so that the last of them fails.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    graphs: dict[str, Graph] = {}

    def graph(name: str) -> Graph:
        if name not in graphs:
            file = shared / f"{name}.graph"
            with FileLock(f"{file}.lock"):
                if not file.exists():
                    file.write_bytes(pickle.dumps(record(stack_path(name))))
                    gc.freeze()  # the provider's objects stay: looking through them again and again takes seconds
            graphs[name] = pickle.loads(file.read_bytes())  # noqa: S301  # written above, in a folder of this run
        return graphs[name]

    yield graph
    for name, seen in graphs.items():
        kept: Graph = pickle.loads((shared / f"{name}.graph").read_bytes())  # noqa: S301
        assert seen.as_json() == kept.as_json(), f"a test changed the graph of {name}, which all tests share"


@pytest.fixture(scope="session")
def prod(stacks: Stacks) -> Graph:
    """The production stack."""
    return stacks("prod")


@pytest.fixture(scope="session")
def dev(stacks: Stacks) -> Graph:
    """The development stack."""
    return stacks("dev")


@pytest.fixture(scope="session")
def local(stacks: Stacks) -> Graph:
    """The stack of the local machine."""
    return stacks("local")


@pytest.fixture(params=STACK_FILES)
def stack_name(request: pytest.FixtureRequest) -> str:
    """Each stack's name in turn."""
    name: str = request.param
    return name


@pytest.fixture
def graph(stack_name: str, stacks: Stacks) -> Graph:
    """Each stack in turn."""
    return stacks(stack_name)
