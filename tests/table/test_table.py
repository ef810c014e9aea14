"""Parts and wholes: what is told once for a whole file, and what stays untold."""

import io
from dataclasses import replace

from test_tidy import make_step
from wholes import encode_part, make_part

from entaku.model.grammar import Header, Read, TitleLine
from entaku.model.nouns import Finding, Place, Raw
from entaku.table.part import read_outline
from entaku.table.parts import Work, split_steps
from entaku.work.build import once

URL = "https://x.example/20260626.csv"
TITLED = Read(title=(TitleLine(line=1, pattern="^(?P<day>[^,]+)"),), header=Header(row=2))


def part_of(text: str, *steps: str, read: Read = TITLED):
    raw = Raw(URL, {"date": "2026-06-26"}, "file", "", "0" * 64, len(text))
    made, _ = split_steps([make_step(step, n) for n, step in enumerate(steps, 10)])
    return make_part(Work(raw, read, made, "p.yaml"), text.encode())


def test_a_title_line_is_told_once_at_its_line() -> None:
    rows = "".join(f"{n}\n" for n in range(500))
    steps = ("- parse_date: {column: day}", "- agree: {column: day, with: date}")
    for day, code in (("平成99年6月26日", "outside-era"), ("令和8年6月25日", "disagree")):
        part = part_of(f"{day}\na\n{rows}", *steps)
        assert [(f.code, f.place) for f in part.outline.findings] == [(code, Place(URL, row=1, column="day"))]
        assert part.outline.titles == {"date": 0, "day": 1}


def test_a_title_line_that_is_another_is_one_finding() -> None:
    read = replace(TITLED, title=(TitleLine(line=1, pattern="^(?P<day>令和.+)"),))
    steps = ("- parse_date: {column: day}", "- agree: {column: day, with: date}", "- select: [a, day]")
    part = part_of("平成1年\na\n1\n", *steps, read=read)
    assert [(f.code, f.place.row) for f in part.outline.findings] == [("title-line", 1)]


def test_a_value_of_the_url_has_no_row() -> None:
    (finding,) = part_of(
        "t\na\n1\n2\n", "- rename: {date: d}", "- map_codes: {column: d, codes: {x: y}}"
    ).outline.findings
    assert finding.place == Place(URL, column="date")


def test_a_part_comes_back_from_the_cache() -> None:
    part = part_of("t\na\n1\n", "- trim: [b]")
    again = read_outline(io.BytesIO(encode_part(part)))
    assert (again.titles, again.lost, again.findings) == (part.outline.titles, ("b",), part.outline.findings)


def test_contradictions_are_looked_for_in_each_file() -> None:
    steps = [make_step(step) for step in ("- trim: all", "- sort: [a]", "- deduplicate: [a]")]
    first, then = split_steps(steps)
    assert [step.name for step in first] == ["trim", "deduplicate"]
    assert [step.name for step in then] == ["sort", "deduplicate"]
    assert [f.code for f in part_of("t\na,b\n1,2\n1,3\n", "- deduplicate: [a]").outline.findings] == [
        "contradicting-rows"
    ]
    assert part_of("t\na,b\n1,2\n1,2\n", "- deduplicate: [a]").outline.findings == ()


def test_tables_of_one_file_tell_a_lost_column_once() -> None:
    lost = [Finding("unknown-column", "error", Place("p.yaml", line=n), "a", {"file": URL}) for n in (1, 2)]
    other = Finding("unknown-column", "error", Place("p.yaml", line=1), "a", {"file": "other"})
    assert once([*lost, other, other]) == [lost[0], other]
