"""What steps and keys of `read` look for and no raw file has is told once for a table."""

import io
import json

import pytest
import yaml
from test_tidy import make_step
from wholes import make_part, shelve

from entaku.model.grammar import Header, Pipeline, Read, Resource
from entaku.model.messages import say
from entaku.model.nouns import Finding, Raw, Spec
from entaku.model.table_schema import Schema
from entaku.model.words import Text
from entaku.table.part import read_outline
from entaku.table.parts import Work, write_part
from entaku.table.whole import Whole, assemble, split_steps

LINES = {("resources", 0, "read", "skip"): 5, ("resources", 0, "read", "stop"): 6, ("resources", 0, "read", "sheet"): 7}


def build(files: list[str], steps: str = "", how: Read | None = None) -> Whole:
    """The table of CSV files after steps, one a line from line 10 on."""
    tidy = tuple(make_step(line, n) for n, line in enumerate(steps.strip().splitlines(), 10))
    resource = Resource(name="t", title=Text(ja="t"), schema=Schema(fields=()), tidy=tidy)
    pipeline = Pipeline(
        name="p", title=Text(), description=Text(), publisher="", license="", frequency="daily", resources=(resource,)
    )
    parts = []
    for n, text in enumerate(files):
        raw = Raw(f"https://x.example/{n}.csv", {}, "file", "", f"{n}" * 64, len(text))
        work = Work(raw, how, split_steps(tidy)[0], "p.yaml")
        part = make_part(work, text.encode())
        sink = io.BytesIO()
        assert write_part(work, io.BytesIO(text.encode()), sink).sought == part.outline.sought
        assert read_outline(sink).sought == part.outline.sought
        parts.append(part)
    return assemble(
        resource, shelve(parts), Spec(file="p.yaml", pipeline=pipeline, lines=LINES, deflated=b"", digest="")
    )


def told(whole: Whole) -> list[tuple[str, str, int | None, str]]:
    assert all(say(finding, "ja") and say(finding, "en") for finding in whole.findings)
    return [(f.code, f.severity, f.place.line, f.value) for f in whole.findings]


AREAS = "area,n\n総数,10\nA,3\nB,7\n"
STEPS = {
    "- drop_rows: {match: {area: ^小計$}}": "area: ^小計$",
    "- drop_rows: {match: {area: A, n: '7'}}": "area: A, n: 7",
    "- drop_rows: {match: {area: A, n: '8'}, any: true}": "n: 8",
    "- keep_rows: {match: {area: Ａ}}": "area: Ａ",
    "- replace: {columns: area, values: {A: a, C: c, 'B ': b}}": "C, B ",
    "- replace: {columns: area, pattern: '（.*）'}": "（.*）",
    "- map_codes: {column: area, codes: {X: x, Y: y}, else: empty}": "X, Y",
    "- extract: {column: area, pattern: '(?P<x>[0-9]+)', optional: true}": "(?P<x>[0-9]+)",
    "- check_sums: {value: n, total: {area: 総数}, parts: [A, B, C]}": "area: C",
}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_finds_nothing_says_so(step: str) -> None:
    assert told(build([AREAS], step)) == [("nothing-matched", "warning", 10, STEPS[step])]


@pytest.mark.parametrize("step", STEPS)
def test_of_many_files_one_is_enough(step: str) -> None:
    other = "area,n\n小計,1\nA,7\nＡ,1\n(A),8\nC,1\nB ,7\n（A）,1\nX,4\nY9,1\n"
    assert told(build([AREAS, other, AREAS], step)) == []
    assert told(build([AREAS, AREAS, "area,n\n"], step)) == [("nothing-matched", "notice", 10, STEPS[step])]


def test_a_step_that_finds_something_is_silent() -> None:
    steps = """
- replace: {columns: area, values: {A: a}}
- drop_rows: {match: {area: B}}
- keep_rows: {match: {area: .}}
- check_sums: {value: n, total: {area: 総数}, parts: [a], tolerance: 7}
"""
    assert told(build([AREAS], steps)) == []


def test_a_sum_without_a_total_is_a_warning_also_for_many_files() -> None:
    step = "- check_sums: {value: n, total: {area: 合計}}"
    assert told(build([AREAS], step)) == [("no-total", "warning", 10, "area: 合計")]
    assert told(build([AREAS, AREAS], step)) == [("no-total", "warning", 10, "area: 合計")]
    assert told(build([AREAS, AREAS.replace("総数", "合計")], step)) == []


@pytest.mark.parametrize("cells", ["area,n\n合計,10\nA,\nB,7\n", "area,n\n合計,x\nA,3\n"])
def test_a_sum_that_is_never_compared_is_told(cells: str) -> None:
    assert told(build([cells], "- check_sums: {value: n, total: {area: 合計}}")) == [("no-sums", "warning", 10, "n")]


def test_a_sum_without_parts_is_told() -> None:
    step = "- check_sums: {value: n, total: {area: 合計}}"
    alone, whole, empty = "area,n\n合計,3\n", "area,n\nA,3\n合計,3\n", "area,n\nA,\n合計,3\n"
    assert told(build([alone], step)) == [("no-parts", "warning", 10, "n")]
    assert told(build([alone, whole], step)) == []
    assert told(build([alone, empty], step)) == [("no-parts", "warning", 10, "n"), ("no-sums", "warning", 10, "n")]


def test_steps_that_leave_no_row_are_told() -> None:
    step = "- drop_rows: {match: {area: .}}"
    assert told(build([AREAS], step)) == [("rows-all-dropped", "warning", None, "t")]
    assert told(build([AREAS, "area,n\n,5\n"], step)) == []
    assert told(build(["area,n\n"], step)) == []  # no-rows says it


def test_lines_to_pass_over_and_the_end() -> None:
    how = Read(skip=("^小計", "^A"), stop="^（注）")
    assert told(build([AREAS], how=how)) == [
        ("nothing-matched", "warning", 5, "^小計"),
        ("nothing-matched", "warning", 6, "^（注）"),
    ]
    assert told(build([AREAS, AREAS + "（注）x\n"], how=how)) == [("nothing-matched", "notice", 5, "^小計")]
    both = Read(skip=("^A", "A"), header=Header(row=1))
    assert told(build([AREAS], how=both)) == []


def test_a_key_without_meaning_for_the_file_is_told() -> None:
    assert told(build([AREAS], how=Read(sheet="表1", member="a.csv"))) == [
        ("key-unused", "warning", None, "zip"),
        ("key-unused", "warning", 7, "Excel"),
    ]
    assert told(build([AREAS], how=Read(encoding="utf-8"))) == []


def test_steps_on_the_whole_table_are_told_too() -> None:
    steps = "- sort: area\n- drop_rows: {match: {area: ^小計$}}"
    assert told(build([AREAS], steps)) == [("nothing-matched", "warning", 11, "area: ^小計$")]


def test_rows_that_are_gone_before_a_step_tell_nothing_of_it() -> None:
    steps = "- keep_rows: {match: {area: Z}}\n- replace: {columns: area, values: {A: a}}"
    assert [line for _, _, line, _ in told(build([AREAS], steps))] == [10]
    _, (finding,) = [], build([AREAS], "- drop_rows: {match: {nowhere: x}}").parts[0].findings
    assert finding.code == "unknown-column"


# ---- two columns of one heading ---------------------------------------------------------------------------------

TWINS = "国,計,計,備考\nA,1,2,x\n"


def repeated(files: list[str], steps: str) -> list[tuple[str, str, str, str]]:
    findings: dict[Finding, None] = {}
    for part in build(files, steps).parts:
        assert {finding.code for finding in part.findings} <= {"repeated-heading"}
        findings |= {json.dumps([f.value, f.args["other"], f.args["step"], f.severity]): None for f in part.findings}
    return [tuple(yaml.safe_load(finding)) for finding in findings]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("steps", "step"),
    [
        ("- select: [国, 計]", "select"),
        ("- rename: {計: total}\n- select: [国, total]", "select"),
        ("- melt: {keep: 国, columns: [計], names_to: k, values_to: v}", "melt"),
        ("- pivot: {keep: 国, names_from: 備考, values_from: 計}", "pivot"),
    ],
)
def test_the_other_of_two_columns_with_one_heading_does_not_vanish_unseen(steps: str, step: str) -> None:
    assert repeated([TWINS, TWINS], steps) == [("計", "計_2", step, "warning")]


@pytest.mark.parametrize(
    "steps",
    [
        "- select: [国, 計, 計_2]",
        "- drop_columns: [計_2]\n- select: [国, 計]",
        "- rename: {計: a, 計_2: b}\n- select: [国, a]",
        "- select: [国, 備考]",
        "- parse_number: [計]",
    ],
)
def test_columns_that_are_named_are_meant(steps: str) -> None:
    assert repeated([TWINS], steps) == []


def test_the_second_of_two_may_be_chosen() -> None:
    assert repeated([TWINS], "- select: [国, 計_2]") == [("計", "計", "select", "warning")]
