"""People follow one value of a column: feeds and calendars of a project with several releases, and the way to them."""

import json
import re
import shutil
from datetime import date

import feedparser
import pytest
from browser import SCREENS, find_faults, visit
from projects import ROOT, make_project, put, run

from entaku.model.files import name_followed
from entaku.site.feeds.calendar import fold_line, quote_text

ADDRESS = "https://data.example.org/datasets/lifts/"
URL = "https://office.example.org/lifts.csv"
LIFTS = """\
name: lifts
title: {ja: 昇降機の点検, en: Lift inspections}
description: {ja: 試験用の合成データです。, en: Synthetic data for tests.}
publisher: office
license: CC-BY-4.0
frequency: monthly
requests: [lifts]
resources:
  - name: schedule
    title: {ja: 日程, en: Schedule}
    source: {url: "https://office.example.org/lifts.csv"}
    schema:
      primaryKey: [id]
      fields:
        - {name: id, title: {ja: 番号, en: Number}, constraints: {required: true}}
        - {name: station, title: {ja: 駅, en: Station}}
        - {name: line, title: {ja: 路線, en: Line}}
        - {name: day, type: date, title: {ja: 点検日, en: Day}}
        - {name: seen, title: {ja: 取得, en: Seen}}
    view: {sort: day, hide: [seen], follow: [station, line]}
"""
ODD = "港/町.. <&>" + "長" * 80
DAYS = {
    "2026-06-29": ["1,新宿,A,2026-07-01,a", "2,新宿,A,2026-07-02,a", f"3,{ODD},B,2026-07-03,a", "4,,B,2026-07-04,a"],
    "2026-07-29": ["1,新宿,A,2026-07-09,b", "2,渋谷,A,2026-07-02,b", "4,,B,2026-07-04,b", "5,新宿,A,2026-07-05,b"],
    "2026-08-29": ["1,新宿,A,2026-07-09,c", "2,渋谷,A,,c", "4,,B,2026-07-04,c", "5,新宿,A,2026-07-05,c"],
}


def lay(project, *days):
    for day in days:
        rows = "".join(f"{row}\n" for row in ("id,station,line,day,seen", *DAYS[day]))
        put(project / "mirror", rows, URL, day)


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    """The site after two releases and after three, and what a site of the same releases, made from nothing, has."""
    project = make_project(tmp_path_factory.mktemp("follow") / "p", lifts=LIFTS)
    if (ROOT / "build" / "vendor").is_dir():
        shutil.copytree(ROOT / "build" / "vendor", project / "build" / "vendor")
    site, folder, made = project / "build" / "site", "datasets/lifts/follow", []
    for days in (["2026-06-29"], ["2026-07-29"], ["2026-08-29"], []):
        lay(project, *days)
        for each in (project / "build").iterdir() if not days else ():
            if each.name != "vendor" and each.is_dir():
                shutil.rmtree(each)
        result = run(project, project / "mirror")
        assert result.site == "published" and not result.findings, result.findings
        made.append({path.name: path.read_bytes() for path in (site / folder).iterdir() if path.is_file()})
    return site, made


def pick(files, value, suffix=".atom", column="station"):
    return files[name_followed("schedule", column, value, suffix).removeprefix("follow/")]


def test_a_feed_has_an_entry_for_each_release_that_changed_its_rows(sites):
    feed = feedparser.parse(pick(sites[1][1], "新宿"))
    assert not feed.bozo and feed.feed.title == "新宿（駅）：昇降機の点検 / 新宿 (Station): Lift inspections"
    newest, oldest = feed.entries
    assert newest.title == "新宿：加わった行 1、変わった行 2 / 1 added, 2 changed"
    assert newest.link == f"{ADDRESS}?schedule.in.station=%E6%96%B0%E5%AE%BF"
    assert [each.href for each in newest.links if each.rel == "related"] == [f"{ADDRESS}2026.07.29/"]
    told = newest.content[0].value
    assert "番号 1：点検日 <del>2026-07-01</del> → <ins>2026-07-09</ins>" in told, "what was is told, and what is"
    assert "番号 2：駅 <del>新宿</del> → <ins>渋谷</ins>" in told and "Number 2: Station <del>" in told
    assert "加わった行：路線 A、点検日 2026-07-05、番号 5" in told
    assert "取得" not in told and "seen" not in told.lower(), "hidden columns aren't told"
    assert oldest.title == "新宿：この版から始まります（2 行） / begins with this version (rows: 2)"
    assert [each.updated for each in feed.entries] == sorted([each.updated for each in feed.entries], reverse=True)


def test_who_comes_and_who_goes_is_told_in_both_feeds(sites):
    came = feedparser.parse(pick(sites[1][1], "渋谷")).entries
    assert [each.title for each in came] == ["渋谷：変わった行 1 / 1 changed"]
    gone = feedparser.parse(pick(sites[1][1], ODD)).entries
    assert (
        gone[0].title
        == f"{ODD}：なくなった行 1、この値の行はなくなりました / 1 removed, no row has this value any more"
    )
    assert "<&>" not in pick(sites[1][1], ODD).decode(), "markup is escaped"


def test_addresses_and_ids_stay_and_only_what_changed_is_written_again(sites):
    _, (first, second, third, anew) = sites
    assert first.keys() < second.keys() == third.keys(), "a value that vanished keeps its feed"
    for value, changed in (("新宿", False), ("渋谷", True), (ODD, False)):
        for suffix in (".atom", ".ics"):
            same = pick(second, value, suffix) == pick(third, value, suffix)
            assert same != changed, (value, suffix)
    ids = [{each.id for each in feedparser.parse(pick(files, "新宿")).entries} for files in (first, second, third)]
    assert ids[0] < ids[1] == ids[2] and all(each.startswith(ADDRESS) for each in ids[2])
    assert anew == third, "the same releases give the same bytes"


def test_names_are_hashes_that_every_file_system_takes(sites):
    names = {name for name in sites[1][2] if not name.endswith(".json")}
    assert all(re.fullmatch(r"[0-9a-f]{16}\.(atom|ics)", name) for name in names) and len(names) == 2 * (3 + 2)
    assert name_followed("schedule", "station", "A", "") != name_followed("schedule", "station", "a", "")
    assert name_followed("schedule", "station", "新宿", ".atom") == "follow/568301ad51f9fd52.atom", "for ever"
    listed = json.loads(sites[1][2]["schedule.json"])
    assert [(each["name"], [(one["value"], one["rows"]) for one in each["values"]]) for each in listed["columns"]] == [
        ("station", [("新宿", 2), ("渋谷", 1), (ODD, 0)]),
        ("line", [("A", 3), ("B", 1)]),
    ], "no value is none to follow"
    assert {one[key] for each in listed["columns"] for one in each["values"] for key in ("feed", "calendar")} == names


def read_calendar(body):
    """RFC 5545 read strictly: lines, folding, components within each other, and the properties each must have."""
    assert body.endswith(b"\r\n") and b"\n" not in body.replace(b"\r\n", b"")
    assert max(map(len, body.split(b"\r\n"))) <= 75
    events, stack = [], []
    for line in body.decode().replace("\r\n ", "").split("\r\n")[:-1]:
        match = re.fullmatch(r"([A-Z-]+)((?:;[A-Z-]+=[A-Z0-9-]+)*):(.*)", line)
        assert match, line
        name, value = match[1], match[3]
        if name == "BEGIN":
            stack.append(value)
            events += [{}] if value == "VEVENT" else []
        elif name == "END":
            assert stack.pop() == value
        elif stack == ["VCALENDAR", "VEVENT"]:
            assert name not in events[-1], "each property once"
            events[-1][name] = value
            if name in ("SUMMARY", "DESCRIPTION"):
                assert re.fullmatch(r"(?:[^\\;,]|\\[\\;,nN])*", value), value
    assert not stack and events, "a calendar has at least one event"
    assert all({"UID", "DTSTAMP", "DTSTART", "SUMMARY"} <= each.keys() for each in events)
    assert len({each["UID"] for each in events}) == len(events)
    return events


def test_a_calendar_has_the_days_of_the_rows_there_are(sites):
    _, (first, second, third, _) = sites
    before, after = (read_calendar(pick(files, "新宿", ".ics")) for files in (first, second))
    assert [each["DTSTART"] for each in after] == ["20260705", "20260709"]
    assert after[1]["SUMMARY"] == "新宿 日程（1）" and "点検日 / Day: 2026-07-09" in after[1]["DESCRIPTION"]
    assert after[1]["UID"] == before[0]["UID"], "a row that moves to another day is the same event"
    assert {each["DTSTAMP"] for each in after} == {"20260729T000000Z"}
    (none,) = read_calendar(pick(third, "渋谷", ".ics"))
    assert "日付のある行は、いまはありません" in none["DESCRIPTION"]
    (gone,) = read_calendar(pick(third, ODD, ".ics"))
    assert "この値の行はなくなりました" in gone["DESCRIPTION"] and date.fromisoformat(gone["DTSTART"])


@pytest.mark.parametrize(("text", "said"), [("a,b;c\\d\ne", "a\\,b\\;c\\\\d\\ne"), ("x\r\ny\x00\x07", "x\\ny")])
def test_texts_of_calendars_are_escaped(text, said):
    assert quote_text(text) == said


def test_lines_of_calendars_are_folded_between_characters():
    folded = fold_line("SUMMARY:" + "新宿😀" * 40).encode()
    assert max(map(len, folded.split(b"\r\n"))) <= 75 and folded.decode().replace("\r\n ", "").count("😀") == 40


@pytest.mark.parametrize(("lang", "width"), [("", 390), ("en/", 1280)])
def test_a_filter_leads_to_its_feed(chromium, sites, lang, width):
    site, (*_, files) = sites
    if not (ROOT / "build" / "vendor" / "parquet.js").is_file():
        pytest.skip("build/vendor isn't there")
    with visit(chromium, site, viewport={"width": width, "height": 844}) as tab:
        tab.page.set_default_timeout(20_000)
        tab.go(f"{lang}datasets/lifts/?schedule.in.station=新宿")
        button = tab.page.locator(".view-follow")
        button.click()
        box = tab.page.locator(".view-feeds")
        assert "新宿" in box.locator("h3").inner_text() and box.is_visible()
        feed, calendar = (each.input_value() for each in box.locator("input").all())
        assert box.locator("a").last.get_attribute("href") == calendar.replace("http:", "webcal:")
        for address, suffix in ((feed, ".atom"), (calendar, ".ics")):
            assert tab.page.request.get(address).body() == pick(files, "新宿", suffix)
        assert find_faults(tab, *SCREENS[lang][0 if width == 390 else 1], ".view") == {}
        button.click()
        assert box.is_hidden()
        tab.page.locator(".view-chips button").first.click()
        button.wait_for(state="detached")
        box.wait_for(state="detached")  # no filter, nothing to follow
        tab.go(f"{lang}datasets/lifts/?schedule.in.station=新宿&schedule.eq.line=A")
        tab.page.wait_for_selector(".view-chips:not([hidden]) li")
        assert button.count() == 0, "two conditions are no value"
    tab.check()


def test_without_scripts_a_page_lists_the_feeds(chromium, sites):
    with visit(chromium, sites[0], java_script_enabled=False) as tab:
        tab.go("datasets/lifts/")
        tab.page.locator(".follow-lists a").first.click()
        tab.page.wait_for_url("**/datasets/lifts/follow/schedule/station/")  # and until it is loaded
        items = tab.page.locator(".followed li")
        assert [each.split()[0] for each in items.all_inner_texts()][:2] == ["新宿", "渋谷"]
        href = items.first.locator("a").first.get_attribute("href")
        assert href == "../../568301ad51f9fd52.atom"
    tab.check()
