"""Templates compiled for thousands of pages render what Jinja2 renders, and their mistakes are told as Jinja2 tells them."""

import json

import pytest
from projects import ROOT
from wholes import render_site
from worlds import HOSTILE, generate_catalogue, make_catalogue

from entaku.site.templates import Templates
from entaku.site.words import Words
from entaku.store.project import read_project
from entaku.work.render import split_templates

TEXTS, ASSETS = split_templates(read_project(ROOT, "site_templates/**/*"))
VENDORED = {**ASSETS, "parquet.js": b"", "squirreling.js": b""}
WORDS = {
    "plain": {"ja": "円卓 & <b>", "en": "plain"},
    "filled": {"ja": "{n} 個", "en": ["{n} thing", "{n} things"]},
}


def make_templates(texts, **shared):
    words = Words("ja", WORDS)
    given = {"say": words.say, "site": {"title": "円卓"}, **shared}
    return Templates({"words.json": json.dumps(WORDS), **texts}, words, "Asia/Tokyo", given)


@pytest.mark.parametrize(
    "catalogue",
    [make_catalogue(), make_catalogue(sample=True, evil=HOSTILE), generate_catalogue(2)],
    ids=["plain", "hostile", "generated"],
)
@pytest.mark.parametrize("assets", [ASSETS, VENDORED], ids=["bare", "vendored"])
def test_every_page_is_what_jinja2_itself_renders(catalogue, assets, monkeypatch):
    plain, slowly = [], Templates.render_slowly

    def render_twice(self, name, own, values, render=Templates.render):
        quick = render(self, name, own, values)
        if name not in plain:  # once each: it compiles everything anew
            plain.append(name)
            assert slowly(self, name, own, values) == quick, name
        return quick

    monkeypatch.setattr(Templates, "render", render_twice)
    monkeypatch.setattr(Templates, "render_slowly", lambda *_: pytest.fail("a page that isn't compiled"))
    _, findings = render_site(catalogue, TEXTS, assets)
    assert not findings
    assert len(plain) > 15


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ('{{ say("plain") }}', "円卓 &amp; &lt;b&gt;"),
        ('{{ say("filled", n=1234) }}', "1,234 個"),
        ("{{ given }}{{ given | safe }}", "&lt;i&gt;<i>"),
        ('{{ given ~ "<" ~ 1 }}', "&lt;i&gt;&lt;1"),
        ("{% for each in [1, 2] %}{{ each }}{% if each == 2 %}!{% elif n %}, {% else %}?{% endif %}{% endfor %}", "1, 2!"),
        ('{% set n = 1 %}{% include "part.html" %}{{ n }}', "part 1 &lt;i&gt; 21"),
        ('{% for n in [7, 8] %}{% include "part.html" %};{% endfor %}', "part 7 &lt;i&gt; 2;part 8 &lt;i&gt; 2;"),
        ('{% import "macros.html" as m with context %}{{ m.twice(given) }}{{ m.titled() }}', "&lt;i&gt;&lt;i&gt;円卓"),
        ("{{ mapping.key }}{{ mapping.items is defined }}{{ mapping.none is defined }}", "valueTrueFalse"),
        ("{% set own = {'a': 1} %}{{ own.a }}", "1"),
        ("{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, b=3) }}", "1213"),
        ("{% macro m(a) %}{{ a }}{{ caller() }}{% endmacro %}{% call m(3) %}<{{ given }}{% endcall %}", "3<&lt;i&gt;"),
        ("{% for each in given.upper() if each != '<' %}{{ loop.index }}{{ each }}{% else %}none{% endfor %}", "1I2&gt;"),
        ("{% if not given %}a{% endif %}|{{ 'x' if n }}", "|x"),
        ("{% filter upper %}{{ given }}{% endfilter %}{% autoescape false %}{{ given }}{% endautoescape %}", "&LT;I&GT;<i>"),
    ],
)  # fmt: skip
def test_what_jinja2_knows_is_known(text, rendered):
    texts = {
        "page.html": text,
        "part.html": "part {{ n }} {{ given }}{% set n = 2 %} {{ n }}",
        "macros.html": "{% macro twice(a) %}{{ a }}{{ a }}{% endmacro %}{% macro titled() %}{{ site.title }}{% endmacro %}",
    }
    templates = make_templates(texts)
    values = {"given": "<i>", "n": 5, "mapping": {"key": "value"}}
    assert templates.render("page.html", {}, values) == rendered
    assert templates.render_slowly("page.html", {}, values) == rendered


def test_macros_see_the_page_that_is_rendered():
    macros = "{% macro where() %}{{ page }}{{ link }}{% endmacro %}"
    text = '{% import "macros.html" as m with context %}{% block main %}{{ m.where() }}{% endblock %}'
    templates = make_templates({"page.html": text, "macros.html": macros})
    assert [templates.render("page.html", {"page": n, "link": -n}, {}) for n in (1, 2)] == ["1-1", "2-2"]


def test_a_macro_that_uses_the_pages_own_values_sees_each_pages():
    macros = "{% macro title() %}{{ dataset }}{% endmacro %}"
    text = '{% import "macros.html" as m with context %}{{ m.title() }}'
    templates = make_templates({"page.html": text, "macros.html": macros})
    assert [templates.render("page.html", {}, {"dataset": n}) for n in (1, 2)] == ["1", "2"]


def test_a_template_that_includes_itself_ends():
    text = '{{ n }}{% if n %}{% set n = n - 1 %}{% include "page.html" %}{% endif %}'
    assert make_templates({"page.html": text}).render("page.html", {}, {"n": 3}) == "3210"


@pytest.mark.parametrize(
    ("part", "line", "why"),
    [
        ("\n\n{{ nothing }}", 3, "'nothing' is undefined"),
        ("\n{{ site.nothing }}", 2, "has no attribute 'nothing'"),
        ("{% for %}", 1, "Expected an expression"),
        ("\n\n\n{{ 1 / 0 }}", 4, "division by zero"),
    ],
)
def test_a_mistake_in_an_included_template_is_told_with_its_line(part, line, why):
    texts = {**TEXTS, "_take_part.html": part}
    _, findings = render_site(make_catalogue(), texts, ASSETS)
    [finding] = {each.place: each for each in findings}.values()
    assert (finding.place.file, finding.place.line) == ("site_templates/_take_part.html", line)
    assert why in finding.args["why"]
