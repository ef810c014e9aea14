import json
from itertools import pairwise

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from entaku.audit.personal import withhold
from entaku.formats.text import list_floors
from entaku.model.grammar import Step
from entaku.model.messages import MASK, say
from entaku.model.nouns import Place
from entaku.table.job import MAX_NOTES
from entaku.table.steps import STEPS, Context, conceal_steps, tidy


def make_step(text: str, line: int = 1) -> Step:
    """A step from its YAML."""
    (step,) = yaml.safe_load(text)
    name, options = (step, {}) if isinstance(step, str) else next(iter(step.items()))
    kind = STEPS[name].options
    parsed = None if kind is None else TypeAdapter(kind).validate_json(json.dumps(options), strict=True)
    return Step(name=name, options=parsed, line=line)


def frame_of(columns: dict[str, list[str]], first: int = 2) -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.array(values, dtype="str") for name, values in columns.items()})
    frame.index = pd.RangeIndex(first, first + len(frame))
    return frame


def do(columns: dict[str, list[str]] | pd.DataFrame, *steps: str, starts: tuple[int, ...] = ()):
    """The columns after `steps`, and the findings as (code, row, column, value)."""
    frame = columns if isinstance(columns, pd.DataFrame) else frame_of(columns)
    made = [make_step(step, n) for n, step in enumerate(steps, 10)]
    result = tidy(
        frame, made, lambda row, column: Place("a.csv", row=row, column=column), Context("p.yaml", starts=starts)
    )
    assert all(dtype == "str" for dtype in result.frame.dtypes)
    assert not result.frame.isna().any().any()
    assert set(result.names) == set(result.frame.columns)
    for finding in result.findings:
        assert "「」" not in say(finding, "ja") and '""' not in say(finding, "en"), "nothing is quoted"
    found = [(f.code, f.place.row or f.place.line, f.place.column, f.value) for f in result.findings]
    return {str(name): result.frame[name].tolist() for name in result.frame.columns}, found


# ---- every step -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STEPS)
def test_every_step_has_words_and_an_example_that_parses(name):
    kind = STEPS[name]
    assert kind.title.ja and kind.title.en and kind.doc.ja and kind.doc.en
    assert make_step(kind.example).name == name
    if kind.options is not None:
        assert TypeAdapter(kind.options).json_schema()


@pytest.mark.parametrize("name", STEPS)
def test_every_step_keeps_an_empty_table_whole(name):
    step = make_step(STEPS[name].example)
    frame = frame_of({column: [] for column in dict.fromkeys(STEPS[name].needs(step.options))} or {"a": []})
    result = tidy(frame, [step], lambda row, column: Place(row=row, column=column))
    assert result.findings == ()
    assert all(dtype == "str" for dtype in result.frame.dtypes)


@pytest.mark.parametrize(
    "text",
    [
        "- drop_rows: {match: {a: '('}}", "- extract: {column: a, pattern: abc}", "- rename: {a: 3}",
        "- sort: {columns: [a], descending: 'yes'}", "- trim: {column: a}", "- melt: {keep: [a]}", "- split: [a]",
        "- check_sums: {value: a, total: {b: 計, c: 計}}", "- select: []", "- map_codes: {column: a, codes: {}}",
    ],
)  # fmt: skip
def test_options_are_strict(text):
    with pytest.raises(ValidationError):
        make_step(text)


def test_a_column_that_is_not_there():
    result = tidy(
        frame_of({"elevator_id": ["1"]}), [make_step("- trim: [elevatorid]", 31)], lambda *_: Place(), Context("p.yaml")
    )
    (finding,) = result.findings
    assert (finding.code, finding.value, finding.place) == ("unknown-column", "elevatorid", Place("p.yaml", line=31))
    assert "elevator_id" in say(finding, "ja")


def test_a_renamed_source_column_is_one_finding_that_names_the_file():
    frame = frame_of({"品名": ["a"], "価格": ["1"], "日": ["x"]})
    steps = [
        "- rename: {品名: item, 値段: price, 日: day}", "- trim: all", "- parse_number: [price]",
        "- copy: {price: yen}", "- drop_rows: {match: {yen: '^$'}}", "- parse_date: {column: day}",
        "- select: [item, yen, day, price]", "- sort: [yen]", "- trim: [nowhere]",
    ]  # fmt: skip
    made = [make_step(step, n) for n, step in enumerate(steps, 10)]
    result = tidy(
        frame, made, lambda row, column: Place("a", row=row, column=column), Context("p.yaml", "https://x.jp/a")
    )
    assert [(f.code, f.value, f.place.line) for f in result.findings] == [
        ("unknown-column", "値段", 10),
        ("unknown-column", "nowhere", 18),
    ]
    assert "https://x.jp/a" in say(result.findings[0], "ja") and "価格" in say(result.findings[0], "ja")
    assert set(result.lost) >= {"price", "yen", "値段"}
    _, found = do({"a": ["1"], "b": ["x"]}, "- parse_number: [nowhere]", "- parse_number: [b]")
    assert [code for code, *_ in found] == ["unknown-column", "not-a-number"]


def test_rows_of_one_file_that_contradict_each_other():
    frame = frame_of({"id": ["1", "2", "1", "2"], "kg": ["600", "750", "9999", "750"]})
    step = make_step("- deduplicate: {by: [id], keep: last}")
    result = tidy(frame, [step], lambda row, column: Place("a.csv", row=row), Context("p.yaml", "a.csv"))
    (finding,) = result.findings
    assert (finding.code, finding.severity, finding.place.row) == ("contradicting-rows", "error", 4)
    assert (finding.value, finding.args["first"], finding.args["differs"]) == ("1", "2", "kg: 600 / 9999")
    assert result.frame["kg"].tolist() == ["9999", "750"]


def test_findings_name_the_raw_column_and_row():
    columns, found = do({"数量": ["1", "x"]}, "- rename: {数量: quantity}", "- parse_number: [quantity]")
    assert found == [("not-a-number", 3, "数量", "x")]
    assert columns == {"quantity": ["1", "x"]}


def test_many_findings_are_counted():
    _, found = do({"a": ["x"] * (MAX_NOTES + 5)}, "- parse_number: [a]")
    assert len(found) == MAX_NOTES + 1
    assert found[-1][0] == "too-many-findings"


def test_findings_of_one_cause_are_counted_together_whatever_they_say_of_their_cells():
    """That a row contradicts another is one cause, though each names another row and other cells."""
    keys = [str(n // 2) for n in range(2 * (MAX_NOTES + 5))]
    frame = frame_of({"id": keys, "kg": [str(n) for n in range(len(keys))]})
    context = Context("p.yaml", file="a.csv")
    result = tidy(
        frame,
        [make_step("- deduplicate: {by: [id]}")],
        lambda row, column: Place("a.csv", row=row, column=column),
        context,
    )
    *told, more = result.findings
    assert [each.code for each in told] == ["contradicting-rows"] * MAX_NOTES
    assert (more.code, more.args["count"], more.args["of"]) == ("too-many-findings", "5", "contradicting-rows")


# ---- columns ----------------------------------------------------------------------------------------------------


def test_names_and_choice_of_columns():
    raw = {"a": ["1"], "b": ["2"], "c": ["3"]}
    assert do(raw, "- rename: {a: b, b: a}") == ({"b": ["1"], "a": ["2"], "c": ["3"]}, [])
    assert do(raw, "- rename: {a: c}")[1] == [("column-exists", 10, "", "c")]
    assert do(raw, "- rename: {a: x, b: x}")[1] == [("column-exists", 10, "", "x")]
    assert do(raw, "- select: [c, a]")[0] == {"c": ["3"], "a": ["1"]}
    assert do(raw, "- drop_columns: b")[0] == {"a": ["1"], "c": ["3"]}


def test_empty_columns():
    raw = {"a": ["1"], "緯度": [""], "column_3": [""], "column_4": ["x"]}
    assert list(do(raw, "- drop_empty_columns")[0]) == ["a", "緯度", "column_4"]
    assert list(do(raw, "- drop_empty_columns: {named: true}")[0]) == ["a", "column_4"]
    assert list(do(raw, "- rename: {column_3: note}", "- drop_empty_columns")[0]) == ["a", "緯度", "column_4"]


def test_columns_made_from_others():
    raw = {"年": ["2024", "2025"], "月": ["4", ""]}
    columns, found = do(
        raw, "- constant: {k: 7}", "- copy: {年: y}", "- combine: {columns: [年, 月], into: id, separator: '-'}"
    )
    assert (columns["k"], columns["y"], columns["id"], found) == (["7", "7"], ["2024", "2025"], ["2024-4", "2025"], [])
    assert do(raw, "- constant: {月: x}")[1] == [("column-exists", 10, "", "月")]


def test_split():
    columns, found = do(
        {"a": ["都内：観光", "", "都内"]}, "- split: {column: a, separator: ：, into: [origin, purpose]}"
    )
    assert (columns["origin"], columns["purpose"]) == (["都内", "", ""], ["観光", "", ""])
    assert found == [("no-match", 4, "a", "都内")]


def test_extract():
    raw = {"駅": ["（A-01）西馬込", "計20駅", ""]}
    step = "- extract: {column: 駅, pattern: '（(?P<code>[A-Z]-[0-9]+)）(?P<name>.+)'}"
    columns, found = do(raw, step)
    assert (columns["code"], columns["name"]) == (["A-01", "", ""], ["西馬込", "", ""])
    assert found == [("no-match", 3, "駅", "計20駅")]
    assert do(raw, step.replace("}", ", optional: true}"))[1] == []


# ---- rows -------------------------------------------------------------------------------------------------------


def test_rows_by_match():
    raw = {"a": ["小計", "x", "y"], "b": ["1", "1", "2"]}
    assert do(raw, "- drop_rows: {match: {a: ^小計$}}")[0]["a"] == ["x", "y"]
    assert do(raw, "- drop_rows: {match: {a: x, b: '1'}}")[0]["a"] == ["小計", "y"]
    assert do(raw, "- drop_rows: {match: {a: 小計, b: '2'}, any: true}")[0]["a"] == ["x"]
    assert do(raw, "- keep_rows: {match: {b: '1'}}")[0]["a"] == ["小計", "x"]


def test_empty_and_repeated_rows():
    raw = {"a": ["x", "　", "x", "x"], "b": ["1", "", "1", "2"]}
    assert do(raw, "- drop_empty_rows")[0]["a"] == ["x", "x", "x"]
    assert do(raw, "- drop_empty_rows: b")[0]["b"] == ["1", "1", "2"]
    assert do(raw, "- distinct")[0]["b"] == ["1", "", "2"]
    assert do(raw, "- deduplicate: [a]")[0]["b"] == ["", "2"]
    assert do(raw, "- deduplicate: {by: a, keep: first}")[0]["b"] == ["1", ""]


def test_filling_down_stops_at_sections_and_at_changes():
    raw = {
        "item": ["大根", "", "", "葱", "", "瓜", ""],
        "method": ["せり", "", "相対", "", "相対", "", "〃"],
    }
    steps = ("- fill_down: item", "- fill_down: {columns: [method], within: [item]}")
    columns, found = do(raw, *steps, starts=(1, 7))
    assert columns["item"] == ["大根", "大根", "大根", "葱", "葱", "瓜", "瓜"]
    assert columns["method"] == ["せり", "せり", "相対", "", "相対", "", "〃"]
    assert found == [("nothing-above", 8, "method", "〃")]
    columns, _ = do({"item": ["大根", "", ""]}, "- fill_down: item", starts=(1, 3))
    assert columns["item"] == ["大根", "", ""]


@given(st.lists(st.sampled_from(["", "a", "b"]), max_size=12), st.sets(st.integers(2, 14)))
def test_filled_cells_equal_the_nearest_above_in_their_section(values, starts):
    columns, _ = do({"a": values}, "- fill_down: a", starts=tuple(sorted(starts)))
    for n, (before, after) in enumerate(zip(values, columns["a"], strict=True)):
        above = [values[m] for m in range(n + 1) if values[m] and not any(m + 2 < s <= n + 2 for s in starts)]
        assert after == (before or (above[-1] if above else ""))


def test_sorting():
    assert do({"a": ["10", "9", "", "-1.5"]}, "- sort: a")[0]["a"] == ["-1.5", "9", "10", ""]
    assert do({"a": ["10", "9", ""]}, "- sort: {columns: a, descending: true}")[0]["a"] == ["10", "9", ""]
    assert do({"a": ["10", "9", "x"]}, "- sort: a")[0]["a"] == ["10", "9", "x"]
    columns, _ = do({"a": ["2", "1", "2"], "b": ["x", "y", "w"], "c": ["1", "2", "3"]}, "- sort: [a, b]")
    assert columns["c"] == ["2", "3", "1"]
    assert [name for name, kind in STEPS.items() if kind.whole] == ["deduplicate", "mark_listed", "sort"]


@given(st.lists(st.tuples(st.integers(-99, 99), st.integers(0, 3)), max_size=10))
def test_sorting_is_stable(pairs):
    columns, _ = do({"k": [str(k) for _, k in pairs], "v": [str(v) for v, _ in pairs]}, "- sort: k")
    assert columns["v"] == [str(v) for v, _ in sorted(pairs, key=lambda pair: pair[1])]


# ---- values -----------------------------------------------------------------------------------------------------


def test_spaces_widths_and_replacements():
    raw = {"a": [" １番線　", "(年点検）", "ｼﾋﾞｯｸ①"]}
    assert do(raw, "- trim: all")[0]["a"][0] == "１番線"
    assert do(raw, "- normalise_width: a")[0]["a"] == [" 1番線 ", "(年点検)", "シビック①"]
    assert do(raw, "- normalise_width: {columns: a, form: key}")[0]["a"][2] == "シビック1"
    step = "- replace: {columns: a, pattern: '[(（]([年月]点検)[)）]', with: '（\\1）'}"
    assert do(raw, step)[0]["a"][1] == "（年点検）"
    assert do(raw, "- replace: {columns: a, values: {'(年点検）': 5}}")[0]["a"][1] == "5"
    assert do(raw, "- replace: {columns: a, pattern: 点, with: '\\3'}")[1][0][0] == "step-failed"


def test_numbers_and_their_missing_marks():
    raw = {"a": ["14,091", "△５", "－", "−", "ー", "", "…", "x"]}
    columns, found = do(raw, "- parse_number: {columns: a, missing: ['-', …]}")
    assert columns["a"] == ["14091", "-5", "", "", "", "", "", "x"]
    assert found == [("not-a-number", 9, "a", "x")]


@pytest.mark.parametrize("value", ["011002", "007", "００７", "0600001", "-05", "00", "001,234"])
def test_a_number_that_would_lose_its_zeros_is_told(value):
    columns, found = do({"code": ["5", value]}, "- parse_number: code")
    assert (columns["code"], found) == (["5", value], [("leading-zeros", 3, "code", value)])
    assert do({"code": [value]}, "- parse_number: {columns: code, leading_zeros: drop}")[1] == []
    assert do({"code": [value]}, f"- parse_number: {{columns: code, missing: '{value}'}}")[0]["code"] == [""]


def test_a_number_is_not_told_a_second_time_without_its_zeros():
    """Findings are published, and the mask of a mobile number knows it by its zero."""
    step = make_step("- parse_number: tel")
    result = tidy(frame_of({"tel": ["09012345678"]}), [step], lambda row, column: Place("a.csv", row=row), Context("p"))
    (finding,) = map(withhold, result.findings)
    assert finding.code == "leading-zeros"
    assert all("9012345678" not in say(finding, language) for language in ("ja", "en"))


@pytest.mark.parametrize(
    ("value", "pattern"),
    [("1,234円", "円$"), ("約100人", "^約|人$"), ("12.5%", "%$"), ("¥1,000", "^¥"), ("5(推計)", "\\(推計\\)$")],
)
def test_a_unit_is_answered_with_the_step_that_takes_it_away(value, pattern):
    frame = frame_of({"a": [value]})
    (finding,) = tidy(frame, [make_step("- parse_number: a")], lambda *_: Place()).findings
    assert (finding.code, finding.args["pattern"]) == ("number-with-text", pattern)
    assert "missing" not in say(finding, "ja") and "replace" in say(finding, "en")
    assert do({"a": [value]}, f"- replace: {{columns: a, pattern: '{pattern}'}}", "- parse_number: a")[1] == []


def test_dates():
    raw = {"d": ["2022/3/3", "令和4年3月3日", "", "平成99年1月1日", "－"]}
    columns, found = do(raw, "- parse_date: {column: d, into: date, missing: '-'}")
    assert columns["date"] == ["2022-03-03", "2022-03-03", "", "平成99年1月1日", ""]
    assert columns["d"] == raw["d"]
    assert found == [("outside-era", 5, "d", "平成99年1月1日")]
    assert do({"y": ["H31R1", "R6"]}, "- parse_date: {column: y, to: year}")[0]["y"] == ["2019", "2024"]
    assert do({"y": ["令和6年度"]}, "- parse_date: {columns: [y], to: fiscal_year}")[0]["y"] == ["2024"]
    assert do({"y": ["R6.4"]}, "- parse_date: {column: y, to: month}")[0]["y"] == ["2024-04"]


def test_moments_serials_and_other_orders():
    moments = {"d": ["2023/2/10 9:00", "令和5年2月10日 午後3時", "2023-02-10T09:00:00+09:00", "", "2023/2/10 24:00"]}
    columns, found = do(moments, "- parse_date: {column: d, to: datetime}")
    assert (columns["d"], found) == (
        ["2023-02-10T09:00:00", "2023-02-10T15:00:00", "2023-02-10T09:00:00+09:00", "", "2023-02-11T00:00:00"],
        [],
    )
    assert do(moments, "- parse_date: {column: d, time: drop}")[0]["d"][:2] == ["2023-02-10", "2023-02-10"]
    serials = {"d": ["45000", "2023/3/15", "61"]}
    assert do(serials, "- parse_date: {column: d, serial: 1900}") == (
        {"d": ["2023-03-15", "2023-03-15", "1900-03-01"]},
        [],
    )
    assert do({"d": ["43538"]}, "- parse_date: {column: d, serial: 1904}")[0]["d"] == ["2023-03-15"]
    assert do({"d": ["45000.375"]}, "- parse_date: {column: d, serial: 1900, to: datetime}")[0]["d"] == [
        "2023-03-15T09:00:00"
    ]
    assert do({"d": ["45000.375"]}, "- parse_date: {column: d, serial: 1900}")[1][0][0] == "date-serial"
    assert do({"d": ["45000"]}, "- parse_date: {column: d, serial: 1900, to: fiscal_year}")[0]["d"] == ["2022"]
    orders = {"d": ["3/4/2024", "2024-03-04", "Mar 4, 2024"]}
    assert do(orders, "- parse_date: {column: d, order: mdy}")[0]["d"] == ["2024-03-04"] * 3
    assert do(orders, "- parse_date: {column: d, order: dmy}")[0]["d"] == ["2024-04-03", "2024-03-04", "2024-03-04"]
    assert do(orders, "- parse_date: {column: d, order: mdy, to: month}")[0]["d"] == ["2024-03"] * 3
    assert do({"d": ["平成30年度４月", "平成30年度2月"]}, "- parse_date: {column: d, to: month}")[0]["d"] == [
        "2018-04",
        "2019-02",
    ]


DAYS = [
    ("令和6年2月30日", "no-such-date"), ("R6/13/1", "no-such-date"), ("2023/2/30", "no-such-date"), ("20230231", "no-such-date"),
    ("令和0年1月1日", "no-such-date"), ("平成32年4月1日", "outside-era"), ("平成31年5月10日", "outside-era"),
    ("昭和64年1月8日", "outside-era"), ("令和元年4月30日", "outside-era"), ("2025年（令和6年）3月31日", "years-differ"),
    ("明治5年12月2日", "old-calendar"), ("2024年3月", "not-a-day"), ("令和6年", "not-a-day"), ("2024年度", "not-a-day"),
    ("3/15/2024", "date-order"), ("15.3.2024", "date-order"), ("45000", "date-serial"), ("2023/2/10 9:00", "date-with-time"),
    ("2023/2/10 25:00", "no-such-time"), ("不明", "not-a-date"), ("5/2/10", "not-a-date"), ("MAR 35, 2024", "not-a-date"),
    ("2024/4/1～2024/4/30", "date-range"), ("令和6年4月1日から", "date-range"), ("4月1日〜4月30日", "date-range"), ("4月1日", "date-without-year"),
    ("4/1", "date-without-year"), ("4月1日(月)", "date-without-year"), ("24/4/1", "date-short-year"), ("24.04.01", "date-short-year"),
    ("090-1234-5678", "not-a-date"), ("約1か月", "not-a-date"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "code"), DAYS)
def test_what_is_wrong_with_a_day_is_said(value, code):
    columns, found = do({"d": [value]}, "- parse_date: d")
    assert (columns["d"], found) == ([value], [(code, 2, "d", value)])


@pytest.mark.parametrize(
    ("to", "value", "code"),
    [
        ("month", "平成32年4月", "outside-era"), ("month", "平成31年5月", "outside-era"), ("month", "R6.13", "no-such-date"),
        ("month", "2024年", "not-a-date"), ("year", "平成32年", "outside-era"), ("year", "H31R2", "years-differ"),
        ("fiscal_year", "平成32年度", "outside-era"), ("fiscal_year", "2024年", "not-a-date"),
        ("datetime", "2023/2/10", "date-without-time"), ("datetime", "2023/2/30 9:00", "no-such-date"),
        ("datetime", "2023/2/10 25:30", "no-such-time"), ("datetime", "平成32年1月1日 9:00", "outside-era"),
        ("datetime", "9:00", "not-a-date"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_month_a_year_or_a_moment_is_said(to, value, code):
    assert do({"d": [value]}, f"- parse_date: {{column: d, to: {to}}}")[1] == [(code, 2, "d", value)]


NUMBERS = [
    ("1～5", "number-range", "手順 split か extract"), ("10-20", "number-range", "手順 split か extract"),
    ("5人から10人", "number-range", "手順 split か extract"), ("(5)", "number-in-brackets", "負の数なら「-\\1」"),
    ("（1,234）", "number-in-brackets", "負の数なら「-\\1」"), ("３千", "number-scaled", "3000 のように"), ("1.2億円", "number-scaled", "「億円」と書いても"),
    ("5百万円", "number-scaled", "3000 のように"), ("100 *", "number-with-text", "columns に d、pattern に「 \\*$」"),
    ("1,234円", "number-with-text", "columns に d、pattern に「円$」"), ("…", "not-a-number", "missing に加えます"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "code", "words"), NUMBERS)
def test_what_is_wrong_with_a_number_is_said_with_what_helps(value, code, words):
    step = make_step("- parse_number: {columns: [d]}")
    (finding,) = tidy(frame_of({"d": [value]}), [step], lambda *_: Place()).findings
    assert (finding.code, finding.value) == (code, value)
    assert words in say(finding, "ja"), say(finding, "ja")


@pytest.mark.parametrize(
    ("value", "step", "made"),
    [
        ("1,234円", "- replace: {columns: [d], pattern: '円$'}", "1234"),
        ("100 *", "- replace: {columns: [d], pattern: ' \\*$'}", "100"),
        ("(5)", "- replace: {columns: [d], pattern: '^[(（](.*)[)）]$', with: '-\\1'}", "-5"),
        ("（5）", "- replace: {columns: [d], pattern: '^[(（](.*)[)）]$', with: '\\1'}", "5"),
    ],
)
def test_the_step_that_is_named_reads_the_number(value, step, made):
    steps = [make_step(step), make_step("- parse_number: {columns: [d]}")]
    done = tidy(frame_of({"d": [value]}), steps, lambda *_: Place())
    assert (done.frame["d"].tolist(), done.findings) == ([made], ())


@pytest.mark.parametrize(("with_", "made"), [("20", "2024-04-01"), ("R", "2042-04-01")])
def test_a_short_year_is_read_with_what_is_put_before_it(with_, made):
    steps = [make_step(f"- replace: {{columns: [d], pattern: '^', with: '{with_}'}}"), make_step("- parse_date: d")]
    done = tidy(frame_of({"d": ["24/4/1"]}), steps, lambda *_: Place())
    assert (done.frame["d"].tolist(), done.findings) == ([made], ())


def test_an_era_that_goes_on_has_a_beginning_only():
    (finding,) = tidy(frame_of({"d": ["令和元年4月30日"]}), [make_step("- parse_date: d")], lambda *_: Place()).findings
    assert say(finding, "ja").startswith("outside-era 「令和元年4月30日」は 令和 の期間（2019-05-01 から）にありません")
    assert "which began on 2019-05-01 (step" in say(finding, "en")


def test_a_heading_further_down_is_found():
    frame = frame_of({"貸出一覧": ["", "図書館", "中央"], "column_2": ["", "冊\n数", "5"]})
    step = make_step("- rename: {図書館: library, 冊数: loans}")
    found = tidy(frame, [step], lambda row, _: Place(row=row)).findings
    row = frame.index[1]
    assert [(one.code, one.value) for one in found] == [("unknown-column", "図書館"), ("unknown-column", "冊数")]
    for one in found:
        assert f"{row} 行目にあります。そこが見出しなら、read に header: {{row: {row}}} と書いてください" in say(
            one, "ja"
        )
        assert f"It is in row {row}." in say(one, "en")


def test_many_findings_of_a_step_are_counted_by_column():
    frame = frame_of({"a": ["x"] * 130, "b": ["y"] * 90 + ["1"] * 40})
    found = tidy(
        frame, [make_step("- parse_number: {columns: [a, b]}")], lambda row, name: Place(row=row, column=name)
    ).findings
    assert sum(one.code == "not-a-number" for one in found) == 104
    assert [(one.place.column, one.args["of"], one.args["count"]) for one in found if one.code == "too-many-findings"] == [
        ("a", "not-a-number", "30"), ("b", "not-a-number", "86"),
    ]  # fmt: skip


def test_the_end_of_an_era_is_named():
    step = make_step("- parse_date: d")
    (finding,) = tidy(frame_of({"d": ["平成32年4月1日"]}), [step], lambda *_: Place()).findings
    assert (
        "2019-04-30" in say(finding, "ja")
        and "令和2年4月1日" in say(finding, "ja")
        and "2019-04-30" in say(finding, "en")
    )


def test_times():
    raw = {"t": ["9:00", "９時３０分", "午後3時", "3:05 PM", "正午", "0930", "", "－", "24:00", "x"]}
    columns, found = do(raw, "- parse_time: {column: t, missing: '-'}")
    assert columns["t"] == [
        "09:00:00",
        "09:30:00",
        "15:00:00",
        "15:05:00",
        "12:00:00",
        "09:30:00",
        "",
        "",
        "24:00",
        "x",
    ]
    assert found == [("no-such-time", 10, "t", "24:00"), ("not-a-time", 11, "t", "x")]
    assert do({"t": ["0.375", "9:00"]}, "- parse_time: {column: t, serial: true, into: u}")[0]["u"] == ["09:00:00"] * 2
    assert do({"t": ["0.375"]}, "- parse_time: t")[1] == [("not-a-time", 2, "t", "0.375")]


def test_codes():
    raw = {"sex": ["男性", "女性", "", "？"]}
    step = "- map_codes: {column: sex, into: code, codes: {男性: male, 女性: 2}%s}"
    columns, found = do(raw, step % "")
    assert columns["code"] == ["male", "2", "", "？"]
    assert found == [("no-such-code", 5, "sex", "？")]
    assert do(raw, step % ", else: empty") == ({**raw, "code": ["male", "2", "", ""]}, [])
    assert do(raw, step % ", else: keep") == ({**raw, "code": ["male", "2", "", "？"]}, [])


@pytest.mark.parametrize(
    ("text", "floors"),
    [
        ("1F～B1F", '["1F","B1F"]'), ("B1F～1F", '["1F","B1F"]'), ("B1F～B1F", '["B1F"]'),
        ("B3F～B1F～B2F", '["B1F","B2F","B3F"]'), ("1F〜BM1F", '["1F","BM1F"]'), ("B1F、BM1F、1F", '["1F","BM1F","B1F"]'),
        ("２Ｆ－M2F-1F", '["2F","M2F","1F"]'), ("RF～10F", '["RF","10F"]'), ("B2F～BM2F～B1F", '["B1F","BM2F","B2F"]'),
        ("", ""), ("1F～改札", None), ("B0F", None), ("1F～", None),
    ],
)  # fmt: skip
def test_floors(text, floors):
    assert list_floors(text) == floors


def test_unreadable_floors_have_their_place():
    columns, found = do({"停止階": ["1F～B1F", "地上"]}, "- parse_floors: {column: 停止階, into: floors}")
    assert columns["floors"] == ['["1F","B1F"]', ""]
    assert found == [("no-match", 3, "停止階", "地上")]


# ---- shape ------------------------------------------------------------------------------------------------------

SURVEY = {
    "国": ["全体", "韓国", "ロシア"],
    "男性": ["47.7", "48.8", "43.5"],
    "女性": ["45.8", "47.3", "54.3"],
    "無回答": ["6.4", "3.9", "2.1"],
    "合計": ["100.0", "100.0", "100.5"],
}
MELT = "- melt: {keep: 国, names_to: sex, values_to: share}"


def test_melting_keeps_the_row_of_the_source():
    result = tidy(frame_of(SURVEY), [make_step(MELT)], lambda *_: Place())
    assert list(result.frame.index) == [2] * 4 + [3] * 4 + [4] * 4
    assert result.frame.iloc[5].tolist() == ["韓国", "女性", "47.3"]
    assert do(SURVEY, "- melt: {keep: 国, columns: [男性], names_to: 国, values_to: v}")[1][0][0] == "column-exists"


def test_pivoting_undoes_melting():
    columns, found = do(SURVEY, MELT, "- pivot: {keep: 国, names_from: sex, values_from: share}")
    assert (columns, found) == (SURVEY, [])


def test_two_values_for_one_place():
    raw = {"k": ["a", "a"], "n": ["x", "x"], "v": ["1", "2"]}
    columns, found = do(raw, "- pivot: {keep: k, names_from: n, values_from: v}")
    assert (columns, found) == ({"k": ["a"], "x": ["1"]}, [("pivot-conflict", 3, "v", "2")])


def test_steps_that_are_no_more_are_shown_as_they_were_written():
    assert conceal_steps([("gone", {"a": "b"}), ("trim", ["a"])]) == [("gone", {"a": "b"}), ("trim", ["a"])]


def test_a_name_that_is_given_to_a_column_only_to_drop_it_is_not_shown():
    rename, drop = ("rename", {"秘密": "a", "題": "b"}), ("drop_columns", ["a"])
    dropped = ("drop_columns", [MASK])
    assert conceal_steps([rename, drop]) == [("rename", {MASK: MASK, "題": "b"}), dropped]
    assert conceal_steps([rename, ("trim", ["a"]), drop]) == [rename, ("trim", ["a"]), dropped]


def test_columns_that_must_agree():
    raw = {"day": ["2026-06-26", "2026-06-25", "2026-06-25"], "date": ["2026-06-26"] * 3}
    assert do(raw, "- agree: {column: day, with: date}") == (raw, [("disagree", 3, "day", "2026-06-25")])


def test_a_difference_may_be_a_warning():
    step = make_step("- agree: {column: a, with: b, severity: warning}")
    (finding,) = tidy(frame_of({"a": ["1"], "b": ["2"]}), [step], lambda *_: Place()).findings
    assert (finding.code, finding.severity) == ("disagree", "warning")


def test_sums_within_and_beyond_rounding():
    sums = "- check_sums: {value: share, total: {sex: 合計}, by: 国, tolerance: 0.1}"
    _, found = do(SURVEY, MELT, sums)
    assert found == [("sum-rounded", 2, "share", "100.0"), ("sum-differs", 4, "share", "100.5")]
    result = tidy(frame_of(SURVEY), [make_step(MELT), make_step(sums)], lambda *_: Place())
    assert [(f.severity, f.args["sum"], f.args["difference"], f.args["group"]) for f in result.findings] == [
        ("notice", "99.9", "+0.1", "国=全体"), ("error", "99.9", "+0.6", "国=ロシア"),
    ]  # fmt: skip


def test_sums_that_cannot_be_compared_are_passed_over():
    raw = {"k": ["a", "a", "合計", "b", "b"], "g": ["1", "1", "1", "2", "2"], "v": ["1", "", "9", "1", "2"]}
    assert do(raw, "- check_sums: {value: v, total: {k: 合計}, by: g}")[1] == []
    assert do(raw, "- check_sums: {value: v, total: {k: 合計}, by: g, parts: a}")[1] == []
    raw["v"] = ["1", "7", "9", "1", "2"]
    assert do(raw, "- check_sums: {value: v, total: {k: 合計}, by: g}")[1] == [("sum-differs", 4, "v", "9")]


def test_subtotals_of_one_name_are_compared_with_the_rows_above():
    raw = {"k": ["a", "b", "小計", "c", "d", "小計"], "v": ["1", "2", "3", "4", "", "4"]}
    step = "- check_sums: {value: v, total: {k: 小計}, above: true"
    assert do(raw, step + "}")[1] == []
    assert do(raw, step + ", empty: zero}")[1] == []
    raw["v"] = ["1", "2", "4", "4", "", "5"]
    assert do(raw, step + "}")[1] == [("sum-differs", 4, "v", "4")]
    assert do(raw, step + ", empty: zero}")[1] == [("sum-differs", 4, "v", "4"), ("sum-differs", 7, "v", "5")]


# ---- together ---------------------------------------------------------------------------------------------------


def test_quantities_of_a_market_report_stand_once_for_each_method():
    raw = {
        "品名": ["ぶどう", "", "", "メロン", ""],
        "販売方法": ["相対", "", "せり・入札", "相対", ""],
        "卸売数量": ["12587", "", "114", "3,800", ""],
        "産地": ["各地", "山梨", "大阪", "各地", "茨城"],
        "高値(円)": ["5400", "－", "432", "－", "3672"],
    }
    columns, found = do(
        raw,
        "- fill_down: 品名",
        "- fill_down: {columns: [販売方法], within: [品名]}",
        "- fill_down: {columns: [卸売数量], within: [品名, 販売方法]}",
        "- parse_number: [卸売数量]",
        "- select: [品名, 販売方法, 卸売数量]",
        "- distinct",
        starts=(1,),
    )
    assert found == []
    assert list(zip(*columns.values(), strict=True)) == [
        ("ぶどう", "相対", "12587"), ("ぶどう", "せり・入札", "114"), ("メロン", "相対", "3800"),
    ]  # fmt: skip


@given(st.lists(st.sampled_from(["a", "b", "", "〃", "1", "－"]), min_size=1, max_size=6))
def test_labels_stay_in_order_and_in_the_source(values):
    frame = frame_of({"a": values, "b": values})
    for name in ("drop_empty_rows", "distinct", "trim"):
        result = tidy(frame, [make_step(f"- {name}")], lambda *_: Place())
        assert set(result.frame.index) <= set(frame.index)
        assert all(before < after for before, after in pairwise(result.frame.index))


# ---- dates of parts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "cells", "made"),
    [
        ({}, ("2026", "4"), "2026-04"),
        ({}, ("令和８年", "４月"), "2026-04"),
        ({}, ("R8", "12"), "2026-12"),
        ({}, ("令和7年度", "3月"), "2026-03"),
        ({"fiscal": True}, ("2025", "3"), "2026-03"),
        ({"fiscal": True}, ("2025年度", "4月"), "2025-04"),
        ({"fiscal": True}, ("H31", "5"), "2019-05"),
        ({}, ("", ""), ""),
        ({"day": "d"}, ("2024", "2", "29"), "2024-02-29"),
        ({"day": "d"}, ("令和6年", "2月", "29日"), "2024-02-29"),
        ({"day": "d", "fiscal": True}, ("2023", "2", "29"), "2024-02-29"),
    ],
)
def test_dates_are_made_of_parts(options, cells, made):
    columns = {name: [cell] for name, cell in zip("ymd", cells, strict=False)}
    step = yaml.safe_dump([{"make_date": {"year": "y", "month": "m", "into": "of", **options}}])
    assert do(columns, step) == ({**columns, "of": [made]}, [])


@pytest.mark.parametrize(
    ("cells", "code", "value"),
    [
        (("2023", "2", "29"), "no-such-date", "2023年2月29日"),
        (("平成31", "5", "1"), "outside-era", "平成31年5月1日"),
        (("", "4", "1"), "not-a-date", "年4月1日"),
        (("2026", "春", "1"), "not-a-date", "2026年春月1日"),
    ],
)
def test_parts_that_are_no_date_are_told(cells, code, value):
    columns = {name: [cell] for name, cell in zip("ymd", cells, strict=True)}
    made, found = do(columns, "- make_date: {year: y, month: m, day: d, into: of}")
    assert made["of"] == [""] and found == [(code, 2, "m", value)]
