"""Invisible characters are told with their places, the fast way and the careful one, and so are keys that look alike."""

import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_missed import LINES
from test_tidy import make_step
from wholes import make_part, shelve

from entaku.model.grammar import Pipeline, Read, Resource
from entaku.model.messages import say
from entaku.model.nouns import Finding, Raw, Spec
from entaku.model.table_schema import Constraints, Schema, SchemaField
from entaku.model.words import Text
from entaku.table import plain as read_plain
from entaku.table.part import Outline, Part, read_outline, read_rows
from entaku.table.parts import Work, write_part
from entaku.table.whole import assemble


def both(text: str, *steps: str, encoding: str = "utf-8") -> Part:
    """The part of a CSV, made block by block and whole, which must be alike."""
    body = text.encode(encoding)
    raw = Raw("a.csv", {}, "file", "", "0" * 64, len(body))
    work = Work(raw, None, tuple(make_step(step, n) for n, step in enumerate(steps, 10)), "p.yaml")
    part, sink = make_part(work, body), io.BytesIO()
    outline = write_part(work, io.BytesIO(body), sink)
    assert show(outline) == show(part.outline) == show(read_outline(sink))
    sink.seek(0)
    if outline.count:
        assert [row for batch in read_rows(sink) for row in batch.to_pylist()] == part.rows.to_pylist()
    return part


def show(outline: Outline) -> dict[str, object]:
    return {**replace(outline, ranges=None).__dict__, "ranges": outline.ranges.tolist()}  # type: ignore[arg-type]


def told(findings: tuple[Finding, ...]) -> list[tuple[str, int | None, str, str]]:
    assert all(finding.severity == "warning" and say(finding, "ja") and say(finding, "en") for finding in findings)
    return [(f.code, f.place.row, f.place.column, f.args["which"]) for f in findings]


CELLS = ["東京\u200b", "\ufeff東京", "\u202e東京", "東\u00ad京"]


@pytest.mark.parametrize("cell", CELLS)
def test_an_invisible_character_has_its_place(cell: str) -> None:
    part = both(f"id,name\n1,東京\n2,{cell}\n", "- trim: all")
    odd = next(character for character in cell if character not in "東京")
    assert told(part.outline.findings) == [("invisible-character", 3, "name", f"U+{ord(odd):04X}")]
    assert part.rows["name"].to_pylist() == ["東京", cell]
    assert part.outline.faint


@pytest.mark.parametrize("cell", CELLS)
def test_the_step_that_drops_them_settles_it(cell: str) -> None:
    part = both(f"id,name\n1,{cell}\n", "- drop_invisible: all")
    assert (part.rows["name"].to_pylist(), part.outline.findings) == (["東京"], ())


def test_a_column_that_is_dropped_is_not_told() -> None:
    assert both("id,name\n1,x\u200b\n", "- drop_columns: name").outline.findings == ()


def test_the_fast_way_knows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    body = "id,name\n1,x\u200b\n".encode()
    work = Work(Raw("a.csv", {}, "file", "", "0" * 64, len(body)), None, (), "p.yaml")
    monkeypatch.setattr("entaku.table.parts._make_part", None)
    assert len(write_part(work, io.BytesIO(body), io.BytesIO()).findings) == 1
    assert len(list(read_plain.PlainFile(io.BytesIO(body), Read(), ","))) == 1


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u3000", " ", "\t", "\u202f", "\u2009", "\u1680"])
def test_all_spaces_are_trimmed(space: str) -> None:
    part = both(f"id,name\n1,{space}東{space}京{space}\n", "- trim: all")
    assert part.rows["name"].to_pylist() == [f"東{space}京"]
    assert part.outline.findings == ()


def test_headings_are_told_too() -> None:
    part = both("id,\u200b名前\n1,x\n")
    assert told(part.outline.findings) == [("invisible-character", 1, "\u200b名前", "U+200B")]


def test_spaces_and_marks_that_people_write_are_no_findings() -> None:
    part = both("id,name\n1,か\u3099くふ\n2,10\u00a0km\n3,العربية\u200f\n")
    assert (part.outline.findings, part.outline.faint) == ((), True)
    assert not both("id,name\n1,がくふ\n").outline.faint


@settings(max_examples=100)
@given(st.lists(st.text(st.sampled_from('ab,東\u200b\ufeff\u3099か\u00a0 "\u200d👩\n'), max_size=6), max_size=8))
def test_both_ways_tell_the_same(lines: list[str]) -> None:
    both("a,b\n" + "\n".join(lines))
    both("a,b\n" + "\n".join(lines) + "\n", "- trim: all")


def alike(*texts: str, steps: tuple[str, ...] = (), **schema: object) -> list[tuple[int | None, str, str, str]]:
    """The findings about keys of files: row, value, the row that it is like, what tells them apart."""
    fields = (SchemaField(name="id"), SchemaField(name="name"))
    keys = Schema(**{"fields": fields, "primaryKey": ("name",), **schema})  # type: ignore[arg-type]
    resource = Resource(name="t", title=Text(ja="t"), schema=keys, tidy=tuple(map(make_step, steps)))
    pipeline = Pipeline(
        name="p", title=Text(), description=Text(), publisher="", license="", frequency="daily", resources=(resource,)
    )
    spec = Spec(file="p.yaml", pipeline=pipeline, lines=LINES, deflated=b"", digest="")
    whole = assemble(resource, shelve([both(text) for text in texts]), spec)
    assert all(finding.code == "alike-keys" and say(finding, "ja") for finding in whole.findings)
    return [(f.place.row, f.value, f.args["first"], f.args["which"]) for f in whole.findings]


def test_keys_that_look_alike() -> None:
    text = "id,name\n1,東京\u200b\n2,東京\n3,\ufeff東京\n4,東京\u00a0\n5,大阪\n6,か\u3099\n7,が\n8,京都\u200b\n9,東京\u200b\n"
    assert alike(text) == [
        (2, "東京\u200b", "3", "U+200B"),
        (4, "\ufeff東京", "3", "U+FEFF"),
        (5, "東京\u00a0", "3", "U+00A0"),
        (7, "か\u3099", "8", "U+3099"),
    ]


def test_keys_of_several_columns_files_and_kinds() -> None:
    one, two = "id,name\n1,a\u200b\n2,b\n", "id,name\n1,a\n2,b\u200b\n1,a\u2060\n"
    assert alike(one, two, primaryKey=("id", "name")) == [
        (2, "1, a\u200b", "2", "U+200B"),
        (3, "2, b\u200b", "3", "U+200B"),
        (4, "1, a\u2060", "2", "U+2060"),
    ]
    assert len(alike(one, two, primaryKey=(), uniqueKeys=(("name",),))) == 3
    unique = (SchemaField(name="name", constraints=Constraints(unique=True)),)
    assert len(alike(one, two, primaryKey=(), fields=unique)) == 3
    assert alike(one, two, primaryKey=("nowhere",)) == []


def test_neither_plain_text_is_told_once() -> None:
    assert alike("id,name\n1,a\u200b\n2,a\u2060\n") == [(3, "a\u2060", "2", "U+2060")]
    assert alike("id,name\n1,a\u200b\n2,b\n") == []


def test_a_table_that_is_sorted_is_looked_at_too() -> None:
    assert len(alike("id,name\n2,b\u200b\n1,b\n", steps=("- sort: [id]",))) == 1
