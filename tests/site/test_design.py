"""Templates' bytecode from a cache: the same pages, and nothing that is not right."""

import gc
import html
import sys
from itertools import count
from pathlib import Path
from typing import cast

import jinja2.environment
import pytest
from jinja2 import UndefinedError

from entaku.model.nouns import Lang
from entaku.site.design import Design, LonePage, has_only_macros, open_templates
from entaku.store import Cache

TEXTS = {
    "one.html": "{% extends 'base.html' %}{% block main %}{{ 1234|number }}{% endblock %}",
    "base.html": "{% block main %}{% endblock %}",
}


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the templates that are compiled from now on, by a process that knows none."""
    names: list[str] = []
    compile = jinja2.environment.Environment.compile

    def note(self: jinja2.environment.Environment, source: str, name: str, *others: object) -> object:
        names.append(name)
        return compile(self, source, name, *others)  # type: ignore[call-overload]

    monkeypatch.setattr(jinja2.environment.Environment, "compile", note)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return names


def show(texts: dict[str, str], folder: Path, zone: str) -> bytes:
    """A page, rendered by an environment that was never opened before (each time zone has its own)."""
    return Design(texts, {}, compiled=Cache(folder)).render_alone("one.html", zone, "en", {})


def test_what_was_compiled_is_not_compiled_again_until_it_changes(tmp_path: Path, compiled: list[str]) -> None:
    assert show(TEXTS, tmp_path, "Asia/Tokyo") == b"1,234" and sorted(compiled) == ["base.html", "one.html"]
    compiled.clear()
    assert show(TEXTS, tmp_path, "Asia/Seoul") == b"1,234" and compiled == []
    changed = {**TEXTS, "one.html": TEXTS["one.html"].replace("1234", "5678")}
    assert show(changed, tmp_path, "Asia/Taipei") == b"5,678" and compiled == ["one.html"]


def test_damaged_bytecode_is_compiled_again(tmp_path: Path, compiled: list[str]) -> None:
    show(TEXTS, tmp_path, "Europe/Oslo")
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(kept) == 2
    for path in kept:
        path.write_bytes(path.read_bytes()[:-40] + bytes(40))
    compiled.clear()
    assert show(TEXTS, tmp_path, "Europe/Rome") == b"1,234" and len(compiled) == 2


def test_a_folder_that_can_not_be_written_is_no_matter(tmp_path: Path, compiled: list[str]) -> None:
    (tmp_path / "file").write_bytes(b"")
    for zone in ("America/Lima", "America/Bogota"):
        assert show(TEXTS, tmp_path / "file", zone) == b"1,234"
    assert len(compiled) == 4


def test_python_that_may_write_no_bytecode_writes_none(
    tmp_path: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert show(TEXTS, tmp_path, "Africa/Cairo") == b"1,234" and not list(tmp_path.iterdir())


SHARED = {
    "layout.html": "{% import 'parts.html' as m with context %}{{ m.who() }}|{% block main %}{% endblock %}",
    "page.html": "{% extends 'layout.html' %}{% import 'parts.html' as m with context %}{% block main %}{{ m.who() }}{% endblock %}",
    "self.html": "{% extends 'naming.html' %}{% import 'parts.html' as m with context %}{% block main %}{{ m.who() }}{% endblock %}",
    "naming.html": "{% import 'parts.html' as m with context %}{{ m.who() }}|{{ self.main() }}{% block main %}{% endblock %}",
    "mine.html": "{% set name = 'mine' %}{% import 'parts.html' as m with context %}{{ m.who() }}",
    "parts.html": "{{ made() }}{% macro who() %}{{ page.lang }} {{ name }}{% endmacro %}",
}  # fmt: skip


def test_a_page_and_its_layout_share_their_macros_and_no_other_page_does() -> None:
    environment, made = open_templates(SHARED, "Asia/Tokyo"), list[str]()

    def render(template: str, lang: str, name: str) -> str:
        page = LonePage(cast("Lang", lang))
        given = {"page": page, "name": name, "made": lambda: made.append(name) or ""}
        return environment.get_template(template).render(given)

    assert render("page.html", "ja", "a") == "ja a|ja a"
    assert render("page.html", "en", "b") == "en b|en b"
    assert render("self.html", "en", "c") == "en c|en cen c", "a layout that shows a block of the page twice"
    assert made == ["a", "b", "c"]
    assert render("mine.html", "en", "d") == "en mine", "what a template sets before it imports"


@pytest.mark.parametrize(
    ("top", "calls"),
    [
        ("{# macros: {{ tell() }} #}\n", "12"),
        ("{% set twice = n * 2 %}", "24"),
        ("{% if n == 1 %}{% macro other() %}{% endmacro %}{% endif %}", "12"),
        ("{{ n }}", "12"),
    ],
)
def test_macros_see_the_variables_of_the_page_that_calls_them(top: str, calls: str) -> None:
    texts = {
        "macros.html": top
        + "{% macro show() %}{{ twice if twice is defined else n }}{{ page.lang | lang }}{% endmacro %}",
        "page.html": "{% import 'macros.html' as m with context %}{{ m.show() }}{{ 'あ' | lang }}",
    }
    template = open_templates(texts, "UTC").get_template("page.html")
    langs: tuple[Lang, ...] = ("ja", "en")
    shown = [template.render(page=LonePage(lang), n=n) for n, lang in enumerate(langs, 1)]
    assert shown == [calls[0], f'{calls[1]} lang="ja"']
    assert template.render(page=LonePage("ja"), n=3)[0] == ("6" if "twice" in top else "3")
    if "twice" not in top:
        with pytest.raises(UndefinedError):
            template.render(page=LonePage("ja"))


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("{% macro a() %}{{ b() }}{% endmacro %}\n{# c #}\n{%- macro b(x=1) -%}x{%- endmacro -%}\n", True),
        ("", True),
        ("{% macro a() %}{% endmacro %}{{ page }}", False),
        ("{# {% macro a() %} #}{% set a = page %}{# {% endmacro %} #}", False),
        ("{% macro a() %}{% macro b() %}{% endmacro %}{{ b() }}{% endmacro %}", False),
        ("{% import 'b.html' as b with context %}{% macro a() %}{% endmacro %}", False),
    ],
)
def test_a_template_of_macros_alone_is_told_by_its_text(text: str, only: bool) -> None:
    assert has_only_macros(text) == only


def test_a_page_leaves_nothing_that_only_the_search_for_cycles_would_free() -> None:
    texts = {
        "macros.html": "{% macro one(n) %}{{ two(n) }}{% endmacro %}{% macro two(n) %}{{ n }}{{ page.lang }}{% endmacro %}",
        "layout.html": "{% import 'macros.html' as m with context %}{{ m.one(1) }}{{ self.main() }}"
        "{% block main %}{% endblock %}",
        "part.html": "{% set own = page %}{% macro part() %}{{ own.lang }}{% endmacro %}{{ part() }}",
        "page.html": "{% extends 'layout.html' %}{% import 'macros.html' as m with context %}"
        "{% block main %}{{ m.two(n) }}{% include 'part.html' %}{% endblock %}",
    }
    design = Design(texts, {})
    shown = [design.render_alone("page.html", "UTC", "ja", {"n": n}) for n in (2, 3)]
    assert shown == [b"1ja2jaja2jaja", b"1ja3jaja3jaja"]
    gc.collect()
    gc.disable()
    try:
        assert design.render_alone("page.html", "UTC", "en", {"n": 4}) == b"1en4enen4enen"
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_the_macros_of_a_page_and_of_its_layout_are_made_once() -> None:
    made = count()
    texts = {
        "macros.html": "{% macro a() %}{% endmacro %}{{ tell() }}",
        "layout.html": "{% import 'macros.html' as m with context %}{{ self.main() }}{% block main %}{% endblock %}",
        "page.html": "{% extends 'layout.html' %}{% import 'macros.html' as m with context %}",
    }
    Design(texts, {}).render_alone("page.html", "UTC", "ja", {"tell": lambda: next(made)})
    assert next(made) == 1


def test_code_in_an_element_escapes_what_ends_it_and_nothing_else() -> None:
    environment = open_templates({"a.html": "<code>{{ text | code }}</code>"}, "UTC")
    text = """f("x", 'y') & '</code><script>'"""
    told = environment.get_template("a.html").render(text=text)
    assert told == """<code>f("x", 'y') &amp; '&lt;/code&gt;&lt;script&gt;'</code>"""
    assert html.unescape(told)[6:-7] == text
