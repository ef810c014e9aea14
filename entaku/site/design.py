"""Templates with their filters, assets under names made of their content, mistakes in templates as findings.  Pure.

Everything in a template is escaped, and an undefined variable is an error.
"""

import hashlib
import re
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from jinja2 import (
    BytecodeCache,
    Environment,
    FunctionLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
    pass_context,
)
from jinja2 import __version__ as jinja_version
from jinja2.bccache import Bucket
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from jinja2.utils import missing
from markupsafe import Markup

from entaku.catalogue import facets
from entaku.model.kept import Keep
from entaku.model.nouns import Finding, Lang, Page, Place, Refused
from entaku.site.words import FOLDER, cut_opening, show_day, show_moment, show_number, show_size

OFTEN = 4096
"""Number of formatted days and of formatted times that are cached."""
JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9d]")
JAPANESE_HERE, NOTHING = Markup(' lang="ja"'), Markup("")
"""The attribute of an element of an English page with Japanese text: a screen reader changes its voice, and a browser its
font."""
REFERENCES = {
    "css": re.compile(rb"(url\([\"']?)([\w.-]+)(?=[\"')])"),
    "js": re.compile(rb"([\"']\./)([\w.-]+)(?=[\"'])"),
}
"""Pattern of the references from an asset to others, by suffix."""


@dataclass(frozen=True, slots=True)
class LonePage:
    """What the filters of templates need of a page."""

    lang: Lang


@dataclass(frozen=True, slots=True)
class Design:
    """The templates and assets of `site_templates/`."""

    texts: Mapping[str, str]
    """Text by path in `site_templates/`: `home.html`, `words.json`, …"""
    assets: Mapping[str, bytes]
    """Bytes by path in `site_templates/assets/` (`site.css`, …), published in `assets/` under names that change with
    their content."""
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """Bytes by path of the project's files that `site:` of `catalogue.yaml` names."""
    compiled: Keep | None = None
    """Cache of the templates' bytecode, trusted as the program's own is; None to compile them in each process."""
    fonts: Mapping[str, bytes] = field(default_factory=dict)
    """Bytes by path of the fonts of cards; without any no cards are drawn."""

    def render_alone(self, name: str, timezone: str, lang: Lang, values: Mapping[str, Any]) -> bytes:
        """Render a template that is no page of the site, such as a report for the owner of a file."""
        template = open_templates(self.texts, timezone, self.compiled).get_template(name)
        return render_template(template, {"page": LonePage(lang), **values}).encode()

    def compile(self) -> None:
        """Fill the cache of bytecode."""
        environment = open_templates(self.texts, "UTC", self.compiled)
        for name in self.texts:
            if name.endswith(".html"):
                environment.get_template(name)


# ---- templates --------------------------------------------------------------------------------------------------


def quote_code(text: str) -> Markup:
    """Return code as text of an element, where only `&`, `<` and `>` have to be escaped: code is full of quotes."""
    return Markup(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))  # noqa: S704


def open_templates(texts: Mapping[str, str], timezone: str, compiled: Keep | None = None) -> Environment:
    """Return the environment with the templates of both languages; moments are shown in `timezone`.

    A page's variables are given when it is rendered; its language is `page.lang`.  A template is compiled when it is
    first wanted, or read from `compiled`.
    """
    environment = _open(tuple(sorted(texts.items())), timezone)
    environment.bytecode_cache = CompiledTemplates(compiled) if compiled is not None else None
    return environment


class CompiledTemplates(BytecodeCache):
    """Templates' bytecode in a cache: compiling all of them takes a process half a second.

    Jinja compares the digest of a template's source; the key adds whatever else decides what the source is compiled to.
    """

    def __init__(self, keep: Keep) -> None:
        self._keep = keep

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill a bucket, if its template is in the cache."""
        body = self._keep.get(self._name(bucket))
        if body is not None:
            bucket.bytecode_from_string(body)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Put a compiled template into the cache; where that may not be, the next process compiles it again."""
        if not sys.dont_write_bytecode:
            with suppress(Refused):
                self._keep.put(self._name(bucket), bucket.bytecode_to_string())

    def _name(self, bucket: Bucket) -> str:
        made_by = bucket.environment
        options = (made_by.autoescape, made_by.trim_blocks, made_by.lstrip_blocks, made_by.keep_trailing_newline)
        told = (bucket.key, jinja_version, sys.implementation.cache_tag, *options, *sorted(made_by.filters))
        return hashlib.sha256(repr(told).encode()).hexdigest()


class Contexts(threading.local):
    """The contexts of the page that a thread renders; None while it renders none."""

    noted: list[Context] | None = None


class SharedTemplate(Template):
    """A template whose macros are made once for all pages, or, if it has more than macros at its top, once for a page:
    the page and its layout both import them."""

    texts: Mapping[str, str]
    """The text of each template."""
    made: Contexts
    _made: tuple[object, TemplateModule, dict[str, Any]] | None = None
    _lasts = False
    """Whether it is nothing but macros, which look up the page's variables when they are called."""

    def new_context(
        self, vars: dict[str, Any] | None = None, shared: bool = False, locals: Mapping[str, Any] | None = None
    ) -> Context:
        """Return a context, which is noted for `render_page`."""
        context = super().new_context(vars, shared, locals)
        if self.made.noted is not None:
            self.made.noted.append(context)
        return context

    def render_page(self, values: dict[str, Any]) -> str:
        """Render a page, and let go of all that it was made from.

        A macro holds the context that holds it: Python would find these circles after some thousand objects more.
        """
        noted: list[Context] = []
        self.made.noted = noted
        try:
            return self.render(values)
        finally:
            self.made.noted = None
            for context in noted:
                context.vars.clear()
                context.exported_vars.clear()

    def make_module(
        self, vars: dict[str, Any] | None = None, shared: bool = False, locals: Mapping[str, Any] | None = None
    ) -> TemplateModule:
        """Return the template's macros, those of the last import if they are right for this page."""
        page = (vars or {}).get("page")
        seen = (locals or {}).items()  # of the importer; each template has a `self` of its own
        if vars is None or page is None or any(value is not missing for name, value in seen if name != "self"):
            return super().make_module(vars, shared, locals)
        if self._made is None or (self._made[0] is not page and not self._lasts):
            own = dict(vars)
            self._lasts = has_only_macros(self.texts[str(self.name)])
            self._made = page, super().make_module(own, shared=True), own
            if self._lasts and self.made.noted:
                self.made.noted.pop()
        elif self._made[0] is not page:
            _, module, own = self._made
            own.clear()
            own.update(vars)
            self._made = page, module, own
        return self._made[1]


def render_template(template: Template, values: dict[str, Any]) -> str:
    """Render a template of `open_templates`."""
    assert isinstance(template, SharedTemplate)
    return template.render_page(values)


def has_only_macros(text: str) -> bool:
    """Test whether a template is surely nothing but macros and comments."""
    return not _MACRO.sub("", _COMMENT.sub("", text)).strip()


_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_MACRO = re.compile(r"\{%-?\s*macro\s.*?\{%-?\s*endmacro\s*-?%\}", re.DOTALL)


@lru_cache(maxsize=2)
def _open(texts: tuple[tuple[str, str], ...], timezone: str) -> Environment:
    """Return the environment from a cache of this process, because `make serve` builds the site repeatedly.

    Jinja's optimizer, which computes what is constant in a template, costs more than it saves.
    """
    known = {name: (text, name, None) for name, text in texts}
    environment = Environment(
        loader=FunctionLoader(known.get), autoescape=True, undefined=StrictUndefined, auto_reload=False, cache_size=-1,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, optimized=False,
    )  # fmt: skip
    environment.template_class = type("SharedTemplate", (SharedTemplate,), {"texts": dict(texts), "made": Contexts()})
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": False, "separators": (",", ":")}

    @lru_cache(OFTEN)
    def write_day(value: date | str, lang: Lang) -> str:
        is_moment = isinstance(value, str) and "T" in value
        return show_day(facets.find_day(value, timezone) if is_moment else value, lang)  # type: ignore[arg-type]

    @lru_cache(OFTEN)
    def write_moment(utc: str, lang: Lang) -> str:
        return show_moment(utc, lang, timezone)

    @pass_context
    def day(context: Context, value: date | str) -> str:
        return write_day(value, context["page"].lang)

    @pass_context
    def moment(context: Context, utc: str) -> str:
        return write_moment(utc, context["page"].lang)

    @pass_context
    def lang(context: Context, text: str) -> Markup:
        return JAPANESE_HERE if context["page"].lang == "en" and JAPANESE.search(text) else NOTHING

    environment.filters |= {"number": show_number, "size": show_size, "day": day, "moment": moment, "beside": zip}
    environment.filters |= {"lang": lang, "opening": cut_opening, "code": quote_code}
    return environment


# ---- assets -----------------------------------------------------------------------------------------------------


def name_assets(assets: Mapping[str, bytes]) -> dict[str, Page]:
    """Return each asset by its name, as a Page at `assets/<name>.<hash>.<suffix>`.

    `url(name)` in a stylesheet and `"./name"` in a script are rewritten to the new names.  Raises UndefinedError if
    assets refer to each other in a circle: their names can't depend on their content.
    """
    named: dict[str, Page] = {}
    for name in sorted(assets):
        name_asset(name, assets, named, ())
    return named


def name_asset(name: str, assets: Mapping[str, bytes], named: dict[str, Page], above: tuple[str, ...]) -> Page:
    """Name the asset `name` after the assets that it refers to; `above` are those that refer to it."""
    if name in named:
        return named[name]
    if name in above:
        raise UndefinedError(f'"assets/{name}" refers to itself by way of {", ".join(above)}')
    before = REFERENCES.get(name.rpartition(".")[2])
    body = assets[name]
    if before:

        def refer(match: re.Match[bytes]) -> bytes:
            other = match[2].decode("utf-8", "replace")
            if other not in assets or other == name:
                return match[0]
            return match[1] + name_asset(other, assets, named, (*above, name)).path.removeprefix("assets/").encode()

        body = before.sub(refer, body)
    stem, _, suffix = name.rpartition(".")
    named[name] = Page(f"assets/{stem}.{hashlib.sha256(body).hexdigest()[:10]}.{suffix}", body)
    return named[name]


# ---- mistakes in templates --------------------------------------------------------------------------------------


def explain_error(error: Exception, template: str, templates: Mapping[str, str]) -> Finding:
    """Return a `template` finding with the template and line where `error` was raised while `template` was rendered."""
    if isinstance(error, TemplateSyntaxError):
        return blame(str(error.name or template), error.lineno, error)
    name, line, trace = template, 0, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename in templates:
            name, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, TemplateNotFound) and not line:
        name = str(error.name or template)
    return blame(name, line or None, error)


def blame(name: str, line: int | None, error: Exception) -> Finding:
    """Return the finding for a mistake in the file `name` of `site_templates/`."""
    kind = "" if isinstance(error, UndefinedError | TemplateSyntaxError) else f"{type(error).__name__}: "
    place = Place(file=f"{FOLDER}/{name}", line=line)
    return Finding("template", place=place, value=name, args={"why": f"{kind}{error}"})
