"""Who may import whom, and how large anything may become."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

OURS = {"components", "config", "settings", "lambdas", "migrations", "ops", "plan", "twin", "tests"}
COMPONENTS = {path.stem for path in (ROOT / "components").glob("*.py")} - {"__init__"}
FUNCTIONS = {path.parent.name for path in (ROOT / "lambdas").glob("*/handler.py")}
SOURCE_FOLDERS = ("components", "settings", "lambdas", "migrations", "ops", "plan", "twin", "tests")
FACTORIES = re.compile(r"^(get_stack|get_project|get_organization|export|Config)$")


@cache
def sources() -> tuple[Path, ...]:
    """Every Python file of the project, relative to its root; what is installed or generated left out."""
    found = {Path("__main__.py"), Path("config.py")}
    for folder in SOURCE_FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            relative = path.relative_to(ROOT)
            if not {".venv", "node_modules", "__pycache__", ".twin"} & set(relative.parts):
                found.add(relative)
    return tuple(sorted(found))


def below(*folders: str) -> list[Path]:
    return [path for path in sources() if path.as_posix().startswith(folders)]


@cache
def imports(path: Path) -> frozenset[str]:
    """Dotted names that the file imports, at any depth; `from a import b` counts as `a` and `a.b`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(names)


def roots(path: Path) -> set[str]:
    """First parts of what the file imports; `_typeshed` exists for type checkers alone."""
    return {name.split(".")[0] for name in imports(path)} - {"_typeshed"}


def third_party(path: Path) -> set[str]:
    return roots(path) - set(sys.stdlib_module_names) - OURS - {""}


def module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def test_there_is_something_to_check() -> None:
    assert len(sources()) > 80
    assert {"network", "database", "api_layer", "workflow", "frontend", "observability"} <= COMPONENTS
    assert len(FUNCTIONS) >= 14
    assert "components.parts.function" in imports(Path("__main__.py"))


def test_the_program_imports_settings_components_and_the_sdk() -> None:
    main = Path("__main__.py")
    assert roots(main) & OURS == {"config", "settings", "components"}
    assert third_party(main) == {"pulumi", "pulumi_aws"}


def test_loading_settings_imports_the_settings_alone() -> None:
    assert roots(Path("config.py")) & OURS == {"settings"}
    assert third_party(Path("config.py")) == {"pulumi", "pydantic"}


@pytest.mark.parametrize("path", below("settings/"), ids=str)
def test_a_section_of_the_settings_is_data_alone(path: Path) -> None:
    assert roots(path) & OURS <= {"settings"}
    assert third_party(path) <= {"pydantic"}


@pytest.mark.parametrize("path", below("components/"), ids=str)
def test_components_know_the_sdk_settings_and_parts_only(path: Path) -> None:
    assert roots(path) & OURS <= {"components", "settings"}
    allowed = {"pulumi", "pulumi_aws", "pulumi_random"} | {
        "network.py": {"pulumi_awsx"},
        "archive.py": {"deflate"},
    }.get(path.name, set())
    assert third_party(path) <= allowed
    inner = {name.split(".")[1] for name in imports(path) if name.startswith("components.")}
    if path.parts[1] == "parts":
        assert inner <= {"parts"}, f"{path} is a building block and must not know {inner}"
    else:
        assert inner <= {"parts", "definitions"}, f"{path} imports another component"


@pytest.mark.parametrize("path", below("components/"), ids=str)
def test_a_component_does_not_look_at_the_world(path: Path) -> None:
    """No stack name, exports, configuration, environment or clock: what differs between stacks is a setting."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert not (node.value.id == "pulumi" and FACTORIES.match(node.attr)), f"{path}:{node.lineno} {node.attr}"
            assert (node.value.id, node.attr) not in {("os", "environ"), ("os", "getenv")}, f"{path}:{node.lineno}"
    assert not {"time", "datetime", "random", "socket", "uuid"} & roots(path)


def test_parts_depend_on_each_other_without_a_circle() -> None:
    edges = {
        module_name(path): {name for name in imports(path) if name.startswith("components.parts.")}
        for path in below("components/parts/")
    }
    done: set[str] = set()
    while ready := {module for module, needed in edges.items() if module not in done and needed & set(edges) <= done}:
        done |= ready
    assert done == set(edges), f"these import each other in a circle: {sorted(set(edges) - done)}"


@pytest.mark.parametrize("path", below("lambdas/"), ids=str)
def test_a_function_imports_shared_code_and_its_own_only(path: Path) -> None:
    assert roots(path) & OURS <= {"lambdas"}
    own = path.parts[1] if len(path.parts) > 2 else "shared"
    inner = {name.split(".")[1] for name in imports(path) if name.startswith("lambdas.")}
    assert inner <= {own, "shared"}
    assert third_party(path) <= {"boto3", "botocore", "aws_lambda_powertools", "msgspec", "psycopg2"}


@pytest.mark.parametrize("path", below("lambdas/"), ids=str)
def test_the_aws_sdk_is_imported_where_it_is_used(path: Path) -> None:
    """A function that does not call AWS must not pay for loading boto3 at its start."""
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            assert not {alias.name.split(".")[0] for alias in node.names} & {"boto3", "botocore"}
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in {"boto3", "botocore"}


@pytest.mark.parametrize("path", below("plan/"), ids=str)
def test_plan_reads_the_program_without_the_world(path: Path) -> None:
    assert roots(path) & OURS <= {"plan"}
    assert not {"boto3", "botocore", "aiohttp", "requests", "urllib", "socket", "http"} & roots(path)


@pytest.mark.parametrize("path", below("twin/"), ids=str)
def test_the_twin_reaches_the_functions_by_path_only(path: Path) -> None:
    assert not {"lambdas", "tests", "ops", "__main__"} & roots(path)


@pytest.mark.parametrize("path", below("ops/"), ids=str)
def test_operators_commands_know_what_is_deployed_and_not_how_it_is_made(path: Path) -> None:
    assert roots(path) & OURS <= {"ops", "plan", "config", "settings", "migrations"}


@pytest.mark.parametrize("path", below("migrations/"), ids=str)
def test_migrations_stand_alone(path: Path) -> None:
    assert roots(path) & OURS <= {"migrations"}


def test_nothing_imports_the_tests() -> None:
    assert [str(path) for path in sources() if path.parts[0] != "tests" and "tests" in roots(path)] == []


def test_nobody_edits_the_import_path() -> None:
    for path in sources():
        if path.parts[0] != "tests":
            assert "sys.path" not in (ROOT / path).read_text(encoding="utf-8"), path


@pytest.mark.parametrize("path", [path for path in sources() if path.name == "__init__.py"], ids=str)
def test_a_package_file_says_what_it_is_and_re_exports_nothing(path: Path) -> None:
    assert ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    assert not roots(path) & OURS


@pytest.mark.requirement(228)
def test_no_file_is_too_long_to_read() -> None:
    lengths = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in sources()}
    too_long = {
        str(path): lines for path, lines in lengths.items() if lines >= (600 if path.parts[0] == "tests" else 300)
    }
    assert too_long == {}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        (path.as_posix(), function.name)
        for path in below("components/", "lambdas/", "ops/", "plan/", "twin/")
        for function in functions(path)
        if (function.end_lineno or 0) - function.lineno + 1 >= 50
    }
    assert long == set()


@pytest.mark.parametrize("path", below("components/"), ids=str)
def test_a_component_says_its_type_literally_and_lists_its_outputs_last(path: Path) -> None:
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if not (
            isinstance(node, ast.ClassDef)
            and "ComponentResource"
            in {ast.unparse(base) for base in node.bases}
            | {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        ):
            continue
        [init] = [item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"]
        assert [argument.arg for argument in init.args.args] == ["self", "name", "args", "opts"]
        [call] = [n for n in ast.walk(init) if isinstance(n, ast.Call) and ast.unparse(n.func) == "super().__init__"]
        token = ast.literal_eval(call.args[0])
        assert re.fullmatch(rf"mandala:(components|parts):{node.name}", token)
        last = init.body[-1]
        assert isinstance(last, ast.Expr)
        assert isinstance(last.value, ast.Call)
        assert ast.unparse(last.value.func) == "self.register_outputs"
        declared = {
            item.target.id
            for item in node.body
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
        }
        listed = last.value.args[0]
        assert isinstance(listed, ast.Dict)
        assert {ast.literal_eval(key) for key in listed.keys if key} == declared, f"{path}: {node.name}"


def test_every_test_is_collected() -> None:
    """A file with tests that pytest does not take for one would be green for ever."""
    for path in below("tests/"):
        names = [function.name for function in functions(path) if function.name.startswith("test_")]
        assert not names or path.name.startswith("test_"), f"{path} has tests, and its name hides them"
        assert names or not path.name.startswith("test_"), f"{path} has no test"


def test_no_file_in_the_repository_is_ignored_source() -> None:
    """What the program is made of must be part of a commit, or another machine builds something else."""
    result = subprocess.run(
        ["git", "check-ignore", *map(str, sources())], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.stdout == ""
