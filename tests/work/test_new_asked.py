"""`entaku new` tells what it left as text and why, what it can't read, and what of JSON is in no table."""

import json

import pytest

from entaku.draft import draft_file
from entaku.draft.plan import FilePlan
from entaku.model.nouns import Finding, Raw


def plan(text: str, file: str = "a.csv", encoding: str = "utf-8") -> tuple[FilePlan, tuple[Finding, ...]]:
    body = text.encode(encoding)
    return draft_file(Raw(file, {}, "file", "", "", len(body)), body)


@pytest.mark.parametrize(
    ("heading", "values", "words"),
    [
        ("終了時刻", ("21:00", "25:30", "↓"), "24 時を過ぎる時刻（25:30）"),
        ("緯度", ("35度41分22.4秒", "35度42分02秒", "35°40′10″"), "度分秒です"),
        ("1年", ("105(60)", "82（30）", "41(8)"), "数が二つあります（105(60)）"),
        ("年月", ("2025年1月", "2月", "3月"), "年のない月（2月）"),
        ("収容人数", ("120", "1250", "約300"), "数でない値（約300）"),
    ],
)
def test_values_that_stay_text_are_asked(heading: str, values: tuple[str, ...], words: str) -> None:
    made, findings = plan(f"名称,{heading}\n" + "".join(f"施設{n},{value}\n" for n, value in enumerate(values)))
    (table,) = made.tables
    (asked,) = made.questions
    assert (table.fields[1].type, findings) == ("string", ())
    assert words in asked.ja and asked.answer == "文字のまま / left as text" and heading in asked.en


@pytest.mark.parametrize(
    ("heading", "values"),
    [
        ("開館時間", ("9:00～17:00", "10:00～18:00", "9:00～12:00")),
        ("電話番号", ("03-1111-0001", "0311110002", "なし")),
        ("備考", ("昼まで", "12", "")),
    ],
)
def test_words_and_codes_are_not_asked(heading: str, values: tuple[str, ...]) -> None:
    made, _ = plan(f"名称,{heading}\n" + "".join(f"施設{n},{value}\n" for n, value in enumerate(values)))
    assert made.questions == ()


def test_trips_of_a_timetable_are_of_one_type() -> None:
    made, _ = plan("停留所,1便,2便,始発\n役所前,6:30,24:50,5:00\n病院前,6:38,25:02,5:10\n駅前,6:50,25:30,5:20\n")
    assert [one.type for one in made.tables[0].fields] == ["string", "string", "string", "time"]


@pytest.mark.parametrize(
    ("text", "file", "code"),
    [
        (
            "潮汐表\n\n日   曜    満潮    潮位\n 1   水    4:51    181\n 2   木    5:29    184\n",
            "tide.txt",
            "fixed-columns",
        ),
        ("<html><title>入港</title><body><table><tr><td>1</td></tr></table></body></html>", "port.html", "html-table"),
        ("<!doctype html><html><title>見つかりません</title></html>", "port.csv", "html-page"),
        ("%PDF-1.7 とじた表", "a.pdf", "other-format"),
    ],
)
def test_what_cannot_be_drafted_is_named(text: str, file: str, code: str) -> None:
    made, findings = plan(text, file, "cp932")
    assert made.tables == () and [one.code for one in findings] == [code]


def test_values_of_json_outside_its_records_are_named() -> None:
    whole = {
        "updated": "2026-11-30",
        "meta": {"count": 2},
        "none": None,
        "items": [{"id": "a", "n": 1}, {"id": "b", "n": 2}],
    }
    made, _ = plan(json.dumps(whole), "a.json")
    (left,) = made.left
    assert (left.places, left.texts) == (("updated", "meta"), ("2026-11-30", '{"count":2}'))
    assert plan('{"items": [{"id": "a", "n": 1}, {"id": "b", "n": 2}]}', "a.json")[0].left == ()
