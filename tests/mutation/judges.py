"""Which tests judge a mutant, likeliest and cheapest first."""

from __future__ import annotations

from pathlib import Path

# The lists of identities are written by a command: a reviewer sees a change in them, a test by itself proves nothing.
REVIEWED_LISTS = "tests/test_main.py::test_the_identity_of_every_resource_is_the_reviewed_one"
# Staging is compared with production: a fault in production's file alone would be seen for the wrong reason.
STAGING_IS_PRODUCTION = (
    "tests/test_staging.py::test_staging_differs_from_production_in_its_names_and_its_price_class_alone"
)
# They compare the program with itself, at the cost of many recordings.
WITH_ITSELF = (
    "tests/test_main.py::test_any_order_of_registration_gives_the_same_graph",
    "tests/test_main.py::test_the_program_evaluated_twice_is_byte_identical_and_uses_nothing_deprecated",
)
# What the tests read of a component is written here by hand where the names do not say it.
MIRRORS = {
    "cluster": ("test_database.py",),
    "proxy": ("test_database_surroundings.py",),
    "rotation": ("test_database_surroundings.py",),
    "rest_api": ("test_api_layer.py", "test_api_alternatives.py"),
    "task_generation": ("test_workflow.py",),
}
COMPONENTS, WHOLE = (
    "tests/components",
    ("tests/stacks", "tests/test_main.py", "tests/test_config.py", "tests/test_staging.py"),
)


def rounds(path: str, root: Path) -> list[list[str]]:
    """The rounds of test files for a mutant of this file: the next round runs only when the last one was green."""
    components = _tests_below(root, COMPONENTS)
    whole = [file for place in WHOLE for file in _tests_below(root, place)]
    if path.endswith(".yaml"):
        return [[*whole], components]
    stem = Path(path).stem
    own = {f"test_{stem}.py", *MIRRORS.get(stem, ())}
    first = [file for file in components if Path(file).name in own]
    first += [file for file in components if file not in first and f".{stem} import" in (root / file).read_text()]
    rest = [file for file in components if file not in first]
    return [files for files in (first, rest, whole) if files]


def deselected(path: str) -> list[str]:
    """The tests that are no judges of a mutant of this file."""
    spared = [REVIEWED_LISTS, *WITH_ITSELF]
    return [*spared, STAGING_IS_PRODUCTION] if path == "Pulumi.prod.yaml" else spared


def _tests_below(root: Path, place: str) -> list[str]:
    found = root / place
    files = [found] if found.is_file() else sorted(found.rglob("test_*.py"))
    return [file.relative_to(root).as_posix() for file in files if file.exists()]
