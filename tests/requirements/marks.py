"""Which tests are marked with which requirement, found by reading the tests and not by importing them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARK = "pytest.mark.requirement"
SPARED = {".venv", "node_modules", "__pycache__"}


@dataclass(frozen=True, kw_only=True, order=True)
class Proof:
    """A test that proves a requirement."""

    file: str
    test: str


def proofs(folder: Path = ROOT / "tests") -> dict[int, list[Proof]]:
    """The tests below the folder by the requirement that they prove, sorted."""
    found: dict[int, set[Proof]] = {}
    for file in sorted(folder.rglob("test_*.py")):
        if not SPARED & set(file.parts):
            for number, proof in _in_file(file, folder.parent):
                found.setdefault(number, set()).add(proof)
    return {number: sorted(found[number]) for number in sorted(found)}


def _in_file(file: Path, root: Path) -> Iterator[tuple[int, Proof]]:
    """Marks at tests and classes, at parameters of tests, and of the whole file (`pytestmark`)."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    name = file.relative_to(root).as_posix()
    tests = list(_tests(tree, []))
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "pytestmark":
            for number in _numbers(statement.value):
                yield from ((number, Proof(file=name, test=test.name)) for test, _ in tests)
    for test, decorators in tests:
        for decorator in decorators:
            for number in _numbers(decorator):
                yield number, Proof(file=name, test=test.name)


def _tests(
    node: ast.AST, outer: list[ast.expr]
) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, list[ast.expr]]]:
    """Every test with its decorators and those of the classes around it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) and child.name.startswith("test_"):
            yield child, [*outer, *child.decorator_list]
        elif isinstance(child, ast.ClassDef):
            yield from _tests(child, [*outer, *child.decorator_list])


def _numbers(expression: ast.expr) -> Iterator[int]:
    """The numbers of every mark in the expression."""
    for node in ast.walk(expression):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == MARK:
            for argument in node.args:
                yield ast.literal_eval(argument)
