"""From raw bytes to rows of text: what one careless line would lose or make up."""

import io
import json
import sys
import zipfile
from dataclasses import replace
from typing import Any

import openpyxl
import pandas as pd
import pytest
import yaml
from pydantic import TypeAdapter
from wholes import make_part

from entaku.formats import limits
from entaku.formats.limits import OutOfTimeError
from entaku.model.grammar import Header, Read, Step, TitleLine
from entaku.model.nouns import Finding, Place, Raw
from entaku.table.excel import read_excel
from entaku.table.job import MAX_NOTES, Job
from entaku.table.part import Part
from entaku.table.parts import MAX_PART_FINDINGS, Work, write_part
from entaku.table.read import read
from entaku.table.scan import BookScan, SheetScan
from entaku.table.seen import GENERAL
from entaku.table.steps import STEPS, Context, tidy

URL = "https://x.example/a.csv"


def make_step(text: str, line: int = 1) -> Step:
    """A step from its YAML."""
    (step,) = yaml.safe_load(text)
    name, options = (step, {}) if isinstance(step, str) else next(iter(step.items()))
    kind = STEPS[name].options
    return Step(
        name=name,
        options=TypeAdapter(kind).validate_json(json.dumps(options), strict=True) if kind else None,
        line=line,
    )


def do(columns: dict[str, list[str]], *steps: str) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    """The columns after `steps`, and the findings as (code, value)."""
    frame = pd.DataFrame({name: pd.array(values, dtype="str") for name, values in columns.items()})
    made = tidy(
        frame, [make_step(step) for step in steps], lambda row, column: Place(row=row, column=column), Context("p.yaml")
    )
    return {str(name): made.frame[name].tolist() for name in made.frame.columns}, [
        (f.code, f.value) for f in made.findings
    ]


def part_of(body: bytes, how: Read | None = None, allow: dict[str, str] | None = None, url: str = URL) -> Part:
    return make_part(Work(Raw(url, {}, "file", "", "0" * 64, len(body)), how, (), "p.yaml", allow), body)


def pack(members: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made:
        for name, content in members.items():
            made.writestr(name, content)
    return sink.getvalue()


def make_book(*rows: list[Any], hide: int = 0) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if hide:
        book.active.row_dimensions[hide].hidden = True
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


# ---- steps -------------------------------------------------------------------------------------------------------


def test_a_group_that_takes_no_part_in_a_match_is_an_empty_cell() -> None:
    step = "- extract: {column: x, pattern: '(?P<a>\\d+)(-(?P<b>\\d+))?'}"
    assert do({"x": ["1-2", "3", ""]}, step) == ({"x": ["1-2", "3", ""], "a": ["1", "3", ""], "b": ["2", "", ""]}, [])


def test_a_joined_column_passes_over_empty_cells() -> None:
    columns, found = do(
        {"a": ["1", "", "3"], "b": ["x", "y", ""]}, "- combine: {columns: [a, b], into: c, separator: '-'}"
    )
    assert (columns["c"], found) == (["1-x", "y", "3"], [])


# ---- leaks -------------------------------------------------------------------------------------------------------


def test_leaks_of_a_file_are_looked_for_by_one_of_its_tables() -> None:
    body, url = make_book(["a"], ["1"], ["2"], hide=3), "https://x.example/a.xlsx"
    assert [f.code for f in part_of(body, None, {}, url).outline.findings] == ["hidden-rows"]
    assert part_of(body, None, None, url).outline.findings == ()
    (allowed,) = part_of(body, None, {"hidden-rows": "公表ずみ"}, url).outline.findings
    assert (allowed.code, allowed.severity) == ("leak-allowed", "notice")


def test_a_part_keeps_so_many_findings_errors_first_and_counts_the_others() -> None:
    rows = "".join(f"{n},1,2,3\n" for n in range(150)) + "".join(f"{n}\n" for n in range(150))
    part = part_of(f"a,b\n{rows}".encode())
    told = [f for f in part.outline.findings if f.code != "too-many-findings"]
    counted = {f.args["of"]: f.args["count"] for f in part.outline.findings if f.code == "too-many-findings"}
    assert len(told) == MAX_PART_FINDINGS
    assert counted == {"extra-cells": "50", "missing-cells": "50"}
    assert {f.severity for f in part.outline.findings} == {"error"}


# ---- zips --------------------------------------------------------------------------------------------------------


def read_all(
    body: bytes, how: Read | None = None, url: str = "https://x.example/a.zip"
) -> tuple[list[list[str]], list[Finding]]:
    tables, findings = read(Raw(url, {}, "file", "", "0" * 64, len(body)), body, how)
    return [[*map(str, table.frame.columns), *table.frame.to_numpy().ravel().tolist()] for table in tables], list(
        findings
    )


def test_what_a_mac_puts_beside_a_file_is_no_second_file() -> None:
    body = pack({"a.csv": b"x\n1\n", "__MACOSX/._a.csv": b"y\n2\n"})
    assert read_all(body) == ([["x", "1"]], [])
    assert read_all(body, Read(member="a.csv")) == ([["x", "1"]], [])
    _, (told,) = read_all(pack({"__MACOSX/._a.csv": b"y\n2\n"}))
    assert told.code == "no-readable-member"


# ---- workbooks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("most", "fits"), [(5, False), (6, True), (7, True)])
def test_a_sheet_is_read_up_to_the_limit_of_its_cells(most: int, fits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CELLS", most)
    tables, findings = read_all(make_book(["a", "b"], ["1", "2"], ["3", "4"]), url="https://x.example/a.xlsx")
    assert (tables, [f.code for f in findings]) == (
        ([["a", "b", "1", "2", "3", "4"]], []) if fits else ([], ["read-limit"])
    )


def test_a_cell_far_away_counts_as_all_cells_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    body = make_book(["a"], ["1"])
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        members = {each: opened.read(each) for each in opened.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    far = b'<row r="50"><c r="AB50" t="n"><v>1</v></c></row></sheetData>'
    members[sheet] = members[sheet].replace(b"</sheetData>", far)
    monkeypatch.setattr(limits, "CELLS", 50 * 28)
    assert [f.code for f in read_all(pack(members), url="https://x.example/a.xlsx")[1]] == []
    monkeypatch.setattr(limits, "CELLS", 50 * 28 - 1)
    assert [f.code for f in read_all(pack(members), url="https://x.example/a.xlsx")[1]] == ["read-limit"]


def test_a_title_line_pattern_without_a_value_is_empty() -> None:
    how = Read(title=(TitleLine(line=1, pattern="^(?P<day>\\d+)(?P<note>x)?"),), header=Header(row=2))
    tables, findings = read_all(b"12\na\n1\n", how, URL)
    assert (tables, findings) == ([["a", "day", "note", "1", "12", ""]], [])


@pytest.mark.parametrize(
    ("step", "name"),
    [("- combine: {columns: [b], into: y}", "b"), ("- constant: {y: '1'}", "y"), ("- copy: {b: y}", "b"),
     ("- split: {column: b, separator: '-', into: [y]}", "b"), ("- extract: {column: b, pattern: '(?P<y>.)'}", "b")],
)  # fmt: skip
def test_a_new_column_is_not_called_after_one_that_is_gone(step: str, name: str) -> None:
    frame = pd.DataFrame({each: pd.array(["1"], dtype="str") for each in ("a", "b")})
    steps = [make_step(each) for each in ("- rename: {a: y}", "- drop_columns: [y]", step)]
    made = tidy(frame, steps, lambda row, column: Place(row=row, column=column), Context("p.yaml"))
    assert (made.names, made.findings) == ({"b": "b", "y": name}, ())


def test_a_column_that_cannot_be_made_leaves_the_table_as_it_is() -> None:
    columns = {"a": ["1"], "b": ["2"]}
    for step in ("- rename: {a: b}", "- copy: {a: b}", "- constant: {b: x}", "- combine: {columns: [a], into: b}"):
        assert do(columns, step, "- parse_number: {columns: [b]}") == (columns, [("column-exists", "b")])
    assert do(columns, "- rename: {a: b, b: a}") == ({"b": ["1"], "a": ["2"]}, [])


def test_a_column_that_is_not_there_is_told_the_first_time_that_it_is_missed() -> None:
    steps = ("- trim: [b]", "- parse_number: {columns: [b]}", "- combine: {columns: [a, b], into: c}", "- trim: [c]")
    assert do({"a": ["1"]}, *steps) == ({"a": ["1"]}, [("unknown-column", "b")])
    assert do({"a": ["1"]}, "- trim: [b]", "- trim: [d]")[1] == [("unknown-column", "b"), ("unknown-column", "d")]


def note(*labels: int, code: str = "not-a-date") -> Job:
    """A step's findings about rows, of which those below 10 stand in a title line."""
    job = Job(
        Step(name="trim", options="all", line=5),
        lambda label, column: Place(row=max(label, 10), column=column),
        {"a": "raw"},
    )
    job.note(code, labels, "a", ["x"] * len(labels))
    return job


def test_a_value_of_a_title_line_is_told_once_and_the_rows_after_it_too() -> None:
    job = note(1, 2, 3, 11, 11, 12)
    assert [(one.place.row, one.place.column) for one in job.close()] == [(10, "raw"), (11, "raw"), (12, "raw")]


@pytest.mark.parametrize("count", [MAX_NOTES, MAX_NOTES + 1, MAX_NOTES + 50])
def test_so_many_findings_of_a_step_are_told_one_by_one(count: int) -> None:
    found = note(*range(20, 20 + count)).close()
    assert len(found) == min(count, MAX_NOTES) + (count > MAX_NOTES)
    if count > MAX_NOTES:
        assert (found[-1].code, found[-1].severity, found[-1].args["count"]) == (
            "too-many-findings",
            "error",
            str(count - MAX_NOTES),
        )


@pytest.mark.parametrize(
    "body",
    [
        b"<html><title>a &amp;\n b</title>",
        b"<!DOCTYPE html><TITLE>a &amp; b</TITLE>",
        b"<?xml version='1.0'?> <!-- x --> <html><title >a &amp; b</title>",
    ],
)
def test_a_page_is_called_by_its_title(body: bytes) -> None:
    _, (told,) = read_all(body, url=URL)
    assert (told.code, told.value) == ("html-page", "a & b")


def test_a_file_that_takes_too_long_is_told_with_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(*_: object) -> None:
        raise OutOfTimeError

    monkeypatch.setattr("entaku.table.parts._make_part", wait)
    (told,) = part_of(b"a\n1\n").outline.findings
    assert (told.code, told.severity, told.place.file) == ("read-limit", "error", URL)
    assert told.args == {"what": "一つのファイルにかかる秒 / seconds for one file", "limit": str(limits.SECONDS)}


@pytest.mark.parametrize(
    ("values", "how", "columns"),
    [
        ({"year": "2026"}, Read(), ["year", "a", "b"]),
        ({"a": "2026"}, Read(), ["a", "b"]),
        (
            {"year": "2026"},
            Read(title=(TitleLine(line=1, pattern="(?P<year>.*)"),), header=Header(row=2)),
            ["year", "x", "y"],
        ),
        ({}, Read(title=(TitleLine(line=1, pattern="(?P<x>.*)"),), header=Header(row=2)), ["x", "y"]),
        ({}, Read(title=(TitleLine(line=1, pattern="(?P<area>.*)"),), header=Header(row=2)), ["x", "y", "area"]),
        ({}, Read(header=Header(row=3)), ["1", "2"]),
        ({}, Read(member="x.csv"), ["a", "b"]),
    ],
)
def test_block_by_block_or_whole_a_file_gives_the_same(values: dict[str, str], how: Read, columns: list[str]) -> None:
    body = b"a,b\nx,y\n1,2\n"
    work = Work(Raw(URL, values, "file", "", "0" * 64, len(body)), how, (), "p.yaml")
    whole, sink = make_part(work, body), io.BytesIO()
    outline = write_part(work, io.BytesIO(body), sink)
    assert replace(outline, ranges=whole.outline.ranges) == whole.outline
    assert (outline.ranges == whole.outline.ranges).all()
    assert sorted(outline.columns) == sorted(columns)


@pytest.mark.parametrize(("most", "codes"), [(8, []), (7, ["read-limit"])])
def test_a_file_may_have_so_many_bytes(most: int, codes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"a,b\n1,2\n"
    monkeypatch.setattr(limits, "BYTES", most)
    work = Work(Raw(URL, {}, "file", "", "0" * 64, len(body)), None, (), "p.yaml")
    outline = write_part(work, io.BytesIO(body), io.BytesIO())
    assert (
        [one.code for one in outline.findings] == codes == [one.code for one in make_part(work, body).outline.findings]
    )
    assert outline.count == (0 if codes else 1)


def test_a_sheet_whose_cells_only_its_reader_sees_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = BookScan(lambda *_: SheetScan(), lambda *_: False, (GENERAL,), since_1904=False)
    monkeypatch.setattr(sys.modules[read_excel.__module__], "scan_xlsx", lambda _: nothing)
    body = make_book(["a", "b"], ["1", "2"])
    for most, codes in ((4, []), (3, ["read-limit"])):
        monkeypatch.setattr(limits, "CELLS", most)
        assert [one.code for one in read_all(body, url="https://x.example/a.xlsx")[1]] == codes


@pytest.mark.parametrize(
    ("steps", "codes"),
    [
        (["- parse_number: a"], ["not-a-number"]), (["- parse_date: {columns: [b], to: date}"], ["not-a-date"]),
        (["- map_codes: {column: a, codes: {x: y}}"], ["no-such-code"]), (["- trim: all"], []), (["- drop_columns: [z]"], ["unknown-column"]),
    ],
)  # fmt: skip
def test_findings_of_steps_have_the_same_places_block_by_block(steps: list[str], codes: list[str]) -> None:
    body = b"a,b\nx,y\n1,2026-04-01\n"
    made = tuple(make_step(step, n) for n, step in enumerate(steps, 10))
    work = Work(Raw(URL, {}, "file", "", "0" * 64, len(body)), None, made, "p.yaml")
    whole = make_part(work, body)
    outline = write_part(work, io.BytesIO(body), io.BytesIO())
    assert outline.findings == whole.outline.findings
    assert [one.code for one in outline.findings] == codes
    assert all(one.place.sheet == "" for one in outline.findings)


@pytest.mark.parametrize(
    "body", [b"<html><title>404</title></html>\n", b"%PDF-1.7\n", b"SQLite format 3\0\n", b"{\\rtf1}\n"]
)
def test_what_is_no_table_is_told_whatever_format_is_declared(body: bytes) -> None:
    for how in (Read(format="csv"), Read(format="tsv"), None):
        work = Work(Raw(URL, {}, "file", "", "0" * 64, len(body)), how, (), "p.yaml")
        told = write_part(work, io.BytesIO(body), io.BytesIO()).findings
        assert told == make_part(work, body).outline.findings
        assert [(one.code, one.severity) for one in told] in ([("html-page", "error")], [("other-format", "error")])
