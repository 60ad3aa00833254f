"""Which tests judge a mutant, likeliest and cheapest first."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import POSTURES, STACK_FILES

# The lists of identities are written by a command: a reviewer sees a change in them, a test by itself proves nothing.
REVIEWED_LISTS = "tests/test_main.py::test_the_identity_of_every_resource_is_the_reviewed_one"
# These compare the other environments with production: a fault in its file alone would be seen for the wrong reason.
WITH_PRODUCTION = (
    "tests/environments/test_environments.py::test_an_environment_differs_from_production_as_decided_and_no_further",
    "tests/test_staging.py::test_staging_differs_from_production_in_names_price_class_and_mail_alone",
    "tests/test_staging.py::test_staging_has_the_same_resources_as_production_but_nobody_s_mail",
)
# They compare the program with itself, or with a file that a command writes.
NO_JUDGES = (
    "tests/components/test_definitions.py::test_the_committed_definition_is_the_one_that_production_runs",
    "tests/test_main.py::test_any_order_of_registration_gives_the_same_graph",
    "tests/test_main.py::test_preview_registers_the_same_resources_as_an_update",
    "tests/test_main.py::test_the_program_evaluated_twice_is_byte_identical_and_uses_nothing_deprecated",
)
COMPONENTS = "tests/components"
WHOLE = (
    "tests/environments",
    "tests/test_staging.py",
    "tests/stacks",
    "tests/test_main.py",
    "tests/test_config.py",
)
# Of the project's own stacks these two reach every line that the others reach.
FAR_APART = {"prod", "contrary"}


def rounds(path: str, root: Path) -> list[list[str]]:
    """The rounds of test files for a mutant of this file: the next round runs only when the last one was green."""
    whole = [file for place in WHOLE for file in _tests_below(root, place)]
    components = _tests_below(root, COMPONENTS)
    if path.endswith(".yaml"):
        return [whole, components]
    own = [file for file in components if Path(file).stem == f"test_{Path(path).stem}"]
    near = [file for file in components if file not in own and path in _imported(root, file)]
    far = [file for file in components if file not in own and file not in near]
    return [files for files in (own, near, [*whole, *far]) if files]


def deselected(path: str) -> list[str]:
    """The tests that are no judges of a mutant of this file."""
    spared = [REVIEWED_LISTS, *NO_JUDGES]
    return [*spared, *WITH_PRODUCTION] if path == "Pulumi.prod.yaml" else spared


def concerns(item: pytest.Item, path: str, root: Path) -> bool:
    """Whether the test can see a mutant of this file.

    It sees a component that its file imports, and whatever is in the stacks that it reads.
    """
    named = _stacks_of(item)
    file = item.nodeid.partition("::")[0]
    reads_stacks = "stacks" in getattr(item, "fixturenames", ())
    if path.endswith(".yaml"):
        return not named or path.split(".")[1] in named if reads_stacks else file.startswith(WHOLE)
    if not reads_stacks:
        return file.startswith(WHOLE) or path in _imported(root, file)
    return not named or bool(named & (FAR_APART | set(POSTURES)))


def _stacks_of(item: pytest.Item) -> set[str]:
    """The stacks that the test names, as fixtures or as parameters."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    values = {value for value in parameters.values() if isinstance(value, str)}
    return (values | set(getattr(item, "fixturenames", ()))) & {*STACK_FILES, *POSTURES}


def _tests_below(root: Path, place: str) -> list[str]:
    found = root / place
    files = [found] if found.is_file() else sorted(found.rglob("test_*.py"))
    return [file.relative_to(root).as_posix() for file in files if file.exists()]


@cache
def _imported(root: Path, file: str) -> frozenset[str]:
    """Every file of the project that this one imports, itself or through others."""
    seen: set[str] = set()
    waiting = [file]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += _imports(root, current)
    return frozenset(seen)


@cache
def _imports(root: Path, file: str) -> tuple[str, ...]:
    names: set[str] = set()
    for node in ast.walk(ast.parse((root / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update({f"{node.module}", *(f"{node.module}.{alias.name}" for alias in node.names)})
    files = (f"{name.replace('.', '/')}.py" for name in sorted(names))
    return tuple(found for found in files if (root / found).is_file())
