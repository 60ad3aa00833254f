"""Mutants of Python sources: one expression is replaced by another that parses.

Left out is what no behaviour follows from, or what another judge owns: docstrings, messages of errors, descriptions and
other prose, type annotations, decorators, and the logical names of resources (they are identities, which tests/golden
holds, reviewed).
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator
from functools import partial

from tests.mutation.mutant import Mutant

ACTION = re.compile(r"(?P<service>[a-z0-9-]+):[A-Z][A-Za-z]+\*?")
PROSE = re.compile(r"[\w',.:;()/-]+( [\w',.:;()/%-]+){2,}", re.ASCII)
WORDS_FOR_PEOPLE = {"description", "comment", "message", "label", "title", "opts"}
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
Replacement = tuple[str, ast.expr, ast.expr]


def mutants(path: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a source file."""
    tree = ast.parse(source)
    for operator, old, new in _in(tree):
        yield Mutant(
            path=path,
            line=old.lineno,
            operator=operator,
            before=ast.unparse(old),
            after=ast.unparse(new),
            text=partial(_replaced, source, old, new),
        )


def _in(node: ast.AST) -> Iterator[Replacement]:
    """The replacements in a node and below it."""
    if isinstance(node, ast.expr):
        yield from _of(node)
    for name, value in ast.iter_fields(node):
        if not _is_silent(node, name):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _is_spared(node, name, child):
                    yield from _in(child)


def _is_silent(node: ast.AST, field: str) -> bool:
    """Whether this part of a node is annotation, decoration, a message, or a constant that is only looked up."""
    if field in {"annotation", "returns", "decorator_list", "slice", "ctx", "type_params"}:
        return True
    if isinstance(node, (ast.Raise, ast.Import, ast.ImportFrom, ast.JoinedStr)):
        return True
    if isinstance(node, ast.Dict) and field == "keys":
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_spared(node: ast.AST, field: str, child: ast.AST) -> bool:
    """Whether this child is for people, or the identity of a resource."""
    if isinstance(child, ast.keyword):
        return child.arg in WORDS_FOR_PEOPLE
    if isinstance(child, ast.Call) and isinstance(node, ast.Expr):
        return ast.unparse(child.func) in {"super().__init__", "self.register_outputs"}
    is_first_argument = isinstance(node, ast.Call) and field == "args" and child is node.args[0]
    return is_first_argument and isinstance(node, ast.Call) and _is_named(node.func)


def _is_named(function: ast.expr) -> bool:
    """Whether the function makes a resource, whose first argument is its logical name."""
    last = ast.unparse(function).rpartition(".")[2]
    return last[:1].isupper() and not last.endswith(("Args", "Error"))


def _of(node: ast.expr) -> Iterator[Replacement]:
    """The replacements of the expression itself."""
    if isinstance(node, ast.Constant):
        yield from _constant(node)
    elif isinstance(node, ast.JoinedStr):
        yield from _format(node)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        changed = copy.deepcopy(node)
        changed.ops = [COMPARISONS[type(node.ops[0])]()]
        yield "comparison", node, changed
    elif isinstance(node, ast.BoolOp):
        opposite = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "logic", node, ast.BoolOp(op=opposite, values=node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "logic", node, node.operand
    elif isinstance(node, ast.IfExp):
        yield "branch", node, ast.IfExp(test=node.test, body=node.orelse, orelse=node.body)
    elif isinstance(node, ast.BinOp):
        yield from _operation(node)
    elif isinstance(node, (ast.List, ast.Tuple, ast.Set)) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        yield from _entries(node)
    elif isinstance(node, ast.Dict):
        yield from _keys(node)
    elif isinstance(node, ast.Call):
        yield from _arguments(node)


def _constant(node: ast.Constant) -> Iterator[Replacement]:
    value = node.value
    if isinstance(value, bool):
        yield "flag", node, ast.Constant(not value)
    elif isinstance(value, (int, float)):
        yield "number", node, ast.Constant(value + 1)
    elif value in {"Allow", "Deny"}:
        yield "effect", node, ast.Constant("Deny" if value == "Allow" else "Allow")
    elif isinstance(value, str) and (action := ACTION.fullmatch(value)):
        yield "action", node, ast.Constant(f"{action['service']}:*")
    elif isinstance(value, str) and not PROSE.fullmatch(value):
        yield "text", node, ast.Constant(f"{value}x")


def _format(node: ast.JoinedStr) -> Iterator[Replacement]:
    """A formatted text with one character more; not one that begins with a component's own name, an identity."""
    first = node.values[0] if node.values else None
    if isinstance(first, ast.FormattedValue) and ast.unparse(first.value) in {"name", "self._name", "args.name"}:
        return
    if PROSE.fullmatch(ast.unparse(node)[2:-1].replace("{", "").replace("}", "")):
        return
    yield "text", node, ast.JoinedStr(values=[*node.values, ast.Constant("x")])


def _operation(node: ast.BinOp) -> Iterator[Replacement]:
    if isinstance(node.op, ast.BitOr):
        if ast.unparse(node.right) != "None":  # the name of a type
            yield "union", node, node.left
    elif isinstance(node.op, (ast.Mult, ast.Sub)):
        opposite = ast.FloorDiv() if isinstance(node.op, ast.Mult) else ast.Add()
        yield "arithmetic", node, ast.BinOp(left=node.left, op=opposite, right=node.right)


def _entries(node: ast.List | ast.Tuple | ast.Set) -> Iterator[Replacement]:
    for index in range(len(node.elts)):
        rest = [*node.elts[:index], *node.elts[index + 1 :]]
        if rest or not isinstance(node, ast.Set):
            changed = copy.copy(node)
            changed.elts = rest
            yield "entry", node, changed


def _keys(node: ast.Dict) -> Iterator[Replacement]:
    for index in range(len(node.keys)):
        keys, values = list(node.keys), list(node.values)
        del keys[index], values[index]
        yield "key", node, ast.Dict(keys=keys, values=values)


def _arguments(node: ast.Call) -> Iterator[Replacement]:
    for index, keyword in enumerate(node.keywords):
        if keyword.arg is not None and keyword.arg not in WORDS_FOR_PEOPLE | {"parent"}:
            rest = [*node.keywords[:index], *node.keywords[index + 1 :]]
            yield "argument", node, ast.Call(func=node.func, args=node.args, keywords=rest)


def _replaced(source: str, old: ast.expr, new: ast.expr) -> str:
    """The source with one expression written anew, in parentheses, so that it binds as the old one did."""
    lines = source.splitlines(keepends=True)
    start = _offset(lines, old.lineno, old.col_offset)
    end = _offset(lines, old.end_lineno or old.lineno, old.end_col_offset or 0)
    return f"{source[:start]}({ast.unparse(new)}){source[end:]}"


def _offset(lines: list[str], line: int, column: int) -> int:
    """Where a place that `ast` names by line and byte stands in the text."""
    return sum(map(len, lines[: line - 1])) + len(lines[line - 1].encode()[:column].decode())
