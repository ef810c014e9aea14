"""Descriptions in easy Japanese: the notation of readings, what is refused, what pages and the search make of it."""

import json
import re
import shutil
import time

import jsonschema
import pytest
from browser import SCREENS, find_faults, visit
from test_search_browser import ask, write_site
from test_site import read_pages
from worlds import HOSTILE

from entaku.model.easy import list_ruby, list_spellings
from entaku.model.messages import say
from entaku.spec.spec import make_json_schemas, parse_office, parse_pipeline
from entaku.spec.yaml import parse_yaml

OFFICE = """\
title: 見本
description: 見本の目録
base_url: https://data.example.org/
publishers: {office: {title: 局}}
licenses: {CC-BY-4.0: {title: CC BY 4.0, url: "https://creativecommons.org/licenses/by/4.0/"}}
themes: {transport: {title: 交通}}
"""
PIPELINE = """\
name: lifts
title: 昇降機
description: 説明
easy: @
publisher: office
license: CC-BY-4.0
frequency: monthly
resources:
  - {name: lifts, title: 表, source: {url: "https://www.example.org/lifts.csv"}, schema: {fields: [{name: id}]}}
"""
LIFTS = "datasets/toei-elevator-inspections/"


def read(easy: str):
    office, found = parse_office(OFFICE.encode())
    assert office and not found
    yaml = PIPELINE.replace("@", json.dumps(easy, ensure_ascii=False)).encode()
    spec, findings = parse_pipeline(yaml, "pipelines/lifts.yaml", office)
    document, _ = parse_yaml(yaml, "pipelines/lifts.yaml")
    assert document
    valid = not list(
        jsonschema.Draft202012Validator(make_json_schemas()["pipeline.schema.json"]).iter_errors(document.value)
    )
    return spec, findings, valid


@pytest.mark.parametrize(
    ("written", "parts", "spellings"),
    [
        ("駅《えき》です", [("駅", "えき"), ("です", "")], ["駅です", "えきです"]),
        ("次の人々《ひとびと》。", [("次の", ""), ("人々", "ひとびと"), ("。", "")], ["次の人々。", "次のひとびと。"]),
        ("都営地下鉄《ちかてつ》", [("都営地下鉄", "ちかてつ")], ["都営地下鉄", "ちかてつ"]),
        ("都営｜地下鉄《ちかてつ》", [("都営", ""), ("地下鉄", "ちかてつ")], ["都営地下鉄", "都営ちかてつ"]),
        ("｜乗り場《のりば》へ", [("乗り場", "のりば"), ("へ", "")], ["乗り場へ", "のりばへ"]),
        ("｜AED《エーイーディー》", [("AED", "エーイーディー")], ["AED", "エーイーディー"]),
        ("かなだけ\n二行", [("かなだけ\n二行", "")], ["かなだけ\n二行"]),
        ("", [], []),
    ],
)
def test_readings_belong_to_the_kanji_before_them_or_to_what_is_marked(written, parts, spellings):
    assert [tuple(part) for part in list_ruby(written)] == parts
    assert list(list_spellings(written)) == spellings
    spec, findings, valid = read(written)
    assert spec and not findings and valid and spec.pipeline.easy == written


@pytest.mark.parametrize(
    "wrong", ["駅《えき", "えき》", "のりば《のりば》", "駅《》", "｜乗り場", "駅《え《き》》", "｜《のりば》"]
)
def test_a_reading_that_belongs_to_nothing_is_told_with_how_to_write_it(wrong):
    _, (finding,), valid = read(wrong)
    assert not valid
    assert (finding.code, finding.place.line, finding.value) == ("bad-pattern", 4, wrong)
    assert "｜乗り場《のりば》" in say(finding, "ja") and "right after kanji" in say(finding, "en")


def test_a_text_at_its_limit_is_judged_at_once():
    begun = time.process_time()
    assert read("駅《えき》" * 400)[1] == () and read("駅《" + "駅" * 1998)[1] != ()
    assert time.process_time() - begun < 2


def test_japanese_pages_have_it_as_ruby_closed_and_english_pages_have_not():
    page = read_pages("plain")["datasets/elevators/index.html"]
    (easy,) = re.findall(r'<details class="easy">.*?</details>', page.text, re.DOTALL)
    assert "<ruby>駅<rp>（</rp><rt>えき</rt><rp>）</rp></ruby>の エレベーターが" in easy
    assert "<ruby>乗り場<rp>" in easy and not re.search("[《》｜]", page.text)
    for path, other in read_pages("plain").items():
        if path.startswith("en/"):
            assert 'class="easy"' not in other.text and "<ruby>" not in other.text, path


def test_hostile_words_in_it_are_escaped():
    (easy,) = re.findall(r'<details class="easy">.*?</details>', read_pages("hostile")["datasets/elevators/index.html"].text, re.DOTALL)  # fmt: skip
    assert "<script" in HOSTILE and "<script" not in easy and "&lt;script" in easy


def test_the_search_finds_its_words_and_readings(chromium, published, tmp_path):
    shutil.copytree(published[0] / "build" / "site" / "search", tmp_path / "search")
    queries = [(words, LIFTS.split("/")[1]) for words in ("ベビーカー", "まいつき", "つかえない")]
    answers = ask(chromium, write_site(tmp_path, []), queries)
    assert [answer["names"][:1] for answer in answers] == [[want] for _, want in queries]


def test_it_opens_without_scripts_and_axe_finds_nothing(chromium, published):
    site = published[0] / "build" / "site"
    with visit(chromium, site, java_script_enabled=False) as tab:
        tab.go(LIFTS)
        words = tab.page.locator(".easy p")
        assert not words.is_visible()
        tab.page.locator(".easy summary").click()
        assert words.is_visible() and tab.page.locator(".easy rt").first.is_visible()
        tab.go(f"en/{LIFTS}")
        assert tab.page.locator(".easy, ruby").count() == 0
    with visit(chromium, site) as tab:
        tab.go(LIFTS)
        tab.page.locator(".easy summary").click()
        for scheme, width in (*SCREENS[""], *SCREENS["en/"]):
            assert find_faults(tab, scheme, width, ".easy") == {}, (scheme, width)
    tab.check()
