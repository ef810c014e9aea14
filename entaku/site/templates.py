"""Jinja2 as the templates know it: everything escaped, what is undefined an error, our filters."""

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, ClassVar

from jinja2 import Environment, FunctionLoader, StrictUndefined
from jinja2.bccache import Bucket, BytecodeCache

from entaku.catalogue import facets
from entaku.site.compile import QuickEnvironment
from entaku.site.words import Words, show_day, show_moment, show_number, show_size

OFTEN = 4096
"""Days and times that are kept as they are written."""


class Templates:
    """The templates in the language of `words`; `shared` is what every page has that isn't the page's own."""

    def __init__(self, texts: Mapping[str, str], words: Words, timezone: str, shared: Mapping[str, Any]) -> None:
        self.texts, self.shared = texts, dict(shared)
        self.options = {
            "loader": FunctionLoader(self._load), "autoescape": True, "undefined": StrictUndefined, "cache_size": -1,
            "trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True, "auto_reload": False,
        }  # fmt: skip
        self.filters = make_filters(words, timezone)
        digest = hashlib.sha256(repr(sorted(texts.items())).encode("utf-8", "backslashreplace"))
        self.quick = QuickEnvironment(words, bytecode_cache=_Compiled(digest.hexdigest()), **self.options)
        self.quick.filters |= self.filters
        self.quick.common |= self.shared

    def render(self, name: str, own: Mapping[str, Any], values: Mapping[str, Any]) -> str:
        """A page: the template `name` with what every page has of its `own` (`page`, `link`, …) and its `values`.

        Mistakes of a template are raised as Jinja2 raises them.
        """
        try:
            template, common = self.quick.get_template(name), self.quick.common
            common |= own
            return "".join(template.root_render_func(template.new_context({**common, **values}, True)))
        except Exception:  # whatever it is, Jinja2 itself can render it or knows how to tell
            return self.render_slowly(name, own, values)

    def render_slowly(self, name: str, own: Mapping[str, Any], values: Mapping[str, Any]) -> str:
        """The same by Jinja2's own compiler."""
        return self.slow.get_template(name).render({**self.shared, **own, **values})

    @cached_property
    def slow(self) -> Environment:
        """Jinja2 as it is."""
        environment = Environment(**self.options)  # type: ignore[arg-type]  # noqa: S701 - it escapes
        environment.filters |= self.filters
        return environment

    def _load(self, name: str) -> tuple[str, str, None] | None:
        return (self.texts[name], name, None) if name in self.texts else None


def make_filters(words: Words, timezone: str) -> dict[str, Any]:
    """Filters that write numbers, sizes, days and times for people; `timezone` is that in which moments are shown."""

    @lru_cache(OFTEN)
    def day(value: date | str) -> str:
        is_moment = isinstance(value, str) and "T" in value
        return show_day(facets.find_day(value, timezone) if is_moment else value, words.lang)  # type: ignore[arg-type]

    @lru_cache(OFTEN)
    def moment(utc: str) -> str:
        return show_moment(utc, words.lang, timezone)

    return {"number": show_number, "size": show_size, "day": day, "moment": moment, "beside": zip}


class _Compiled(BytecodeCache):
    """Templates compiled before by this process: a site that is made again and again costs no compiling."""

    kept: ClassVar[dict[tuple[str, str], Any]] = {}

    def __init__(self, digest: str) -> None:
        self.digest = digest

    def get_source_checksum(self, source: str) -> str:  # noqa: ARG002 - what is compiled depends on every template
        return self.digest

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key, bucket.checksum] = bucket.code
