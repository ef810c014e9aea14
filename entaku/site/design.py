"""Templates with their filters, assets under names made of their content, mistakes in templates as findings.  Pure.

Everything in a template is escaped, and an undefined variable is an error.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from jinja2 import (
    Environment,
    FunctionLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
    pass_context,
)
from jinja2.runtime import Context
from markupsafe import Markup

from entaku.catalogue import facets
from entaku.model.nouns import Finding, Lang, Page, Place
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

    def render_alone(self, name: str, timezone: str, lang: Lang, values: Mapping[str, Any]) -> bytes:
        """Render a template that is no page of the site, such as a report for the owner of a file."""
        template = open_templates(self.texts, timezone).get_template(name)
        return template.render(page=LonePage(lang), **values).encode()


# ---- templates --------------------------------------------------------------------------------------------------


def open_templates(texts: Mapping[str, str], timezone: str) -> Environment:
    """Return the environment with the templates of both languages; moments are shown in `timezone`.

    A page's variables are given when it is rendered; its language is `page.lang`.
    """
    return _compile(tuple(sorted(texts.items())), timezone)


@lru_cache(maxsize=2)
def _compile(texts: tuple[tuple[str, str], ...], timezone: str) -> Environment:
    """Return the environment from a cache of this process, because `make serve` builds the site repeatedly.

    Jinja's optimizer, which computes what is constant in a template, costs more than it saves.
    """
    known = {name: (text, name, None) for name, text in texts}
    environment = Environment(
        loader=FunctionLoader(known.get), autoescape=True, undefined=StrictUndefined, auto_reload=False, cache_size=-1,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, optimized=False,
    )  # fmt: skip

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
    environment.filters |= {"lang": lang, "opening": cut_opening}
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
