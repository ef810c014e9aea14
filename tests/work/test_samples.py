"""The committed samples are what tests/make_samples.py makes, and hold every trap of the publishers' files."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from make_samples import ELEVATORS, MARKET, TOURISM, samples

SAMPLES = Path(__file__).parents[2] / "pipelines" / "samples"
SEI = re.compile(r"/Sei_K\d\.csv$")


def rows(body: bytes, encoding: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode(encoding), newline="")))


def having(part: str, suffix: str = "") -> dict[str, bytes]:
    return {path: body for path, body in samples() if part in path and path.endswith(suffix)}


def elevators() -> dict[str, bytes]:
    return {path[:10]: body for path, body in having(ELEVATORS).items()}


def vegetables() -> dict[str, str]:
    return {path: body.decode("cp932") for path, body in samples() if SEI.search(path)}


def test_committed_files_are_what_the_generator_makes() -> None:
    committed = {
        path.relative_to(SAMPLES).as_posix(): path.read_bytes() for path in SAMPLES.rglob("*") if path.is_file()
    }
    made = dict(samples())
    assert sorted(committed) == sorted(made)
    assert [path for path in made if made[path] != committed[path]] == []
    assert sum(map(len, made.values())) < 400_000


def test_elevators_come_in_four_monthly_versions_one_of_22_columns() -> None:
    versions = elevators()
    assert list(versions) == ["2026-03-30", "2026-04-28", "2026-05-28", "2026-06-29"]
    widths = [{len(row) for row in rows(body, "utf-8-sig")} for body in versions.values()]
    assert widths == [{20}, {22}, {20}, {20}]
    assert rows(versions["2026-04-28"], "utf-8-sig")[0][20:] == ["", ""]
    for body in versions.values():
        assert body.startswith(b"\xef\xbb\xbf")
        assert body.endswith(b"\r\n")
        assert body.count(b"\n") == body.count(b"\r\n") == len(rows(body, "utf-8-sig"))


def test_elevators_hold_their_traps() -> None:
    versions = {day: rows(body, "utf-8-sig")[1:] for day, body in elevators().items()}
    text = elevators()["2026-03-30"].decode("utf-8-sig")
    assert '"5,6番連絡通路～改札口"' in text
    assert "改札口\u3000," in text
    assert "ﾐﾎﾝｾﾝﾀｰ" in text
    assert "１番線" in text
    assert "(年点検）" in text
    assert "(月点検）" in text
    every = [row for found in versions.values() for row in found]
    assert {"B1F～1F", "B1F～B1F", "1F～BM1F", "B1F～B2F～B3F"} <= {row[10] for row in every}
    assert {row[12] + row[13] for row in every} == {""}
    assert {row[19] for row in every} == {"TRUE", "FALSE"}
    assert all(re.fullmatch(r"[AISE]-9\d_\d{2}", row[9]) for row in every)
    assert any(re.fullmatch(r"2026/\d/\d", row[16]) for row in every)
    assert len({(row[9], row[16]) for row in every}) == len(every)
    ids = [{row[9] for row in found} for found in versions.values()]
    assert ids[0] != ids[1] != ids[2] != ids[3]
    for found in versions.values():
        assert 20 <= len(found) <= 30
        assert len({row[16].rsplit("/", 1)[0] for row in found}) == 1
        assert [row[9] for row in found] == sorted({row[9] for row in found})


@pytest.mark.parametrize("survey", ["H31R1", "R5", "R6"])
def test_behaviour_survey_has_an_empty_header_cell_and_one_comma(survey: str) -> None:
    (body,) = having(f"/{survey}behavioral").values()
    text = body.decode("cp932")
    assert text.startswith(",男性,女性,無回答,合計,標本数\r\n")
    assert text.count('"') == 2
    _, total, *countries = rows(body, "cp932")
    assert total[0] == "全体"
    assert len(countries) == 21
    assert sum(int(row[5]) for row in countries) == int(total[5].replace(",", ""))
    sums = {round(sum(map(float, row[1:4])), 1) for row in [total, *countries]}
    assert sums == {99.9, 100.0, 100.1}
    assert {row[4] for row in countries} == {"100.0"}


def test_visitor_numbers_have_units_in_the_header_and_a_total_off_by_one() -> None:
    tables = having(f"{TOURISM}/tourist_number_survey/")
    assert len(tables) == 10
    third = rows(having("R6tourist_number_survey_3.csv").popitem()[1], "cp932")
    assert third[0][2] == "都内在住者：観光入込客数（千人回）"
    total = {(row[0], row[1]): row[2:] for row in third[1:]}
    assert int(total["宿泊", "観光"][3]) - sum(map(int, total["宿泊", "観光"][:3])) == 1
    second = having("R6tourist_number_survey_2.csv").popitem()[1].decode("cp932")
    assert "合計" not in second
    assert "－" in second
    assert '"' in having("R6tourist_number_survey_5.csv").popitem()[1].decode("cp932")


def test_market_has_six_open_days_at_three_markets_and_fish() -> None:
    assert len(vegetables()) == 18
    assert len(having("/Sui_K1.csv", ".csv")) == 6
    closed = having(MARKET, ".404")
    assert sorted({path.split("/")[4] for path in closed}) == ["20260624", "20260628"]
    for path, text in vegetables().items():
        lines = text.split("\r\n")
        market = {"1": "豊洲", "2": "大田", "5": "板橋"}[path[-5]]
        assert lines[0] == f"販売結果（青果・{market}）"
        assert re.fullmatch(r"令和0?8年06月\d\d日\([日月火水木金土]曜日\)", lines[1])
        assert f"06月{path.split('/')[4][-2:]}日" in lines[1]
        assert lines[2] == ""


def test_market_pads_the_era_year_on_some_days_and_turns_sections_round_once() -> None:
    titles = {text.split("\r\n")[1][:5] for text in vegetables().values()}
    assert titles == {"令和8年0", "令和08年"}
    reversed_ones = [path for path, text in vegetables().items() if text.index("果実（") < text.index("野菜（")]
    assert [path[-24:] for path in reversed_ones] == ["/20260625/Sei/Sei_K2.csv"]


def test_market_vegetables_hold_their_traps() -> None:
    patterns: set[str] = set()
    short_of_total = False
    for path, body in having("/Sei/Sei_", ".csv").items():
        text = body.decode("cp932")
        assert b"\x81\x7c" in body, path
        assert "\u2212" not in text
        assert re.search(r"^【市況】", text, re.M)
        assert re.search(r"^※", text, re.M)
        assert re.search(r"^第三者", text, re.M)
        assert re.search(r"^具体的", text, re.M)
        assert re.search(r"^当該相場", text, re.M)
        assert re.search(r"^\u3000ただし", text, re.M)
        assert text.count("\r\n品名,") == 3
        assert text.index("全分類合計\r\n品名,") > text.rindex("小計,")
        data = [row for row in rows(body, "cp932") if len(row) == 10 and row[0] not in ("品名", "小計")]
        priced = [row for row in data if row[5]]
        patterns |= {
            "".join("-" if cell == "－" else c for c, cell in zip("hml", row[7:], strict=True)) for row in priced
        }
        assert {"0.3", "0.35"} <= {row[6] for row in priced}
        assert "各地" in {row[5] for row in priced}
        assert "シャインマスカ" in {row[4] for row in priced}
        assert max(len(row[4]) for row in priced) == 7
        assert {row[2] for row in priced} == {"", "せり・入札", "相対", "第三者販売", "商物分離"}
        assert "その他" in {row[0] for row in priced}
        for cell in (cell for row in priced for cell in row[7:] if cell != "－"):
            assert int(cell) in {round(before_tax * 1.08) for before_tax in range(10, 10_000, 10)}
        grapes = next(row for row in priced if row[0] == "ぶどう")
        number = priced.index(grapes)
        methods = [grapes, *[row for row in priced[number + 1 : number + 5] if row[3] and not row[0]]]
        short_of_total |= sum(int(row[3]) for row in methods) < int(grapes[1])
    assert patterns == {"hml", "h--", "-m-", "h-l", "hm-", "---"}
    assert short_of_total


def test_fish_has_nine_columns() -> None:
    for body in having("/Sui_K1.csv", ".csv").values():
        assert body.decode("cp932").startswith("販売結果（水産・豊洲）\r\n")
        assert {len(row) for row in rows(body, "cp932") if len(row) > 2} == {9}


def test_yearly_files_are_found_through_the_catalogue() -> None:
    (path,) = having("package_search")
    answer = json.loads(having("package_search")[path])
    assert path.endswith("/package_search@q=東京都卸売市場日報&rows=1000")
    titles = [package["title"] for package in answer["result"]["results"]]
    assert [re.findall(r"(\d{4})\s*年度", title) for title in titles] == [["2024"], ["2025"], []]
    made = {path.split("/", 1)[1] for path, _ in samples()}
    for package in answer["result"]["results"][:2]:
        for resource in package["resources"]:
            assert resource["url"].removeprefix("https://") in made


def test_yearly_files_differ_in_column_order_and_missing_marks() -> None:
    old, new = having("result_price_fresh.csv").values()
    assert old.startswith(b"\xef\xbb\xbf")
    assert rows(old, "utf-8-sig")[0] != rows(new, "utf-8-sig")[0]
    assert sorted(rows(old, "utf-8-sig")[0]) == sorted(rows(new, "utf-8-sig")[0])
    cells = {cell for row in rows(old, "utf-8-sig") for cell in row}
    assert {"-", "－", ""} <= cells
