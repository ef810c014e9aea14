import json
import pickle
from datetime import date
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from entaku.fetch.asks import ckan_asks, list_asks, read_ckan
from entaku.fetch.folder import MAX_NAME, folder_path, list_days
from entaku.model.messages import CODES
from entaku.model.nouns import Ask, Finding, Refused
from entaku.model.source import Ckan, DayRange, Source

TODAY = date(2026, 7, 10)
MARKET = "https://m.example.jp/SN/{date:%Y%m}/{date:%Y%m%d}/Sei/Sei_K{market}.csv"


# ---- url and file


def test_a_plain_url_is_one_ask_that_is_never_final() -> None:
    assert list_asks(Source(url="https://a.example.jp/x.csv"), TODAY) == (Ask("https://a.example.jp/x.csv"),)


def test_for_makes_every_combination_the_first_key_outermost() -> None:
    source = Source(url=MARKET, for_={"date": DayRange(from_="2026-06-30", until="2026-07-01"), "market": (1, 2)})
    asks = list_asks(source, TODAY)
    assert [ask.url.removeprefix("https://m.example.jp/SN/") for ask in asks] == [
        "202606/20260630/Sei/Sei_K1.csv",
        "202606/20260630/Sei/Sei_K2.csv",
        "202607/20260701/Sei/Sei_K1.csv",
        "202607/20260701/Sei/Sei_K2.csv",
    ]
    assert [dict(ask.values) for ask in asks][1] == {"date": "2026-06-30", "market": "2"}


def test_a_dated_ask_is_final_after_revisit_days() -> None:
    source = Source(url="https://a.example.jp/{date}", for_={"date": DayRange(from_="2026-07-01")}, revisit=7)
    finals = {ask.values["date"]: ask.final for ask in list_asks(source, TODAY)}
    assert len(finals) == 9 and max(finals) == "2026-07-09"
    assert finals["2026-07-02"] and not finals["2026-07-03"]


@pytest.mark.parametrize(("until", "last"), [("today", "2026-07-10"), ("yesterday", "2026-07-09")])
def test_until_today_and_yesterday(until: str, last: str) -> None:
    source = Source(url="https://a.example.jp/{d}", for_={"d": DayRange(from_="2026-07-08", until=until)})
    assert list_asks(source, TODAY)[-1].values["d"] == last


def test_a_range_that_ends_before_it_begins_asks_for_nothing() -> None:
    assert list_asks(Source(url="{d}", for_={"d": DayRange(from_="2026-07-11")}), TODAY) == ()


def test_listed_days_and_numbers_take_formats_and_a_file_may_be_a_template() -> None:
    source = Source(file="raw/{day:%d}-{n:03d}-{era}.xlsx", for_={"day": ("2026-01-02",), "n": (7,), "era": ("R6",)})
    assert list_asks(source, TODAY) == (
        Ask("raw/02-007-R6.xlsx", {"day": "2026-01-02", "n": "7", "era": "R6"}, final=True),
    )


def test_too_many_asks_are_refused_before_they_are_made() -> None:
    many = tuple(range(1000))
    with pytest.raises(Refused) as refused:
        list_asks(Source(url="{a}{b}{c}", for_={"a": many, "b": many, "c": many}), TODAY)
    assert refused.value.finding.code == "too-many-asks"
    assert refused.value.finding.args["count"] == "1000000000"


def test_a_format_that_does_not_suit_its_value_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        list_asks(Source(url="https://a.example.jp/{market:%Y}", for_={"market": ("豊洲",)}), TODAY)
    assert refused.value.finding == Finding("template-format", value="{market:%Y}", args={"example": "豊洲"})


def test_templates_reach_into_nothing() -> None:
    source = Source(url="https://a.example.jp/{d.__class__}/{d!r}/{d}", for_={"d": ("x",)})
    assert list_asks(source, TODAY)[0].url == "https://a.example.jp/{d.__class__}/{d!r}/x"


def test_a_refusal_survives_a_process_pool() -> None:
    refused = Refused(Finding("too-many-asks", value="x"))
    assert pickle.loads(pickle.dumps(refused)).finding == refused.finding


def test_days_among_names() -> None:
    names = ["2022-03-29", "www.example.jp", "2022-02-30", "2022-03-24", "20220401", "2022-03-24x", "２０２２-03-24"]
    assert list_days(names) == (date(2022, 3, 24), date(2022, 3, 29))


# ---- CKAN

CKAN = Ckan(
    site="https://ckan.example.jp/",
    query="卸売市場 日報",
    title=r"(?P<fiscal_year>\d{4})\s*年度",
    resource="result_price_fresh.csv",
    ids=("t1", "t2", "t1"),
)


def _package(name: str, title: str, *resources: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"name": name, "title": title, "resources": [{"name": n, "url": u} for n, u in resources], **more}


def _search(*packages: object, count: int | None = None) -> bytes:
    result = {"count": len(packages) if count is None else count, "results": packages}
    return json.dumps({"success": True, "result": result}).encode()


def test_ckan_is_searched_first_and_known_ids_are_the_fallback() -> None:
    (search,) = ckan_asks(CKAN)
    assert search.url == (
        "https://ckan.example.jp/api/3/action/package_search"
        "?q=%E5%8D%B8%E5%A3%B2%E5%B8%82%E5%A0%B4%20%E6%97%A5%E5%A0%B1&rows=1000"
    )
    shows = ckan_asks(CKAN, by_id=True)
    assert [ask.url.rpartition("/")[2] for ask in shows] == ["package_show?id=t1", "package_show?id=t2"]
    (first, second) = ckan_asks(Ckan(site="https://c.example.jp", resource="x", ids=("t1", "統計/a&b c")))
    assert first.url.endswith("package_show?id=t1")
    assert second.url.endswith("package_show?id=%E7%B5%B1%E8%A8%88%2Fa%26b%20c")


def test_resources_are_found_by_the_end_of_their_url_in_packages_whose_title_matches() -> None:
    files = "https://files.example.jp"
    body = _search(
        _package("c", "日報（2025年度）", ("価格", f"{files}/2025/result_price_fresh.csv"), ("量", f"{files}/q.csv")),
        _package("b", "別のデータ", ("価格", f"{files}/other/result_price_fresh.csv")),
        _package("a", "日報（2024 年度）", ("価格", f"{files}/2024/result_price_fresh.csv")),
    )
    asks, findings = read_ckan(CKAN, [body, body])
    assert findings == ()
    assert asks == (
        Ask(f"{files}/2024/result_price_fresh.csv", {"fiscal_year": "2024"}),
        Ask(f"{files}/2025/result_price_fresh.csv", {"fiscal_year": "2025"}),
    )


def test_twins_of_one_name_are_told_apart_by_url_or_refused() -> None:
    package = _package("p", "一覧", ("一覧", "https://f.example.jp/a.pdf"), ("一覧", "https://f.example.jp/a.xlsx"))
    by_url = Ckan(site="https://c.example.jp", resource=".xlsx", ids=("p",))
    body = json.dumps({"success": True, "result": package}).encode()
    assert [ask.url for ask in read_ckan(by_url, [body])[0]] == ["https://f.example.jp/a.xlsx"]
    by_name = Ckan(site="https://c.example.jp", resource="一覧", ids=("p",))
    asks, (finding,) = read_ckan(by_name, [body])
    assert asks == () and finding.severity == "error" and "a.pdf" in finding.args["why"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>503</html>",
        b"\xff\xfe",
        b"[" * 100_000,
        b"null",
        b"[]",
        b'{"success": false, "error": {"message": "Not found", "__type": "Not Found Error"}}',
        b'{"success": false, "error": "x"}',
        b'{"success": true}',
        b'{"success": true, "result": {"results": 3}}',
        b'{"success": true, "result": {"results": [3, {"title": 3}, {"name": "x", "resources": 3}]}}',
        b'{"success": true, "result": {"count": 0, "results": []}}',
    ],
)
def test_an_answer_that_can_not_be_used_is_a_finding(body: bytes) -> None:
    asks, findings = read_ckan(CKAN, [body])
    assert asks == ()
    assert [finding.severity for finding in findings].count("error") == 1
    assert {finding.code for finding in findings} == {"ckan-answer"} <= set(CODES)


def test_a_package_without_the_resource_is_a_warning_and_a_cut_list_too() -> None:
    good = _package("a", "2024年度", ("x", "https://f.example.jp/result_price_fresh.csv"))
    asks, findings = read_ckan(CKAN, [_search(good, _package("b", "2025年度", ("x", "ftp://f/x")), count=3000)])
    assert len(asks) == 1
    assert [finding.severity for finding in findings] == ["warning", "warning"]


def test_resources_with_relative_or_odd_urls() -> None:
    body = _search(_package("a", "2024年度", ("x", "/files/result_price_fresh.csv")))
    assert read_ckan(CKAN, [body])[0][0].url == "https://ckan.example.jp/files/result_price_fresh.csv"
    asks, findings = read_ckan(CKAN, [_search(_package("a", "2024年度", ("x", "file:///etc/result_price_fresh.csv")))])
    assert asks == () and len(findings) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["success", "result", "results", "name", "title", "resources", "url", "count"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_no_json_makes_it_fall_over(value: object) -> None:
    wrapped = {"success": True, "result": value}
    for answer in (value, wrapped, {"success": True, "result": {"results": [value]}}):
        asks, findings = read_ckan(CKAN, [json.dumps(answer).encode()])
        assert asks or findings


# ---- where a URL lies


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://www.example.jp/kotsu/x.csv", "www.example.jp/kotsu/x.csv"),
        ("HTTP://WWW.Example.JP/Kotsu/X.csv", "www.example.jp/Kotsu/X.csv"),
        ("https://www.example.jp:8080/x.csv", "www.example.jp+8080/x.csv"),
        ("https://user:secret@www.example.jp/x.csv#top", "www.example.jp/x.csv"),
        ("https://www.example.jp", "www.example.jp/index.html"),
        ("https://www.example.jp/a/", "www.example.jp/a/index.html"),
        ("https://www.example.jp/a//b/./c", "www.example.jp/a/b/c"),
        ("https://www.example.jp/%E6%97%A5%E5%A0%B1.csv", "www.example.jp/日報.csv"),
        ("https://www.example.jp/日報.csv", "www.example.jp/日報.csv"),
        ("https://c.example.jp/api?q=%E6%97%A5%E5%A0%B1&rows=1000", "c.example.jp/api@q=日報&rows=1000"),
        ("https://c.example.jp/?a=/../..", "c.example.jp/index.html@a=%2F..%2F.."),
        ("https://c.example.jp/../../etc/passwd", "c.example.jp/%2E%2E/%2E%2E/etc/passwd"),
        ("https://c.example.jp/a%2F..%2Fb", "c.example.jp/a%2F..%2Fb"),
        ("https://c.example.jp/%2e%2e/x", "c.example.jp/%2E%2E/x"),
        ("https://../x", "%2E%2E/x"),
        ("/etc/passwd", "_/etc/passwd"),
        ("https://c.example.jp/a%00b%0A", "c.example.jp/a%00b%0A"),
        ("https://[::1]:99/x", "%3A%3A1+99/x"),
    ],
)
def test_folder_path(url: str, path: str) -> None:
    assert folder_path(url) == PurePosixPath(path)


def test_long_names_are_hashed_and_stay_different_and_keep_their_suffix() -> None:
    one, two = (folder_path(f"https://c.example.jp/{'あ' * 200}{n}.csv") for n in (1, 2))
    assert one != two and one.suffix == two.suffix == ".csv"
    assert len(one.name.encode()) <= MAX_NAME
    deep = folder_path("https://c.example.jp/" + "abcdefgh/" * 900)
    assert len(str(deep)) < 100


@given(
    st.text(st.sampled_from("ab./\\%2eE:?#@[]あ\x00\n &=+;~") | st.characters(), max_size=80).map("https://h/".__add__)
    | st.text(max_size=60)
)
@example("http://[bad")
@example("http://h:99999/x")
@example("http://h/\ud800")
def test_a_path_never_leaves_its_folder(url: str) -> None:
    path = folder_path(url)
    assert not path.is_absolute() and ".." not in path.parts and len(path.parts) >= 1
    assert all(len(part.encode()) <= MAX_NAME + 10 for part in path.parts)
    assert not set(str(path)) & set('\\:*?"<>|\x00\n')
