"""All feeds together: every file of every dialect over catalogues made by hand."""

import csv
import dataclasses
import io
import json
import re
from functools import cache
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from test_site import ASSETS, TEMPLATES, make_world
from wholes import build_catalogue, render_feeds, render_site
from worlds import BASE_URL, generate_catalogue, make_catalogue, make_office

from entaku.catalogue import facets
from entaku.catalogue.build import list_copies
from entaku.model.changes import Change, Comparison, StructureChange
from entaku.model.following import FollowedChange, FollowedColumn, FollowedValue
from entaku.model.messages import say
from entaku.model.nouns import LANGS, Finding, Page
from entaku.site.feeds import FEEDS, atom, common, dcat, markdown, open_data_list, sitemap

KINDS = ["plain", "sample", "hostile", "empty"]
OURS = [name for name in FEEDS if name not in ("ckan", "edge", "withdrawn")]
"""CKAN's API has tests of its own."""


@cache
def render(kind):
    made = [each for name in OURS for each in FEEDS[name](make_world(kind))]
    assert not [each for each in made if isinstance(each, Finding)]
    return {page.path: page.body for page in made}


def parse(body):
    return ET.fromstring(body)


# ---- every dialect ----------------------------------------------------------------------------------------------


def test_no_two_dialects_write_one_file_and_the_same_catalogue_gives_the_same_bytes():
    bodies, findings = render_feeds(make_world("sample"))
    assert not findings
    assert render_feeds(make_catalogue(sample=True)) == (bodies, ())
    pages, _ = render_site(make_world("sample"), TEMPLATES, ASSETS)
    assert not {page.path for page in pages} & set(bodies)
    assert not set(list_copies(make_world("sample"))) & set(bodies)


def test_the_paths_of_the_contract_are_there():
    wanted = {
        "catalog.jsonld",
        "catalog.ttl",
        "catalog.rdf",
        "data.json",
        "feed.atom",
        "sitemap.xml",
        "robots.txt",
        "llms.txt",
        "llms-full.txt",
    }
    own = {
        "croissant.json",
        "dcat.jsonld",
        "dcat.ttl",
        "feed.atom",
        "index.md",
        "schedule.csv-metadata.json",
    }
    assert wanted | {f"datasets/elevators/{name}" for name in own} <= set(render("plain"))
    assert not [path for path in render("plain") if re.search(r"\d{4}\.\d\d\.\d\d", path)], "a release's own folder"


@pytest.mark.parametrize("kind", KINDS)
def test_every_address_in_every_feed_resolves(kind):
    pages, _ = render_site(make_world(kind), TEMPLATES, ASSETS)
    files = {page.path for page in pages} | set(list_copies(make_world(kind))) | set(render_feeds(make_world(kind))[0])
    pattern = re.compile(rf'{re.escape(BASE_URL)}/([^\s"\'<>()\[\]\\,]*)')
    count = 0
    for path, body in render(kind).items():
        for found in pattern.findall(body.decode()):
            target = unquote(re.split("[#?]", found)[0])
            if target == "api/3/action/":
                continue  # the foot of CKAN's actions, not a page
            target += "index.html" if target.endswith("/") or not target else ""
            assert target in files, f"{path}: {found}"
            count += 1
    assert count > (500 if kind != "empty" else 40)


@pytest.mark.parametrize("kind", KINDS)
def test_everything_is_well_formed(kind):
    for path, body in render(kind).items():
        text = body.decode()
        if path.endswith((".json", ".jsonld")):
            assert json.loads(text)
        elif path.endswith((".rdf", ".atom", ".xml")):
            parse(body)
        assert "\x00" not in text and text.endswith("\n"), path


def test_samples_are_marked_in_every_dialect_and_nothing_else_is():
    for path, body in render("plain").items():
        assert "見本" not in body.decode() and "SAMPLE" not in body.decode(), path
    told = {path: body.decode() for path, body in render("sample").items()}
    for path, text in told.items():
        marked = any(mark in text for mark in ("見本", "[SAMPLE]", "synthetic sample"))
        other = re.search(
            "datasets/(markets|tourism|planned)/|^(publishers/(?!kotsu)|themes/(?!transport))|^robots|^sitemap|^search|opensearch|^mcp|^changes/.*[.]schema[.]|/2022[.]0[0-5]",
            path,
        )
        assert marked == (other is None), path
    assert "【見本】" in told["datasets/elevators/schedule.csv-metadata.json"]
    assert "adms:versionNotes" in told["datasets/elevators/dcat.ttl"]
    assert "sample" in json.loads(told["datasets/elevators/croissant.json"])["keywords"]


# ---- what can't be said -----------------------------------------------------------------------------------------


def break_dataset(catalogue, name, **changes):
    """A catalogue where one dataset's YAML is as it can't be."""
    datasets = []
    for dataset in catalogue.datasets:
        if dataset.spec.pipeline.name == name:
            pipeline = dataclasses.replace(dataset.spec.pipeline, **changes)
            dataset = dataclasses.replace(dataset, spec=dataclasses.replace(dataset.spec, pipeline=pipeline))
        datasets.append(dataset)
    return dataclasses.replace(catalogue, datasets=tuple(datasets))


def follow_lines(catalogue):
    """The catalogue with a line that may be followed in every table."""

    def follow(release):
        changed = FollowedChange(release.version, added=1, removed=0, corrected=0, after=1, rows=())
        column = FollowedColumn("line", "", (FollowedValue("浅草線", 1, (changed,)),))
        tables = tuple(dataclasses.replace(table, followed=(column,)) for table in release.resources)
        return dataclasses.replace(release, resources=tables)

    datasets = [
        dataclasses.replace(dataset, releases=tuple(map(follow, dataset.releases))) for dataset in catalogue.datasets
    ]
    return dataclasses.replace(catalogue, datasets=tuple(datasets))


@pytest.mark.parametrize(
    "dialect",
    [
        name
        for name in OURS
        if name not in ("sitemap", "search", "opensearch", "changes", "citation", "mcp", "openapi", "json-schema")
    ],
)
def test_what_a_dialect_can_not_write_is_left_out_there_alone(dialect):
    world = follow_lines(make_catalogue())
    made = list(FEEDS[dialect](break_dataset(world, "markets", title=None)))
    [finding] = [each for each in made if isinstance(each, Finding)]
    assert (finding.code, finding.severity, finding.args["dataset"]) == ("feed-left-out", "warning", "markets")
    assert all("markets" in say(finding, lang) for lang in LANGS)
    whole = [page for page in FEEDS[dialect](world) if "datasets/markets" not in page.path]
    assert whole
    assert [page.path for page in made if page is not finding] == [page.path for page in whole]
    assert all(
        b"datasets/markets/" not in page.body for page in made if page is not finding and "home" not in page.path
    )


def test_a_licence_that_nobody_explains_is_left_unsaid_and_told():
    catalogue = break_dataset(make_catalogue(), "markets", license="gone", publisher="gone")
    bodies, findings = render_feeds(catalogue)
    assert {finding.code for finding in findings} == {"feed-unsaid"}
    assert {finding.value for finding in findings} == {"license: gone", "publisher: gone"}
    assert b"dct:license" not in bodies["datasets/markets/dcat.ttl"].split(b"dcat:Distribution")[1]
    assert "license" not in json.loads(bodies["datasets/markets/croissant.json"])


def test_addresses_become_uris_and_text_what_xml_can_hold():
    assert common.to_uri("https://x.example/日 本?q=<a>\x00") == "https://x.example/%E6%97%A5%20%E6%9C%AC?q=%3Ca%3E"
    assert common.to_uri("https://x.example/%E6%97%A5#a") == "https://x.example/%E6%97%A5#a"
    assert common.escape("\x0b<&>\ud800\"'\u3000") == "&lt;&amp;&gt;&quot;'\u3000"
    assert json.loads(common.dump({"a": "\ud800\x0b円"})) == {"a": "\x0b円"}


# ---- Atom -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_atom_is_what_feedparser_takes(kind):
    feedparser = pytest.importorskip("feedparser", reason="feedparser is not installed: Atom is not read")
    for path, body in render(kind).items():
        if path.endswith(".atom"):
            feed = feedparser.parse(body)
            assert not feed.bozo and feed.version == "atom10", (path, feed.get("bozo_exception"))
            assert feed.feed.id and feed.feed.title and feed.feed.updated and feed.feed.author
            ids = [entry.id for entry in feed.entries]
            assert len(ids) == len(set(ids))
            assert all(entry.title and entry.updated_parsed and entry.content[0].value for entry in feed.entries)
            times = [entry.updated for entry in feed.entries]
            assert times == sorted(times, reverse=True)
            assert not times or feed.feed.updated == times[0]


def test_entries_say_what_changed():
    catalogue = make_catalogue()
    [lifts] = [dataset for dataset in catalogue.datasets if dataset.spec.pipeline.name == "elevators"]
    before = lifts.releases[0]
    [table] = before.resources
    assert next(atom.tell_changes(before, True)) == "点検日程：新しい表（2,506 行、5 列）"
    same = Comparison("2026.06.01", before.version, ())
    assert "前の版と同じ" in next(atom.tell_changes(dataclasses.replace(before, changes=same), False))
    structure = (StructureChange("column-removed", "step_free", "boolean"), StructureChange("column-added", "x"))
    change = Change(table.name, 2506, 2623, 120, 3, 1, structure=structure)
    gone = Change("old", 1, 0, 0, 1, 0, structure=(StructureChange("table-removed"),))
    after = dataclasses.replace(before, changes=Comparison("2026.06.01", before.version, (change, gone)))
    assert list(atom.tell_changes(after, False)) == [
        "点検日程：+120 行、-3 行、訂正 1 行、列 step_free を削除、列 x を追加",
        "Schedule: +120 rows, -3 rows, 1 corrected, column step_free removed, column x added",
        "old：-1 行、表を廃止", "old: -1 rows, table removed",
    ]  # fmt: skip
    entry = atom.write_entry("https://x.jp/", dataclasses.replace(lifts, releases=(after,)), 0)
    assert f'href="https://x.jp/datasets/elevators/changes/2026.06.01-{before.version}/changes.json"' in entry
    assert '<category term="major" label="読むプログラムが止まりうる変更"/>' in entry


def test_feeds_of_many_datasets_drop_old_entries_as_they_grow(monkeypatch):
    catalogue = make_world("plain")
    monkeypatch.setattr(atom, "NEWEST", 3)
    whole = [page for page in atom.render(catalogue) if isinstance(page, Page)]
    monkeypatch.setattr(atom, "MOST", 4)
    assert [page for page in atom.render(catalogue) if isinstance(page, Page)] == whole
    [feed] = [page.body for page in whole if page.path == "feed.atom"]
    times = [entry.findtext(f"{ATOM}updated") or "" for entry in parse(feed).iter(f"{ATOM}entry")]
    assert len(times) == 3 and times == sorted(times, reverse=True)


def test_each_publisher_and_theme_has_a_feed_and_so_have_breaking_changes():
    bodies, whole = render("plain"), parse(render("plain")["feed.atom"])
    entries = {entry.findtext(f"{ATOM}id") for entry in whole.iter(f"{ATOM}entry")}
    office = make_world("plain").office
    paths = [f"publishers/{key}/feed.atom" for key in office.publishers] + [
        f"themes/{key}/feed.atom" for key in office.themes
    ]
    told = {path: {entry.findtext(f"{ATOM}id") for entry in parse(bodies[path]).iter(f"{ATOM}entry")} for path in paths}
    assert set.union(*(told[path] for path in paths if path.startswith("publishers/"))) == entries
    assert any(told[path] < entries and told[path] for path in paths), "a feed has only its own"
    assert parse(bodies[atom.BREAKING]).findtext(f"{ATOM}id") == f"{BASE_URL}/{atom.BREAKING}"
    pages = {page.path: page.body.decode() for page in render_site(make_world("plain"), TEMPLATES, ASSETS)[0]}
    for path in (*paths, "feed.atom", "datasets/elevators/feed.atom"):
        abroad = "../" * (path.count("/") + 1) + path
        for prefix, href, words in (("", "feed.atom", "更新を受け取る"), ("en/", abroad, "Subscribe")):
            page = pages[f"{prefix}{path.removesuffix('feed.atom')}index.html"]
            assert f'<link rel="alternate" type="application/atom+xml" href="{href}"' in page, path
            assert re.search(rf'<a href="{href}">{words}', page), path


ATOM = "{http://www.w3.org/2005/Atom}"


# ---- sitemap, Markdown, オープンデータ一覧 ------------------------------------------------------------------------

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def test_the_sitemap_holds_every_page_with_true_times():
    tree = parse(render("plain")["sitemap.xml"])
    found = {url.findtext(f"{SITEMAP}loc"): url.findtext(f"{SITEMAP}lastmod") for url in tree}
    pages, _ = render_site(make_world("plain"), TEMPLATES, ASSETS)
    html = {page.path.removesuffix("index.html") for page in pages if page.path.endswith("index.html")}
    office_only = {"status/", "en/status/"}  # told to search engines as noindex
    charts = {path for path in html if "/charts/" in path}  # each is on the page of its table
    assert charts and office_only < html
    assert set(found) == {f"{BASE_URL}/{path}" for path in html - office_only - charts}
    assert found[f"{BASE_URL}/datasets/elevators/2022.03.24/"] == "2022-03-24T15:30:00Z"
    assert found[f"{BASE_URL}/en/datasets/markets/"] == "2026-07-02T23:05:00Z", "its failed attempt"
    assert found[f"{BASE_URL}/"] == "2026-07-02T23:05:00Z"
    assert found[f"{BASE_URL}/about/"] is None and found[f"{BASE_URL}/datasets/planned/"] is None
    assert f"Sitemap: {BASE_URL}/sitemap.xml" in render("plain")["robots.txt"].decode()


def test_a_large_sitemap_is_split(monkeypatch):
    monkeypatch.setattr(sitemap, "MOST", 20)
    bodies = {page.path: page.body for page in sitemap.render(make_catalogue())}
    index = [each.findtext(f"{SITEMAP}loc") for each in parse(bodies["sitemap.xml"])]
    assert len(index) > 2 and all(address.removeprefix(f"{BASE_URL}/") in bodies for address in index)
    parts = [parse(body) for path, body in bodies.items() if re.fullmatch(r"sitemap-\d+.xml", path)]
    assert all(len(part) <= 20 for part in parts)
    assert sum(map(len, parts)) == len(parse(render("plain")["sitemap.xml"]))


def test_markdown_has_the_page_in_both_languages():
    japanese, page = render("plain")["datasets/elevators/index.md"].decode().split("\n---\n\n")
    for words in ("# Subway lift inspection", "| capacity | integer | kg | Capacity |", "2,506 rows", "2022.06.27"):
        assert words in page
    assert "| capacity | integer | kg | 重量制限 |" in japanese
    assert "Nothing has been published yet." in render("plain")["datasets/planned/index.md"].decode()
    hostile = render("hostile")["datasets/elevators/index.md"].decode()
    assert "<script" not in hostile.replace("\\<", "")
    lines = render("plain")["llms.txt"].decode().splitlines()
    assert lines[0] == "# Round Table Data" and sum(line.startswith("- [") for line in lines) >= 4
    assert markdown.one_line("a|b\n[c](d) <e> *") == r"a\|b \[c\](d) \<e> \*"


@pytest.mark.parametrize("kind", ["plain", "hostile", "sample"])
def test_the_full_text_is_that_of_the_pages(kind):
    files = render(kind)
    folders = re.findall(r"/(datasets/[^/]+/)index\.md\)", files["llms.txt"].decode())
    pages = [files[f"{unquote(folder)}index.md"].split(b"\n---\n\n")[1] for folder in folders]
    assert len(pages) == sum(path.startswith("datasets/") and path.endswith("/index.md") for path in files) >= 4
    head, *rest = files[markdown.FULL].split(b"\n---\n\n")
    assert b"\n---\n\n".join(rest) == b"\n---\n\n".join(pages)
    title = files["llms.txt"].decode().partition("\n## Datasets")[0]
    assert (
        head.decode()
        == f"{title}\nEvery dataset of {BASE_URL}/llms.txt ({len(pages)}), each as in the English half of its own `index.md`.\n"
    )
    assert f"({BASE_URL}/{markdown.FULL})" in files["llms.txt"].decode()


def test_the_full_text_ends_between_two_datasets_and_says_so(monkeypatch):
    catalogue = generate_catalogue(5)
    files = {page.path: page.body for page in markdown.render(catalogue)}
    pages = [
        files[f"datasets/{each.spec.pipeline.name}/index.md"].split(b"\n---\n\n")[1]
        for each in facets.list_all(catalogue)
    ]
    sizes = [len(page) for page in pages]
    for most, shown in ((sum(sizes), 5), (sum(sizes) - 1, 4), (sum(sizes[:2]) + 1, 2), (sizes[0] - 1, 0)):
        monkeypatch.setattr(markdown, "MOST", most)
        (full,) = [page.body for page in markdown.render(catalogue) if page.path == markdown.FULL]
        head, *parts = full.split(b"\n---\n\n")
        assert parts[:shown] == pages[:shown]
        if shown == 5:
            assert len(parts) == 5 and b"(5), each" in head
        else:
            assert f"The first {shown} of 5 datasets" in head.decode()
            (note,) = parts[shown:]
            assert f"{5 - shown} more are listed in {BASE_URL}/llms.txt" in note.decode()
            assert f"{most:,} bytes" in note.decode()


def test_the_list_has_a_row_for_each_file():
    body = render("plain")[open_data_list.PATH]
    assert body.startswith(b"\xef\xbb\xbf") and b"\r" not in body
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    assert list(rows[0]) == open_data_list.list_columns() and len(rows[0]) == 45 and len(rows) == 2 * (1 + 1 + 3)
    assert list(rows[0])[:5] == [
        "データセット_ID", "全国地方公共団体コード", "地方公共団体名", "データセット_タイトル", "データセット_サブタイトル",
    ]  # fmt: skip
    [lifts] = [row for row in rows if row["データセット_ID"] == "elevators" and row["ファイル_形式"] == "CSV"]
    last = make_world("plain").by_name["elevators"].releases[-1]
    assert lifts["データセット_バージョン"] == last.version
    assert lifts["ファイル_サイズ"] == str(last.resources[0].csv.bytes)
    assert (lifts["ファイル_ID"], lifts["ファイル_ステータス"]) == ("elevators/schedule.csv", "配信中")
    assert lifts["データセット_言語"] == lifts["ファイル_言語"] == "ja;en" and lifts["ファイル_API対応有無"] == ""
    assert len({row["ファイル_ID"] for row in rows}) == len(rows)
    assert lifts["ファイル_ダウンロードURL"] == f"{BASE_URL}/datasets/elevators/schedule.csv"
    assert lifts["ファイル_ライセンス"] == "CC BY 4.0"
    assert (lifts["データセット_公開日"], lifts["データセット_最終更新日"]) == ("2022-03-25", "2022-06-28")
    assert "planned" not in {row["データセット_ID"] for row in rows}


# ---- pages of DCAT ----------------------------------------------------------------------------------------------


def test_dcat_is_paged(monkeypatch):
    monkeypatch.setattr(dcat, "PAGE", 2)
    bodies = {page.path: page.body.decode() for page in dcat.render(generate_catalogue(5))}
    assert {path for path in bodies if path.startswith("catalog")} == {
        f"catalog{number}.{suffix}" for number in ("", "-2", "-3") for suffix in ("ttl", "jsonld", "rdf")
    }
    assert f"hydra:next <{BASE_URL}/catalog-2.ttl>" in bodies["catalog.ttl"]
    assert f"hydra:next <{BASE_URL}/catalog-3.ttl>" in bodies["catalog-2.ttl"]
    assert "hydra:next" not in bodies["catalog-3.ttl"]
    whole = "".join(bodies[path] for path in ("catalog.ttl", "catalog-2.ttl", "catalog-3.ttl"))
    assert whole.count("a dcat:Dataset ;") == 5


def test_nothing_yet_still_is_a_catalogue():
    catalogue = build_catalogue(make_office(), [], {}, {}, {}, "1")
    assert render_feeds(catalogue)[1] == ()
    assert json.loads(render("empty")["data.json"])["dataset"] == []
