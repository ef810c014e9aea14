"""Breaches of a schema → findings, each with the place of its cell in the raw file."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from entaku.check.breaches import (
    BlankRow,
    Breach,
    EmptyKey,
    LostReference,
    OtherError,
    RepeatedKey,
    RepeatedUniqueKey,
    RepeatedValue,
    WrongCell,
)
from entaku.check.candidate import Candidate
from entaku.check.field_types import FIELD_TYPES
from entaku.check.named import NAMED
from entaku.check.schema import NotCastableError, describe_field
from entaku.formats import dates, text, times
from entaku.model.hints import guess_meant, hint
from entaku.model.nouns import Finding, Place
from entaku.model.table_schema import SchemaField
from entaku.model.words import Text, say_pattern


def describe_breaches(candidate: Candidate, breaches: Iterable[Breach]) -> Iterator[Finding]:
    """Yield a finding for each breach, with the cell's text before tidying."""
    empty, keys = 0, candidate.resource.schema.primaryKey
    for breach in breaches:
        name = _find_name(candidate, breach)
        if isinstance(breach, WrongCell) and breach.rule in ("required", "type") and name in keys:
            empty = breach.row
        if isinstance(breach, EmptyKey | RepeatedKey) and breach.row == empty:
            continue  # the cell that is no value is told
        place = candidate.locate(breach.row - 2, name) if breach.row else Place(file=candidate.resource.name)
        finding = _describe(candidate, breach, place)
        before = candidate.before(breach.row - 2, name) if breach.row and name else ""
        if before not in ("", finding.value):
            finding = replace(finding, args={**finding.args, "before": before})
        yield finding


def _find_name(candidate: Candidate, breach: Breach) -> str:
    """Return the column of a breach, "" for a whole row."""
    match breach:
        case WrongCell(column=column) | RepeatedValue(column=column):
            return candidate.resource.schema.fields[column].name
        case OtherError(name=name) | LostReference(names=(name,)):
            return name
    return ""


def _describe(candidate: Candidate, breach: Breach, place: Place) -> Finding:
    schema = candidate.resource.schema
    match breach:
        case WrongCell(rule="type"):
            return describe_type(schema.fields[breach.column], place, breach.cells[breach.column])
        case WrongCell(rule="required"):
            keyed = not schema.fields[breach.column].constraints.required
            return Finding("empty-key" if keyed else "required", "error", place)
        case WrongCell():
            return _describe_constraint(schema.fields[breach.column], breach, place)
        case RepeatedValue():
            return Finding("unique-error", "error", place, breach.value, _say_where(candidate, breach.earlier))
        case EmptyKey():
            return Finding("empty-key", "error", place)
        case RepeatedKey():
            value = _show_key(candidate, breach, schema.primaryKey)
            return Finding("primary-key", "error", place, value, _say_where(candidate, breach.earlier))
        case RepeatedUniqueKey():
            value = _show_key(candidate, breach, breach.names)
            return Finding("unique-key", "error", place, value, _say_where(candidate, breach.earlier))
        case LostReference():
            missing = ", ".join(value or "" for value in breach.values)
            args = {"columns": ", ".join(breach.names), "other": breach.resource or candidate.resource.name}
            return Finding("foreign-key", "error", place, missing, {**args, "others": ", ".join(breach.others)})
        case BlankRow():
            return Finding("blank-row", "error", place)
        case OtherError():
            return Finding("check-error", "error", place, breach.cell, {"why": breach.message})
    raise TypeError(breach)


def describe_unfit(field: SchemaField, place: Place, error: NotCastableError) -> Finding:
    """Return the finding for a valid value that Parquet can't hold in its column."""
    args: dict[str, str] = {"type": field.type}
    if error.why == "beyond-type":
        args["reach"] = FIELD_TYPES[field.type].reach
    return Finding(error.why, "error", place, error.value, args)


def _show_key(candidate: Candidate, breach: Breach, names: Iterable[str]) -> str:
    schema = candidate.resource.schema
    cells = dict(zip((field.name for field in schema.fields), breach.cells, strict=True))
    return ", ".join(f"{name}={cells[name]}" for name in names)


def _say_where(candidate: Candidate, row: int) -> dict[str, str]:
    """Name the place of an earlier row in the raw file: the args `why_ja` and `why_en`."""
    before = candidate.locate(row - 2, "")
    sheet = f"{before.sheet} " if before.sheet else ""
    return {
        "first": str(before.row or row),
        "why_ja": f"{before.file} {sheet}{before.row or row} 行目",
        "why_en": f"{before.file} {sheet}row {before.row or row}",
    }


# ---- constraints in words -------------------------------------------------------------------------------------------

_RULES: Mapping[str, tuple[str, str]] = {
    "minimum": ("{} 以上", "{} or more"),
    "maximum": ("{} 以下", "{} or less"),
    "exclusiveMinimum": ("{} より大きい", "more than {}"),
    "exclusiveMaximum": ("{} より小さい", "less than {}"),
    "minLength": ("{} 文字以上", "{} or more characters long"),
    "maxLength": ("{} 文字以下", "at most {} characters long"),
    "enum": ("次のどれか（{}）", "one of: {}"),
    "categories": ("次のどれか（{}）", "one of: {}"),
}
_TIMES = {
    "minimum": ("{} 以後", "{} or later"),
    "maximum": ("{} 以前", "{} or earlier"),
    "exclusiveMinimum": ("{} より後", "after {}"),
    "exclusiveMaximum": ("{} より前", "before {}"),
}
_ITEMS = {"minLength": ("{} 個以上", "{} items or more"), "maxLength": ("{} 個以下", "{} items or fewer")}


def say_rule(field: SchemaField, name: str, note: str = "") -> Text:
    """Say a constraint of a field in words: 1000 以下."""
    wanted = getattr(field.constraints, name, None) or (field.categories if name == "categories" else None)
    named = NAMED.get(field.format)
    if named and not wanted and name in ("pattern", *(named.bounds or ())):
        return Text(ja=f"{named.title.ja}：{named.note.ja}", en=f"{named.title.en}: {named.note.en}")
    if name == "pattern":
        return say_pattern(str(wanted))
    words = _TIMES.get(name) if field.type in ("date", "time", "datetime", "year", "yearmonth") else None
    words = words or (_ITEMS.get(name) if field.type in ("array", "list", "object") else None) or _RULES.get(name)
    if words is None:
        return Text(ja=f"{name}「{note}」", en=f'{name} "{note}"')
    listed = ", ".join(map(str, wanted)) if isinstance(wanted, tuple) else str(0 if wanted is None else wanted)
    return Text(ja=words[0].format(listed), en=words[1].format(listed))


def _describe_constraint(field: SchemaField, breach: WrongCell, place: Place) -> Finding:
    value, constraints = breach.cells[breach.column], field.constraints
    allowed = describe_field(field).get("constraints", {}).get(breach.rule, breach.note)
    rule = say_rule(field, breach.rule, str(allowed))
    args = {"constraint": breach.rule, "rule_ja": rule.ja, "rule_en": rule.en, "hint_ja": "", "hint_en": ""}
    if breach.rule in ("enum", "categories"):
        listed = list(map(str, constraints.enum if breach.rule == "enum" else field.categories))
        args |= {key: words for key, words in hint(value, listed).items() if key != "allowed"}
    elif field.format in NAMED and not getattr(constraints, breach.rule, None):
        args |= {"constraint": "format", **_guess_named(field, value)}
    elif breach.rule == "pattern":
        args |= guess_meant(value, constraints.pattern)
    return Finding("constraint-error", "error", place, value, args)


def _guess_named(field: SchemaField, value: str) -> dict[str, str]:
    """Make the hint what was meant by a value that hasn't the form of its format."""
    meant = NAMED[field.format].guess(value)
    if meant:
        return {"hint_ja": f"「{meant}」のことですか？ ", "hint_en": f'Did you mean "{meant}"? '}
    other = {"latitude": "longitude", "longitude": "latitude"}.get(field.format)
    bounds = NAMED[other].bounds if other else None
    number = text.to_decimal(value)
    if bounds and number is not None and bounds["minimum"] <= number <= bounds["maximum"]:
        return {"hint_ja": "緯度と経度が逆ではありませんか？ ", "hint_en": "Are latitude and longitude swapped? "}
    return {}


# ---- types in words -------------------------------------------------------------------------------------------------

_FORMS: Mapping[str, tuple[str, str]] = {
    "integer": ("1234 のような、カンマも単位もない整数", "a whole number such as 1234, without commas or a unit"),
    "number": ("1234.5 のような、カンマも単位もない数", "a number such as 1234.5, without commas or a unit"),
    "date": ("2026-01-31 のような日付", "a date such as 2026-01-31"),
    "time": ("09:00:00 のような時:分:秒", "hours, minutes and seconds such as 09:00:00"),
    "datetime": ("2026-01-31T09:00:00 のような日時", "a date and time such as 2026-01-31T09:00:00"),
    "year": ("2026 のような西暦の年", "a year such as 2026"),
    "yearmonth": ("2026-01 のような年月", "a year and month such as 2026-01"),
    "duration": ("P1D（1 日）のような期間", "a duration such as P1D (one day)"),
    "object": ('{"a": 1} のような JSON の組', 'a JSON object such as {"a": 1}'),
    "array": ('["a", "b"] のような JSON の一覧', 'a JSON array such as ["a", "b"]'),
    "list": ("a,b のような一覧", "a list such as a,b"),
    "geopoint": ("139.7,35.6 のような「経度,緯度」", "longitude and latitude such as 139.7,35.6"),
    "geojson": ("GeoJSON", "GeoJSON"),
}
_STRINGS = {
    "email": ("メールアドレス", "an e-mail address"),
    "uri": ("https://… のようなアドレス", "an address such as https://…"),
    "uuid": ("UUID", "a UUID"),
    "binary": ("Base64 の文字", "Base64 text"),
}


def _say_form(field: SchemaField) -> tuple[str, str]:
    """Say what the values of a field's type and format look like."""
    if field.type == "boolean":
        true, false = field.trueValues or ("true", "1"), field.falseValues or ("false", "0")
        return f"{'・'.join(true)} か {'・'.join(false)}", f"{', '.join(true)} or {', '.join(false)}"
    if field.format in NAMED:
        named = NAMED[field.format]
        return f"{named.title.ja}（例 {named.example}）", f"{named.title.en}, such as {named.example}"
    if "%" in field.format:
        example = datetime(2026, 1, 31, 9, tzinfo=UTC).strftime(field.format)
        return f"書式 {field.format} の値（例 {example}）", f"a value of the format {field.format} (such as {example})"
    if field.type == "string" and field.format in _STRINGS:
        return _STRINGS[field.format]
    if field.type == "geopoint" and field.format != "default":
        return f"書式 {field.format} の経度と緯度", f"longitude and latitude of the format {field.format}"
    return _FORMS.get(field.type, (f"型 {field.type} の値", f"a value of type {field.type}"))


def describe_type(field: SchemaField, place: Place, value: str) -> Finding:
    """Return the finding for a cell that is no value of its field's type: what it allows, and the step that helps."""
    ja, en = _say_form(field)
    todo = (_REMEDIES.get(field.type, _mend_other))(field, value)
    if field.format in NAMED and (meant := NAMED[field.format].guess(value)):
        todo = Text(
            ja=f"「{meant}」のことですか？ 元の値を直してください。", en=f'Did you mean "{meant}"? Correct the value.'
        )
    args = {"type": field.type, "rule_ja": ja, "rule_en": en, "todo_ja": todo.ja, "todo_en": todo.en}
    return Finding("type-error", "error", place, value, args)


_OTHERWISE = Text(
    ja="元の値を直すか、文字のまま公開するなら schema の type を string にしてください。",
    en="Correct the value. To publish the column as text, set its type in schema to string.",
)


def _use_step(step: str, options: str) -> Text:
    """Name the step that reads the value."""
    return Text(
        ja=f"tidy の終わりに「- {step}: {{{options}}}」を加えると読めます。",
        en=f'Add "- {step}: {{{options}}}" at the end of tidy; it reads this value.',
    )


def _mend_number(field: SchemaField, value: str) -> Text:
    number = text.parse_number(value)
    around = text.find_unit(value)
    if number is not None and "." in number and field.type == "integer":
        return Text(
            ja="小数が正しければ、schema の type を number にしてください。",
            en="If the fraction is right, set the type in schema to number.",
        )
    if number is not None:
        return _use_step("parse_number", f"columns: [{field.name}]")
    if around is not None:
        unit = "".join(around).strip()
        return Text(
            ja=f"手順 replace（columns: [{field.name}]、pattern に「{unit}」）で数のほかの文字を除き、そのあとに parse_number を加えます。単位は列の unit に書きます。",
            en=f'Remove the other text with the step replace (columns: [{field.name}], pattern "{unit}"), then add '
            "parse_number. Write the unit in the column's unit.",
        )
    if len(value) <= 3:
        return Text(
            ja=f"「{value}」が値なしの印なら、手順 parse_number の missing に加えてください。そうでなければ元の値を直します。",
            en=f'If "{value}" is a mark for no value, add it to the option missing of the step parse_number. Otherwise '
            "correct the value.",
        )
    return _OTHERWISE


def _mend_day(field: SchemaField, value: str) -> Text:
    """Name the options with which parse_date reads a day, or say why it doesn't."""
    name = field.name
    if times.parse_day(value):
        return _use_step("parse_date", f"column: {name}")
    code, args = times.explain_day(value)
    if code == "no-such-date":
        return Text(
            ja="暦にない日です。元の値を確かめて直してください。",
            en="There is no such day in the calendar. Check the value and correct it.",
        )
    order = args.get("orders", "mdy").partition(",")[0]
    steps = {
        "date-order": f"column: {name}, order: {order}",
        "date-serial": f"column: {name}, serial: 1900",
        "date-with-time": f"column: {name}, time: drop",
    }
    if code in steps:
        return _use_step("parse_date", steps[code])
    if code == "not-a-day":
        return Text(
            ja="日までない値です。月なら type を yearmonth に、年なら year にして、手順 parse_date の to に month か year と書きます。",
            en="It is not a day. For months set the type to yearmonth, for years to year, and set to of the step "
            "parse_date to month or year.",
        )
    return _OTHERWISE


def _mend_with(step: str, options: str, *parsers: Callable[[str], object]) -> Callable[[SchemaField, str], Text]:
    def mend(field: SchemaField, value: str) -> Text:
        if any(parse(value) is not None for parse in parsers):
            return _use_step(step, f"column: {field.name}{options}")
        return _OTHERWISE

    return mend


def _mend_time(field: SchemaField, value: str) -> Text:
    step = _mend_with("parse_time", "", times.parse_time)(field, value)
    if step is not _OTHERWISE and re.fullmatch("[0-9]{2}:[0-9]{2}", value):
        return Text(
            ja=f"{step.ja}この形のまま公開するなら、schema の format に '%H:%M' と書きます。",
            en=f"{step.en} To publish it in this form, write '%H:%M' as format in schema.",
        )
    if times.read_time(value) is not None and step is _OTHERWISE:
        return Text(
            ja="一日の時刻にありません。24:00 や 25:30 は翌日の 0:00 や 1:30 に直すか、type を string にしてください。",
            en="It is no time of a day. Write 24:00 and 25:30 as 0:00 and 1:30 of the next day, or set the type to string.",
        )
    return step


def _mend_year(field: SchemaField, value: str) -> Text:
    fiscal = dates.parse_year(value) is None and dates.parse_fiscal_year(value) is not None
    parse = dates.parse_fiscal_year if fiscal else dates.parse_year
    return _mend_with("parse_date", f", to: {'fiscal_year' if fiscal else 'year'}", parse)(field, value)


_TRUE = ("○", "〇", "◯", "有", "はい", "あり", "可", "Yes", "YES", "yes", "Y")
_FALSE = ("×", "✕", "✗", "無", "いいえ", "なし", "不可", "No", "NO", "no", "N")


def _mend_boolean(_field: SchemaField, value: str) -> Text:
    for mine, others in ((_TRUE, _FALSE), (_FALSE, _TRUE)):
        if value in mine:
            pair = value, others[mine.index(value)]
            true, false = pair if mine is _TRUE else pair[::-1]
            keys = f"trueValues: ['{true}'], falseValues: ['{false}']"
            return Text(
                ja=f"schema のこの列に {keys} と書くと読めます（ほかの書き方もあれば並べます）。",
                en=f"Write {keys} for this column in schema; add other spellings if there are any.",
            )
    return Text(
        ja="この列で使う書き方を、schema の trueValues と falseValues に並べるか、手順 map_codes で true か false に置き換えてください。",
        en="List the spellings of this column in trueValues and falseValues of schema, or replace them by true or false "
        "(step map_codes).",
    )


def _mend_point(_field: SchemaField, value: str) -> Text:
    parts = [part.strip() for part in value.split(",")]
    if len(parts) == 2 and text.to_decimal(parts[0]) is not None and text.to_decimal(parts[1]) is not None:
        return Text(
            ja=f"経度が先です。緯度,経度 の順なら {parts[1]},{parts[0]} に直してください（手順 split と combine で入れ替えられます）。",
            en=f"The longitude comes first. If the latitude does here, write {parts[1]},{parts[0]} (the steps split and "
            "combine can swap them).",
        )
    return _OTHERWISE


def _mend_other(_field: SchemaField, _value: str) -> Text:
    return _OTHERWISE


_REMEDIES: Mapping[str, Callable[[SchemaField, str], Text]] = {
    "integer": _mend_number,
    "number": _mend_number,
    "date": _mend_day,
    "time": _mend_time,
    "datetime": _mend_with("parse_date", ", to: datetime", times.parse_moment),
    "year": _mend_year,
    "yearmonth": _mend_with("parse_date", ", to: month", dates.parse_month),
    "boolean": _mend_boolean,
    "geopoint": _mend_point,
}
