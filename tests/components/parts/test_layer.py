"""The dependency layer: the libraries and the certificates, small, and named by what it is made from."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.parts.package import closure, layer, package
from lambdas.shared.certificates import AUTHORITIES
from tests.components.parts.test_package import FUNCTIONS, THIS_RUNTIME, copied
from tests.conftest import ROOT

MOST, MOST_UNZIPPED = 10_000_000, 40_000_000

LAYERS = [("python3.13", "arm64"), (THIS_RUNTIME, "host")]


@pytest.fixture(params=LAYERS, ids=" ".join)
def dependencies(request: pytest.FixtureRequest) -> Iterator[zipfile.ZipFile]:
    """The layer for Lambda, and the one for this machine, which has bytecode."""
    with zipfile.ZipFile(ROOT / layer(*request.param)) as found:
        yield found


def test_the_layer_is_small(dependencies: zipfile.ZipFile) -> None:
    assert dependencies.testzip() is None
    assert Path(str(dependencies.filename)).stat().st_size <= MOST
    assert sum(info.file_size for info in dependencies.infolist()) <= MOST_UNZIPPED


def test_the_certificates_travel_with_whoever_connects_to_the_database(
    dependencies: zipfile.ZipFile, tmp_path: Path
) -> None:
    """In the layer, which every function has, at the place where a function looks for them; in no package."""
    for function in FUNCTIONS:
        assert [file for file in closure(f"lambdas.{function}.handler") if file.suffix == ".pem"] == []
    with zipfile.ZipFile(ROOT / package("goals", THIS_RUNTIME)) as found:
        found.extractall(tmp_path)
    code = "from lambdas.shared.certificates import AUTHORITIES; print(AUTHORITIES)"
    place = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    # Lambda unpacks layers into /opt.
    shipped = dependencies.read(str(Path(place.stdout.strip()).relative_to("/opt")))
    assert shipped == AUTHORITIES.read_bytes()
    assert shipped.count(b"BEGIN CERTIFICATE") > 30


@pytest.mark.requirement(130)
def test_other_certificates_make_another_layer(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    code = """
import shutil, sys
from pathlib import Path
from components.parts import package
package._install = lambda requirements, target, version, architecture: (target / "library.py").write_text("A = 1")
first = package.layer(*sys.argv[1:])
assert package.layer(*sys.argv[1:]) == first
(bundle,) = (package.ROOT / "lambdas").rglob("*.pem")
bundle.write_bytes(bundle.read_bytes() + b"#")
second = package.layer(*sys.argv[1:])
assert second != first, "the same layer"
assert (package.ROOT / second).read_bytes() != (package.ROOT / first).read_bytes()
"""
    subprocess.run(
        [sys.executable, "-c", code, THIS_RUNTIME, "arm64"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        check=True,
    )


@pytest.mark.requirement(130)
def test_other_libraries_or_another_machine_make_another_layer(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    code = """
from components.parts import package
package._install = lambda requirements, target, version, architecture: (target / "library.py").write_text("A = 1")
made = {package.layer(*asked) for asked in (("python3.13", "arm64"), ("python3.13", "x86_64"), ("python3.12", "arm64"))}
requirements = package.ROOT / "lambdas" / "requirements.txt"
requirements.write_bytes(requirements.read_bytes() + b"#")
made.add(package.layer("python3.13", "arm64"))
identities = {name.rpartition(".zip")[0].rpartition(".")[2] for name in made}
assert len(identities) == 4, made
"""
    subprocess.run([sys.executable, "-c", code], cwd=folder, env=os.environ | {"PYTHONPATH": str(folder)}, check=True)


def test_a_layer_holds_no_caches_stubs_or_programs(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    code = """
import sys, zipfile
from components.parts import package
def install(requirements, target, version, architecture):
    for name in ("a/b.py", "a/b.pyi", "a/__pycache__/b.pyc", "a-1.dist-info/RECORD", "a-1.dist-info/METADATA", "bin/a"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text("")
package._install = install
with zipfile.ZipFile(package.ROOT / package.layer("python3.12", "arm64")) as made:
    assert sorted(name for name in made.namelist() if name.startswith("python/")) == [
        "python/a-1.dist-info/METADATA", "python/a/b.py"
    ], made.namelist()
"""
    subprocess.run([sys.executable, "-c", code], cwd=folder, env=os.environ | {"PYTHONPATH": str(folder)}, check=True)
