"""What the findings of a check say: constraints, types and keys in words, each with what helps."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from projects import make_candidate

from entaku.check import check
from entaku.model.grammar import Resource
from entaku.model.messages import say
from entaku.model.nouns import Finding, Place
from entaku.model.table_schema import Constraints, ForeignKey, Reference, Schema, SchemaField
from entaku.model.words import Text


def find(values: Sequence[str], field: SchemaField, **schema: Any) -> list[Finding]:
    """The findings of a table of one column."""
    return find_in({field.name: list(values)}, field, **schema)


def find_in(columns: dict[str, list[str]], *fields: SchemaField, **schema: Any) -> list[Finding]:
    resource = Resource(name="t", title=Text(ja="t"), schema=Schema(fields=fields, **schema))
    frame = pd.DataFrame(columns, dtype="str")
    made = make_candidate(resource, frame, lambda row, column: Place("a.csv", row=row + 2, column=column))
    return list(check([made]).report.findings)


@pytest.mark.parametrize(
    ("kind", "constraints", "value", "ja", "en"),
    [
        ("integer", {"maximum": 1000}, "1001", "1000 以下", "1000 or less"),
        ("integer", {"minimum": 0}, "-1", "0 以上", "0 or more"),
        ("number", {"exclusiveMaximum": 1}, "1", "1 より小さい", "less than 1"),
        ("number", {"exclusiveMinimum": 0.5}, "0.5", "0.5 より大きい", "more than 0.5"),
        ("date", {"minimum": "2024-02-01"}, "2024-01-31", "2024-02-01 以後", "2024-02-01 or later"),
        ("date", {"maximum": "2024-02-01"}, "2024-02-02", "2024-02-01 以前", "2024-02-01 or earlier"),
        ("time", {"exclusiveMaximum": "17:00:00"}, "17:00:00", "17:00:00 より前", "before 17:00:00"),
        ("year", {"exclusiveMinimum": 2000}, "2000", "2000 より後", "after 2000"),
        ("string", {"minLength": 2}, "a", "2 文字以上", "2 or more characters long"),
        ("string", {"maxLength": 3}, "abcd", "3 文字以下", "at most 3 characters long"),
        ("array", {"maxLength": 1}, '["a", "b"]', "1 個以下", "1 items or fewer"),
        ("string", {"enum": ("男", "女")}, "男性", "次のどれか（男, 女）", "one of: 男, 女"),
        ("integer", {"enum": (1, 2)}, "3", "次のどれか（1, 2）", "one of: 1, 2"),
        ("string", {"pattern": r"\d{6}"}, "12345", "数字 6 桁", "6 digits"),
        ("string", {"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}, "図書館", "小文字の英数字（- でつなげます）。library-loans など", "small letters and digits, joined by hyphens: library-loans"),
        ("string", {"pattern": "(a|b)+c"}, "x", "正規表現「(a|b)+c」に合う文字", 'text that matches the regular expression "(a|b)+c"'),
    ],
)  # fmt: skip
def test_every_constraint_is_said_in_words(
    kind: Any, constraints: dict[str, Any], value: str, ja: str, en: str
) -> None:
    field = SchemaField(name="x", type=kind, constraints=Constraints(**constraints))
    (found,) = find([value], field)
    (name,) = constraints
    told = f"a.csv 2 行目 列 x constraint-error 「{value}」は使えません。schema の {name} で許すのは「{ja}」です → "
    assert say(found, "ja").startswith(told)
    assert say(found, "en").startswith(
        f'a.csv row 2 column x constraint-error "{value}" is not allowed; according to {name} in schema, values are: {en} → '
    )


def test_categories_are_constraints_too() -> None:
    (found,) = find(["c"], SchemaField(name="x", categories=("a", "b")))
    assert "許すのは「次のどれか（a, b）」です" in say(found, "ja")


@pytest.mark.parametrize(
    ("constraints", "value", "meant"),
    [
        ({"enum": ("男", "女", "不明")}, "不 明", "不明"), ({"enum": ("A1", "A2")}, "Ａ１", "A1"), ({"enum": ("yes",)}, "Yes", "yes"),
        ({"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}, "図書館", "library"), ({"pattern": r"\d{3}-\d{4}"}, "123−4567", "123-4567"),
    ],
)  # fmt: skip
def test_what_was_meant_is_named(constraints: dict[str, Any], value: str, meant: str) -> None:
    (found,) = find([value], SchemaField(name="x", constraints=Constraints(**constraints)))
    assert f"→ 「{meant}」のことですか？ 元の値を" in say(found, "ja")
    assert f'→ Did you mean "{meant}"? Check' in say(found, "en")


def test_the_first_full_width_character_is_named() -> None:
    (found,) = find(["AB－12"], SchemaField(name="x", constraints=Constraints(pattern=r"[A-Z]{2}-\d{2}")))
    assert "→ 3 文字目の「－」が全角です。半角なら「AB-12」です。" in say(found, "ja")
    assert 'Character 3, "－", is full-width. In half-width it is "AB-12".' in say(found, "en")


@pytest.mark.parametrize(
    ("kind", "value", "ja", "todo"),
    [
        ("integer", "1,234", "1234 のような、カンマも単位もない整数", "「- parse_number: {columns: [x]}」を加えると"),
        ("integer", "△5", "1234 のような、カンマも単位もない整数", "「- parse_number: {columns: [x]}」を加えると"),
        ("integer", "1,234円", "1234 のような、カンマも単位もない整数", "手順 replace（columns: [x]、pattern に「円」）"),
        ("integer", "12.5", "1234 のような、カンマも単位もない整数", "schema の type を number に"),
        ("number", "１２．５", "1234.5 のような、カンマも単位もない数", "「- parse_number: {columns: [x]}」を加えると"),
        ("number", "－", "1234.5 のような、カンマも単位もない数", "「－」が値なしの印なら、手順 parse_number の missing"),
        ("date", "2024/4/1", "2026-01-31 のような日付", "「- parse_date: {column: x}」を加えると"),
        ("date", "令和6年4月1日", "2026-01-31 のような日付", "「- parse_date: {column: x}」を加えると"),
        ("date", "2024-02-30", "2026-01-31 のような日付", "暦にない日です"),
        ("date", "45292", "2026-01-31 のような日付", "「- parse_date: {column: x, serial: 1900}」を加えると"),
        ("date", "3/15/2024", "2026-01-31 のような日付", "「- parse_date: {column: x, order: mdy}」を加えると"),
        ("date", "2024-04-01 10:00", "2026-01-31 のような日付", "「- parse_date: {column: x, time: drop}」を加えると"),
        ("date", "2024年4月", "2026-01-31 のような日付", "type を yearmonth に"),
        ("time", "10:00", "09:00:00 のような時:分:秒", "schema の format に '%H:%M' と書きます"),
        ("time", "9時30分", "09:00:00 のような時:分:秒", "「- parse_time: {column: x}」を加えると"),
        ("time", "25:30", "09:00:00 のような時:分:秒", "翌日の 0:00 や 1:30"),
        ("datetime", "2024/4/1 9:00", "2026-01-31T09:00:00 のような日時", "「- parse_date: {column: x, to: datetime}」を加えると"),
        ("year", "令和6年", "2026 のような西暦の年", "「- parse_date: {column: x, to: year}」を加えると"),
        ("year", "2024年度", "2026 のような西暦の年", "「- parse_date: {column: x, to: fiscal_year}」を加えると"),
        ("yearmonth", "2024年4月", "2026-01 のような年月", "「- parse_date: {column: x, to: month}」を加えると"),
        ("boolean", "○", "true・1 か false・0", "trueValues: ['○'], falseValues: ['×']"),
        ("boolean", "無", "true・1 か false・0", "trueValues: ['有'], falseValues: ['無']"),
        ("boolean", "たぶん", "true・1 か false・0", "trueValues と falseValues に並べるか、手順 map_codes"),
        ("geopoint", "35.1,239.2", "139.7,35.6 のような「経度,緯度」", "239.2,35.1 に直して"),
        ("geopoint", "35.1,139.2", "139.7,35.6 のような「経度,緯度」", "139.2,35.1 に直して"),
        ("array", "a,b", '["a", "b"] のような JSON の一覧', "type を string に"),
    ],
)  # fmt: skip
def test_every_type_is_answered_with_the_step_that_helps(kind: Any, value: str, ja: str, todo: str) -> None:
    (found,) = find([value], SchemaField(name="x", type=kind))
    told = f"a.csv 2 行目 列 x type-error 「{value}」は型 {kind} の値ではありません。書けるのは {ja} です → "
    assert say(found, "ja").startswith(told), say(found, "ja")
    assert todo in say(found, "ja").removeprefix(told), say(found, "ja")


@pytest.mark.parametrize(
    ("field", "value", "ja", "en"),
    [
        (SchemaField(name="x", type="date", format="%Y/%m/%d"), "2024-04-01", "書式 %Y/%m/%d の値（例 2026/01/31）", "a value of the format %Y/%m/%d (such as 2026/01/31)"),
        (SchemaField(name="x", type="time", format="%H:%M"), "1000", "書式 %H:%M の値（例 09:00）", "a value of the format %H:%M (such as 09:00)"),
        (SchemaField(name="x", type="boolean", trueValues=("有",), falseValues=("無",)), "○", "有 か 無", "有 or 無"),
        (SchemaField(name="x", type="boolean", falseValues=("無",)), "有", "true・1 か 無", "true, 1 or 無"),
        (SchemaField(name="x", format="email"), "a", "メールアドレス", "an e-mail address"),
        (SchemaField(name="x", format="uuid"), "a", "UUID", "a UUID"),
        (SchemaField(name="x", format="binary"), "!", "Base64 の文字", "Base64 text"),
    ],
)  # fmt: skip
def test_formats_are_said_with_an_example(field: SchemaField, value: str, ja: str, en: str) -> None:
    (found,) = find([value], field)
    assert f"書けるのは {ja} です" in say(found, "ja")
    assert f", which takes {en} → " in say(found, "en")


@pytest.mark.parametrize("hexadecimal", ["0x1F", "0X1F"])
@pytest.mark.parametrize("count", [1, 5000])
def test_a_hexadecimal_number_is_no_integer_among_however_many(hexadecimal: str, count: int) -> None:
    (found,) = find([*map(str, range(count)), hexadecimal], SchemaField(name="x", type="integer"))
    assert (found.code, found.value, found.place.row) == ("type-error", hexadecimal, count + 2)


def test_an_empty_cell_of_a_key_is_not_called_required() -> None:
    one, two = SchemaField(name="a"), SchemaField(name="b", constraints=Constraints(required=True))
    found = find_in({"a": ["", "x"], "b": ["1", ""]}, one, two, primaryKey=("a",))
    assert [(finding.code, finding.place.row) for finding in found] == [("empty-key", 2), ("required", 3)]
    assert "primaryKey から外します" in say(found[0], "ja") and "drop_rows" in say(found[0], "ja")
    assert "schema の required を消します" in say(found[1], "ja") and "drop_rows" in say(found[1], "ja")


def test_repeated_keys_name_the_values_and_the_earlier_row() -> None:
    a, b = SchemaField(name="a"), SchemaField(name="b")
    rows = {"a": ["x", "y", "x"], "b": ["1", "1", "1"]}
    (found,) = find_in(rows, a, b, primaryKey=("a", "b"))
    assert say(found, "ja").startswith(
        "a.csv 4 行目 primary-key 主キー「a=x, b=1」が重複しています（前は a.csv 2 行目） → "
    )
    assert say(found, "en").startswith('a.csv row 4 primary-key the primary key "a=x, b=1" occurs twice (before in a.csv row 2) → ')  # fmt: skip
    (found,) = find_in(rows, a, b, uniqueKeys=(("a", "b"),))
    assert "「a=x, b=1」が重複しています（前は a.csv 2 行目）" in say(found, "ja")
    (found,) = find(["7", "8", "7"], SchemaField(name="n", constraints=Constraints(unique=True)))
    assert "「7」が二度あります（前は a.csv 2 行目）" in say(found, "ja")


def test_a_lost_reference_names_its_columns() -> None:
    key = ForeignKey(fields=("a",), reference=Reference(fields=("b",)))
    found = find_in(
        {"a": ["1", "2"], "b": ["1", "1"]}, SchemaField(name="a"), SchemaField(name="b"), foreignKeys=(key,)
    )
    assert [say(one, "ja").partition(" → ")[0] for one in found] == [
        "a.csv 3 行目 列 a foreign-key 列 a の「2」は、参照先の表 t の列 b にありません"
    ]


def test_a_key_that_cannot_be_read_is_told_once() -> None:
    field = SchemaField(name="m", type="yearmonth")
    found = find(["1", "2", "1"], field, primaryKey=("m",))
    assert [(one.code, one.place.row) for one in found] == [("type-error", 2), ("type-error", 3), ("type-error", 4)]


@pytest.mark.parametrize(
    ("before", "ja", "en"),
    [("十二", "（元の値「十二」）", ' (in the file: "十二")'), ("12", "", ""), ("", "", "")],
)
def test_a_cell_that_steps_have_changed_is_told_as_the_file_has_it(before: str, ja: str, en: str) -> None:
    field = SchemaField(name="x", type="integer", constraints=Constraints(maximum=10))
    resource = Resource(name="t", title=Text(ja="t"), schema=Schema(fields=(field,)))
    frame = pd.DataFrame({"x": ["12"]}, dtype="str")
    made = make_candidate(resource, frame, lambda row, column: Place("a.csv", row=row + 2, column=column))
    (found,) = check(
        [replace(made, before=lambda row, column: before if (row, column) == (0, "x") else "?")]
    ).report.findings
    assert f"「12」は使えません。schema の maximum で許すのは「10 以下」です{ja} → " in say(found, "ja")
    assert f"values are: 10 or less{en} → " in say(found, "en")
