"""Formats of offices: plain constraints in the descriptor, and what no pattern tells."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_check import engine, found, make  # noqa: F401

from entaku.check.candidate import Candidate
from entaku.check.frictionless import check_schemas
from entaku.check.named import AS_OF, NAMED, find_check_digit, find_corporate_digit, list_municipalities
from entaku.check.schema import describe_field, describe_schema, find_bad_bounds, find_bad_format
from entaku.check.verdict import check
from entaku.model.messages import say
from entaku.model.table_schema import Constraints, Schema, SchemaField


def field(form: str, **keys: object) -> SchemaField:
    return SchemaField(name="x", type=NAMED[form].types[0], format=form, **keys)  # type: ignore[arg-type]


def table(cells: list[str], *fields: SchemaField, batch: int = 2) -> Candidate:
    """A table of a column, and of one that leaves no row blank."""
    return make({"x": cells, "y": [str(n) for n in range(len(cells))]}, *fields, SchemaField(name="y"), batch=batch)


def test_the_list_of_municipalities_is_whole_and_right() -> None:
    codes = list_municipalities()
    assert len(codes) == 47 + 1741 + 6 + 171 and AS_OF == "2024-01-01"
    assert [code for code in codes if code[:5] + find_check_digit(code[:5]) != code] == []
    assert (codes["131016"], codes["011002"], codes["221384"]) == (
        "東京都千代田区",
        "北海道札幌市",
        "静岡県浜松市中央区",
    )
    prefectures = [name for code, name in codes.items() if code[2:5] == "000"]
    assert len(prefectures) == 47 and all(name.startswith(tuple(prefectures)) for name in codes.values())


@given(st.from_regex("[0-9]{12}", fullmatch=True), st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_is_seen_unless_it_differs_by_nine(twelve: str, at: int, more: int) -> None:
    other = twelve[:at] + str((int(twelve[at]) + more) % 10) + twelve[at + 1 :]
    same = {twelve[at], other[at]} == {"0", "9"}
    assert (find_corporate_digit(other) == find_corporate_digit(twelve)) == same


@pytest.mark.parametrize("form", NAMED)
def test_every_format_has_an_example_and_plain_constraints(form: str) -> None:
    named = NAMED[form]
    example = field(form)
    descriptor = describe_field(example)
    check_schemas({"t": describe_schema(Schema(fields=(example,)))})
    assert not find_bad_format(example) and descriptor["rdfType"].startswith("http") and form not in descriptor.values()
    assert named.title.ja and named.title.en and named.note.ja and named.note.en
    assert found(table([named.example, ""], example)) == []
    assert find_bad_format(SchemaField(name="x", type="boolean", format=form))


GOOD = [
    ("telephone", "(03)5321-1111"), ("telephone", "0120-123-456"), ("telephone", "090-1234-5678"), ("telephone", "0353211111"),
    ("telephone", "+81-3-5321-1111"), ("postal_code", "1638001"), ("url", "http://example.jp?x=日本"), ("era_year", "令和元年"),
    ("era_year", "平成31年度"), ("era_year", "昭和64年"), ("latitude", "24.3"), ("corporate_number", "6000012010023"),
]  # fmt: skip
WRONG = [
    ("municipality_code", "13101", "constraint-error", "131016"),
    ("municipality_code", "92011", "constraint-error", "092011"),
    ("municipality_code", "１３１０１６", "constraint-error", "131016"),
    ("municipality_code", "131017", "check-digit", "131016（東京都千代田区）"),
    ("municipality_code", "999990", "check-digit", "999997 です"),
    ("municipality_code", "221317", "no-such-municipality", AS_OF),
    ("corporate_number", "1000020130001", "check-digit", "8000020130001"),
    ("corporate_number", "8-0000-2013-0001", "constraint-error", "8000020130001"),
    ("postal_code", "〒163－8001", "constraint-error", "163-8001"),
    ("postal_code", "600042", "constraint-error", "0600042"),
    ("telephone", "03-5321-111", "telephone-digits", "9 桁"),
    ("telephone", "０３－５３２１－１１１１", "constraint-error", "03-5321-1111"),
    ("telephone", "03(5321)1111", "constraint-error", "03-5321-1111"),
    ("url", "www.example.jp", "type-error", "https://www.example.jp"),
    ("mail_address", "mailto:a@example.jp", "type-error", "「a@example.jp」"),
    ("latitude", "139.691722", "constraint-error", "逆"),
    ("longitude", "35.6895", "constraint-error", "逆"),
    ("latitude", "3", "constraint-error", "20 から 46"),
    ("fiscal_year", "26", "type-error", "年度（例 2026）"),
    ("era", "R", "constraint-error", "令和"),
    ("era_year", "平成40年", "no-such-era-year", "令和10年"),
    ("era_year", "令和8", "constraint-error", "令和8年"),
]


@pytest.mark.parametrize(("form", "cell"), GOOD)
def test_what_offices_write_is_allowed(form: str, cell: str) -> None:
    assert found(table([cell], field(form))) == []


@pytest.mark.parametrize(("form", "cell", "code", "said"), WRONG)
def test_what_is_wrong_is_told_with_what_is_right(form: str, cell: str, code: str, said: str) -> None:
    candidate = table([NAMED[form].example, "", cell, cell], field(form))
    verdict = check([candidate])
    findings = [one for one in verdict.report.findings if one.value]
    assert {(one.code, one.value, one.place.column) for one in findings} == {(code, cell, "x")}
    assert (
        min(one.place.row or 0 for one in findings) == 12 and said in say(findings[0], "ja") and say(findings[0], "en")
    )
    warns = code == "no-such-municipality"
    assert verdict.report.valid == warns and verdict.rows["t"] == (frozenset() if warns else {2, 3})
    assert verdict.count == (0 if warns else 2)


def test_flaws_are_counted_and_shown_by_column_and_kind() -> None:
    codes = [f"{five}{(int(find_check_digit(f'{five}')) + 1) % 10}" for five in range(13101, 13251)]
    verdict = check([table([*codes, codes[0]], field("municipality_code"), batch=40)])
    (violation,) = (one for one in verdict.violations if one.kind == "check-digit")
    assert (violation.count, len(violation.examples), violation.examples[0][1]) == (151, 5, codes[0])
    told = [one.code for one in verdict.report.findings]
    assert told.count("check-digit") == 100 and told.count("too-many-findings") == 1 and verdict.count == 151


def test_missing_values_have_no_flaws_and_own_bounds_go_before() -> None:
    dash = field("telephone", missingValues=("-",))
    assert found(table(["-", "03-5321-1111"], dash)) == []
    near = field("latitude", constraints=Constraints(minimum=35, required=True))
    assert describe_field(near)["constraints"] == {"minimum": 35, "maximum": 46, "required": True}
    assert [(one, value) for one, value, _ in find_bad_bounds(field("url", constraints=Constraints(pattern="x")))] == [
        ("pattern", "x")
    ]


def test_patterns_are_plain_enough_for_other_readers() -> None:
    """Only what XML Schema's regular expressions have too: no look-around, no back references, no named groups."""
    for named in NAMED.values():
        assert not re.search(r"\(\?(?!:)|\\[1-9]|\\b", named.pattern)
