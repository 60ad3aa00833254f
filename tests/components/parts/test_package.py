"""What is shipped to Lambda: the same bytes everywhere, and all that the handler needs."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.parts.package import PackageError, archive, closure, package
from tests.conftest import ROOT

FUNCTIONS = sorted(path.parent.name for path in (ROOT / "lambdas").glob("*/handler.py"))
THIS_RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
BUILD_ALL = """
import hashlib, json, os, sys
os.umask(int(sys.argv[1], 8))
from components.parts import package
functions = sorted(path.parent.name for path in (package.ROOT / "lambdas").glob("*/handler.py"))
digests = {}
for runtime in ("python3.13", sys.argv[2]):
    for name in functions:
        path = package.ROOT / package.package(name, runtime)
        digests[f"{name} {runtime}"] = hashlib.sha256(path.read_bytes()).hexdigest()
print(json.dumps([str(package.ROOT), digests]))
"""
IMPORT_ALONE = """
import importlib, json, os, sys
package, libraries, module = sys.argv[1:]
before = set(sys.modules)
sys.path[:0] = [package, libraries]
handler = importlib.import_module(module).handler
assert callable(handler)
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


def built(folder: Path, *, umask: str, environment: dict[str, str]) -> dict[str, str]:
    """SHA-256 of every package as another process builds it in `folder`."""
    given_environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run(
        [sys.executable, "-c", BUILD_ALL, umask, THIS_RUNTIME],
        cwd=folder,
        env=given_environment | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    root, digests = json.loads(result.stdout)
    assert Path(root) == folder.resolve(), "the copy was not what was built"
    found: dict[str, str] = digests
    return found


@pytest.mark.requirement(130)
def test_packages_are_the_same_bytes_whoever_builds_them(tmp_path: Path) -> None:
    first, second = copied(tmp_path / "one"), copied(tmp_path / "a" / "longer path" / "two")
    for path in second.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        if path.is_file():
            path.chmod(0o600)
    one = built(first, umask="022", environment={"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "UTC"})
    two = built(second, umask="077", environment={"PYTHONHASHSEED": "2", "LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo"})
    assert len(one) == 2 * len(FUNCTIONS) or THIS_RUNTIME == "python3.13"
    assert one == two


def test_a_package_is_named_by_its_content_and_holds_the_closure() -> None:
    path = ROOT / package("create_batches", "python3.13")
    content = path.read_bytes()
    assert path.name == f"create_batches.{hashlib.sha256(content).hexdigest()[:16]}.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        sources = [name for name in found.namelist() if not name.endswith(".pyc")]
    assert sources == [file.as_posix() for file in closure("lambdas.create_batches.handler")]


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


def test_the_certificates_travel_with_whoever_connects_to_the_database() -> None:
    def certificates(function: str) -> list[str]:
        return [f.as_posix() for f in closure(f"lambdas.{function}.handler") if f.suffix == ".pem"]

    assert certificates("goals")
    assert certificates("create_batches") == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_package_holds_neither_tests_nor_caches_nor_the_program(function: str) -> None:
    for file in closure(f"lambdas.{function}.handler"):
        assert file.parts[0] == "lambdas"
        assert "__pycache__" not in file.parts


def test_a_function_without_source_is_refused_by_name() -> None:
    with pytest.raises(PackageError, match="no module lambdas_missing"):
        closure("lambdas_missing")


@given(st.dictionaries(st.from_regex(r"[a-z]{1,6}(/[a-z]{1,6})?", fullmatch=True), st.binary(max_size=40), max_size=6))
def test_an_archive_does_not_depend_on_the_order_of_its_entries(entries: dict[str, bytes]) -> None:
    backwards = dict(reversed(list(entries.items())))
    content = archive(entries)
    assert archive(backwards) == content
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        assert {info.filename: found.read(info) for info in found.infolist()} == entries
        assert {info.date_time for info in found.infolist()} <= {(1980, 1, 1, 0, 0, 0)}
        assert {info.external_attr >> 16 for info in found.infolist()} <= {0o100644}
