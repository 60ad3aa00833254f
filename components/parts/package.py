"""What is shipped to Lambda: a handler's import closure, and the third-party libraries as one layer.

Both are byte-identical on every machine. A package holds the modules of `lambdas/` that the handler imports, found by
reading the source, so that a change in a shared module redeploys only the functions which import it. Both are named by
all that their bytes are made from, so that what was built before is found without building it.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from components.parts import bytecode
from components.parts.archive import ENCODER, QUICK, archive

ROOT = Path(__file__).resolve().parents[2]
BUILD = ".build"
SOURCES = "lambdas"
CERTIFICATES = "certificates"


class PackageError(Exception):
    """A package or the layer cannot be built; the message says what to do."""


def _module_file(module: str) -> Path | None:
    base = ROOT.joinpath(*module.split("."))
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _statements(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """All statements at any depth; expressions, which hold no imports, are not looked into."""
    for node in body:
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, part, None)
            if isinstance(inner, list):
                yield from _statements(inner)


@functools.cache
def _imported(file: Path) -> frozenset[str]:
    """Dotted names under `lambdas` that a source file imports, at any depth of its code."""
    names: set[str] = set()
    for node in _statements(ast.parse(file.read_text(encoding="utf-8"), str(file)).body):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise PackageError(
                    f"{file.relative_to(ROOT)}:{node.lineno} imports relatively: write 'from {SOURCES}...'"
                )
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(name for name in names if name.split(".")[0] == SOURCES)


def closure(module: str) -> list[Path]:
    """Files of the package of `module`, relative to the project's root, sorted.

    Every module that it imports from `lambdas`, the packages around them, and the data files in the folders of its
    own package and of each imported package that is a folder (prompts, certificates).
    """
    files: set[Path] = set()
    waiting = [module]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        file = _module_file(name)
        if file is None:
            continue
        files.add(file)
        waiting.extend(_imported(file))
        if "." in name:
            waiting.append(name.rsplit(".", 1)[0])
        if file.name == "__init__.py" and name not in {SOURCES, f"{SOURCES}.shared"}:
            files.update(_data_files(file.parent))
    if not files:
        raise PackageError(f"there is no module {module} under {ROOT.name}")
    return sorted(file.relative_to(ROOT) for file in files)


def _data_files(folder: Path) -> set[Path]:
    return {
        path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"} and "__pycache__" not in path.parts
    }


def sources() -> set[str]:
    """The folders under lambdas/ that hold a function."""
    return {handler.parent.name for handler in (ROOT / SOURCES).glob("*/handler.py")}


def package(function: str, runtime: str) -> str:
    """Build the package of `lambdas/<function>` unless it was built before; its path relative to the root.

    `.pyc` files stand beside the sources when this interpreter is the runtime's minor version (`python3.13`):
    Lambda's file system is read-only, so that it could never write them.
    """
    entries = {path.as_posix(): (ROOT / path).read_bytes() for path in closure(f"{SOURCES}.{function}.handler")}
    relative = Path(BUILD, "packages", f"{function}.{_identity(runtime, entries)}.zip")
    if not (ROOT / relative).exists():
        if _is_own(runtime):
            entries |= _bytecode(entries)
        _keep(relative, archive(entries))
    return relative.as_posix()


def _identity(runtime: str, entries: Mapping[str, bytes]) -> str:
    """What names an archive: the files in it, and all that makes their bytes."""
    digest = hashlib.sha256(_recipe())
    digest.update((bytecode.identity() if _is_own(runtime) else "sources").encode())
    for name, content in sorted(entries.items()):
        digest.update(f"\n{name} ".encode() + hashlib.sha256(content).digest())
    return digest.hexdigest()[:16]


@functools.cache
def _recipe() -> bytes:
    """The encoder and the code of this module and the two it builds with."""
    return ENCODER.encode() + b"".join(
        Path(__file__).with_name(f"{module}.py").read_bytes() for module in ("archive", "bytecode", "package")
    )


def _is_own(runtime: str) -> bool:
    """Whether this interpreter's bytecode is the runtime's."""
    return runtime == f"python{sys.version_info.major}.{sys.version_info.minor}"


def _bytecode(entries: Mapping[str, bytes]) -> dict[str, bytes]:
    """The bytecode of the sources among the entries. All functions' is made at once, by one interpreter.

    An `__init__.py` holds one line, which is read sooner than a second file would be unpacked.
    """
    own = bytecode.compiled(_python(entries) | _python_of_all(), optimize=2)
    return {bytecode.place(name): own[name] for name in _python(entries) if not name.endswith("/__init__.py")}


@functools.cache
def _python_of_all() -> dict[str, bytes]:
    files = (path for folder in (*sources(), "shared") for path in (ROOT / SOURCES / folder).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in files}


def _python(entries: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in entries.items() if name.endswith(".py")}


def _keep(relative: Path, content: bytes) -> str:
    """Write the file unless it is there; whole or not at all, since several programs may build at once."""
    target = ROOT / relative
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(target)
    return relative.as_posix()


def layer(runtime: str, architecture: str) -> str:
    """The dependency layer for `runtime` (`python3.13`) on `arm64` or `x86_64`, or for this machine (`host`).

    Built once from the locked, hashed `lambdas/requirements.txt`; building needs uv and, the first time, the package
    registry. With it travel the certificate authorities of the database, to `/opt/certificates`. Path relative to the
    root.
    """
    requirements = ROOT / SOURCES / "requirements.txt"
    certificates = {
        path.relative_to(ROOT / SOURCES).as_posix(): path.read_bytes()
        for path in (ROOT / SOURCES / CERTIFICATES).glob("*.pem")
    }
    made_from = certificates | {"requirements": requirements.read_bytes(), "for": f"{runtime} {architecture}".encode()}
    relative = Path(BUILD, "layers", f"{runtime}-{architecture}.{_identity(runtime, made_from)}.zip")
    if (ROOT / relative).exists():
        return relative.as_posix()
    with tempfile.TemporaryDirectory() as folder:
        _install(requirements, Path(folder), runtime.removeprefix("python"), architecture)
        entries = {
            f"python/{path.relative_to(folder).as_posix()}": path.read_bytes()
            for path in Path(folder).rglob("*")
            if path.is_file() and _shipped(path)
        }
    if _is_own(runtime):
        libraries = bytecode.compiled(_python(entries), optimize=0)
        entries |= {bytecode.place(name): content for name, content in libraries.items()}
    return _keep(relative, archive(entries | certificates, QUICK))


def _shipped(path: Path) -> bool:
    return not (
        path.suffix in {".pyc", ".pyi"}
        or "__pycache__" in path.parts
        or path.name in {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", ".lock"}
        or path.parts[-2] == "bin"
    )


PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}


def _install(requirements: Path, target: Path, version: str, architecture: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    command = [
        str(uv) if uv.exists() else shutil.which("uv") or "uv",
        "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:", "--link-mode", "copy",
        "--target", str(target), "--requirement", str(requirements),
    ]  # fmt: skip
    if architecture == "host":
        command += ["--python", sys.executable]
    else:
        command += ["--python-platform", PLATFORMS[architecture], "--python-version", version]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # fixed words and our own paths
    except FileNotFoundError as error:
        raise PackageError("the dependency layer needs uv to be built: run 'make install'") from error
    except subprocess.CalledProcessError as error:
        raise PackageError(f"the dependency layer cannot be built: {error.stderr.strip()[-600:]}") from error


if __name__ == "__main__":
    print(layer(sys.argv[1], sys.argv[2]))  # noqa: T201  # `python -m components.parts.package RUNTIME ARCHITECTURE`
