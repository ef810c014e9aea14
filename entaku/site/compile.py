"""Templates compiled for thousands of pages: Jinja2's own compiler, told what it can't know by itself.

What is done when a template is compiled instead of for every page: words that need nothing filled in are at hand as they
stand in a page, included templates stand in the code; a loop over a list that is written in the template is written out; what is imported with
context and uses nothing but what every page has (`SHARED`) is imported once.  Attributes are Python's and functions
are called as they are, without asking each time whether it is a mapping or wants the context.

So code compiled here renders what Jinja2 renders, or it raises: an attribute that is a mapping's key, say, or one that
isn't there.  `site_jinja` then lets Jinja2 itself render the page, which also knows what to say of a mistake.
"""

import keyword
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import markupsafe
from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.nodes import Node
from jinja2.runtime import markup_join
from jinja2.visitor import NodeTransformer

from entaku.site.words import Words

SHARED = ("site", "page", "say", "phrases", "link", "file", "asset", "assets")
"""What every page has, as `docs/templates.md` says."""
OWN = re.compile(r"\{%[-+]?\s*(block|extends)\b")
"""In a template that has to be included as it is."""
OTHERS = re.compile(r"\{%[-+]?\s*(include|import|from|extends)\b")
"""In a template that needs others."""
FOLDED = re.compile(r"\{%[-+]?\s*include\b|\bin\s*[\[(]")
"""In a template in which there may be something to unfold."""
escape_text: Callable[[str], str] = getattr(markupsafe, "_escape_inner", markupsafe.escape)
"""What markupsafe's `escape` calls for text, without the object that it makes of the result."""


def put(value: object) -> str:
    """`value` as it stands in a page."""
    kind = type(value)
    if kind is str:
        return escape_text(value)  # type: ignore[arg-type]
    return value if kind is markupsafe.Markup else str(value) if kind is int else markupsafe.escape(value)  # type: ignore[return-value]


def glue(*parts: object) -> str:
    """`a ~ b`: the parts one after another."""
    for part in parts:
        if type(part) is not str:
            return markup_join(parts)
    return "".join(parts)  # type: ignore[arg-type]


class QuickEnvironment(Environment):
    """An environment whose templates are compiled as this module says."""

    def __init__(self, words: Words, **options: Any) -> None:
        super().__init__(**options)
        self.code_generator_class = _Quick
        self.plain = {key: text for key in words.table if (text := words.find_plain(key)) is not None}
        """Words in which nothing is filled in, in any language: templates are compiled once for all of them."""
        self.told = {key: escape_text(text) for key, text in self.plain.items()}
        """The same as they stand in a page."""
        self.common: dict[str, Any] = dict(self.globals)
        """What every page has; the same object for all of them, so that modules see the page that is rendered."""
        self.modules: dict[str, TemplateModule] = {}
        self.parsed: dict[str, nodes.Template] = {}
        self.included: dict[str, nodes.Template | None] = {}
        self.shareable: dict[str, bool] = {}
        self.put, self.glue, self.escape_text = put, glue, escape_text

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        if name in self.parsed:
            return self.parsed.pop(name)
        found = super()._parse(source, name, filename)
        return _Unfold(self, (name or "",)).visit(found) if FOLDED.search(source) else found

    def borrow(self, name: str) -> TemplateModule:
        """The macros of a template, which are made once."""
        if name not in self.modules:
            self.modules[name] = self.get_template(name).make_module(self.common, True)
        return self.modules[name]

    def read(self, name: str, above: Sequence[str]) -> nodes.Template | None:
        """A template to be included, unfolded; None where it has to be included as it is."""
        if self.loader is None or name in above:
            return None
        if name not in self.included:
            source, filename, _ = self.loader.get_source(self, name)
            self.included[name] = None if OWN.search(source) else super()._parse(source, name, filename)
        found = self.included[name]
        return _Unfold(self, (*above, name)).visit(_copy(found)) if found else None

    def is_shareable(self, name: str) -> bool:
        """Whether a template uses nothing but what every page has."""
        if name not in self.shareable and self.loader is not None:
            source, filename, _ = self.loader.get_source(self, name)
            found = self.parsed[name] = self._parse(source, name, filename)
            alone = not OTHERS.search(source)
            self.shareable[name] = alone and list_undeclared(found) <= {*SHARED, *self.globals}
        return self.shareable.get(name, False)


def list_undeclared(template: nodes.Template) -> set[str]:
    """The names that macros, or what is around them, use without having been given or having set them."""
    macros = [part for part in template.body if isinstance(part, nodes.Macro)]
    around = [part for part in template.body if not isinstance(part, nodes.Macro)]
    declared, used = {macro.name for macro in macros} | {"caller", "varargs", "kwargs", "loop"}, set[str]()
    bodies: list[Sequence[Node]] = [*([macro] for macro in macros), around]
    for body in bodies:
        names = [name for part in body for name in part.find_all(nodes.Name)]
        used |= {name.name for name in names if name.ctx == "load"} - {
            name.name for name in names if name.ctx != "load"
        }
    return used - declared


def holds(node: Node, *kinds: type[Node]) -> bool:
    """Whether anything of these kinds is in a node, or it is one itself."""
    return isinstance(node, kinds) or any(holds(part, *kinds) for part in node.iter_child_nodes())


class _Unfold(NodeTransformer):
    """A template with everything written out that is known beforehand."""

    def __init__(self, environment: QuickEnvironment, above: Sequence[str]) -> None:
        self.environment, self.above = environment, above

    def visit_Include(self, node: nodes.Include) -> Node | list[Node]:
        name = _find_constant(node.template)
        if not isinstance(name, str) or not node.with_context or node.ignore_missing:
            return node
        found = self.environment.read(name, self.above)
        return self._enclose(found.body, node) if found else node

    def visit_For(self, node: nodes.For) -> Node | list[Node]:
        self.generic_visit(node)
        if not isinstance(node.iter, nodes.List | nodes.Tuple) or not isinstance(node.target, nodes.Name):
            return node
        if node.else_ or node.test or node.recursive or any(holds(part, nodes.Include) for part in node.body):
            return node
        name, values = node.target.name, [_find_constant(item) for item in node.iter.items]
        used = [one for part in node.body for one in part.find_all(nodes.Name)]
        if None in values or any(one.name == "loop" or one.ctx != "load" for one in used):
            return node
        written = [_Fill(name, value).visit(_copy(part)) for value in values for part in node.body]
        return [self.visit(part) for part in written]

    def _enclose(self, body: list[Node], node: Node) -> Node | list[Node]:
        """`body` in the place of `node`: what it sets is its own."""
        sets = any(name.ctx != "load" for part in body for name in part.find_all(nodes.Name))
        scope = nodes.Scope(body, lineno=node.lineno, environment=node.environment)
        return scope if sets or any(holds(part, nodes.Import, nodes.Macro) for part in body) else body


class _Fill(NodeTransformer):
    """A variable replaced by what it stands for."""

    def __init__(self, name: str, value: object) -> None:
        self.name, self.value = name, value

    def visit_Name(self, node: nodes.Name) -> Node:
        if node.name != self.name:
            return node
        return nodes.Const(self.value, lineno=node.lineno, environment=node.environment)


def _copy(value: Any) -> Any:
    """A node with all that is in it."""
    if isinstance(value, list):
        return [_copy(item) for item in value]
    if not isinstance(value, Node):
        return value
    parts = [_copy(getattr(value, name)) for name in value.fields]
    return type(value)(*parts, **{name: getattr(value, name) for name in value.attributes})


def _find_constant(node: nodes.Expr) -> object:
    """What an expression always is; None where that isn't known."""
    try:
        return node.as_const()
    except nodes.Impossible:
        return None


class _Quick(CodeGenerator):
    """Jinja2's, which writes what Python does quickly."""

    environment: QuickEnvironment

    def write_commons(self) -> None:
        super().write_commons()
        self.writeline("put, glue, escape_text = environment.put, environment.glue, environment.escape_text")
        self.writeline("plain, told = environment.plain, environment.told")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        if keyword.iskeyword(node.attr):
            super().visit_Getattr(node, frame)
            return
        self.write("(")
        self.visit(node.node, frame)
        self.write(f").{node.attr}")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        spread = node.dyn_args or node.dyn_kwargs or forward_caller
        if spread or any(keyword.iskeyword(given.key) for given in node.kwargs):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        if key := self._find_words(node):
            self.write(f"plain[{key!r}]")
            return
        self.visit(node.node, frame)
        self.write("(")
        for given in (*node.args, *node.kwargs):
            self.visit(given, frame)
            self.write(", ")
        self.write(")")

    def _find_words(self, node: Node) -> str:
        """The key of `say("key")`, if nothing is filled in there."""
        if not isinstance(node, nodes.Call) or not isinstance(node.node, nodes.Name) or node.node.name != "say":
            return ""
        if len(node.args) != 1 or node.kwargs or node.dyn_args or node.dyn_kwargs:
            return ""
        key = _find_constant(node.args[0])
        return key if isinstance(key, str) and key in self.environment.plain else ""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super().visit_Concat(node, frame)
            return
        self.write("glue(")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write(")")

    def visit_Import(self, node: nodes.Import, frame: Frame) -> None:
        name = _find_constant(node.template)
        if not frame.toplevel or not isinstance(name, str) or not self.environment.is_shareable(name):
            super().visit_Import(node, frame)
            return
        ref = frame.symbols.ref(node.target)
        self.writeline(f"{ref} = context.vars[{node.target!r}] = environment.borrow({name!r})", node)

    def blockvisit(self, nodes: Iterable[Node], frame: Frame) -> None:
        """Statements; of those that only put out, as many as follow one another in one go."""
        run: list[Node] = []
        quick = frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and not frame.require_output_check
        for node in nodes:
            if quick and _only_puts_out(node):
                run.append(node)
                continue
            self._put_out(run, frame)
            run.clear()
            super().blockvisit([node], frame)
        self._put_out(run, frame)

    def _put_out(self, run: Sequence[Node], frame: Frame) -> None:
        parts = self._list_parts(run, frame)
        if not parts:
            return
        alone = len(parts) == 1
        if frame.buffer is None:
            self.writeline("yield " if alone else "yield ''.join((")
        else:
            self.writeline(f"{frame.buffer}.append(" if alone else f"{frame.buffer}.extend((")
        self._write_parts(parts, frame)
        self.write(("" if alone else "))") if frame.buffer is None else ")" if alone else "))")

    def _list_parts(self, run: Iterable[Node], frame: Frame) -> list[str | Node]:
        """What is put out: texts, expressions, and conditions with what they let out."""
        parts: list[str | Node] = []
        plain = self._make_finalize()
        for node in run:
            for child in node.nodes if isinstance(node, nodes.Output) else [node]:
                try:
                    text = self._output_child_to_const(child, frame, plain)  # type: ignore[arg-type]
                except Exception:  # as Jinja2 has it: what fails here is better told when it is rendered
                    parts.append(child)
                    continue
                if parts and isinstance(parts[-1], str):
                    parts[-1] += text
                else:
                    parts.append(text)
        return parts

    def _write_parts(self, parts: Sequence[str | Node], frame: Frame) -> None:
        """Each part as an expression, with commas between."""
        for n, part in enumerate(parts):
            self.write(", " if n else "")
            if isinstance(part, str):
                self.write(repr(part))
            elif isinstance(part, nodes.If):
                self._write_choice(part, frame)
            elif key := self._find_words(part):
                self.write(f"told[{key!r}]")
            else:
                self.write("(escape_text(out) if type(out := ")
                self.visit(part, frame)
                self.write(") is str else put(out))")

    def _write_choice(self, node: nodes.If, frame: Frame) -> None:
        self.write("(")
        for choice in (node, *node.elif_):
            self._write_joined(choice.body, frame)
            self.write(" if ")
            self.visit(choice.test, frame)
            self.write(" else ")
        self._write_joined(node.else_, frame)
        self.write(")")

    def _write_joined(self, body: Iterable[Node], frame: Frame) -> None:
        parts = self._list_parts(body, frame)
        if len(parts) > 1:
            self.write("''.join((")
        self._write_parts(parts or [""], frame)
        if len(parts) > 1:
            self.write("))")


def _only_puts_out(node: Node) -> bool:
    """Whether it is an output, or a condition of nothing but outputs."""
    if isinstance(node, nodes.If):
        return all(map(_only_puts_out, (*node.body, *node.else_, *(part for one in node.elif_ for part in one.body))))
    return isinstance(node, nodes.Output)
