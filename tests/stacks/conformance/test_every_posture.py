"""What holds for every stack of the project holds for the productions of other systems: the same tests, more stacks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

from plan.graph import Graph
from plan.record import record
from tests import test_main
from tests.components import (
    test_api_layer,
    test_database,
    test_encryption,
    test_frontend,
    test_observability,
    test_policies,
    test_workflow,
)
from tests.components.parts import test_bucket, test_function, test_records
from tests.conftest import POSTURES, Stacks, stack_path

MODULES = (
    test_main, test_api_layer, test_database, test_encryption, test_frontend, test_observability, test_policies,
    test_workflow, test_bucket, test_function, test_records,
)  # fmt: skip
# Tests that speak of what not every system has, by the systems that have it.
SPEAKS_OF = {
    # the entries that stand in the project's own stack files
    "test_the_exports_are_what_operators_need": (),
    # a database of the stack's own
    "test_every_secret_version_is_marked_secret": ("csr", "testpilot", "cheapest"),
    "test_functions_get_arns_of_secrets_and_never_secrets": ("csr", "testpilot", "cheapest"),
    "test_connections_without_tls_are_refused": ("csr", "testpilot", "cheapest"),
    "test_secrets_are_encrypted_with_the_stack_s_own_key": ("csr", "testpilot", "cheapest"),
}


def about_any_stack() -> Iterator[Callable[[Graph], None]]:
    """The tests that take the recorded graph of a stack and nothing else."""
    for module in MODULES:
        assert isinstance(module, ModuleType)
        for name, value in vars(module).items():
            if (
                name.startswith("test_")
                and inspect.isfunction(value)
                and [*inspect.signature(value).parameters] == ["graph"]
            ):
                yield value


CHECKS = {check.__name__: check for check in about_any_stack()}


@pytest.mark.requirement(266)
@pytest.mark.parametrize(
    ("posture", "check"),
    [(posture, check) for check in sorted(CHECKS) for posture in SPEAKS_OF.get(check, tuple(POSTURES))],
)
def test_a_law_of_every_stack_holds(posture: str, check: str, stacks: Stacks) -> None:
    CHECKS[check](stacks(posture))


def test_the_laws_of_every_stack_are_found() -> None:
    assert len(CHECKS) >= 30
    assert SPEAKS_OF.keys() <= CHECKS.keys()


@pytest.mark.prove
@pytest.mark.parametrize("posture", POSTURES)
def test_preview_registers_the_same_resources_as_an_update(posture: str, stacks: Stacks) -> None:
    preview = record(stack_path(posture), preview=True)
    assert [r.urn for r in preview.resources] == [r.urn for r in stacks(posture).resources]
