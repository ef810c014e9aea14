"""Jinja2 as the templates know it: everything escaped, what is undefined an error, our filters; and quick.

Two things are done at compile time, so that a thousand pages cost what they cost in a compiled language: words that
need nothing filled in stand in the template's code, and text goes through markupsafe's C function alone, without an
object made for each cell.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, ClassVar

import markupsafe
from jinja2 import Environment, FunctionLoader, StrictUndefined, nodes, pass_context
from jinja2.bccache import Bucket, BytecodeCache
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context

from entaku.facets import find_day
from entaku.site_format import show_day, show_moment, show_number, show_size
from entaku.site_words import Words

PLAIN_WORDS = re.compile(r'\{\{ say\("(\w+)"\) \}\}')


def make_environment(templates: Mapping[str, str], words: Words, timezone: str) -> Environment:
    """The environment for pages in the language of `words`; `timezone` is that in which moments are shown."""

    def put_words(match: re.Match[str]) -> str:
        text = words.say(match[1]) if match[1] in words else "{"
        return match[0] if "{" in text or "\n" in text else put(text)

    def load(name: str) -> tuple[str, str, None] | None:
        return (PLAIN_WORDS.sub(put_words, templates[name]), name, None) if name in templates else None

    @pass_context
    def day(context: Context, value: date | str) -> str:
        is_moment = isinstance(value, str) and "T" in value
        return show_day(find_day(value, timezone) if is_moment else value, context["page"].lang)  # type: ignore[arg-type]

    @pass_context
    def moment(context: Context, utc: str) -> str:
        return show_moment(utc, context["page"].lang, timezone)

    environment = Environment(
        loader=FunctionLoader(load), autoescape=True, undefined=StrictUndefined, cache_size=-1,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= {"number": show_number, "size": show_size, "day": day, "moment": moment, "beside": zip}
    environment.code_generator_class = _Quick
    environment.bytecode_cache = _Compiled()
    environment.put = put  # type: ignore[attr-defined]
    return environment


escape_text: Callable[[str], str] = getattr(markupsafe, "_escape_inner", markupsafe.escape)
"""What markupsafe's `escape` calls for text, without the object that it makes of the result."""


def put(value: object) -> str:
    """`value` as it stands in a page."""
    return escape_text(value) if type(value) is str else markupsafe.escape(value)


class _Compiled(BytecodeCache):
    """Templates compiled before by this process: a site that is made again and again costs no compiling."""

    kept: ClassVar[dict[tuple[str, str], Any]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key, bucket.checksum] = bucket.code


class _Quick(CodeGenerator):
    """Jinja2's, with `put` instead of `escape` where a value is put out."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if not frame.eval_ctx.autoescape or frame.eval_ctx.volatile or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.put(")
