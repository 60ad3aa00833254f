"""What is shipped to Lambda: the same bytes everywhere, and all that the handler needs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from components.parts import bytecode
from components.parts.package import PackageError, closure, package
from lambdas.shared.operations import OPERATIONS
from tests.conftest import ROOT

FUNCTIONS = sorted(path.parent.name for path in (ROOT / "lambdas").glob("*/handler.py"))
THIS_RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
MOST = 100_000
BUILD = """
import hashlib, importlib, json, os, sys
umask, runtimes, functions, loaded = sys.argv[1:]
os.umask(int(umask, 8))
kept = [importlib.import_module(module) for module in loaded.split()]
from components.parts import package
packages = {}
for runtime in runtimes.split():
    for name in functions.split():
        path = package.ROOT / package.package(name, runtime)
        packages[f"{name} {runtime}"] = [path.name, hashlib.sha256(path.read_bytes()).hexdigest()]
print(json.dumps([str(package.ROOT), packages]))
"""
IMPORT_ALONE = """
import importlib, json, os, sys
package, libraries, module = sys.argv[1:]
before = set(sys.modules)
sys.path[:0] = [package, libraries]
loaded = importlib.import_module(module)
assert callable(loaded.handler)
assert loaded.__doc__ is None, "the bytecode, which has no docstrings, is not what the interpreter took"
print(json.dumps(sorted(
    name for name, loaded in sys.modules.items()
    if name not in before and "." not in name and str(getattr(loaded, "__file__", None) or "").startswith(libraries)
)))
"""
# The runtime brings boto3, and what boto3 brings.
RUNTIME = {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"}


def copied(to: Path) -> Path:
    """The sources that packages are built from, in another folder with other times."""
    for name in ("lambdas", "components"):
        shutil.copytree(ROOT / name, to / name, copy_function=shutil.copy, ignore=shutil.ignore_patterns("__pycache__"))
    return to


def built(
    folder: Path,
    functions: list[str],
    *,
    runtimes: str = f"python3.13 {THIS_RUNTIME}",
    umask: str = "022",
    loaded: str = "",
    environment: dict[str, str] | None = None,
) -> dict[str, list[str]]:
    """Name and SHA-256 of packages as another process builds them in `folder`, which has `loaded` some modules."""
    given_environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run(
        [sys.executable, "-c", BUILD, umask, runtimes, " ".join(functions), loaded],
        cwd=folder,
        env=given_environment | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    root, packages = json.loads(result.stdout)
    assert Path(root) == folder.resolve(), "the copy was not what was built"
    found: dict[str, list[str]] = packages
    return found


@pytest.mark.requirement(130)
def test_packages_are_the_same_bytes_whoever_builds_them(tmp_path: Path) -> None:
    """Where, when, as whom, in which order, and whatever else the process that builds has loaded."""
    first, second = copied(tmp_path / "one"), copied(tmp_path / "a" / "longer path" / "two")
    for path in second.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        if path.is_file():
            path.chmod(0o600)
    one = built(first, FUNCTIONS, environment={"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "UTC"})
    two = built(
        second,
        FUNCTIONS[::-1],
        umask="077",
        loaded="pulumi_aws boto3 pydantic lambdas.shared.operations",
        environment={
            "PYTHONHASHSEED": "2",
            "LC_ALL": "C.UTF-8",
            "TZ": "Asia/Tokyo",
            "PYTHONPYCACHEPREFIX": str(tmp_path / "cache"),
        },
    )
    assert len(one) == 2 * len(FUNCTIONS) or THIS_RUNTIME == "python3.13"
    assert one == two


@pytest.mark.requirement(130)
@pytest.mark.parametrize(
    "changed", ["lambdas/goals/logic.py", "lambdas/shared/operations_ai.py", "lambdas/shared/run.py"]
)
def test_a_change_gives_other_packages_to_those_that_hold_it_and_to_no_other(tmp_path: Path, changed: str) -> None:
    folder = copied(tmp_path)
    before = built(folder, FUNCTIONS, runtimes=THIS_RUNTIME)
    with (folder / changed).open("a") as file:
        file.write("\nCHANGED = True\n")
    after = built(folder, FUNCTIONS, runtimes=THIS_RUNTIME)
    holding = {function for function in FUNCTIONS if Path(changed) in closure(f"lambdas.{function}.handler")}
    assert 0 < len(holding) < len(FUNCTIONS)
    for place in (0, 1):
        assert {name.split()[0] for name in before if before[name][place] != after[name][place]} == holding


def test_a_package_holds_the_closure_and_its_bytecode() -> None:
    names = contents(package("create_batches", THIS_RUNTIME))
    sources = [file.as_posix() for file in closure("lambdas.create_batches.handler")]
    assert [name for name in names if not name.endswith(".pyc")] == sources
    compiled = {bytecode.place(name) for name in sources if not name.endswith("/__init__.py")}
    assert {name for name in names if name.endswith(".pyc")} == compiled
    assert contents(package("create_batches", "python3.99")) == sources


def test_a_package_that_was_built_before_is_found_and_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    first = package("create_batches", THIS_RUNTIME)
    moment = (ROOT / first).stat().st_mtime_ns
    for name in ("archive", "_bytecode"):
        monkeypatch.setattr(f"components.parts.package.{name}", None)
    assert package("create_batches", THIS_RUNTIME) == first
    assert (ROOT / first).stat().st_mtime_ns == moment


def contents(path: str) -> list[str]:
    """The names in a zip."""
    with zipfile.ZipFile(ROOT / path) as found:
        return found.namelist()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_package_is_small(function: str) -> None:
    """With its bytecode: what a release uploads, and what Lambda fetches and unpacks before a cold start."""
    path = package(function, THIS_RUNTIME)
    assert any(name.endswith(".pyc") for name in contents(path))
    assert (ROOT / path).stat().st_size <= MOST


@pytest.mark.parametrize("operation", sorted({operation.function for operation in OPERATIONS}))
def test_a_function_of_the_api_ships_its_own_operations_and_no_other_s(operation: str) -> None:
    for function in FUNCTIONS:
        tables = {file.stem for file in closure(f"lambdas.{function}.handler") if file.stem.startswith("operations")}
        if function == operation:
            assert tables == {f"operations_{function}"}
        else:
            assert f"operations_{operation}" not in tables


def test_a_traceback_from_a_package_shows_the_line(tmp_path: Path) -> None:
    with zipfile.ZipFile(ROOT / package("goals", THIS_RUNTIME)) as found:
        found.extractall(tmp_path)
    result = subprocess.run(
        [sys.executable, "-c", "from lambdas.shared import checks; checks.path({'goalId': 'x'})"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.search(r'lambdas/shared/checks\.py", line \d+, in path\n    raise NotFound\(', result.stderr)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_package_imports_alone_with_the_layer_s_libraries(function: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(ROOT / package(function, THIS_RUNTIME)) as found:
        found.extractall(tmp_path)
    libraries = Path(pytest.__file__).parent.parent
    declared = re.findall(
        r"^    ([a-z_]+): str$", (tmp_path / "lambdas" / function / "handler.py").read_text(), re.MULTILINE
    )
    environment = {name.upper(): "https://example.com" for name in declared} | {
        "MODEL_PROVIDER": "bedrock",
        "POWERTOOLS_SERVICE_NAME": function,
    }
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORT_ALONE, str(tmp_path), str(libraries), f"lambdas.{function}.handler"],
        cwd=tmp_path,
        env=environment | {"STAGE": "test", "LOG_LEVEL": "INFO", "POWERTOOLS_METRICS_NAMESPACE": "Test"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    foreign = set(json.loads(result.stdout)) - shipped_libraries() - RUNTIME
    assert not foreign, f"{function} imports {sorted(foreign)}, which neither the layer nor the runtime has"


def shipped_libraries() -> set[str]:
    """Import names of what the layer holds."""
    requirements = (ROOT / "lambdas" / "requirements.txt").read_text()
    names = {name.replace("-", "_") for name in re.findall(r"^([a-z0-9-]+)==", requirements, re.MULTILINE)}
    assert {"aws_lambda_powertools", "msgspec", "psycopg2_binary"} <= names
    return names | {"psycopg2"}


def test_a_change_in_one_function_leaves_the_others_alone() -> None:
    for function in FUNCTIONS:
        folders = {file.parts[1] for file in closure(f"lambdas.{function}.handler") if len(file.parts) > 2}
        assert folders <= {function, "shared"}


def test_data_files_travel_with_the_code_that_reads_them() -> None:
    files = {file.as_posix() for file in closure("lambdas.generate_tasks.handler")}
    assert "lambdas/generate_tasks/prompt_v1.md" in files
    assert "lambdas/generate_tasks/prompt_v1.md" not in {f.as_posix() for f in closure("lambdas.goals.handler")}


@pytest.mark.parametrize("module", ["archive", "bytecode", "package"])
def test_what_is_built_by_other_code_has_another_name(tmp_path: Path, module: str) -> None:
    folder = copied(tmp_path)
    code = "from components.parts import package; print(package.package('health', 'python3.13'))"

    def name() -> str:
        command = [sys.executable, "-c", code]
        environment = os.environ | {"PYTHONPATH": str(folder)}
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout

    before = name()
    source = folder / "components" / "parts" / f"{module}.py"
    source.write_text(f"{source.read_text()}\n# changed\n")
    assert name() != before


def test_only_what_holds_bytecode_is_named_by_the_interpreter_that_made_it(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    code = """
import sys
from components.parts import package
asked = [("health", sys.argv[1]), ("health", "python3.9")]
before = [package.package(*each) for each in asked]
package.bytecode.identity = lambda: "another interpreter"
after = [package.package(*each) for each in asked]
assert [one == other for one, other in zip(before, after)] == [False, True], (before, after)
"""
    environment = os.environ | {"PYTHONPATH": str(folder)}
    subprocess.run([sys.executable, "-c", code, THIS_RUNTIME], cwd=folder, env=environment, check=True)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_package_holds_neither_tests_nor_caches_nor_the_program(function: str) -> None:
    for file in closure(f"lambdas.{function}.handler"):
        assert file.parts[0] == "lambdas"
        assert "__pycache__" not in file.parts


def test_a_function_without_source_is_refused_by_name() -> None:
    with pytest.raises(PackageError, match="no module lambdas_missing"):
        closure("lambdas_missing")
