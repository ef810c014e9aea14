import json
import re
from pathlib import Path

import openpyxl
import pytest
from projects import CATALOGUE, make_project, run
from test_example import make_workbook
from test_new import publish
from workbooks import xlsx

from entaku.draft import About, draft_file, write_yaml
from entaku.draft.labels import find_counted
from entaku.draft.names import name_label, title_label
from entaku.draft.titles import join_titles, name_values
from entaku.model.nouns import Raw
from entaku.spec.names import DRAFT
from entaku.spec.spec import parse_office, parse_pipeline
from entaku.work.cli import main


def draft(body: bytes, file: str = "pipelines/files/x.csv") -> str:
    office, _ = parse_office(CATALOGUE.encode())
    plan, findings = draft_file(Raw(file, {}, "file", "", "", len(body)), body)
    assert not findings
    source = '{file: "' + file + '"}'
    text = write_yaml(plan, About(name="x", source=source, publishers=("office",), licenses=("CC-BY-4.0",)))
    spec, found = parse_pipeline(text.encode(), "pipelines/x.yaml", office)
    assert spec is None
    assert {(f.code, f.value) for f in found if f.code != "draft-left"} == {
        ("missing-key", "publisher"),
        ("missing-key", "license"),
    }
    assert [f.code for f in found].count("draft-left") >= 3
    _, found = parse_pipeline(finish(text).encode(), "pipelines/x.yaml", office)
    assert found == (), text
    return text


def finish(text: str) -> str:
    """The draft as its owner leaves it."""
    return text.replace("# publisher:", "publisher:").replace("# license:", "license:").replace(DRAFT, "")


def test_types_and_names_are_guessed() -> None:
    text = draft(
        'コード,名称,人数,日付,Area km2\n011002,見本,"1,234",2026/6/3,1.5\n011011,見本二,△5,2026/6/4,－\n'.encode(
            "cp932"
        )
    )
    assert '{name: code, type: string, title: {ja: "コード", en: "Code"}}' in text
    assert '{name: persons, type: integer, unit: "人", title: {ja: "人数", en: "Persons"}}' in text
    assert '{name: date, type: date, title: {ja: "日付", en: "Date"}}' in text
    assert '{name: area_km2, type: number, title: "Area km2",' in text
    assert "header" not in text


@pytest.mark.parametrize(
    ("label", "name", "title"),
    [
        ("4月", "april", "April"),
        ("令和5年度", "fy2023", "FY2023"),
        ("利用者数_令和5年度", "users_fy2023", "Users, FY2023"),
        ("平成30年", "y2018", "2018"),
        ("2024年5月", "y2024_05", "May 2024"),
        ("路線コード", "line_code", "Line code"),
        ("停留所ID", "bus_stop_id", "Bus stop ID"),
        ("所在地_住所", "address", "Address"),
        ("65歳以上人口の割合", "share_of_population_age_65_or_over", "Share of population, ages 65 or over"),
        ("人口_0～14歳", "population_age_0_14", "Population, Ages 0 to 14"),
        ("1人1日当たりごみ排出量", "waste_per_person_day", "Waste per person and day"),
        ("うち女", "of_which_female", "of which female"),
        ("世帯数※1", "households", "Households"),
        ("人口2)", "population", "Population"),
        ("会員数(2)", "members_2", "Members (2)"),
        ("１年_児童数", "grade_1_pupils", "Grade 1, Pupils"),
        ("満18歳未満", "age_under_18", "Ages under 18"),
        ("令和5年度分割", "reiwa5_fiscal_year_bunkatsu", ""),
    ],
)
def test_headings_are_named_by_what_they_say(label: str, name: str, title: str) -> None:
    assert name_label(label) == name and title_label(label) == title


@pytest.mark.parametrize(
    ("label", "unit"),
    [
        ("申請件数", "件"),
        ("利用者数_令和5年度", "人"),
        ("人口総数", "人"),
        ("世帯数", "世帯"),
        ("事業所数", "事業所"),
        ("人口密度", ""),
        ("数", ""),
    ],
)
def test_a_heading_may_say_what_is_counted(label: str, unit: str) -> None:
    assert find_counted(label, "integer") == unit and find_counted(label, "number") == ""


@pytest.mark.parametrize(
    ("title", "values"),
    [
        ("令和6年度 窓口別申請件数（見本）", "申請件数"),
        ("図書の貸出冊数の推移", "貸出冊数"),
        ("月別降水量", "降水量"),
        ("公共施設一覧", ""),
        ("", ""),
    ],
)
def test_a_title_may_say_what_is_counted(title: str, values: str) -> None:
    assert name_values(title) == values


@pytest.mark.parametrize(
    ("titles", "title"),
    [
        (("令和4年度 貸出冊数", "令和5年度 貸出冊数"), "貸出冊数"),
        (("貸出冊数（令和4年）", "貸出冊数（令和4年）"), "貸出冊数（令和4年）"),
        (("北館の貸出冊数", "南館の貸出冊数"), ""),
        (("2023年度 貸出冊数", "2024年度 予約件数"), ""),
    ],
)
def test_joined_tables_have_the_title_without_the_year(titles: tuple[str, str], title: str) -> None:
    assert join_titles(titles) == title


def months(total: str = "計", wrong: int = 0) -> bytes:
    """A table of three months with their sum, which is `wrong` in the last row."""
    lines = ["令和6年度 窓口別申請件数", f"窓口,5月,3月,6月,{total}", "本庁,1,2,3,6", f"支所,4,-,6,{10 + wrong}"]
    return "\n".join(lines).encode() + b"\n"


def test_months_become_rows_without_their_sum_which_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "p"
    (path / "pipelines").mkdir(parents=True)
    (path / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
    (tmp_path / "counter.csv").write_bytes(months())
    assert main(["new", "--yes", "--project", str(path), str(tmp_path / "counter.csv")]) == 0
    text = (path / "pipelines" / "counter.yaml").read_text("utf-8")
    assert 'check_sums: {value: applications, total: {month: "計"}, by: [counter, fiscal_year], empty: zero}' in text
    assert publish(path, "counter")["table"].splitlines() == [
        "counter,fiscal_year,year_month,applications",
        *("本庁,2024,2024-05,1", "本庁,2024,2025-03,2", "本庁,2024,2024-06,3"),
        *("支所,2024,2024-05,4", "支所,2024,2025-03,", "支所,2024,2024-06,6"),
    ], text


@pytest.mark.parametrize(
    "body", [months(wrong=5), months("備考欄"), months("前年"), months().replace(b",6\n", b",7\n")]
)
def test_a_column_that_is_not_the_sum_is_kept(body: bytes) -> None:
    made, _ = draft_file(Raw("x", {}, "file", "", "", len(body)), body)
    assert made.tables[0].melt is None


@pytest.mark.parametrize(
    ("heading", "values"),
    [
        ("市区町村コード", ["131016", "131024"]),
        ("団体", ["131016", "131024", "011002"]),
        ("団体", ["131016", "131024", "282014"]),
        ("全国地方公共団体コード", ["13101", "13102"]),
        ("郵便番号", ["1008111", "1008112"]),
        ("〒", ["1008111"]),
        ("法人番号", ["8000020130001", "8000020131016"]),
        ("運営", ["8000020130001", "8000020131016"]),
        ("電話", ["312345678"]),
        ("施設ＩＤ", ["5001", "5002"]),
        ("zip_code", ["1008111"]),
        ("No.", ["10", "12"]),
        ("製造", ["12345678901234567"]),
        ("区分", ["01", "02", "10"]),
    ],
)
def test_codes_are_no_numbers(heading: str, values: list[str]) -> None:
    text = draft("".join(f"{cell},あ\n" for cell in [heading, *values]).encode())
    assert re.search(
        "type: string,( format: [a-z_]+,)? title: ({ja: )?" + re.escape(json.dumps(heading, ensure_ascii=False)), text
    )
    assert "parse_number" not in text


@pytest.mark.parametrize(
    ("heading", "values", "kind"),
    [
        ("人口", ["131016", "131025"], "integer"),
        ("金額", ["8000020130002", "5000020130001"], "integer"),
        ("No", ["1", "2", "3"], "integer"),
        ("世帯", ["0", "10"], "integer"),
        ("割合", ["0.5", "0"], "number"),
        ("indoor", ["5", "7"], "integer"),
        ("検査日", ["20260603", "20260604"], "date"),
        ("数", ["20260603", "20260604"], "integer"),
        ("開館", ["9:00", "10時30分"], "time"),
        ("測定", ["2026/6/3 9:00", "2026/6/3 10:00"], "datetime"),
    ],
)
def test_quantities_are_numbers(heading: str, values: list[str], kind: str) -> None:
    text = draft("".join(f"{cell},あ\n" for cell in [heading, *values]).encode())
    assert re.search(
        f"type: {kind},( unit: .人.,)? title: ({{ja: )?" + re.escape(json.dumps(heading, ensure_ascii=False)), text
    )


PLACES = """施設名,市区町村コード,郵便番号,電話番号,ホームページ,担当メール,緯度,経度,FAX,法人番号,登記
見本館,131016,163-8001,03-5321-1111,https://www.example.lg.jp/,a@example.jp,35.6,139.7,03-5321-1112,8000020130001,163-8001
見本園,131024,1638001,,https://www.example.lg.jp/b,b@example.jp,35.5,－,なし,8000020130001,163-8001
"""


def test_formats_of_offices_are_named_where_the_heading_and_every_value_fit() -> None:
    fields = re.findall("- {name: ([a-z_]+), type: ([a-z]+)(?:, format: ([a-z_]+))?,", draft(PLACES.encode()))
    assert fields == [
        ("facility", "string", ""),
        ("municipality_code", "string", "municipality_code"),
        ("postal_code", "string", "postal_code"),
        ("phone", "string", "telephone"),
        ("website", "string", "url"),
        ("tantoumeru", "string", "mail_address"),
        ("latitude", "number", "latitude"),
        ("longitude", "number", "longitude"),
        ("fax", "string", ""),
        ("corporate_number", "string", "corporate_number"),
        ("touki", "string", ""),
    ]


@pytest.mark.parametrize(
    ("column", "value", "wrong"),
    [
        ("municipality_code", "131024", "131025"),
        ("postal_code", "1638001", "163"),
        ("phone", "03-5321-1111", "03-5321"),
        ("website", "https://www.example.lg.jp/b", "なし"),
        ("tantoumeru", "b@example.jp", "b"),
        ("latitude", "35.5", "139.7"),
        ("corporate_number", "8000020130001", "8000020130002"),
    ],
)
def test_a_format_that_one_value_lacks_is_not_named(column: str, value: str, wrong: str) -> None:
    body = wrong.join(PLACES.rsplit(value, 1))
    assert re.search(f"- {{name: {column}, type: [a-z]+, title", draft(body.encode()))


def test_the_header_is_found_below_a_title() -> None:
    assert 'read: {title: [{line: 2, pattern: "（単位：冊）"}], header: 3}' in draft(
        "利用状況,,\n,,（単位：冊）\n館名,貸出,登録\n中央館,1,2\n東館,3,4\n".encode()
    )


def test_an_encoding_that_is_not_japanese_is_written_down() -> None:
    assert "read: {encoding: cp1252}" in draft("id,name\n1,Corrèze\n2,Genève\n".encode("cp1252"))


def test_quotes_in_names_are_safe() -> None:
    draft(b'"a: ""b""","# c"\n1,2\n')


def test_new_makes_a_yaml_that_publishes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_project(tmp_path / "p")
    (project / "pipelines/lifts.yaml").unlink()
    path = project / "pipelines/files/visitors.csv"
    path.parent.mkdir()
    path.write_text('日付,人数\n2026/6/3,"1,200"\n2026/6/4,80\n', "utf-8")
    assert main(["new", "--project", str(project), str(path)]) == 0
    assert main(["new", "--project", str(project), str(path)]) == 1
    assert "file-exists" in capsys.readouterr().out
    drafted = project / "pipelines/visitors.yaml"
    assert run(project).failed
    drafted.write_text(finish(drafted.read_text("utf-8")), "utf-8")
    result = run(project)
    assert not result.failed
    csv = (project / "build/site/datasets/visitors/table.csv").read_text("utf-8")
    assert csv == "date,persons\n2026-06-03,1200\n2026-06-04,80\n"


def test_a_workbook_with_merged_headings_is_drafted(tmp_path: Path) -> None:
    make_workbook(tmp_path / "x.xlsx")
    text = draft((tmp_path / "x.xlsx").read_bytes(), "pipelines/files/x.xlsx")
    assert "header: {row: 3, rows: 2}" in text
    assert 'stop: "^（注"' in text
    assert '{name: loans_children, type: integer, unit: "冊", title: {ja: "貸出冊数_児童"' in text
    assert 'drop_rows: {match: {district: "^(小計)$"}}' in text
    assert 'parse_number: {columns: [loans_children], missing: ["-"]}' in text


def test_marks_that_mean_no_value_are_listed() -> None:
    text = draft("名,数,日\nあ,…,2026/6/3\nい,x,-\nう,－,2026/6/4\nえ,1,2026/6/5\n合計,2,2026/6/6\n".encode())
    assert 'parse_number: {columns: [number], missing: ["…", "x", "-"]}' in text
    assert 'parse_date: {column: day, missing: ["-"]}' in text
    assert 'drop_rows: {match: {mei: "^(合計)$"}}' in text


def test_hidden_columns_are_mentioned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_project(tmp_path / "p")
    make_workbook(project / "pipelines/files/loans.xlsx")
    book = openpyxl.load_workbook(project / "pipelines/files/loans.xlsx")
    book.active.column_dimensions["B"].hidden = True  # type: ignore[union-attr]
    book.save(project / "pipelines/files/loans.xlsx")
    main(["new", "--yes", "--project", str(project), str(project / "pipelines/files/loans.xlsx")])
    assert "hidden-columns" in capsys.readouterr().out
    text = (project / "pipelines/loans.yaml").read_text("utf-8")
    assert "# 注意：pipelines/files/loans.xlsx" in text
    assert "hidden: skip" in text


def test_what_is_outside_or_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_project(tmp_path / "p")
    assert main(["new", "--project", str(project), "nowhere.csv"]) == 1
    assert main(["new", "--project", str(project), str(tmp_path / "none.csv"), "--name", "x"]) == 1
    assert "→" in capsys.readouterr().out


def test_answers_change_the_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project(tmp_path / "p")
    (tmp_path / "loans.csv").write_text(
        "地区,館名,開館日,冊数\n東,中央館,3/5/2024,1\n,東館,4/6/2024,2\n西,西館,5/7/2024,3\n", "utf-8"
    )
    answers = {"空のセル": "いいえ", "月/日/年": "dmy"}
    asked: list[str] = []

    def answer() -> str:
        return next((word for key, word in answers.items() if key in asked[-1]), "")

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr("entaku.work.new.NewDesk.asks", True)
    monkeypatch.setattr("builtins.print", lambda *words, **_: asked.append(" ".join(map(str, words))))
    assert main(["new", "--project", str(project), str(tmp_path / "loans.csv")]) == 0
    text = (project / "pipelines/loans.yaml").read_text("utf-8")
    assert "fill_down" not in text
    assert "order: dmy" in text
    assert "→ いいえ" in text
    assert DRAFT not in text


def test_a_table_without_a_header_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_project(tmp_path / "p")
    (tmp_path / "data.csv").write_text("東区,甲,10\n西区,乙,20\n南区,丙,30\n北区,丁,休館\n中区,戊,40\n", "utf-8")
    assert main(["new", "--yes", "--project", str(project), str(tmp_path / "data.csv")]) == 1
    assert "no-header" in capsys.readouterr().out


def test_percents_keep_their_value_and_no_unit(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    (tmp_path / "rates.xlsx").write_bytes(
        xlsx(["区名", "高齢化率（%）"], ["東区", (0.25, "0%")], ["西区", (0.3, "0%")])
    )
    assert main(["new", "--yes", "--project", str(project), str(tmp_path / "rates.xlsx")]) == 0
    text = (project / "pipelines/rates.yaml").read_text("utf-8")
    assert 'unit: "%"' not in text
    assert "値は 0.25 です" in text


def test_cells_of_json_have_its_types(tmp_path: Path) -> None:
    rows = [
        {
            "id": n,
            "at": {"lat": 35.1, "lon": 139.1},
            "tags": ["a", "b"][: n - 1],
            "note": "[1]",
            "where": {"type": "Point", "coordinates": [139.1, 35.1]},
        }
        for n in range(1, 4)
    ]
    body = json.dumps({"results": rows}).encode()
    plan, _ = draft_file(Raw("a.json", {}, "file", "", "", len(body)), body)
    assert {one.name: one.type for one in plan.tables[0].fields} == {
        "id": "integer", "at": "object", "tags": "array", "note": "string", "where": "geojson",
    }  # fmt: skip
