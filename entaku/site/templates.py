"""Jinja2 as the templates know it: everything escaped, what is undefined an error, our filters."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from jinja2 import Environment, FunctionLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from entaku.catalogue.facets import find_day
from entaku.model.nouns import Lang
from entaku.site.words import show_day, show_moment, show_number, show_size

OFTEN = 4096
"""Days and times that are kept as they are written."""


def open_templates(texts: Mapping[str, str], timezone: str) -> Environment:
    """The templates of both languages; `timezone` is that in which moments are shown.

    A page gives what it shows when it is rendered; its language is that of its `page`.
    """
    return _compile(tuple(sorted(texts.items())), timezone)


@lru_cache(maxsize=2)
def _compile(texts: tuple[tuple[str, str], ...], timezone: str) -> Environment:
    """The templates, each compiled once in this process: `make serve` makes the site again and again."""
    known = {name: (text, name, None) for name, text in texts}
    environment = Environment(
        loader=FunctionLoader(known.get), autoescape=True, undefined=StrictUndefined, auto_reload=False, cache_size=-1,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip

    @lru_cache(OFTEN)
    def write_day(value: date | str, lang: Lang) -> str:
        is_moment = isinstance(value, str) and "T" in value
        return show_day(find_day(value, timezone) if is_moment else value, lang)  # type: ignore[arg-type]

    @lru_cache(OFTEN)
    def write_moment(utc: str, lang: Lang) -> str:
        return show_moment(utc, lang, timezone)

    @pass_context
    def day(context: Context, value: date | str) -> str:
        return write_day(value, context["page"].lang)

    @pass_context
    def moment(context: Context, utc: str) -> str:
        return write_moment(utc, context["page"].lang)

    environment.filters |= {"number": show_number, "size": show_size, "day": day, "moment": moment, "beside": zip}
    return environment
