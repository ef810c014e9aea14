"""The site: every page of a hand-made catalogue, both languages, hostile words, mistakes in templates."""

import dataclasses
import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from string import ascii_letters, digits
from urllib.parse import unquote, urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from projects import make_project, put_sample, run
from wholes import build_catalogue, render_feeds, render_site
from worlds import BASE_URL, HOSTILE, make_catalogue, make_office, make_spec

from entaku.catalogue import facets
from entaku.catalogue.build import list_copies, list_excel, list_raws
from entaku.model.messages import say
from entaku.site import (
    api,
    charts,
    citation,
    columns,
    datasets,
    errata,
    ledger,
    overview,
    quality,
    quality_pages,
    tables,
    trust,
    use,
    views,
)  # fmt: skip
from entaku.site.design import name_assets, open_templates
from entaku.site.words import (
    SCRIPTED,
    Words,
    read_words,
    relate,
    show_day,
    show_moment,
    show_number,
    show_size,
    write_scripted,
)
from entaku.table.steps import STEPS
from entaku.work.render import list_sums

FOLDER = Path(__file__).parents[2] / "site_templates"
TEMPLATES = {path.name: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.*"))}
ASSETS = {path.name: path.read_bytes() for path in sorted((FOLDER / "assets").iterdir())}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SVG_LEAVES = {"circle", "line", "path", "rect"}
KINDS = ["plain", "sample", "hostile", "empty"]


def make_world(kind):
    if kind == "empty":
        return build_catalogue(make_office(), [], {}, {}, {}, "0.1.0")
    return make_catalogue(sample=kind == "sample", evil=HOSTILE if kind == "hostile" else "")


@cache
def render(kind):
    pages, findings = render_site(make_world(kind), TEMPLATES, ASSETS)
    assert findings == ()
    return {page.path: page.body for page in pages}


@cache
def read_pages(kind):
    return {path: Reader.read(body.decode()) for path, body in render(kind).items() if path.endswith(".html")}


class Reader(HTMLParser):
    """A page's tags, checked for balance."""

    @classmethod
    def read(cls, text):
        reader = cls()
        reader.tags, reader.open, reader.texts, reader.text = [], [], {}, text
        reader.feed(text)
        reader.close()
        assert reader.open == [], f"left open: {reader.open}"
        return reader

    def handle_starttag(self, tag, attrs):
        assert len(attrs) == len(dict(attrs)), f"<{tag}> has an attribute twice"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in SVG_LEAVES, f"<{tag}/>"
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]} at line {self.getpos()[0]}"
        self.open.pop()

    def handle_data(self, data):
        if self.open:
            self.texts[self.open[-1]] = self.texts.get(self.open[-1], "") + data

    def all(self, name):
        return [attrs for tag, attrs in self.tags if tag == name]


# ---- every page -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_is_whole_safe_and_names_itself(kind):
    for path, page in read_pages(kind).items():
        lang = "en" if path.startswith("en/") else "ja"
        assert page.all("html") == [{"lang": lang}], path
        assert page.texts["title"].strip(), path
        assert len(page.all("h1")) == 1, path
        [description] = [meta["content"] for meta in page.all("meta") if meta.get("name") == "description"]
        assert description.strip() and "\n" not in description, path
        [policy] = [meta["content"] for meta in page.all("meta") if "http-equiv" in meta]
        assert "default-src 'none'" in policy and "unsafe" not in policy, path
        assert not page.all("style") and not page.all("base"), path
        scripts = [attrs for attrs in page.all("script") if attrs != {"type": "application/ld+json"}]
        assert all(attrs.keys() == {"type", "src"} and attrs["type"] == "module" for attrs in scripts), path
        assert all(re.search(r"assets/\w+\.[0-9a-f]{10}\.js$", attrs["src"]) for attrs in scripts), path
        assert len(page.all("script")) == page.text.count("<script"), path
        for tag, attrs in page.tags:
            assert not [name for name in attrs if name == "style" or name.startswith("on")], (path, tag)
            assert not str(attrs.get("href", "")).startswith(("javascript:", "data:")), (path, tag)
        ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
        assert len(ids) == len(set(ids)), (path, ids)
        for _, attrs in page.tags:
            for name in attrs.get("aria-labelledby", "").split():
                assert name in ids, (path, name)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_loaded_from_elsewhere_and_every_link_resolves(kind):
    pages = read_pages(kind)
    files = (
        set(render(kind))
        | set(list_copies(make_world(kind)))
        | {page.path for page in list_sums(make_world(kind))}
        | set(list_excel(make_world(kind)))
        | set(list_raws(make_world(kind)))
        | set(render_feeds(make_world(kind))[0])
        | {"manifest.json", "SHA256SUMS"}  # written with the site
    )
    anchors = {path: {attrs["id"] for _, attrs in page.tags if "id" in attrs} for path, page in pages.items()}
    outside = 0
    for path, page in pages.items():
        for tag, attrs in page.tags:
            for name in ("src", "href"):
                target = attrs.get(name)
                if target is None:
                    continue
                if re.match(r"[a-z]+:|//", target):
                    canonical = tag == "link" and attrs["rel"] in ("canonical", "alternate")
                    assert canonical or (tag == "a" and target.startswith(("https://", "http://", "mailto:"))), (
                        path,
                        target,
                    )
                    outside += 1
                    continue
                found = follow(path, target.partition("?")[0] or target)
                assert found in files, f"{path}: {target} → {found}"
                if "#" in target:
                    assert target.partition("#")[2] in anchors[found], f"{path}: {target}"
    assert outside


def follow(path, target):
    """The file that a browser gets for `target` on the page `path`, wherever the site is."""
    rooted = path.endswith("404.html")
    assert target.startswith(("/entaku/", "#") if rooted else ("#", ".", *ascii_letters, *digits)), f"{path}: {target}"
    address = unquote(urljoin(f"{BASE_URL}/{path}", target).partition("#")[0])
    assert address.startswith(f"{BASE_URL}/"), f"{path}: {target} leaves the site"
    found = address.removeprefix(f"{BASE_URL}/")
    return found + "index.html" if found.endswith("/") or not found else found


@pytest.mark.parametrize("kind", KINDS)
def test_both_languages_have_the_same_pages_and_point_at_each_other(kind):
    pages = read_pages(kind)
    japanese = {path for path in pages if not path.startswith("en/")}
    assert {f"en/{path}" for path in japanese} == set(pages) - japanese
    for path, page in pages.items():
        if path.endswith("404.html"):
            continue
        address = f"{BASE_URL}/{path.removesuffix('index.html')}"
        [canonical] = [link["href"] for link in page.all("link") if link["rel"] == "canonical"]
        assert canonical == address
        plain = address.replace(f"{BASE_URL}/en/", f"{BASE_URL}/")
        others = {link["hreflang"]: link["href"] for link in page.all("link") if "hreflang" in link}
        assert others["ja"] == plain
        assert others["en"] == plain.replace(f"{BASE_URL}/", f"{BASE_URL}/en/")


@pytest.mark.parametrize("kind", KINDS)
def test_no_page_is_heavy(kind):
    for path, body in render(kind).items():
        assert len(body) < 100_000, path


def test_the_pages_of_the_contract_are_there():
    wanted = {
        "", "datasets/", "datasets/elevators/", "datasets/elevators/report/", "datasets/elevators/2022.03.24/",
        "publishers/", "publishers/kotsu/", "themes/", "themes/transport/", "requests/", "requests/answered/",
        "requests/2021-02-elevators/", "showcases/", "about/", "guide/", "developers/",
        "developers/api/",
    }  # fmt: skip
    assert {f"{path}index.html" for path in wanted} | {"404.html"} <= set(render("plain"))


def test_the_same_catalogue_gives_the_same_bytes():
    again, _ = render_site(make_world("sample"), dict(reversed(TEMPLATES.items())), dict(reversed(ASSETS.items())))
    assert {page.path: page.body for page in again} == render("sample")
    assert [page.path for page in again] == sorted(page.path for page in again)


class Memory(dict):
    """Pages kept in memory; counts what could be taken from there."""

    found = 0

    def get(self, key):
        self.found += key in self
        return super().get(key)

    put = dict.__setitem__


def change_world(catalogue, what):
    """The catalogue after a day on which something of its first dataset, or of the whole, has changed."""
    first, *others = catalogue.datasets
    pipeline, replace = first.spec.pipeline, dataclasses.replace
    retitled = replace(pipeline, title=replace(pipeline.title, ja="改題", en="Retitled"))
    office = catalogue.office
    requests = [replace(one, title=replace(pipeline.title, ja="新しい題")) for one in catalogue.requests]
    showcases = [replace(one, datasets=("markets",)) for one in catalogue.showcases]
    changes = {
        "nothing": catalogue,
        "title": replace(catalogue, datasets=(replace(first, spec=make_spec(retitled)), *others)),
        "gone": replace(catalogue, datasets=tuple(others)),
        "unreleased": replace(catalogue, datasets=(replace(first, releases=()), *others)),
        "fetched": replace(catalogue, datasets=(replace(first, checked="2030-01-01T00:00:00Z"), *others)),
        "rolled back": replace(catalogue, datasets=(replace(first, releases=first.releases[:-1]), *others)),
        "office": replace(catalogue, office=replace(office, title=replace(office.title, ja="新しい名前"))),
        "request": replace(catalogue, requests=tuple(requests)),
        "showcase": replace(catalogue, showcases=tuple(showcases)),
        "program": replace(catalogue, version="9.9.9"),
    }
    return changes[what]


CHANGES = (
    "nothing",
    "title",
    "gone",
    "unreleased",
    "fetched",
    "rolled back",
    "office",
    "request",
    "showcase",
    "program",
)


def test_kept_pages_are_those_that_would_be_made_anew():
    keep, world = Memory(), make_world("sample")
    first, _ = render_site(world, TEMPLATES, ASSETS, keep)
    assert {page.path: page.body for page in first} == render("sample") and not keep.found
    for what in CHANGES:
        keep.found, changed = 0, change_world(world, what)
        again, _ = render_site(changed, TEMPLATES, ASSETS, keep)
        # a bundle of the quality of all, one of whether they have maps, one of their pages; one more where some have changed
        assert keep.found == (3 if what == "nothing" else 4), what
        assert again == render_site(changed, TEMPLATES, ASSETS)[0], what


def test_kept_pages_of_other_templates_are_not_shown():
    keep = Memory()
    render_site(make_world("plain"), TEMPLATES, ASSETS, keep)
    mine = {**TEMPLATES, "report.html": TEMPLATES["report.html"].replace("<h1>", "<h1>!")}
    again, _ = render_site(make_world("plain"), mine, ASSETS, keep)
    assert again == render_site(make_world("plain"), mine, ASSETS)[0]
    styled = {**ASSETS, "site.css": ASSETS["site.css"] + b"/* */"}
    assert render_site(make_world("plain"), mine, styled, keep) == render_site(make_world("plain"), mine, styled)


def test_tables_have_captions_or_names_and_scopes():
    for path, page in read_pages("plain").items():
        # A heading without a scope is its row's if cells follow it: the rule of HTML, which browsers keep.
        bare = re.findall(r"<tr[^>]*><th(?! scope=)[^>]*>(?:(?!</?th).)*</th><td", page.text, re.DOTALL)
        others = [attrs["scope"] for attrs in page.all("th") if "scope" in attrs]
        assert len(bare) + len(others) == len(page.all("th")) and {*others} <= {"col", "row"}, path
        scrolling = [attrs for attrs in page.all("div") if attrs.get("class") == "scroll"]
        wide = [attrs for attrs in page.all("table") if not attrs.get("class", "").startswith("bars ")]
        assert len(scrolling) == len(wide), path
        assert all(attrs["aria-label"] and attrs["tabindex"] == "0" for attrs in scrolling), path


# ---- samples, hostile words, failure, nothing yet ---------------------------------------------------------------


def test_every_page_says_that_it_shows_samples_and_none_does_where_there_are_none():
    assert all('class="sample-banner"' in page.text for page in read_pages("sample").values())
    for kind in ("plain", "empty"):
        assert not any("sample-banner" in page.text or "mark-sample" in page.text for page in read_pages(kind).values())
    japanese = read_pages("sample")["datasets/elevators/index.html"]
    assert "これは見本（合成データ）です。実際のデータではありません" in japanese.text
    english = read_pages("sample")["en/datasets/elevators/report/index.html"]
    assert "This is a synthetic sample, not real data" in english.text
    assert "synthetic samples" in read_pages("sample")["en/datasets/markets/index.html"].text


def test_hostile_words_are_escaped_everywhere():
    shown = 0
    for path, page in read_pages("hostile").items():
        assert "<script>" not in page.text, path
        shown += "&lt;script&gt;" in page.text
        assert "{{ 7 * 7 }}" in page.text or "49" not in page.texts.get("h1", ""), path
    assert shown == len(read_pages("hostile"))


def test_addresses_that_are_not_of_the_web_are_words_not_links():
    office = dataclasses.replace(make_office(), contact="javascript:alert(1)")
    pages, findings = render_site(build_catalogue(office, [], {}, {}, {}, "1"), TEMPLATES, ASSETS)
    assert not findings
    home = next(page for page in pages if page.path == "index.html").body.decode()
    assert "javascript:alert(1)" in home and 'href="javascript' not in home


def test_a_failed_attempt_is_told_with_its_reasons_while_the_last_release_stays():
    for prefix, lang in (("", "ja"), ("en/", "en")):
        page = read_pages("plain")[f"{prefix}datasets/markets/index.html"].text
        attempt = next(each.attempt for each in make_world("plain").datasets if each.attempt)
        place, what, after = split_words(say(attempt.findings[0], lang))
        for words in (place, what, after, "34", "2026.06.30"):
            assert words in page, words
        assert re.search(r'href="[^"]*2026.06.30/schedule.csv"', page)
        report = read_pages("plain")[f"{prefix}datasets/markets/report/index.html"].text
        assert report.count("2022/13/") >= 4
        assert {"ja": "（ほかに 29 件：", "en": " (29 more: "}[lang] in report
    assert "2026年7月3日 8:05" in read_pages("plain")["datasets/markets/index.html"].text
    assert "3 July 2026, 08:05" in read_pages("plain")["en/datasets/markets/index.html"].text


def split_words(line):
    head, _, after = line.partition(" → ")
    place, _, what = head.partition(" type-error ")
    return place, what.replace('"', "&#34;"), after


def test_a_dataset_without_release_says_so_and_still_explains_its_columns():
    page = read_pages("plain")["datasets/planned/index.html"]
    assert "まだ公開された版はありません" in page.text
    assert "elevator_id" in page.text
    assert not [attrs for attrs in page.all("a") if "download" in attrs]
    assert "Nothing has been published yet" in read_pages("plain")["en/datasets/planned/index.html"].text


def test_the_dataset_page_tells_what_people_ask():
    page = read_pages("plain")["en/datasets/elevators/index.html"].text
    for words in (
        "Bureau of Transportation", "Creative Commons Attribution 4.0", "as long as you say where it is from",
        "28 June 2022", "monthly", "7 August 2022", "2,506 rows", "238 KB", "24 KB", "elevator_id", "never empty",
        "at least 0", "at most 5000", "kg", "true or false", "Rename columns", "When station lifts are out of service",
        "2022.03.24", "Source: Bureau of Transportation", "A plan, not a record.", "rows-max", "datapackage.json",
        f"pd.read_parquet(\"{BASE_URL}/datasets/elevators/2022.06.27/schedule.parquet\", dtype_backend=", "col_types = \"ccDdl\"",
        "the publisher’s server",
    ):  # fmt: skip
        assert words in page, words


def test_many_source_files_are_folded_away():
    page = read_pages("plain")["datasets/tourism/index.html"].text
    assert page.count("schedule_0") == 2 * 20  # address and words of each
    assert "残りの 70 個" in page


def test_an_older_version_points_to_the_current_one_and_its_neighbours():
    page = read_pages("plain")["datasets/elevators/2022.04.30/index.html"]
    links = {attrs["href"] for attrs in page.all("a")}
    assert {"../", "../2022.03.24/", "../2022.06.27/", "SHA256SUMS", "schedule.csv"} <= links
    assert "これより新しい版があります" in page.text
    assert "これより新しい版があります" not in read_pages("plain")["datasets/elevators/2022.06.27/index.html"].text


def test_the_round_table_lights_the_seats_of_answered_requests():
    home = read_pages("plain")["index.html"]
    seats = [attrs["class"] for attrs in home.all("a") if attrs.get("class", "").startswith("seat ")]
    assert sorted(seats) == ["seat asked", "seat lit", "seat lit"]
    assert home.text.count("empty-chair") == 9


# ---- search engines ---------------------------------------------------------------------------------------------


def read_jsonld(kind, path):
    return json.loads(read_pages(kind)[path].texts["script"])


@pytest.mark.parametrize("kind", ["plain", "sample", "hostile"])
def test_dataset_pages_tell_search_engines_what_google_asks_for(kind):
    for prefix in ("", "en/"):
        for name in ("elevators", "markets", "tourism"):
            said = read_jsonld(kind, f"{prefix}datasets/{name}/index.html")
            assert said["@context"] == "https://schema.org/" and said["@type"] == "Dataset"
            assert 50 <= len(said["description"]) <= 5000
            for key in ("name", "creator", "license", "identifier", "keywords", "version", "variableMeasured"):
                assert said[key], key
            assert said["url"] == f"{BASE_URL}/{prefix}datasets/{name}/"
            files = {each["contentUrl"].removeprefix(f"{BASE_URL}/") for each in said["distribution"]}
            assert files <= set(list_copies(make_world(kind))) and len(files) >= 2
            assert all(each["encodingFormat"] and each["sha256"] for each in said["distribution"])
    assert "script" not in read_pages(kind)["datasets/planned/index.html"].texts


def test_samples_are_samples_to_search_engines_too():
    said = read_jsonld("sample", "en/datasets/elevators/index.html")
    assert said["name"].startswith("[SAMPLE] ") and "Sample" in said["creativeWorkStatus"]
    assert read_jsonld("sample", "index.html")["name"].startswith("【見本】")
    assert "creativeWorkStatus" not in read_jsonld("plain", "datasets/elevators/index.html")


def test_hostile_words_stay_words_in_jsonld():
    said = read_jsonld("hostile", "datasets/elevators/index.html")
    assert said["name"].endswith(HOSTILE)
    assert read_jsonld("hostile", "index.html")["name"] == f"円卓データカタログ{HOSTILE}"


def test_the_home_page_is_a_data_catalogue():
    said = read_jsonld("plain", "index.html")
    assert (said["@type"], len(said["dataset"])) == ("DataCatalog", 3)
    assert said["potentialAction"]["target"]["urlTemplate"] == f"{BASE_URL}/datasets/?q={{search_term_string}}"
    asked = read_jsonld("plain", "en/index.html")["potentialAction"]["target"]["urlTemplate"]
    assert asked == f"{BASE_URL}/en/datasets/?q={{search_term_string}}"
    assert read_jsonld("empty", "index.html")["dataset"] == []


# ---- mistakes in templates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mistake", "why"),
    [
        ("home.html", "{{ nonsense }}", "'nonsense' is undefined"),
        pytest.param("dataset.html", "{{ dataset.nonsense }}", "has no attribute 'nonsense'", marks=pytest.mark.sweep),
        ("_macros.html", "{{ say('no-such-words') }}", "no-such-words"),
        ("_layout.html", "{{ asset('gone.png') }}", "gone.png"),
        pytest.param("theme.html", "{{ 1 / 0 }}", "ZeroDivisionError", marks=pytest.mark.sweep),
        pytest.param("_take_part.html", "{{ site.nonsense }}", "has no attribute 'nonsense'", marks=pytest.mark.sweep),
        ("about.ja.html", "{% if %}", "Expected an expression"),
        pytest.param("report.html", "{% include 'gone.html' %}", "gone.html", marks=pytest.mark.sweep),
    ],
)
def test_a_mistake_is_a_finding_with_template_and_line(name, mistake, why):
    lines = TEMPLATES[name].split("\n")
    at = (
        next(n for n, line in enumerate(lines) if line.startswith(("<h", "<p", "<li", "<header")))
        if name != "_macros.html"
        else 5
    )
    broken = {**TEMPLATES, name: "\n".join([*lines[:at], mistake + lines[at], *lines[at + 1 :]])}
    pages, findings = render_site(make_world("plain"), broken, ASSETS)
    assert len(findings) == 1, findings
    [finding] = findings
    assert (finding.code, finding.severity) == ("template", "error")
    assert (finding.place.file, finding.place.line) == (f"site_templates/{name}", at + 1)
    assert why in finding.args["why"]
    assert len(pages) < len(render("plain"))


def test_templates_are_compiled_once_in_a_process():
    templates = open_templates(TEMPLATES, "Asia/Tokyo")
    assert open_templates(dict(TEMPLATES), "Asia/Tokyo") is templates
    assert open_templates({**TEMPLATES, "home.html": "changed"}, "Asia/Tokyo") is not templates


def test_a_missing_template_and_broken_words_are_findings_too():
    without = {name: text for name, text in TEMPLATES.items() if name != "theme.html"}
    _, [finding] = render_site(make_world("plain"), without, ASSETS)
    assert finding.place.file == "site_templates/theme.html"
    for words, line in (('{\n"a": {"ja": "あ"}\n}', 2), ('{\n"a":\n}', 3), ("[]", 1)):
        pages, [finding] = render_site(make_world("plain"), {**TEMPLATES, "words.json": words}, ASSETS)
        assert (finding.place.file, finding.place.line, pages) == ("site_templates/words.json", line, ())
    _, [finding] = render_site(make_world("plain"), {**TEMPLATES, "words.json": "{}"}, ASSETS)
    assert finding.args["why"].startswith('words.json has no "')


def test_words_are_in_both_languages_and_all_used():
    words = json.loads(TEMPLATES["words.json"])
    text = "".join(text for name, text in TEMPLATES.items() if name.endswith(".html"))
    made = (
        "kept_", "more_too_", "more_note_",
        "step_", "type_", "constraint_", "frequency_", "served_", "severity_", "sample_", "nav_", "feedback_", "view_",
        "facet_", "fresh_state_", "chart_", "map_", "content_", "degrees_", "value_", "sql_say_", "sql_help_",
        "whence_", "api_group_", "api_try_", "level_", "sort_", "home_said_", "card_", "errata_", "compare_", "status_", "letter_", "doc_", "valid_", "weight_", "rule_", "violation_", "standing_", "unit_",
    )  # fmt: skip
    for key, both in words.items():
        assert set(both) == {"ja", "en"} and (all(both.values()) or key == "gap"), key
        holes = [set(re.findall(r"{(\w+)}", str(both[lang]))) for lang in ("ja", "en")]
        assert holes[0] == holes[1] or holes[0] | {"n"} == holes[1] | {"n"}, key
        assert key.startswith(made) or f'"{key}"' in text, f"unused: {key}"
    assert len(re.findall(r'^  "', TEMPLATES["words.json"], re.MULTILINE)) == len(words), "a key is there twice"


def test_every_step_has_its_words():
    words = json.loads(TEMPLATES["words.json"])
    assert {key.removeprefix("step_") for key in words if key.startswith("step_")} == set(STEPS)


def test_every_variable_of_the_templates_is_documented():
    text = (FOLDER.parent / "docs" / "templates.md").read_text("utf-8")
    documented = set(re.findall(r"`(?:\w+\.)?(\w+)`", text))
    modules = (
        api,
        charts,
        citation,
        columns,
        datasets,
        errata,
        ledger,
        overview,
        quality,
        quality_pages,
        tables,
        trust,
        use,
        views,
    )
    shown = {each for module in modules for name, each in vars(module).items() if name.endswith("View")}
    assert len(shown) > 40
    for view in [
        *shown,
        facets.Totals,
        quality_pages.QualityTotals,
        use.Snippet,
        citation.Citation,
        views.Link,
        views.Outside,
    ]:
        missing = {item.name for item in dataclasses.fields(view)} - documented
        assert not missing, f"{view.__name__}: {missing}"


# ---- assets, formats, links, snippets ---------------------------------------------------------------------------


def test_assets_are_named_by_their_content_and_stylesheets_follow():
    assets = {"site.css": b"a { background: url(mark.svg) } b { background: url('mark.svg') }", "mark.svg": b"<svg/>"}
    templates = {"words.json": TEMPLATES["words.json"]}
    pages, _ = render_site(make_world("empty"), templates, assets)
    names = [page.path for page in pages if page.path.startswith("assets/")]
    assert all(
        re.fullmatch(r"assets/(site|mark|words\.(ja|en))\.[0-9a-f]{10}\.(css|svg|js)", name) for name in names
    ), names
    mark = next(name for name in names if "mark" in name).removeprefix("assets/")
    assert pages[1].body.decode() == f"a {{ background: url({mark}) }} b {{ background: url('{mark}') }}"


def test_scripts_follow_the_scripts_they_import():
    assets = {"a.js": b'import("./b.js"); import x from "./b.js"; "./none.js"', "b.js": b"export {}", "site.js": b""}
    pages = {page.path.split(".")[0]: page for page in name_assets(assets).values()}
    b = pages["assets/b"].path.removeprefix("assets/")
    assert pages["assets/a"].body.decode() == f'import("./{b}"); import x from "./{b}"; "./none.js"'


def test_a_circle_of_scripts_is_told():
    assets = {**ASSETS, "a.js": b'import "./b.js"', "b.js": b'import "./a.js"'}
    pages, [finding] = render_site(make_world("empty"), TEMPLATES, assets)
    assert pages == () and finding.code == "template" and "a.js" in finding.args["why"]


def test_the_stylesheet_loads_nothing_from_elsewhere():
    text = ASSETS["site.css"].decode()
    assert "@import" not in text and "http" not in text.replace('a[href^="http"]', "")
    assert "prefers-color-scheme: dark" in text and "@media print" in text and ":focus-visible" in text


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 KB"), (38_499, "38 KB"), (999_600, "1.0 MB"), (1_240_000, "1.2 MB"), (98_000_000, "98 MB")],
)  # fmt: skip
def test_sizes(count, words):
    assert show_size(count) == words


def test_numbers_days_and_times_in_both_languages():
    assert show_number(1234567) == "1,234,567"
    assert (show_day("2026-07-01", "ja"), show_day("2026-07-01", "en")) == ("2026年7月1日", "1 July 2026")
    assert show_moment("2026-06-30T15:05:00Z", "ja", "Asia/Tokyo") == "2026年7月1日 0:05"
    assert show_moment("2026-06-30T15:05:00Z", "en", "Asia/Tokyo") == "1 July 2026, 00:05"


@pytest.mark.parametrize(
    ("unit", "english"),
    [("円", "yen"), ("円/kg", "yen/kg"), ("人／世帯", "people／households"), ("kg", "kg"), ("ロット", "ロット")],
)
def test_units_have_english_names_on_english_pages(unit, english):
    table = json.loads(TEMPLATES["words.json"])
    assert (Words("ja", table).name_unit(unit), Words("en", table).name_unit(unit)) == (unit, english)


SEGMENTS = st.lists(st.sampled_from(["a", "b", "en", "datasets", "2022.03.24"]), max_size=4)


@given(SEGMENTS, SEGMENTS, st.booleans())
def test_a_relative_link_leads_back_to_its_target(target, page, is_file):
    wanted = "".join(f"{part}/" for part in target) + ("x.csv" if is_file else "")
    own = "".join(f"{part}/" for part in page) + "index.html"
    assert follow(own, relate(wanted, own)) == (wanted if is_file else wanted + "index.html")


def test_scripts_find_the_words_that_they_read_in_both_languages():
    scripts = "".join(path.read_text("utf-8") for path in (FOLDER / "assets").glob("*.js"))
    assert set(re.findall(r'read_words\("(\w+)"\)', scripts)) == set(SCRIPTED)
    table, _ = read_words(TEMPLATES)
    made = {name: json.loads(body[len("export default ") : -2]) for name, body in write_scripted(table).items()}
    assert made.keys() == {"words.ja.js", "words.en.js"}
    assert all(words for told in made.values() for words in told.values())
    assert made["words.ja.js"]["view_"]["columns"] == table["view_columns"]["ja"]


PLACES = """\
name: parks
title: {ja: 公園, en: Parks}
description: {ja: 試験用の合成データです。, en: Synthetic data for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: monthly
resources:
  - name: parks
    title: {ja: 公園, en: Parks}
    source: {url: "https://office.example.org/parks.csv"}
    schema:
      primaryKey: [name]
      fields:
        - {name: name, title: {ja: 名前, en: Name}}
        - {name: kind, title: {ja: 種類, en: Kind}}
        - {name: lat, type: number, title: {ja: 緯度, en: Latitude}}
        - {name: lon, type: number, title: {ja: 経度, en: Longitude}}
"""


def test_the_contents_of_a_page_name_its_parts_in_their_order(tmp_path):
    project = make_project(tmp_path / "p", parks=PLACES)
    rows = "".join(
        f"公園{n},{('街区', '近隣')[n % 3 % 2]},{35.6 + n / 100:.2f},{139.7 + n / 100:.2f}\n" for n in range(30)
    )
    put_sample(project, "name,kind,lat,lon\n" + rows, "https://office.example.org/parks.csv")
    assert run(project).site == "published"
    page = (project / "build" / "site" / "datasets" / "parks" / "index.html").read_text("utf-8")
    contents = page[page.index('<nav class="contents"') :]
    named = re.findall(r'href="#([\w-]+)"', contents[: contents.index("</nav>")])
    assert {"map", "chart"} <= set(named)
    assert named == sorted(named, key=lambda name: page.index(f' id="{name}"'))
