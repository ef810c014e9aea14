"""The rows of requests and showcases: what is read, and what no schema can say."""

from datetime import date

import pytest

from entaku.catalogue.ledgers import (
    find_strangers,
    list_ids,
    read_requests,
    read_sheet,
    read_showcases,
    rename_dataset,
)
from entaku.model.messages import CODES, say_next, say_place, say_what

REQUESTS = """\
id,asked,by_ja,by_en,title_ja,title_en,why_ja,why_en,status,datasets,answered,reply_ja,reply_en
a-bus,2026-01-10,団体,a group,バス停,Bus stops,,,,"lifts, bus;rail　lifts",,,
b-air,2026-02-03,医師,,大気,,,,in_progress,,2026-02-09,来年度,
c-list,2026-02-01,業者,,名簿,,,,declined,,,,
"""
SHOWCASES = "id,title_ja,title_en,about_ja,about_en,by_ja,by_en,url,picture,datasets,since\n"


def read(text: str, file: str = "requests.csv", raw: bytes | None = None):
    return read_sheet(text.encode(), file, text.encode() if raw is None else raw)


def tell(findings):
    return [(one.code, one.severity, one.place.row, one.place.column, one.value) for one in findings]


def test_requests_come_newest_first_with_all_their_words():
    requests, findings = read_requests(read(REQUESTS))
    assert [request.id for request in requests] == ["b-air", "c-list", "a-bus"]
    air, _, bus = requests
    assert (bus.asked, bus.by.en, bus.title.get("en"), bus.status, bus.answered) == (
        date(2026, 1, 10), "a group", "Bus stops", None, None,
    )  # fmt: skip
    assert bus.datasets == ("lifts", "bus", "rail")
    assert (air.status, air.answered, air.reply.get("en")) == ("in_progress", date(2026, 2, 9), "来年度")
    assert tell(findings) == [("ledger-reply", "warning", 4, "reply_ja", "c-list")]


def test_rows_are_those_of_the_file_that_officials_edit():
    raw = REQUESTS.replace("バス停,", '"バス停\nと名前",').replace("\n", "\r\n").encode("cp932")
    assert list_ids(raw) == {"a-bus": 2, "b-air": 4, "c-list": 5}
    _, (finding,) = read_requests(read(REQUESTS, raw=raw))
    assert finding.place.row == 5
    assert "reply_ja" in say_place(finding.place, "ja") and "5" in say_place(finding.place, "en")
    assert list_ids("\ufeffid,x\r\na,1\r\n".encode()) == {"a": 2}
    assert list_ids(b"PK\x03\x04 a workbook") == {} == list_ids(b"") == list_ids(b'id\n"')


@pytest.mark.parametrize(
    ("old", "new", "column", "value"),
    [
        ("a-bus", "answered", "id", "answered"),
        ("a-bus", "2026-01", "id", "2026-01"),
        ("a-bus", "../x", "id", "../x"),
        ("a-bus", "c-list", "id", "c-list"),
        ("2026-01-10", "1/10", "asked", "1/10"),
        ("2026-01-10", "", "asked", ""),
        ("2026-02-09", "soon", "answered", "soon"),
        (",in_progress,", ",later,", "status", "later"),
    ],
)
def test_a_row_that_cannot_be_shown_is_left_out_and_told(old, new, column, value):
    requests, findings = read_requests(read(REQUESTS.replace(old, new, 1)))
    told = [(one.place.column, one.value) for one in findings if one.code == "ledger-cell"]
    assert told == [(column, value)] and len(requests) == 2
    for lang in ("ja", "en"):
        assert all(say_what(one, lang) and say_next(one, lang) for one in findings)


def test_a_table_of_other_columns_is_not_a_ledger():
    requests, findings = read_requests(read("id,name\nx,y\n"))
    assert requests == () and tell(findings) == [("ledger-columns", "warning", None, "", "asked, title_ja")]


def test_nothing_yet_is_nothing_wrong():
    assert read_showcases(read(SHOWCASES), ()) == ((), ())
    assert read_requests(read(REQUESTS.splitlines()[0] + "\n")) == ((), ())


def test_showcases_with_and_without_their_pictures():
    rows = SHOWCASES + "old,古い,,,,会,,https://x.example.org/,map.png,lifts,2020-05-01\n"
    rows += "new,新しい,New,案内,Guide,,,http://y.example.org/,gone.png,lifts,2026-05-01\nplain,題,,,,,,,,,\n"
    showcases, findings = read_showcases(read(rows, "showcases.csv"), {"map.png"})
    assert [(one.id, one.picture, one.since) for one in showcases] == [
        ("new", "", date(2026, 5, 1)), ("old", "map.png", date(2020, 5, 1)), ("plain", "", None),
    ]  # fmt: skip
    assert tell(findings) == [("ledger-cell", "warning", 3, "picture", "gone.png")]
    shown, (finding,) = read_showcases(read(rows.replace("http://y", "javascript://y")), {"map.png"})
    assert len(shown) == 2 and (finding.place.column, finding.value) == ("url", "javascript://y.example.org/")


def test_datasets_that_are_not_there_are_told_with_the_nearest():
    sheet = read(REQUESTS)
    requests, _ = read_requests(sheet)
    findings = find_strangers(sheet, requests, ["bus", "lift"])
    assert tell(findings) == [
        ("ledger-dataset", "warning", 2, "datasets", "lifts"), ("ledger-dataset", "warning", 2, "datasets", "rail"),
    ]  # fmt: skip
    assert "「lift」のことですか" in say_next(findings[0], "ja")


def test_every_code_of_ledgers_has_its_words():
    assert {"ledger-columns", "ledger-cell", "ledger-dataset", "ledger-reply", "person-name"} <= set(CODES)


# ---- another name -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_a_dataset_gets_another_name_and_every_other_byte_stays(encoding, ending):
    text = "目録,,,\n" + REQUESTS.replace("大気", 'lifts の"") 大気') + 'd,2026-01-01,,,名簿,,,,,"lifts\nlifts-2"\n'
    assert text.count("lifts") == 5
    body = text.replace("\n", ending).encode(encoding)
    made = rename_dataset(body, "lifts", "elevators")
    wanted = text.replace('"lifts, bus;rail　lifts"', '"elevators, bus;rail　elevators"').replace(
        '"lifts\n', '"elevators\n'
    )
    assert made == wanted.replace("\n", ending).encode(encoding)
    assert made is not None and rename_dataset(made, "lifts", "x") == made
    assert rename_dataset(made, "elevators", "lifts") == body


def test_a_ledger_that_can_not_be_written_back_is_left_alone():
    assert rename_dataset(b"id,datasets\na,lifts\xff\x80\x00\n", "lifts", "x") is None
    assert rename_dataset(b"id,title\na,lifts\n", "lifts", "x") == b"id,title\na,lifts\n"
