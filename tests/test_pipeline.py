"""What must be green before a change is taken: one command, and the pipeline that runs it."""

from __future__ import annotations

import re
import subprocess
import tomllib
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

PACKAGES = {path.name for path in ROOT.iterdir() if any(path.glob("*.py")) and not path.name.startswith(".")}


@pytest.fixture(scope="module")
def commands() -> list[str]:
    """What `make test` would run."""
    result = subprocess.run(["make", "--dry-run", "test"], cwd=ROOT, capture_output=True, text=True, check=True)
    return result.stdout.splitlines()


@pytest.fixture(scope="module")
def steps() -> list[dict[str, Any]]:
    document = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = document["jobs"]["test"]["steps"]
    return found


def only(commands: list[str], start: str) -> str:
    [command] = [line for line in commands if line.startswith(start)]
    return command


@pytest.mark.requirement(227)
def test_lint_and_types_look_at_every_file_of_the_project(commands: list[str]) -> None:
    assert len(PACKAGES) >= 7
    for start in ("ruff check ", "ruff format --check "):
        assert set(only(commands, start).split()) >= {*PACKAGES, "__main__.py", "config.py"}
    assert only(commands, "mypy") == "mypy", "which files is said in pyproject.toml"
    mypy = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    assert mypy["strict"] is True
    assert set(mypy["files"]) >= {*PACKAGES, "__main__.py", "config.py"}


@pytest.mark.requirement(226, 227)
def test_every_test_but_the_long_experiments_runs(commands: list[str]) -> None:
    marks = [match[1] for line in commands if (match := re.search(r'pytest\b.* -m "([^"]+)"', line))]
    assert sorted(marks) == ["not twin and not prove", "twin and not prove"]
    assert any(line.startswith("npm test --prefix web") for line in commands)
    assert "\tpytest -m prove " in (ROOT / "Makefile").read_text(encoding="utf-8"), "nothing runs the long experiments"


@pytest.mark.requirement(231)
def test_coverage_of_all_tests_together_has_a_floor_and_is_published(
    commands: list[str], steps: list[dict[str, Any]]
) -> None:
    first, last = (line for line in commands if line.startswith("pytest "))
    assert "--cov-append" in last.split()
    assert "--cov-report=xml" in last.split()
    assert "--cov-fail-under=0" in first.split(), "the floor is for all tests together"
    assert not any(argument.startswith("--cov-fail-under") for argument in last.split())
    coverage = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["coverage"]
    assert coverage["report"]["fail_under"] >= 90
    [upload] = [step for step in steps if "upload-artifact" in step.get("uses", "")]
    assert upload["with"]["path"] == "coverage.xml"
    assert upload["with"]["if-no-files-found"] == "error"
    assert upload["if"] == "always()"


@pytest.mark.requirement(226)
def test_the_pipeline_runs_the_same_command_as_a_person(steps: list[dict[str, Any]]) -> None:
    assert [step["run"] for step in steps if "run" in step] == ["make install", "make test"]
