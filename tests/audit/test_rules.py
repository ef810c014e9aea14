"""The 30 rules: for each a file that breaks it and one that doesn't, as on the agency's page; ours are synthetic."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Font, PatternFill
from rule_samples import CSV

from entaku.audit.agency import show_file
from entaku.audit.known import Known
from entaku.audit.rulebook import DEDUCTIONS, RULES, WHYS, Judgement, Ruling, level_of, score, tells_unit
from entaku.audit.rules import JUDGES, judge, judge_series
from entaku.audit.rules_meaning import is_area_code, is_unclear_time
from entaku.audit.rules_table import are_same, is_number
from entaku.model.grammar import Pipeline, Resource, Step
from entaku.model.source import Source
from entaku.model.table_schema import Constraints, Schema, SchemaField
from entaku.model.words import Text

SHARED = Path(__file__).parents[3] / "shared"


def rulings(judgement: Judgement) -> Mapping[str, Ruling]:
    return {each.rule: each for each in judgement.rulings}


def of(rule: str, text: str | bytes, name: str = "data.csv", known: Known | None = None) -> Ruling:
    body = text.encode() if isinstance(text, str) else text
    return rulings(judge(name, body, known))[rule]


def failed(text: str | bytes, name: str = "data.csv", known: Known | None = None) -> set[str]:
    body = text.encode() if isinstance(text, str) else text
    return {each.rule for each in judge(name, body, known).rulings if each.state == "failed"}


def describe(
    *fields: SchemaField, notes: tuple[Text, ...] = (), tidy: tuple[object, ...] = (), key: tuple[str, ...] = ()
) -> Known:
    """What a spec with these columns knows."""
    schema = Schema(fields=fields, primaryKey=key)
    resource = Resource(
        name="t", title=Text(ja="表"), source=Source(url="https://x.example/data.csv"), schema=schema, tidy=tidy
    )
    words = Text(ja="説明")
    pipeline = Pipeline(
        name="d",
        title=words,
        description=words,
        publisher="p",
        license="l",
        frequency="yearly",
        notes=notes,
        resources=(resource,),
    )
    return Known(pipeline, (resource,))


def field(name: str, title: str, description: str = "意味", **more: object) -> SchemaField:
    return SchemaField(name=name, title=Text(ja=title), description=Text(ja=description), **more)  # type: ignore[arg-type]


def test_every_rule_has_words_and_a_judge() -> None:
    assert (
        list(RULES)
        == list(JUDGES)
        == [f"L{n}-{m:02}" for n, most in ((1, 15), (2, 6), (3, 9)) for m in range(1, most + 1)]
    )
    for rule in RULES.values():
        for text in (rule.title, rule.ask, rule.next):
            assert text.ja and text.en


# ---- CSV --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", CSV)
def test_csv(rule: str) -> None:
    wrong, right = CSV[rule]
    assert of(rule, wrong).state == "failed"
    assert of(rule, wrong).count == len(of(rule, wrong).places) > 0
    assert of(rule, right).state == "passed"


@pytest.mark.parametrize("name", ["人口.pdf", "人口.csv"])
def test_a_format_is_what_the_bytes_are(name: str) -> None:
    assert failed(b"%PDF-1.7 ...", name) == {"L1-01"}
    assert of("L2-01", b"%PDF-1.7 ...", name).why == "not-read"
    assert of("L1-01", "県,人口\n東京都,1\n", "人口.csv").state == "passed"
    assert of("L1-01", "県,人口\n東京都,1\n", "https://x.example/?id=3").state == "passed"
    assert of("L1-01", "県,人口\n東京都,1\n", "人口.xlsx").why == "format-name"
    assert of("L1-01", b"", "人口.csv").why == "format-empty"


def test_places_are_lines_of_the_file() -> None:
    ruling = of("L1-14", '県,備考\n北海道,"札幌市\n（道央）"\n青森県,県庁\n岩手県\n')
    assert [(place.row, place.cell) for place in ruling.places] == [(2, ""), (5, "")]
    ruling = of("L1-06", "県,人口\n東京都,1\n 青森県,2\n")
    assert [(place.row, place.column) for place in ruling.places] == [(3, "県")]


@pytest.mark.parametrize("heading", ["列1", "項目 2", "Column", "Column1", "Field_3", "Unnamed: 0"])
def test_headings_that_are_only_numbered_are_no_names(heading: str) -> None:
    assert of("L1-05", f"県,{heading}\n東京都,1\n大阪府,2\n").places[0].column == heading
    assert of("L1-05", "県,Columns\n東京都,1\n大阪府,2\n").state == "passed"


def test_no_more_than_20_places_and_all_are_counted() -> None:
    ruling = of("L1-06", "県,人口\n" + " 東京都,1\n" * 500)
    assert (ruling.count, len(ruling.places)) == (500, 20)


def test_a_quote_that_nothing_ends_loses_no_rows() -> None:
    found = rulings(judge("x.csv", '県,名\n東京都,"あ\n大阪府,い\n京都府,う\n'.encode()))
    assert [place.row for place in found["L1-14"].places] == [2]
    assert [place.row for place in found["L1-15"].places] == [2]
    assert found["L1-02"].state == "passed"


def test_characters_are_only_noted_where_they_keep() -> None:
    ruling = of("L1-08", "番号,名\n①,㈱見本\n")
    assert (ruling.state, ruling.count, ruling.why) == ("passed", 2, "noted-characters")
    assert of("L1-08", "面積,名\n㎡,髙﨑\n".encode("cp932")).state == "passed"


def test_a_table_that_goes_on_after_a_gap_is_one_table() -> None:
    found = failed("県,人口\n東京都,1\n大阪府,2\n\n京都府,3\n兵庫県,4\n")
    assert "L1-03" in found and "L1-02" not in found


def test_a_header_that_comes_again_begins_another_table() -> None:
    found = rulings(judge("x.csv", "区,方法\n港区,競り\n北区,競り\n小計\n区,方法\n港区,相対\n".encode()))
    assert [place.row for place in found["L1-02"].places] == [5]


def test_zero_is_asked_about_unless_declared() -> None:
    text = "区,人数\n港区,0\n北区,0\n中央区,\n千代田区,3\n"
    assert of("L1-09", text).state == "undecided"
    assert of("L1-09", text, known=describe(field("ward", "区"), field("people", "人数"))).state == "passed"


# ---- what only the spec knows -----------------------------------------------------------------------------------


def test_codes_need_their_meaning() -> None:
    text = "区,区分\n" + "港区,1\n北区,2\n" * 5
    assert of("L3-02", text).state == "undecided"
    assert of("L3-02", text, known=describe(field("ward", "区"), field("kind", "区分"))).state == "failed"
    told = field("kind", "区分", "1 取組済、2 検討中")
    assert of("L3-02", text, known=describe(field("ward", "区"), told)).state == "passed"
    assert of("L3-02", "区,人数\n港区,1\n", known=describe(field("ward", "区"))).state == "exempt"


def test_symbols_need_their_meaning() -> None:
    text = "区,人数\n港区,3\n北区,4\n中央区,5\n千代田区,X\n"
    people = field("people", "人数", missingValues=("", "X"))
    assert of("L3-03", text).why == "no-spec"
    assert of("L3-03", text, known=describe(field("ward", "区"), people)).count == 1
    told = (Text(ja="X は秘匿した値です。"),)
    assert Known.explains(describe(notes=(Text(ja="表の「－」は取引なし"),)), "-")
    assert not Known.explains(describe(notes=(Text(ja="あ-い"),)), "－")
    assert of("L3-03", text, known=describe(field("ward", "区"), people, notes=told)).state == "passed"


def test_definitions() -> None:
    text = "区,人数\n港区,3\n"
    assert of("L3-08", text).why == "no-spec"
    lacking = of("L3-08", text, known=describe(field("ward", "区"), field("people", "人数", description="")))
    assert [place.column for place in lacking.places] == ["人数"]
    assert of("L3-08", text, known=describe(field("ward", "区"), field("people", "人数"))).state == "passed"


def test_the_form_stays_from_file_to_file() -> None:
    one, two = (
        judge("x.csv", text.encode()) for text in ("年,区,人口\n2020,港区,1\n", "年,区,面積,密度\n2021,港区,1,2\n")
    )
    assert judge_series([one, one]).state == "passed"
    assert judge_series([one, two, two]).count == 1
    assert judge_series([one]).state == "exempt"
    moved = judge("x.csv", "区,年,人口\n港区,2021,1\n".encode())
    assert judge_series([one, moved]).state == "failed"


def test_the_spec_tells_names_units_labels_and_choices() -> None:
    rename = Step(name="rename", options={"売上": "sales"}, line=1)
    text = "区,売上\n港区,3\n北区,4\n"
    assert (
        of(
            "L3-04", text, known=describe(field("ward", "区"), field("sales", "年商", unit="千円"), tidy=(rename,))
        ).state
        == "passed"
    )
    text = "区,町,人\n港区,芝,1\n,海岸,2\n"
    fields = (field("ward", "区"), field("town", "町"), field("people", "人"))
    assert of("L2-02", text, known=describe(*fields, key=("town",))).state == "passed"
    assert of("L2-02", text, known=describe(*fields, key=("ward", "town"))).state == "failed"
    text = "区,状況\n港区,取組済\n北区,取組済\n中央区,取組済み\n合計,計\n"
    status = field("status", "状況", constraints=Constraints(enum=("取組済", "検討中")))
    assert of("L2-04", text, known=describe(field("ward", "区"), status)).count == 1


# ---- Excel ------------------------------------------------------------------------------------------------------


def book(fill: Callable[[openpyxl.Workbook], None]) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for row in (("区", "人口", "世帯数"), ("港区", 3, 2), ("北区", 4, 3), ("中央区", 5, 4)):
        sheet.append(row)
    fill(made)
    sink = io.BytesIO()
    made.save(sink)
    return sink.getvalue()


def hide(made: openpyxl.Workbook) -> None:
    made.active.row_dimensions[3].hidden = True  # type: ignore[union-attr, index]
    made.active.column_dimensions["B"].hidden = True  # type: ignore[union-attr]
    made.create_sheet("控え").sheet_state = "veryHidden"


def draw(made: openpyxl.Workbook) -> None:
    chart = BarChart()
    chart.add_data(Reference(made.active, 2, 1, 2, 4), titles_from_data=True)  # type: ignore[arg-type]
    made.active.add_chart(chart, "B2")  # type: ignore[union-attr]


def colour(made: openpyxl.Workbook) -> None:
    made.active["B3"].font = Font(color="FFFF0000")  # type: ignore[index]
    made.active["C2"].fill = PatternFill("solid", "FFFFFF00")  # type: ignore[index]


def merge(made: openpyxl.Workbook) -> None:
    made.active.merge_cells("A2:A3")  # type: ignore[union-attr]


def merge_head(made: openpyxl.Workbook) -> None:
    made.active.insert_rows(1)  # type: ignore[union-attr]
    made.active["B1"] = "統計"  # type: ignore[index]
    made.active.merge_cells("B1:C1")  # type: ignore[union-attr]
    made.active["A1"] = "区名"  # type: ignore[index]


def reckon(made: openpyxl.Workbook) -> None:
    made.active["C4"] = "=B4-1"  # type: ignore[index]


def spell(made: openpyxl.Workbook) -> None:
    made.active["B3"] = "3,500円"  # type: ignore[index]


EXCEL: dict[str, tuple[Callable[[openpyxl.Workbook], None], int]] = {
    "L1-10": (draw, 1), "L1-11": (colour, 1), "L1-12": (merge, 1), "L1-13": (hide, 3), "L2-01": (spell, 1), "L2-03": (merge_head, 2),
    "L2-06": (reckon, 1),
}  # fmt: skip


@pytest.mark.parametrize("rule", EXCEL)
def test_excel(rule: str) -> None:
    fill, count = EXCEL[rule]
    ruling = of(rule, book(fill), "人口.xlsx")
    assert (ruling.state, ruling.count) == ("failed", count)
    assert of(rule, book(lambda made: None), "人口.xlsx").state == "passed"


def test_a_sound_workbook_passes_and_csv_rules_are_not_about_it() -> None:
    body = book(lambda made: None)
    assert failed(body, "人口.xlsx") == set()
    assert of("L1-14", body, "人口.xlsx").state == "exempt"
    assert of("L1-12", "a,b\n1,2\n").why == "not-excel"


def test_places_in_excel_are_cells() -> None:
    ruling = of("L1-12", book(merge), "人口.xlsx")
    assert ruling.weight == "fatal"
    assert (ruling.places[0].sheet, ruling.places[0].cell) == ("Sheet", "A2")
    assert of("L1-13", book(hide), "人口.xlsx").places[-1].sheet == "＊＊＊", "a hidden name is not for readers"


def test_days_and_formatted_numbers_of_excel_are_plain() -> None:
    def fill(made: openpyxl.Workbook) -> None:
        made.active["D1"] = "調査日"  # type: ignore[index]
        for row in (2, 3, 4):
            made.active[f"D{row}"] = date(2026, 5, row)  # type: ignore[index]
            made.active[f"B{row}"].number_format = '#,##0"人"'  # type: ignore[index]

    assert failed(book(fill), "人口.xlsx") == set()


def test_formulas_of_lists_and_formats_are_no_formulas_in_cells() -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book(lambda made: None))) as opened, zipfile.ZipFile(sink, "w") as made:
        for name in opened.namelist():
            rule = b"</sheetData><extLst><ext><x:f xmlns:x='x'>$C$4</x:f></ext></extLst>"
            made.writestr(name, opened.read(name).replace(b"</sheetData>", rule))
    assert of("L2-06", sink.getvalue(), "人口.xlsx").state == "passed"


def test_an_old_workbook_is_read_for_its_cells() -> None:
    made = xlwt.Workbook()
    sheet = made.add_sheet("人口")
    for row, cells in enumerate((("区", "人口"), ("港区", "3人"), ("北区", "4人"))):
        for at, cell in enumerate(cells):
            sheet.write(row, at, cell)
    sink = io.BytesIO()
    made.save(sink)
    found = rulings(judge("人口.xls", sink.getvalue()))
    assert (found["L1-01"].state, found["L1-01"].why) == ("failed", "format-old")
    assert found["L2-01"].count == 2
    assert found["L1-11"].why == "old-excel"


def test_a_zip_is_judged_by_what_is_in_it() -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made:
        made.writestr("a.csv", "区,人口\n港区,1人\n北区,2人\n")
        made.writestr("b.xlsx", book(merge))
        made.writestr("readme.pdf", b"%PDF")
    found = rulings(judge("人口.zip", sink.getvalue()))
    assert found["L1-01"].state == "passed"
    assert found["L2-01"].places[0].sheet == "a.csv"
    assert found["L1-12"].places[0].sheet == "b.xlsx/Sheet"


def test_what_can_not_be_opened_is_a_ruling() -> None:
    assert of("L1-01", b"PK\x03\x04broken", "a.xlsx").state == "failed"
    assert of("L1-01", book(merge)[:-200], "a.xlsx").state == "failed"


# ---- small questions --------------------------------------------------------------------------------------------


def test_area_codes_and_their_check_digit() -> None:
    assert all(map(is_area_code, ("13", "13101", "131016", "130001", "011002")))
    assert not any(map(is_area_code, ("48", "131017", "1", "東京都", "13１01")))


def test_times() -> None:
    assert all(map(is_unclear_time, ("令和3年", "令和3", "令和元年度", "03/04/01", "R3年")))
    assert not any(map(is_unclear_time, ("2021", "令和3年（2021年）", "2026年度", "R8.05.13", "R1-21-B", "2026-05-13")))


def test_units_and_numbers() -> None:
    assert all(map(tells_unit, ("売上（千円）", "人口", "来客数", "駅コード", "面積(㎢)", "年齢")))
    assert not any(map(tells_unit, ("売上", "値")))
    assert all(map(is_number, ("-50000", "350000", "1.5", "X", "…")))
    assert not any(map(is_number, ("▲50,000", "350000円", "¥400,000", "(50000)", "150 000", "0(a", "１２", "14,091")))


def test_choices() -> None:
    assert are_same("取組済み", "取組済") and are_same("ＡＢ", "AB") and are_same("未定※1", "未定")
    assert (
        not are_same("第1四半期", "第2四半期")
        and not are_same("上半期の計", "下半期の計")
        and not are_same("A-22", "E-22")
    )


# ---- score ------------------------------------------------------------------------------------------------------


def test_score() -> None:
    def ruled(**states: str) -> list[Ruling]:
        return [
            Ruling(rule.replace("_", "-"), state, RULES[rule.replace("_", "-")].weight)
            for rule, state in states.items()
        ]  # type: ignore[arg-type]

    assert score(ruled(L1_06="failed", L1_04="failed", L1_09="failed", L1_05="passed"), 1) == 83
    assert score(ruled(L2_01="failed", L2_04="passed"), 2) == 0
    assert score(ruled(L3_05="exempt", L3_03="undecided"), 3) is None
    assert score(ruled(L2_04="failed", L2_05="failed", L2_06="failed", L2_02="passed"), 2) == 0
    assert DEDUCTIONS[2]["critical"] == 40 and level_of("L3-09") == 3


# ---- anything at all --------------------------------------------------------------------------------------------

CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
TEXTS = st.sampled_from(
    ["", "東京都", "1,200", "12（3）", "令和3年", " a", "X", "3.5", "2021", "その他（x）", "〃", '"', "a\nb"]
)


@settings(max_examples=150)
@given(st.lists(st.lists(TEXTS | CELLS, max_size=6), max_size=12))
def test_any_table_is_judged(rows: list[list[str]]) -> None:
    sink = io.StringIO(newline="")
    csv.writer(sink).writerows(rows)
    made = judge("x.csv", sink.getvalue().encode())
    assert [each.rule for each in made.rulings] == list(RULES)
    assert made == judge("x.csv", sink.getvalue().encode())
    for each in made.rulings:
        assert (each.state == "failed") <= (each.count >= max(1, len(each.places)))
        assert not each.why or each.why in WHYS
        assert each.state != "undecided" or each.why


@settings(max_examples=150)
@given(
    st.binary(max_size=200) | st.text(max_size=80).map(str.encode),
    st.sampled_from(["a.csv", "a.xlsx", "a.xls", "a.zip", "a"]),
)
def test_any_bytes_are_judged(body: bytes, name: str) -> None:
    assert len(judge(name, body).rulings) == 30


# ---- real samples -----------------------------------------------------------------------------------------------

MEASURED = {"L1-02", "L1-04", "L1-06", "L1-07", "L1-08", "L1-14", "L1-15", "L2-03", "L3-01", "L3-09"}
EXPECTED: Mapping[str, Mapping[str, int | None]] = {
    "rule_02_multiple_tables_NG-01": {"L1-02": None, "L3-09": None},
    "rule_06_space_formatting_NG-01": {"L1-06": 3},
    "rule_06_space_formatting_NG-02": {"L1-06": 3, "L1-07": 3, "L1-14": 3},
    "rule_06_space_formatting_OK": {"L3-09": None},
    "rule_06_space_formatting_OK-English": {},
    "rule_08_platform_dependent_chars_NG-CP932": {"L1-08": 10},
    "rule_08_platform_dependent_chars_OK-UTF8": {},
    "rule_14_csv_single_line_NG-01": {"L1-14": 2},
    "rule_14_csv_single_line_OK": {"L1-14": None, "L1-06": None, "L1-07": None},
    "rule_15_csv_quoting_NG-01": {"L1-15": 2},
    "rule_15_csv_quoting_OK": {"L1-07": None},
    "rule_22_header_start_position_NG-01": {"L3-01": 1, "L1-04": None, "L3-09": None},
    "rule_22_header_start_position_OK": {"L3-09": None},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_agencys_samples(name: str) -> None:
    path = SHARED / "machine-readability" / f"{name}.csv"
    if not path.is_file():
        pytest.skip("the agency's samples are not here")
    found = {rule: each for rule, each in rulings(judge(path.name, path.read_bytes())).items() if rule in MEASURED}
    assert {rule for rule, each in found.items() if each.state == "failed"} == set(EXPECTED[name])
    for rule, count in EXPECTED[name].items():
        assert count in (None, found[rule].count), rule


def test_the_table_of_the_samples_says_what_is_judged() -> None:
    text = (Path(__file__).parents[2] / "docs" / "quality.md").read_text("utf-8")
    told = {name: rules for name, *rules in re.findall(r"^\| (rule_\S+) \| (.+) \| (.+) \|$", text, re.MULTILINE)}
    assert set(told) == set(EXPECTED)
    for name, (theirs, ours) in told.items():
        assert theirs == (", ".join(sorted(EXPECTED[name])) or "–"), name
        assert {rule for rule in ours.split(", ") if rule in MEASURED} == set(EXPECTED[name]), name
        path = SHARED / "machine-readability" / f"{name}.csv"
        if path.is_file():
            assert ours == (", ".join(sorted(failed(path.read_bytes(), path.name))) or "–"), name


def test_the_table_of_the_workbooks_adds_up() -> None:
    text = (Path(__file__).parents[2] / "docs" / "quality.md").read_text("utf-8")
    told = re.findall(r"^\| (L\d-\d\d) \| (\d+) / (\d+) \| (\d+) / (\d+) \| (.*?) ?\|$", text, re.MULTILINE)
    kept, oks, broken, wrongs = (sum(int(row[n]) for row in told) for n in range(1, 5))
    assert f"All {oks} OK sheets" in text and f"of {wrongs} NG samples" in text and f"{broken} break it" in text
    assert kept == oks
    for rule, *_, got, want, differs in told:
        assert len(re.findall(r"\d\d", differs)) == int(want) - int(got)
        assert not differs or f"- {rule} {differs}:" in text
        for path in (SHARED / "machine-readability").glob(f"rule_{list(RULES).index(rule) + 1:02}_*.xlsx"):
            judged = show_file(path.name, io.BytesIO(path.read_bytes()), path.stat().st_size)
            assert judged is not None
            sheets = {
                one["シート名"]: one["評価対象エリア"] for one in judged["sheets"] if one["シート名"].startswith("NG")
            }
            found = [
                name
                for name, areas in sheets.items()
                if any(not each["合否"] for area in areas for each in area["評価内容"] if each["ルールID"] == rule)
            ]
            assert not sheets or len(found) == int(got), path.name


@pytest.mark.parametrize("name", ["tokyo_public_facilities.csv", "tokyo_life_and_statistics.csv"])
def test_messy_files(name: str) -> None:
    path = SHARED / "messy" / name
    if not path.is_file():
        pytest.skip("the messy files are not here")
    broken = failed(path.read_bytes(), name)
    assert broken == ({"L1-06", "L1-07", "L1-14"} if "facilities" in name else set())


def test_real_schedules() -> None:
    paths = sorted((SHARED / "history").rglob("*inspection_schedule.csv"))
    if not paths:
        pytest.skip("the history is not here")
    for path in paths:
        found = rulings(judge(path.name, path.read_bytes()))
        wide = {"L1-03", "L2-03"} if "2022-03-29" in path.as_posix() else set()
        assert {rule for rule, each in found.items() if each.state == "failed"} == {"L1-06", "L1-07"} | wide
        assert (found["L1-06"].count, found["L1-07"].count) == (5, 3)
        assert 428 <= found["L1-08"].count <= 438
