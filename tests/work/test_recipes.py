"""What the site says of a table's making never repeats what is removed, nor names what is hidden."""

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from dirty import NUMBERS, ROWS, add_sheet, book, find_texts
from openpyxl.workbook.defined_name import DefinedName
from projects import make_project, put, read_manifest, run

from entaku.model.messages import say_place, say_what
from entaku.work.outcome import Result

URL = "https://office.example.org/halls.csv"
SECRET = "秘密の乙"
FIELDS = [{"name": one, "title": {"ja": one, "en": one}} for one in ("id", "hall")]


def pipeline(name: str = "halls", suffix: str = "csv", **table: Any) -> str:
    words = {"ja": "会館", "en": "Halls"}
    one = {"name": "rows", "title": words, "source": {"url": URL.replace("csv", suffix)}, "schema": {"fields": FIELDS}}
    head = {"name": name, "title": words, "description": words, "publisher": "office", "license": "CC-BY-4.0"}
    resources = [{**one, **table}]
    return json.dumps(
        {**head, "themes": ["transport"], "frequency": "monthly", "resources": resources}, ensure_ascii=False
    )


def publish(folder: Path, text: str, body: bytes, suffix: str = "csv") -> tuple[Path, Result]:
    project = make_project(folder / "project", halls=text)
    put(folder / "mirror", body, URL.replace("csv", suffix))
    return project / "build" / "site", run(project, folder / "mirror")


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        ({"drop_rows": {"match": {"hall": SECRET}}}, "match: hall → ＊＊＊"),
        ({"drop_rows": {"match": {"hall": SECRET, "id": "^9$"}, "any": True}}, "match: hall → ＊＊＊, id → ＊＊＊; any: true"),
        ({"keep_rows": {"match": {"hall": f"^(?!{SECRET})"}}}, "match: hall → ＊＊＊"),
        ({"replace": {"columns": ["hall"], "values": {SECRET: "非公表", "ホール": "会館"}}},
         "columns: hall; values: ＊＊＊ → 会館, ＊＊＊2 → 非公表"),
        ({"replace": {"columns": ["hall"], "pattern": f"({SECRET})", "with": ""}}, "columns: hall; pattern: ＊＊＊"),
        ({"map_codes": {"column": "hall", "codes": {SECRET: "x"}, "else": "keep"}},
         "column: hall; codes: ＊＊＊ → x; else: keep"),
        ({"fill_down": {"columns": ["hall"], "marks": [SECRET, "〃"]}}, "columns: hall; marks: ＊＊＊, 〃"),
    ],
)  # fmt: skip
def test_a_step_never_repeats_what_it_removes(tmp_path: Path, step: dict[str, Any], shown: str) -> None:
    body = f"id,hall\r\n1,ホール\r\n2,{SECRET}\r\n3,会館\r\n".encode()
    site, result = publish(tmp_path, pipeline(tidy=[step], source={"url": URL, "raw": "keep"}), body)
    assert not result.failed
    assert SECRET not in (site / "datasets/halls/rows.csv").read_text("utf-8")
    assert find_texts(site, [SECRET]) == set()
    assert shown in (site / "datasets/halls/index.html").read_text("utf-8")


def test_a_mark_that_becomes_an_empty_cell_is_not_repeated_if_it_is_a_word(tmp_path: Path) -> None:
    body = f"id,hall\r\n1,a\r\n{SECRET},b\r\n-,c\r\n".encode()
    step = {"parse_number": {"columns": ["id"], "missing": [SECRET, "-"]}}
    site, _ = publish(tmp_path, pipeline(tidy=[step], source={"url": URL, "raw": "keep"}), body)
    assert find_texts(site, [SECRET]) == set()
    assert "columns: id; missing: ＊＊＊, -" in (site / "datasets/halls/index.html").read_text("utf-8")


def test_a_column_or_a_line_that_is_left_out_is_not_repeated(tmp_path: Path) -> None:
    body = f"id,hall,{SECRET}\r\n1,ホール,a\r\n{SECRET},,\r\n".encode()
    text = pipeline(
        tidy=[{"drop_columns": [SECRET]}], read={"skip": [f"^{SECRET}"]}, source={"url": URL, "raw": "keep"}
    )
    site, result = publish(tmp_path, text, body)
    assert not result.failed
    assert find_texts(site, [SECRET]) == set()


def test_the_old_name_of_a_column_that_is_left_out_is_not_repeated(tmp_path: Path) -> None:
    """Nor do the rulings on the raw file name it, which find that its numbers have no unit."""
    body = f"番号,hall,{SECRET}\r\n1,ホール,12\r\n2,会館,34\r\n".encode()
    steps = [{"rename": {"番号": "id", SECRET: "secret"}}, {"drop_columns": ["secret"]}]
    site, result = publish(tmp_path, pipeline(tidy=steps, source={"url": URL, "raw": "keep"}), body)
    assert not result.failed
    assert find_texts(site, [SECRET, "秘密"]) == set()
    page = (site / "datasets/halls/index.html").read_text("utf-8")
    assert "番号 → id, ＊＊＊ → ＊＊＊" in page
    quality = (site / "datasets/halls/report/index.html").read_text("utf-8")
    units = quality.partition('id="L3-04"')[2].partition("</ul>")[0]
    assert "列 ＊＊＊</li>" in units


def test_the_old_name_of_a_column_that_other_columns_are_made_of_stays(tmp_path: Path) -> None:
    body = "番号,hall,所属\r\n1,ホール,a：b\r\n2,会館,c：d\r\n".encode()
    steps = [
        {"rename": {"番号": "no", "所属": "place"}},
        {"combine": {"columns": ["no", "place"], "into": "id", "separator": "-"}},
        {"drop_columns": ["no", "place"]},
    ]
    site, result = publish(tmp_path, pipeline(tidy=steps), body)
    assert not result.failed
    assert "所属 → place, 番号 → no" in (site / "datasets/halls/index.html").read_text("utf-8")


def test_a_number_that_names_a_sheet_is_masked(tmp_path: Path) -> None:
    def fill(made: openpyxl.Workbook) -> None:
        made.create_sheet(NUMBERS[0])["B2"] = "x"
        made.active["A1"], made.active["B1"] = "id", "hall"

    site, result = publish(tmp_path, pipeline(suffix="xlsx", read={"sheet": "表"}), book(fill), "xlsx")
    assert not result.failed
    assert find_texts(site, NUMBERS) == set()


def test_what_a_step_looked_for_in_vain_is_told_its_owner_alone(tmp_path: Path) -> None:
    body = "id,hall\r\n1,ホール\r\n".encode()
    text = pipeline(
        tidy=[{"drop_rows": {"match": {"hall": SECRET}}}, {"replace": {"columns": ["hall"], "pattern": SECRET}}]
    )
    site, result = publish(tmp_path, text, body)
    assert [one.value for one in result.every if one.code == "nothing-matched"] == [f"hall: {SECRET}", SECRET]
    assert find_texts(site, [SECRET]) == set()
    assert "nothing-matched" in json.dumps(read_manifest(site, "halls"))


def test_another_value_is_another_recipe(tmp_path: Path) -> None:
    """What isn't shown still decides on what is made."""
    body = f"id,hall\r\n1,ホール\r\n2,{SECRET}\r\n3,会館\r\n".encode()
    own = {"source": {"url": URL, "raw": "keep"}}
    site, _ = publish(tmp_path, pipeline(tidy=[{"drop_rows": {"match": {"hall": SECRET}}}], **own), body)
    first = read_manifest(site, "halls")
    project = tmp_path / "project"
    text = pipeline(tidy=[{"drop_rows": {"match": {"hall": "ホール|乙"}}}], **own)
    (project / "pipelines" / "halls.yaml").write_text(text, "utf-8")
    run(project, tmp_path / "mirror")
    second = read_manifest(site, "halls")
    assert first["spec"]["pipeline"] == second["spec"]["pipeline"]
    assert first["spec"]["sha256"] != second["spec"]["sha256"]
    assert (first["rows"], second["rows"]) == ({"rows": 2}, {"rows": 1})


NAME = "懲戒者名簿"


def hidden_book(sheet: str = NAME, name: str = NAME) -> bytes:
    def fill(made: openpyxl.Workbook) -> None:
        hidden = add_sheet(made, ["a", "b"], "hidden")
        hidden.title = sheet
        made.defined_names[name] = DefinedName(name, attr_text=f"'{sheet}'!$A$1")
        made.active["A1"], made.active["B1"] = "id", "hall"

    return book(fill)


def test_nobody_but_the_owner_is_told_the_names_of_what_is_hidden(tmp_path: Path) -> None:
    held = tmp_path / "held"
    site, result = publish(held, pipeline(suffix="xlsx"), hidden_book(), "xlsx")
    sheets = {one.code: one.place.sheet for one in result.every}
    assert sheets["hidden-sheet"] == NAME
    assert [one.value for one in result.every if one.code == "defined-names"] == [NAME]
    assert find_texts(site, [NAME]) == set()
    page = (site / "datasets/halls/report/index.html").read_text("utf-8")
    assert "隠れたシートに値が 2 個あります" in page
    assert "＊＊＊" in page


def test_nor_by_what_is_allowed(tmp_path: Path) -> None:
    allow = {f"hidden-sheet/{NAME}": "確かめました", "defined-names": "確かめました"}
    site, result = publish(tmp_path, pipeline(suffix="xlsx", allow=allow), hidden_book(), "xlsx")
    assert not result.failed
    assert f"「hidden-sheet/{NAME}」は許されています" in "".join(say_what(one, "ja") for one in result.every)
    assert find_texts(site, [NAME]) == set()
    manifest = read_manifest(site, "halls")
    assert {"hidden-sheet/＊＊＊", "defined-names"} == {*manifest["spec"]["pipeline"]["resources"][0]["allow"]}
    allowed = [one for one in manifest["findings"] if one["code"] == "leak-allowed"]
    assert sorted(one["value"] for one in allowed) == ["defined-names", "hidden-sheet/＊＊＊"]


def test_nor_by_what_is_not_found_or_not_read(tmp_path: Path) -> None:
    site, result = publish(tmp_path / "a", pipeline(suffix="xlsx", read={"sheet": "ない"}), hidden_book(), "xlsx")
    assert "no-sheet" in {one.code for one in result.every}
    assert find_texts(site, [NAME]) == set()
    body = book(lambda made: (setattr(add_sheet(made, ["a"]), "title", NAME), None))
    site, result = publish(tmp_path / "b", pipeline(suffix="xlsx", tidy=[{"rename": {"area": "hall"}}]), body, "xlsx")
    assert not result.failed
    (notice,) = [one for one in result.every if one.code == "first-sheet"]
    assert NAME in say_what(notice, "ja")
    assert find_texts(site, [NAME]) == {
        path.relative_to(site).as_posix() for path in site.glob("datasets/halls/raw/*.xlsx")
    }, "the file that is offered has it, nothing else"


def test_cells_of_hidden_rows_are_not_quoted(tmp_path: Path) -> None:
    def fill(made: openpyxl.Workbook) -> None:
        made.active["A1"], made.active["B1"], made.active["A4"] = "id", "hall", SECRET
        made.active.row_dimensions[4].hidden = True

    fields = [{**FIELDS[0], "type": "integer"}, FIELDS[1]]
    tidy = [{"replace": {"columns": ["id"], "pattern": "^k", "with": ""}}]
    site, result = publish(tmp_path, pipeline(suffix="xlsx", schema={"fields": fields}, tidy=tidy), book(fill), "xlsx")
    assert {"hidden-rows", "type-error"} <= {one.code for one in result.every}
    assert SECRET in "".join(one.value for one in result.every), "its owner is told"
    assert find_texts(site, [SECRET]) == set()


def test_rules_of_machine_readability_name_no_hidden_sheet(tmp_path: Path) -> None:
    allow = {"hidden-sheet": "確かめました", "defined-names": "確かめました"}
    site, _ = publish(tmp_path, pipeline(suffix="xlsx", allow=allow), hidden_book(), "xlsx")
    page = (site / "datasets/halls/report/index.html").read_text("utf-8")
    assert "L1-13" in page
    assert NAME not in page


def test_rules_of_machine_readability_quote_no_number_as_a_heading(tmp_path: Path) -> None:
    """A sheet without a header seems to be headed by its first row."""

    def fill(made: openpyxl.Workbook) -> None:
        made.active["A1"], made.active["B1"] = "id", "hall"
        sheet = made.create_sheet("控え")
        for n, number in enumerate(NUMBERS):
            sheet.append([number, f"{n} 人", "=1+1"])

    site, result = publish(tmp_path, pipeline(suffix="xlsx", read={"sheet": "表"}), book(fill), "xlsx")
    assert [one.code for one in result.every if one.severity == "warning"] == ["raw-kept"]
    assert "控え" in (site / "datasets/halls/report/index.html").read_text("utf-8")
    assert find_texts(site, NUMBERS) == set()


def test_a_place_without_a_sheet_stays_as_it_is(tmp_path: Path) -> None:
    body = ("id,hall\r\n" + "".join(f"{cells[0]},090-1111-{n:04}\r\n" for n, cells in enumerate(ROWS))).encode()
    site, result = publish(tmp_path, pipeline(), body)
    (found,) = [one for one in result.every if one.code == "phone-number"]
    assert say_place(found.place, "ja") in (site / "datasets/halls/report/index.html").read_text("utf-8")
