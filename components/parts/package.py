"""What is shipped to Lambda: a handler's import closure, and the third-party libraries as one layer.

Both are byte-identical on every machine: sorted names, fixed dates and modes. A package holds the handler's own
folder and the modules of `lambdas/` that it imports, found by reading the source, so that a change in a shared module
redeploys only the functions which import it. Files are stored, not deflated: a package is some tens of kilobytes and
its bytes must not depend on a zlib version.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import io
import marshal
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ".build"
SOURCES = "lambdas"
EPOCH = (1980, 1, 1, 0, 0, 0)


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
    """Build the package of `lambdas/<function>`; its path relative to the root, named by its content.

    Unchecked-hash `.pyc` files stand beside the sources when this interpreter is the runtime's minor version
    (`python3.13`): Lambda's file system is read-only, so that it could never write them.
    """
    entries = {path.as_posix(): (ROOT / path).read_bytes() for path in closure(f"{SOURCES}.{function}.handler")}
    if _is_own(runtime):
        entries |= _bytecode(entries)
    content = archive(entries)
    digest = hashlib.sha256(content).hexdigest()[:16]
    return _keep(Path(BUILD, "packages", f"{function}.{digest}.zip"), content)


def _is_own(runtime: str) -> bool:
    """Whether this interpreter's bytecode is the runtime's."""
    return runtime == f"python{sys.version_info.major}.{sys.version_info.minor}"


def _bytecode(entries: Mapping[str, bytes]) -> dict[str, bytes]:
    """The `.pyc` file of each source among the entries, where the interpreter looks for it."""
    sources = {name: data for name, data in entries.items() if name.endswith(".py")}
    return {
        Path(importlib.util.cache_from_source(name)).as_posix(): _compile(data, name) for name, data in sources.items()
    }


@functools.cache
def _compile(source: bytes, name: str) -> bytes:
    """Unchecked-hash bytecode; a module that many functions share is compiled once."""
    code = compile(source, name, "exec", dont_inherit=True, optimize=0)
    header = importlib.util.MAGIC_NUMBER + (0b01).to_bytes(4, "little") + importlib.util.source_hash(source)
    return header + marshal.dumps(code)


def archive(entries: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip of `entries` (path to bytes): sorted, fixed date, mode 0644."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as target:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, EPOCH)
            info.external_attr = 0o100644 << 16
            info.compress_type = compression
            target.writestr(info, entries[name])
    return buffer.getvalue()


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

    Built once from the locked, hashed `lambdas/requirements.txt` and cached under its content's hash; building needs
    uv and, the first time, the package registry. Path relative to the root.
    """
    requirements = ROOT / SOURCES / "requirements.txt"
    made = f"{runtime} {architecture} {'compiled' if _is_own(runtime) else 'sources'}"
    identity = hashlib.sha256(requirements.read_bytes() + made.encode()).hexdigest()[:16]
    relative = Path(BUILD, "layers", f"{runtime}-{architecture}.{identity}.zip")
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
        entries |= _bytecode(entries)
    return _keep(relative, archive(entries, zipfile.ZIP_DEFLATED))


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
