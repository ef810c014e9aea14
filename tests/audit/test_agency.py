"""The rulings in the form of the Digital Agency's checker: what its JSON may hold, and what it says of our samples."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
from openpyxl.styles import Font
from rule_samples import CSV

from entaku.audit.agency import show_file, show_files
from entaku.audit.rulebook import RULES, Ruling, level_of, score
from entaku.audit.rules import judge

SAMPLES = Path(__file__).parents[3] / "shared" / "machine-readability"


def closed(needed: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A JSON Schema of an object with these keys and no others."""
    keys = {**needed, **(more or {})}
    return {"type": "object", "required": list(needed), "properties": keys, "additionalProperties": False}


def each(item: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": item, **more}


def one_of(*words: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(words)}


TEXT, YES = {"type": "string"}, {"type": "boolean"}
COUNT, SHARE = {"type": "integer", "minimum": 0}, {"type": "number", "minimum": 0, "maximum": 1}
WEIGHT, DEGREE = one_of("fatal", "critical", "major", "minor", "info"), one_of("error", "warning", "info")
BROKEN = closed({"ルールID": TEXT, "ルール名": TEXT, "重大度": WEIGHT})
LEVEL = closed(
    {
        "スコア": {**COUNT, "maximum": 100}, "合格": COUNT, "合計": COUNT, "強制0点": YES,
        "強制0点ルール": each(BROKEN), "失敗ルール": each(BROKEN),
    }
)  # fmt: skip
PLACE = closed({"シート": TEXT, "セル範囲": TEXT, "説明": TEXT, "違反重大度": DEGREE})
RULE = closed(
    {
        "ルールID": {"type": "string", "pattern": r"^L[1-3]-\d{2}$"}, "ルール名": TEXT, "ルール説明": TEXT,
        "合否": YES, "判定対象外": YES, "重大度": WEIGHT, "信頼度": SHARE, "違反": each(PLACE), "メッセージ": TEXT,
    }
)  # fmt: skip
TABLE = closed(
    {
        "範囲": TEXT, "信頼度": SHARE, "ヘッダー行": each({"type": "integer"}), "ヘッダー範囲": {"type": ["string", "null"]},
        "列数": COUNT, "評価内容": each(RULE),
    }
)  # fmt: skip
SHEET = closed({"シート名": TEXT, "使用範囲": TEXT, "非表示": YES, "評価対象エリア": each(TABLE)})
SHAPE = closed(
    {
        "inputファイル名": TEXT, "ファイルサイズ": COUNT, "フォーマット": one_of("xlsx", "csv", "tsv"), "Sheet数": COUNT,
        "レベル別スコア": closed({level: {"oneOf": [LEVEL, {"type": "null"}]} for level in "123"}), "sheets": each(SHEET),
    }
)  # fmt: skip
"""What `analysis-output.schema.json` of the agency's repository (@c946cbf) allows, its optional keys left out."""


def show(body: str | bytes, name: str = "data.csv") -> dict[str, Any]:
    raw = body.encode() if isinstance(body, str) else body
    shown = show_file(name, io.BytesIO(raw), len(raw))
    assert shown is not None
    jsonschema.validate(shown, SHAPE)
    return shown


def save(book: openpyxl.Workbook) -> bytes:
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def rule_of(table: Mapping[str, Any], rule: str) -> dict[str, Any]:
    return next(one for one in table["評価内容"] if one["ルールID"] == rule)


def failed(table: Mapping[str, Any]) -> set[str]:
    return {one["ルールID"] for one in table["評価内容"] if not one["合否"]}


@pytest.mark.parametrize("rule", CSV)
def test_every_rule_is_shown_as_it_is_judged(rule: str) -> None:
    for body in CSV[rule]:
        shown = show(body)
        rulings = judge("data.csv", body.encode() if isinstance(body, str) else body).rulings
        tables = shown["sheets"][0]["評価対象エリア"]
        broken = {one.rule for one in rulings if one.state == "failed"}
        assert set().union(*map(failed, tables)) == broken
        for level, told in shown["レベル別スコア"].items():
            own = {one for one in broken if level_of(one) == int(level)}
            assert told["スコア"] == score(rulings, int(level))
            assert {one["ルールID"] for one in told["失敗ルール"]} == own
            assert told["合計"] - told["合格"] == len(own)
            assert told["強制0点"] == any(one.weight == "fatal" for one in rulings if one.rule in own)
        for table in tables:
            assert [one["ルールID"] for one in table["評価内容"]] == list(RULES)
            skipped = {one["ルールID"] for one in table["評価内容"] if one["判定対象外"]}
            assert skipped == {one.rule for one in rulings if one.state in ("exempt", "undecided")}


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.csv")), ids=lambda path: path.stem)
def test_the_agencys_samples_have_the_form(path: Path) -> None:
    assert show(path.read_bytes(), path.name)["Sheet数"] == 1


def test_places_are_ranges_of_cells() -> None:
    table = show("県,人口\n 青森県,1\n北海道,2（3）\n")["sheets"][0]["評価対象エリア"][0]
    assert (table["範囲"], table["ヘッダー行"], table["ヘッダー範囲"], table["列数"]) == ("A1:B3", [1], "A1:B1", 2)
    assert [one["セル範囲"] for one in rule_of(table, "L1-06")["違反"]] == ["A2"]
    assert [one["セル範囲"] for one in rule_of(table, "L1-07")["違反"]] == ["B3"]
    cut = show("県,人口\n東京都,1\n大阪府\n京都府,3\n")["sheets"][0]["評価対象エリア"][0]
    assert [one["セル範囲"] for one in rule_of(cut, "L1-14")["違反"]] == ["A3:B3"]
    unit = show("区,売上\n港区,3\n北区,4\n")["sheets"][0]["評価対象エリア"][0]
    assert [one["セル範囲"] for one in rule_of(unit, "L3-04")["違反"]] == ["B1:B3"]


def test_each_table_and_sheet_has_its_own() -> None:
    tables = show("県,人口\n東京都,14\n大阪府,9\n\n県,面積\n 東京都,2194\n大阪府,1905\n")["sheets"][0]["評価対象エリア"]
    assert [table["範囲"] for table in tables] == ["A1:B3", "A5:B7"]
    assert [{"L1-02", "L1-06"} & failed(table) for table in tables] == [set(), {"L1-02", "L1-06"}]
    book = openpyxl.Workbook()
    right, wrong, hidden = book.active, book.create_sheet("赤"), book.create_sheet("氏名")
    for sheet in (right, wrong, hidden):
        for row in (["区", "人口"], ["港区", 1], ["北区", 2]):
            sheet.append(row)
    wrong["B3"].font = Font(color="FFFF0000")
    hidden.sheet_state = "hidden"
    shown = show(save(book), "data.xlsx")
    assert [sheet["非表示"] for sheet in shown["sheets"]] == [False, False, True]
    assert "氏名" not in str(shown) and shown["sheets"][2]["評価対象エリア"] == []
    one, other = (sheet["評価対象エリア"][0] for sheet in shown["sheets"][:2])
    assert (failed(one), failed(other)) == (set(), {"L1-11"})
    assert [place["セル範囲"] for place in rule_of(other, "L1-11")["違反"]] == ["B1:B3"]
    assert {rule["ルールID"] for rule in shown["レベル別スコア"]["1"]["失敗ルール"]} == {"L1-11", "L1-13"}


def test_what_the_form_does_not_know_is_not_shown() -> None:
    for name, body in (("a.pdf", b"%PDF-1.7 ..."), ("a.json", b"[]"), ("a.xlsx", b"PK\x03\x04"), ("a.csv", b"")):
        assert show_file(name, io.BytesIO(body), len(body)) is None


def test_several_files_are_joined_as_the_checker_does() -> None:
    good, bad = show("区,人口\n港区,1\n北区,2\n", "a.csv"), show(" 区,人口\n港区,1（2）\n北区,2（1）\n", "b.csv")
    levels = [level["スコア"] for level in bad["レベル別スコア"].values()]
    mean = sum(levels) / 3
    alone = show_files([good, bad], None)
    assert alone["ファイル横断チェック"] == {} and alone["ファイル数"] == 2
    assert [one["平均スコア"] for one in alone["ファイル別平均スコア"]] == [100, round(mean)]
    assert alone["複数ファイル総合スコア"] == round((100 + mean) / 2)
    kept = show_files([good, good], Ruling("L3-07", "passed", "critical"))
    lost = show_files([good, good], Ruling("L3-07", "failed", "critical", 2))
    assert (kept["複数ファイル総合スコア"], lost["複数ファイル総合スコア"]) == (100, 70)
    jsonschema.validate(lost["ファイル横断チェック"]["L3-07"], RULE)
    assert kept["ファイル別結果"] == [good, good]
