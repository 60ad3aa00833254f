"""Bytecode: the same whoever compiles it, and taken by the interpreter for the source's."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from components.parts import bytecode
from tests.conftest import ROOT

SOURCE = b'''"""A module."""
KINDS = {"release", "issue", "pull_request"}


def one(argument):
    """A function."""
    assert argument, "there is one"
    if argument in {"release", "issue", "pull_request"}:
        raise ValueError(argument)
    return argument
'''
OTHER = b"""
def other(argument, one, KINDS):
    return [argument, one, KINDS, ("release", "issue")]
"""


@pytest.fixture(autouse=True)
def unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has been compiled before."""
    monkeypatch.setattr(bytecode, "_known", {})


def test_a_module_s_bytecode_does_not_depend_on_what_is_compiled_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    together = bytecode.compiled({"b.py": SOURCE, "a.py": OTHER, "c.py": OTHER}, optimize=2)
    monkeypatch.setattr(bytecode, "_known", {})
    assert bytecode.compiled({"b.py": SOURCE}, optimize=2) == {"b.py": together["b.py"]}


def test_it_does_not_depend_on_what_else_the_process_holds() -> None:
    """CPython 3.11 writes a constant of one character otherwise once any module has interned that character."""
    code = """
import sys
from components.parts import bytecode
first = bytecode.compiled({"a.py": b"bell = chr(7) + '\\x07'"}, optimize=2)
bytecode._known.clear()
kept = sys.intern(chr(7))
assert bytecode.compiled({"a.py": b"bell = chr(7) + '\\x07'"}, optimize=2) == first
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_what_was_compiled_is_not_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = bytecode.compiled({"b.py": SOURCE}, optimize=2)
    monkeypatch.setattr(bytecode, "_COMPILER", ["/nothing/to/compile/with"])
    assert bytecode.compiled({"b.py": SOURCE}, optimize=2) == first
    with pytest.raises(FileNotFoundError):
        bytecode.compiled({"b.py": SOURCE}, optimize=0)


def test_a_source_with_a_fault_is_named() -> None:
    with pytest.raises(bytecode.BytecodeError, match=r'File "faulty.py", line 2'):
        bytecode.compiled({"faulty.py": b"first = 1\nsecond = = 2\n"}, optimize=2)


@pytest.mark.parametrize(("optimize", "described"), [(0, "A module."), (2, None)])
def test_the_interpreter_takes_it_and_a_traceback_shows_the_line(
    tmp_path: Path, optimize: int, described: str | None
) -> None:
    (tmp_path / "module.py").write_bytes(SOURCE)
    place = tmp_path / bytecode.place("module.py")
    assert place == Path(importlib.util.cache_from_source(str(tmp_path / "module.py")))
    place.parent.mkdir()
    place.write_bytes(bytecode.compiled({"module.py": SOURCE}, optimize=optimize)["module.py"])
    code = f"import module; assert module.__doc__ == {described!r}, module.__doc__; module.one('issue')"
    result = subprocess.run(
        [sys.executable, "-B", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "line 9, in one\n    raise ValueError(argument)\n" in result.stderr
    assert result.stderr.splitlines()[-1] == "ValueError: issue"
