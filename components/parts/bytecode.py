"""Bytecode that is the same bytes whoever compiles it with this interpreter.

What `marshal` writes depends on the strings that a process has interned and so on whatever else it has loaded: a fresh
interpreter compiles instead, one for all modules. It leaves out the columns of each instruction (PEP 657), a sixth of
a package: a traceback shows files and lines, and no carets below them.
"""

from __future__ import annotations

import marshal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import PurePosixPath

# Unchecked hashes: Lambda's file system is read-only and the package is one whole, so that nothing is to be compared.
_COMPILE = """
import importlib.util, marshal, sys
def compiled(name, source, optimize):
    code = compile(source, name, "exec", dont_inherit=True, optimize=optimize)
    return importlib.util.MAGIC_NUMBER + b"\\1\\0\\0\\0" + importlib.util.source_hash(source) + marshal.dumps(code)
marshal.dump([compiled(*module) for module in marshal.load(sys.stdin.buffer)], sys.stdout.buffer)
"""
_COMPILER = [sys.executable, "-I", "-S", "-X", "no_debug_ranges", "-c", _COMPILE]

Module = tuple[str, bytes, int]
_known: dict[Module, bytes] = {}


class BytecodeError(Exception):
    """A source cannot be compiled; the message says which and why."""


def identity() -> str:
    """What decides the bytes of a module besides its source."""
    return f"{sys.implementation.cache_tag} {sys.hexversion:x}"


def compiled(sources: Mapping[str, bytes], *, optimize: int) -> dict[str, bytes]:
    """The bytecode of each source (path to bytes), as the content of a `.pyc` file.

    `optimize` is that of `compile`: 2 leaves out assertions and docstrings.
    """
    modules: list[Module] = [(name, source, optimize) for name, source in sorted(sources.items())]
    if missing := [module for module in modules if module not in _known]:
        _known.update(zip(missing, _made(missing), strict=True))
    return {module[0]: _known[module] for module in modules}


def _made(modules: list[Module]) -> list[bytes]:
    command = subprocess.run(_COMPILER, input=marshal.dumps(modules), capture_output=True, check=False)  # noqa: S603  # our own words
    if command.returncode != 0:
        raise BytecodeError(f"the sources cannot be compiled: {command.stderr.decode().strip()[-600:]}")
    made: list[bytes] = marshal.loads(command.stdout)  # noqa: S302  # written by ourselves
    return made


def place(name: str) -> str:
    """Where the interpreter looks for the bytecode of a source, started as Lambda starts it: without `-O`."""
    source = PurePosixPath(name)
    return str(source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc")
