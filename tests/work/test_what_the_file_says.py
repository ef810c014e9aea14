"""What the file says is what is published, or a finding says why not: whole runs of small projects."""

import gzip
import io
import json
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pyarrow.parquet as pq
import pytest
from projects import CATALOGUE, run
from workbooks import biff5, ods, ods_cell, replace_part, save, sheet_xml, sheets_xlsx, words, xls, xlsb, xlsx

from entaku.model.nouns import Finding

USUAL = {"not-screened"}
"""Told of every .xlsb."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file of one table, how it is read and tidied, and what comes of it."""

    file: str
    body: bytes | str
    fields: str = "a b"
    """Columns, with their types where these are not strings: `a b:integer`."""
    read: str = ""
    tidy: tuple[str, ...] = ()
    key: str = ""
    rows: list[str] | None = None
    """The lines of the CSV below its header; None where the release is held."""
    told: tuple[str, ...] = ()
    """Codes of findings, whatever their severity."""

    def spec(self, name: str) -> str:
        """The YAML."""
        fields = [field.partition(":") for field in self.fields.split()]
        lines = [
            f"name: {name}",
            "title: {ja: 題, en: T}",
            "description: {ja: 説明です。, en: D.}",
            "publisher: office",
            "license: CC-BY-4.0",
            "frequency: yearly",
            "resources:",
            "  - name: r",
            "    title: {ja: 表, en: R}",
            f"    source: {{file: {json.dumps(f'files/{name}/{self.file}', ensure_ascii=False)}}}",
            *([f"    read: {self.read}"] if self.read else []),
            *(["    tidy:"] if self.tidy else []),
            *(f"      - {step}" for step in self.tidy),
            "    schema:",
            *([f"      primaryKey: [{self.key}]"] if self.key else []),
            "      fields:",
            *(f"        - {{name: {column}, type: {kind or 'string'}}}" for column, _, kind in fields),
        ]
        return "\n".join(lines) + "\n"


def zipped(**members: str | bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made:
        for name, body in members.items():
            made.writestr(name, body)
    return sink.getvalue()


AB = ["a", "b"]
ONE, TWO = [AB, ["p", "1"]], [AB, ["q", "2"]]
CSV_ONE, CSV_TWO = "a,b\np,1\n", "a,b\nq,2\n"
HEAD = f'<row r="1">{words("A1", "a")}{words("B1", "b")}</row>'


def sheet(cell: str, more: str = "") -> bytes:
    """A sheet whose A2 is this XML."""
    return sheet_xml(HEAD, f'<row r="2">{cell}{words("B2", "x")}</row>', more)


def formulas(book: bytes) -> bytes:
    """A workbook that says that its formulas are still to be calculated, as programs without a calculator do."""
    calculate = b'<calcPr calcId="124519" fullCalcOnLoad="1"/>'
    return replace_part(book, "xl/workbook.xml", lambda xml: xml.replace(b"</workbook>", calculate + b"</workbook>"))


def plain(book: bytes) -> bytes:
    """A workbook that says nothing of it; openpyxl's always do."""
    old, new = b'fullCalcOnLoad="1"', b'fullCalcOnLoad="0"'
    return replace_part(book, "xl/workbook.xml", lambda xml: xml.replace(old, new))


def ods_table(*rows: str) -> bytes:
    return ods(ods_cell("a") + ods_cell("b"), *rows)


def apart(text: str) -> str:
    """A text in NFD."""
    return unicodedata.normalize("NFD", text)


SUMS = "a,b\nx,1\ny,2\n合計,3\n"
NAMES = {
    "sheet-prefix": Case(
        file="x.xlsx", body=sheets_xlsx(表1=ONE, 表10=TWO, 表11=TWO), read="{sheet: 表1}", rows=["p,1"]
    ),
    "sheet-space": Case(file="x.xlsx", body=sheets_xlsx(**{"R5": ONE, "R5 ": TWO}), read="{sheet: R5}", rows=["p,1"]),
    "sheet-copy": Case(
        file="x.xlsx", body=sheets_xlsx(**{"表": ONE, "表 (2)": TWO}), read="{sheet: 表}", rows=["p,1"]
    ),
    "sheet-signs": Case(
        file="x.xlsx", body=sheets_xlsx(**{"1.2+3": ONE, "1x22223": TWO}), read='{sheet: "1.2+3"}', rows=["p,1"]
    ),
    "sheet-parentheses": Case(
        file="x.xlsx", body=sheets_xlsx(**{"人口(総数)": ONE}), read="{sheet: 人口(総数)}", rows=["p,1"]
    ),
    "sheet-wide-parentheses": Case(
        file="x.xlsx", body=sheets_xlsx(**{"人口（総数）": ONE}), read="{sheet: 人口（総数）}", rows=["p,1"]
    ),
    "sheet-of-xls": Case(file="x.xls", body=xls(*ONE, name="表(1)"), read="{sheet: 表(1)}", rows=["p,1"]),
    "sheet-nfd": Case(
        file="x.xlsx", body=sheets_xlsx(**{apart("データ"): ONE, "表": TWO}), read="{sheet: データ}", rows=["p,1"]
    ),
    "sheet-case": Case(
        file="x.xlsx", body=sheets_xlsx(Sheet1=ONE, Sheet2=TWO), read="{sheet: sheet1}", told=("no-sheet",)
    ),
    "sheets-stacked": Case(
        file="x.xlsx",
        body=sheets_xlsx(R5年=ONE, R6年=[["b", "a"], ["2", "q"]]),
        fields="a b year",
        read='{sheet: "/R(?P<year>[0-9]+)年/"}',
        rows=["p,1,5", "q,2,6"],
        told=("several-sheets",),
    ),
    "member-prefix": Case(
        file="x.zip",
        body=zipped(**{"data.csv": CSV_ONE, "data_csv_old.txt": CSV_TWO, "old/data.csv": CSV_TWO}),
        read="{member: data.csv}",
        rows=["p,1"],
    ),
    "member-parentheses": Case(
        file="x.zip",
        body=zipped(**{"a(1).csv": CSV_ONE, "a1.csv": CSV_TWO}),
        read="{member: a(1).csv}",
        rows=["p,1"],
    ),
    "member-in-two-folders": Case(
        file="x.zip",
        body=zipped(**{"1/data.csv": CSV_ONE, "2/data.csv": CSV_TWO}),
        read="{member: data.csv}",
        told=("which-member",),
    ),
    "member-groups": Case(
        file="x.zip",
        body=zipped(**{"in/R5.csv": CSV_ONE, "in/R6.csv": CSV_TWO}),
        fields="a b year",
        read='{member: "/R(?P<year>[0-9])\\\\.csv/"}',
        rows=["p,1,5", "q,2,6"],
        told=("several-members",),
    ),
    "columns": Case(
        file="x.xlsx", body=xlsx(["z", *AB], ["y", "p", "1"]), read='{columns: "b:C"}', rows=["p,1"]
    ),
    "columns-beyond": Case(file="x.xlsx", body=xlsx(*ONE), read='{columns: "X:Z"}', told=("columns-beyond",)),
}  # fmt: skip
ERROR = ("excel-error",)
EXCEL = {
    "error-xlsx": Case(file="x.xlsx", body=sheet('<c r="A2" t="e"><v>#N/A</v></c>'), told=ERROR),
    "error-libreoffice": Case(file="x.xlsx", body=sheet('<c r="A2" t="e"><f>x</f><v>Err:508</v></c>'), told=ERROR),
    "error-new": Case(file="x.xlsx", body=sheet("<c t='e' r='A2'>\n<v>#SPILL!</v></c>"), told=ERROR),
    "error-waiting": Case(file="x.xlsx", body=sheet('<c r="A2" t="e"><v>#GETTING_DATA</v></c>'), told=ERROR),
    "error-new-dropped": Case(
        file="x.xlsx",
        body=sheet('<c r="A2" t="e"><v>#CALC!</v></c>', f'<row r="3">{words("A3", "#CALC! です")}{words("B3", "y")}</row>'),
        tidy=("drop_rows: {match: {b: x}}",),
        rows=["#CALC! です,y"],
    ),
    "error-xlsb": Case(file="x.xlsb", body=xlsb(AB, ["#REF!", "x"]), told=ERROR),
    "error-ods": Case(
        file="x.ods",
        body=ods_table('<table:table-cell table:formula="of:=x"><text:p>#NAME?</text:p></table:table-cell>' + ods_cell("x")),
        told=ERROR,
    ),
    "error-biff5": Case(file="x.xls", body=biff5(AB, [(b"\x02\0\x2a\0\0\0\xff\xff", 0, ""), "x"]), told=ERROR),
    "error-as-text": Case(file="x.xlsx", body=sheet(words("A2", "#REF!")), rows=["#REF!,x"], told=("error-as-text",)),
    "error-as-text-csv": Case(
        file="x.csv", body="a,b\nx,#N/A\n#DIV/0!,#N/A\nErr:502,#N/Aです\n",
        rows=["x,#N/A", "#DIV/0!,#N/A", "Err:502,#N/Aです"], told=("error-as-text", "error-as-text"),
    ),
    "formula-text-unsaved": Case(
        file="x.xlsx", body=sheet('<c r="A2" t="str"><f>B2</f></c>'), told=("formula-without-value",)
    ),
    "formula-empty-text": Case(file="x.xlsx", body=sheet('<c r="A2" t="str"><f>B2</f><v></v></c>'), rows=[",x"]),
    "formula-not-calculated": Case(
        file="x.xlsx", body=formulas(plain(sheet('<c r="A2"><f>1+2</f><v>0</v></c>'))),
        rows=["0,x"], told=("formula-not-calculated",),
    ),
    "formula-not-calculated-odd": Case(
        file="x.xlsx", body=formulas(plain(sheet('<!-- --><c r="A2"><f>1+2</f><v>0</v></c>'))),
        rows=["0,x"], told=("formula-not-calculated",),
    ),
    "formula-calculated": Case(
        file="x.xlsx", body=plain(sheet('<c r="A2"><f>1+2</f><v>3</v></c>')), rows=["3,x"]
    ),
    "formula-not-calculated-xls": Case(
        file="x.xls", body=biff5(AB, [(bytes(8), 3, ""), "x"]), rows=["0,x"], told=("formula-not-calculated",)
    ),
    "formula-without-value-ods": Case(
        file="x.ods",
        body=ods_table('<table:table-cell table:formula="of:=1+1" office:value-type="float"/>' + ods_cell("x")),
        told=("formula-without-value",),
    ),
    "formula-empty-text-ods": Case(
        file="x.ods",
        body=ods_table(
            '<table:table-cell table:formula="of:=A1" office:value-type="string" office:string-value=""/>' + ods_cell("x")
        ),
        rows=[",x"],
    ),
    "biff5-japanese": Case(
        file="x.xls",
        body=biff5(AB, ["千代田区", 1], [(bytes((0, 0, 0, 0, 0, 0, 0xFF, 0xFF)), 0, "表示"), (5, 0)], codes=['0"人"']),
        read="{sheet: 表}",
        rows=["千代田区,1", "表示,5"],
        told=("shown-words",),
    ),
    "biff5-french": Case(file="x.xls", body=biff5(AB, ["Genève", 1], name="a", page=1252), rows=["Genève,1"]),
    "biff5-chinese": Case(file="x.xls", body=biff5(AB, ["北京", 1], name="中国", page=936), rows=["北京,1"]),
    "biff5-korean": Case(file="x.xls", body=biff5(AB, ["서울", 1], name="서울", page=949), rows=["서울,1"]),
    "ruby": Case(
        file="x.xlsx",
        body=sheet('<c r="A2" t="inlineStr"><is><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></is></c>'),
        rows=["東京,x"],
    ),
    "format-zeros": Case(file="x.xlsx", body=xlsx(AB, [(11002, "000000"), (1, "0")]), rows=["011002,1"]),
    "format-post-code": Case(file="x.xlsb", body=xlsb(AB, [(600000.0, "000-0000"), 1.0]), rows=["060-0000,1"]),
    "format-phone": Case(
        file="x.xls", body=xls(AB, [(312345678, "0#-####-####"), 1]), rows=["03-1234-5678,1"],
        told=("phone-number",),
    ),
    "format-digits": Case(
        file="x.xlsx", body=xlsx(AB, [1234567890123450, 1234.1000000000001]), rows=["1234567890123450,1234.1"]
    ),
    "format-mark": Case(file="x.xlsx", body=xlsx(AB, [(12345, "0!.0000"), (5, "0!人")]), rows=["1.2345,5"], told=("shown-words",)),
    "format-mark-scaled": Case(file="x.xlsx", body=xlsx(AB, [(12345, "0!.0,"), 1]), told=("shown-scaled",)),
    "format-era": Case(
        file="x.xlsx", body=xlsx(AB, [(46113, "rr/m/d"), (46113, "r/m/d")]), fields="a:date b:date",
        rows=["2026-04-01,2026-04-01"],
    ),
    "hourly": Case(
        file="x.xlsx", body=xlsx(AB, [(46113.0, "yyyy/m/d h:mm"), 1], [(46113.25, "yyyy/m/d h:mm"), 2]),
        fields="a:datetime b", rows=["2026-04-01T00:00:00,1", "2026-04-01T06:00:00,2"],
    ),
}  # fmt: skip
ZEROS = ("padded-number",)
VALUES = {
    "zeros-parsed": Case(
        file="x.csv", body="a,b\n011002,007\n", fields="a:integer b:integer", tidy=("parse_number: [a, b]",),
        told=("leading-zeros", "leading-zeros"),
    ),
    "zeros-typed": Case(file="x.csv", body="a,b\n011002,x\n", fields="a:integer b", rows=["011002,x"], told=ZEROS),
    "zeros-number": Case(
        file="x.csv", body="a,b\n0.5,-007\n1,00\n", fields="a:number b:number", rows=["0.5,-007", "1,00"], told=ZEROS
    ),
    "zeros-of-a-format": Case(
        file="x.xlsx", body=xlsx(AB, [(11002, "000000"), 0], [131016, 10]), fields="a:integer b:integer",
        rows=["011002,0", "131016,10"], told=ZEROS,
    ),
    "zeros-text": Case(file="x.csv", body="a,b\n011002,0\n", fields="a b:integer", rows=["011002,0"]),
    "sum-without-match": Case(
        file="x.csv", body=SUMS, tidy=("check_sums: {value: b, total: {a: 総数}}",),
        rows=["x,1", "y,2", "合計,3"], told=("no-total",),
    ),
    "sum-alone": Case(
        file="x.csv", body=SUMS, tidy=("check_sums: {value: b, total: {a: 合計}, by: [a]}",),
        rows=["x,1", "y,2", "合計,3"], told=("no-parts",),
    ),
    "sum-of-no-parts": Case(
        file="x.csv", body=SUMS, tidy=("check_sums: {value: b, total: {a: 合計}, parts: [z]}",),
        rows=["x,1", "y,2", "合計,3"], told=("no-parts", "nothing-matched"),
    ),
    "melt-of-nothing": Case(
        file="x.csv", body=CSV_ONE, fields="a b k v", tidy=("melt: {keep: [a, b], names_to: k, values_to: v}",),
        told=("nothing-to-melt",),
    ),
    "all-rows-dropped": Case(
        file="x.csv", body=CSV_ONE, tidy=("drop_rows: {match: {a: .}}",), rows=None, told=("no-rows-yet", "rows-all-dropped")
    ),
    "all-rows-dropped-sorted": Case(
        file="x.csv", body=CSV_ONE, tidy=("sort: [a]", "keep_rows: {match: {a: '^q'}}"), rows=None,
        told=("no-rows-yet", "nothing-matched"),
    ),
    "negative-in-brackets": Case(
        file="x.csv", body="a,b\nx,(5)\ny,5-\n", tidy=("parse_number: [b]",), told=("not-a-number", "number-in-brackets")
    ),
}  # fmt: skip
FRENCH, JAPANESE = "a,b\nCorrèze,Genève\n", "a,b\n東京都,千代田区\n大阪府,大阪市\n"
ENCODINGS = {
    "latin-1": Case(file="x.csv", body=FRENCH.encode("latin-1"), told=("encoding-likely",)),
    "latin-1-named": Case(
        file="x.csv", body=FRENCH.encode("latin-1"), read="{encoding: latin-1}", rows=["Corrèze,Genève"]
    ),
    "latin-1-named-cp932": Case(
        file="x.csv", body=FRENCH.encode("latin-1"), read="{encoding: cp932}",
        rows=["Corr閊e,Gen钁e"], told=("encoding-doubtful",),
    ),
    "gbk-named-euc": Case(
        file="x.csv", body="a,b\n北京,中国\n上海,人民\n".encode("gbk"), read="{encoding: euc-jp}",
        rows=["臼奨,嶄忽", "貧今,繁酎"], told=("encoding-doubtful",),
    ),
    "big5": Case(file="x.csv", body="a,b\n臺北,中華民國\n高雄,資料\n".encode("big5"), told=("encoding-likely",)),
    "cp932-named": Case(
        file="x.csv", body=JAPANESE.encode("cp932"), read="{encoding: cp932}", rows=["東京都,千代田区", "大阪府,大阪市"]
    ),
    "jis-named-utf-8": Case(
        file="x.csv", body=JAPANESE.encode("iso2022_jp"), read="{encoding: utf-8}", told=("encoding-other",)
    ),
    "jis-named-ascii": Case(
        file="x.csv", body=JAPANESE.encode("iso2022_jp"), read="{encoding: ascii}", told=("encoding-other",)
    ),
    "jis-named": Case(
        file="x.csv", body=JAPANESE.encode("iso2022_jp"), read="{encoding: iso2022_jp}",
        rows=["東京都,千代田区", "大阪府,大阪市"],
    ),
    "two-marks": Case(file="x.csv", body="\ufeff\ufeff" + CSV_ONE, rows=["p,1"]),
    "three-marks-utf-16": Case(file="x.csv", body=("\ufeff\ufeff" + CSV_ONE).encode("utf-16"), rows=["p,1"]),
}  # fmt: skip
ALIKE, UNSEEN = "alike-keys", "invisible-character"


def keys(odd: str, *told: str) -> Case:
    """A table of two keys that differ by `odd`, which nobody sees."""
    cell = f'"東京{odd}"' if odd == "\n" else f"東京{odd}"
    rows = ["東京,1", *f"{cell},2".split("\n")]
    return Case(file="x.csv", body=f"a,b\n東京,1\n{cell},2\n", key="a", rows=rows, told=(ALIKE, *told))


INVISIBLE = {
    "keys-zero-width": keys("\u200b", UNSEEN),
    "keys-no-break": keys("\u00a0"),
    "keys-space": keys(" "),
    "keys-wide-space": keys("\u3000"),
    "keys-tab": keys("\t"),
    "keys-line-end": keys("\n"),
    "keys-emoji-style": keys("\ufe0f", UNSEEN),
    "keys-arabic-mark": keys("\u061c", UNSEEN),
    "keys-blank-braille": keys("\u2800", UNSEEN),
    "keys-space-xlsx": Case(
        file="x.xlsx", body=xlsx(AB, ["東京", "1"], [" 東京", "2"]), key="a", rows=["東京,1", " 東京,2"], told=(ALIKE,)
    ),
    "keys-space-tidied": Case(
        file="x.csv", body="a,b\n東京,1\n東京 ,2\n", tidy=("replace: {columns: [b], values: {1: 3}}",), key="a",
        rows=["東京,3", "東京 ,2"], told=(ALIKE,),
    ),
    "forms-of-kanji": Case(file="x.csv", body="a,b\n葛\U000e0100,1\n葛,2\n", key="a", rows=["葛\U000e0100,1", "葛,2"]),
    "emoji": Case(
        file="x.csv", body="a,b\n❤\ufe0f,1\ufe0f\u20e3\n", tidy=("drop_invisible: all",), rows=["❤\ufe0f,1\ufe0f\u20e3"]
    ),
    "no-character": Case(file="x.csv", body="a,b\nx\ufffe,1\n", rows=["x\ufffe,1"], told=("odd-character",)),
    "heading": Case(
        file="x.csv", body="a,b\u200b\nx,1\n", tidy=("drop_invisible: all",), rows=["x,1"], told=(UNSEEN,)
    ),
    "heading-nfd": Case(
        file="x.csv", body=f"a,{apart('が')}\nx,1\n", tidy=("drop_invisible: all", "rename: {が: b}"), rows=["x,1"]
    ),
    "heading-twice": Case(
        file="x.csv", body="a,b,b\u200b\nx,1,2\n", tidy=("drop_invisible: all", 'drop_columns: ["b\\u200b"]'),
        rows=["x,1"], told=(UNSEEN,),
    ),
}  # fmt: skip
DOORS = {
    "semicolon": Case(file="x.csv", body="a;b\nx;1,5\ny;2,5\n", rows=['x,"1,5"', 'y,"2,5"']),
    "semicolon-in-lines": Case(file="x.csv", body='a;b\n"x\ny";1.234,5\n', rows=['"x', 'y","1.234,5"']),
    "semicolon-stray-quote": Case(
        file="x.csv", body='a;b\n5" x;1,5\n6" y;2,5\n7" z;3,5\n', rows=['"5"" x","1,5"', '"6"" y","2,5"', '"7"" z","3,5"']
    ),
    "separator": Case(file="x.csv", body="sep=;\r\na;b\r\nx;1,5\r\n", rows=['x,"1,5"']),
    "separator-tab": Case(file="x.csv", body="sep=\t\na\tb\nx\t1\n", rows=["x,1"]),
    "separator-cp932": Case(file="x.csv", body='sep=,\na,b\n"東\n京",1\n'.encode("cp932"), rows=['"東', '京",1']),
    "separator-header": Case(file="x.csv", body="sep=|\na|b\nx|1\n", read="{header: 2}", rows=["x,1"]),
    "tsv": Case(file="x.tsv", body="a\tb\nx,y\t1\n", rows=['"x,y",1']),
    "gzip": Case(file="x.csv.gz", body=gzip.compress(CSV_ONE.encode()), rows=["p,1"]),
    "json-of-numbers": Case(file="x.json", body="[1, 2, 3]", told=("not-a-record",)),
    "json-lines": Case(file="x.ndjson", body='{"a": "x", "b": 9007199254740993}\n{"b": 1}\n', rows=["x,9007199254740993", ",1"]),
}  # fmt: skip
CASES = {**NAMES, **EXCEL, **VALUES, **ENCODINGS, **INVISIBLE, **DOORS}


@dataclass(frozen=True)
class Published:
    """What came of a case."""

    text: str | None
    """The CSV; None where the release is held."""
    findings: tuple[Finding, ...]


@cache
def publish_all() -> dict[str, Published]:
    """All cases as the datasets of one project, published at once."""
    with TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
        (project / "pipelines").mkdir()
        for name, case in CASES.items():
            path = project / "files" / name / case.file
            path.parent.mkdir(parents=True)
            path.write_bytes(case.body.encode() if isinstance(case.body, str) else case.body)
            (project / "pipelines" / f"{name}.yaml").write_text(case.spec(name), "utf-8")
        result = run(project)
        assert not result.bugs, result.bugs
        outcomes = {outcome.dataset: outcome for outcome in result.outcomes}
        return {name: Published(read_release(project, name), outcomes[name].findings) for name in CASES}


def read_release(project: Path, name: str) -> str | None:
    found = sorted((project / "datapackages" / name / "releases").glob("*/r.csv"))
    for path in found:
        assert pq.read_table(path.with_suffix(".parquet")).num_rows >= 0
    return found[-1].read_text("utf-8") if found else None


@pytest.fixture(scope="module", autouse=True)
def forget() -> Iterator[None]:
    yield
    publish_all.cache_clear()


@pytest.mark.parametrize("name", CASES)
def test_what_the_file_says_is_published_or_told(name: str) -> None:
    case, made = CASES[name], publish_all()[name]
    told = sorted(finding.code for finding in made.findings if finding.code not in USUAL)
    assert told == sorted(case.told), made.findings
    assert (made.text is None) == (case.rows is None)
    if case.rows is not None and made.text is not None:
        header = ",".join(field.partition(":")[0] for field in case.fields.split())
        assert made.text == "\n".join([header, *case.rows, ""])


def test_what_holds_a_release_is_an_error() -> None:
    for name, case in CASES.items():
        held = any(finding.severity == "error" for finding in publish_all()[name].findings)
        assert held == (case.rows is None and "no-rows-yet" not in case.told), name


def test_a_workbook_of_openpyxl_says_that_it_is_not_calculated() -> None:
    assert b"fullCalcOnLoad" in zipfile.ZipFile(io.BytesIO(save(openpyxl.Workbook()))).read("xl/workbook.xml")
