"""A module's text → every small change of it that a test ought to notice.

Each mutant replaces one piece of the text, so that lines, comments and everything else stay as they are.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

COMPARED = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
"""A boundary shifted, then the opposite."""
COUNTED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
SAID = {
    "Literal", "Callable", "Mapping", "Sequence", "Iterable", "Iterator", "type", "cast", "TypeVar", "NewType", "Text",
}  # fmt: skip
"""What a subscript or a call is of that only type checkers or people read."""
UNSAID = {"strict", "slots", "kw_only"}
"""Keywords that a test can't notice."""
WORDS = re.compile(r"[^\x00-\x7f].* / | / .*[^\x00-\x7f]|[a-z]{2,} [a-z]{2,} |。", re.DOTALL)
"""A text for people: in both languages, three words, or a sentence."""


@dataclass(frozen=True)
class Mutant:
    """One change: bytes `start` to `end` of the module become `after`."""

    scope: str
    """The qualified name of the function or class it is in; "-" at the top of the module."""
    before: str
    after: str
    start: int
    end: int
    lines: range
    """Those of the changed text."""
    around: tuple[range, ...]
    """The lines of the statement, then of the functions and classes around it."""
    imported: bool
    """Whether it is in no function, so that it is run by whichever test imports the module first."""

    def describe(self) -> str:
        return f"{self.scope} | {self.before} -> {self.after}"

    def apply(self, body: bytes) -> bytes:
        return body[: self.start] + self.after.encode() + body[self.end :]


def list_mutants(body: bytes) -> list[Mutant]:
    """Every mutant of a module, in the order of its text."""
    found = {(each.start, each.end, each.after): each for each in _Lister(body).list_module()}
    return sorted(found.values(), key=lambda each: (each.start, each.end, each.after))


class _Lister:
    def __init__(self, body: bytes) -> None:
        self.body = body
        self.starts = [0]
        for line in body.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def list_module(self) -> Iterator[Mutant]:
        for node in ast.parse(self.body).body:
            yield from self._walk(node, "-", (), True)

    def _walk(self, node: ast.AST, scope: str, around: tuple[range, ...], imported: bool) -> Iterator[Mutant]:
        if _is_skipped(node):
            return
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            scope = node.name if scope == "-" else f"{scope}.{node.name}"
            around = (range(node.lineno, (node.end_lineno or 0) + 1), *around)
        elif isinstance(node, ast.stmt):
            last = node.body[0].lineno if getattr(node, "body", None) else (node.end_lineno or 0) + 1  # type: ignore[attr-defined]
            around = (range(node.lineno, max(last, node.lineno + 1)), *around)
        for changed, after in [*((node, after) for after in _change(node)), *_decide(node)]:
            yield replace(self._make(changed, after, scope, around), imported=imported)
        imported = imported and not isinstance(node, ast.FunctionDef)
        for child in _list_children(node):
            yield from self._walk(child, scope, around, imported)

    def _make(self, node: ast.AST, after: str | ast.AST, scope: str, around: tuple[range, ...]) -> Mutant:
        assert isinstance(node, ast.stmt | ast.expr)
        start = self.starts[node.lineno - 1] + node.col_offset
        end = self.starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        text = after if isinstance(after, str) else ast.unparse(after)
        if isinstance(after, ast.BoolOp | ast.BinOp | ast.IfExp):
            text = f"({text})"
        before = " ".join(self.body[start:end].decode().split())
        lines = range(node.lineno, (node.end_lineno or 0) + 1)
        return Mutant(scope, before, text, start, end, lines, around, imported=False)


def _is_skipped(node: ast.AST) -> bool:
    """What is said and not done: annotations are left out by `_list_children`."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Assert() | ast.JoinedStr() | ast.Pass():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.FunctionDef(name="__repr__"):
            return True
        case ast.ClassDef(bases=[*bases]) if any(
            isinstance(base, ast.Name) and base.id == "Protocol" for base in bases
        ):
            return True
        case ast.keyword(arg=name) if name in UNSAID:
            return True
        case ast.Subscript(value=ast.Name(id=name)) | ast.Call(func=ast.Name(id=name)) if name in SAID:
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "__slots__")]):
            return True
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name.isupper() and _is_number(value):
            return True  # a limit, which might as well be a little more or less
    return False


def _is_number(node: ast.expr) -> bool:
    """Whether it is a number, or reckoned from numbers."""
    match node:
        case ast.BinOp(left=left, right=right):
            return _is_number(left) and _is_number(right)
        case ast.Constant(value=int() | float()):
            return True
    return False


def _list_children(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node that are run, without annotations and decorators; of an error that is raised no texts."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not (isinstance(node, ast.Raise) and name == "cause"):
                yield child


def _decide(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """Conditions, and what they may always be."""
    match node:
        case ast.If(test=test):
            yield from ((test, "True"), (test, "False"))
        case ast.comprehension(ifs=tests):
            yield from ((test, "True") for test in tests)
        case ast.match_case(guard=ast.expr() as guard):
            yield from ((guard, "True"), (guard, "False"))


def _change(node: ast.AST) -> Iterator[str | ast.AST]:
    """What may stand in the place of a node."""
    if isinstance(node, ast.stmt):
        yield from _change_statement(node)
    elif isinstance(node, ast.expr):
        yield from _change_expression(node)


def _change_statement(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.Return(value=ast.Constant(value=value)) if not value:
            return  # nothing, or as good as nothing
        case ast.Return(value=None):
            return
        case ast.Return():
            yield "return None"
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom() as value):
            yield "pass" if isinstance(value, ast.Call) else "yield from ()"
        case ast.AugAssign() | ast.Delete() | ast.Raise():
            yield "pass"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield "pass"
        case ast.Break():
            yield "continue"
        case ast.Continue():
            yield "break"


def _change_expression(node: ast.expr) -> Iterator[str | ast.AST]:
    match node:
        case ast.Constant(value=bool() as value):
            yield str(not value)
        case ast.Constant(value=int() as value):
            yield str(value + 1)
        case ast.Constant(value=str() as value) if not WORDS.search(value):
            yield '""' if value else '"?"'
        case ast.Constant(value=bytes() as value) if value:
            yield 'b""'
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield (
                operand
                if isinstance(operand, ast.Constant | ast.Name | ast.Call | ast.Attribute)
                else f"({ast.unparse(operand)})"
            )
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for n in range(len(values)):
                left = values[:n] + values[n + 1 :]
                yield ast.BoolOp(op, left) if len(left) > 1 else f"({ast.unparse(left[0])})"
        case ast.Compare(left=left, ops=[op], comparators=comparators):
            for other in COMPARED[type(op)]:
                yield ast.Compare(left, [other()], comparators)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in COUNTED:
            yield ast.BinOp(left, COUNTED[type(op)](), right)
        case ast.IfExp(body=body, orelse=orelse):
            yield ast.IfExp(ast.Constant(True), body, orelse)
            yield ast.IfExp(ast.Constant(False), body, orelse)
        case ast.Call(func=func, args=args, keywords=keywords):
            for n, keyword in enumerate(keywords):
                if keyword.arg and keyword.arg not in UNSAID:
                    yield ast.Call(func, args, keywords[:n] + keywords[n + 1 :])
