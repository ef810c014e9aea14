"""The small questions that the rules of machine-readability ask of a text or a heading, one answer after another."""

import pytest

from entaku.audit.rules import judge
from entaku.audit.rules_meaning import compare_forms, find_form, find_wide, is_area_code, is_period, is_unclear_time
from entaku.audit.rules_table import are_same, holds_several, is_number, is_padded

# ---- times -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "texts"),
    [
        ("iso", "2026-04-01|2026-04-01T09:00|2026-04-01 09:00:00.5Z|2026-04-01T09:00+0900"),
        ("jis", "R8.4.1|H30.12.31"), ("nendo", "2026年度|2026 年度計"), ("year", "2026|2026年| 1999 "),
        ("kanji", "2026年4月|2026年4月1日"), ("slash", "2026/4|2026/04/01"), ("dash", "2026-4|2026-4-1"),
        ("code", "2026040100"), ("", "R8.4|令和8年|1899|202604|4月1日|x|"),
    ],
)  # fmt: skip
def test_a_time_has_one_of_the_forms_that_are_allowed(form: str, texts: str) -> None:
    assert [(text, find_form(text)) for text in texts.split("|")] == [(text, form) for text in texts.split("|")]


@pytest.mark.parametrize(
    ("period", "texts"),
    [(True, "2026年|令和8年|令和元年|R8|R8.4|H30年|R8-4|2026-04-01"), (False, "2026|12|x|令和|Room 5|R2D2|")],
)
def test_a_text_is_a_period(period: bool, texts: str) -> None:
    assert [(text, is_period(text)) for text in texts.split("|")] == [(text, period) for text in texts.split("|")]


@pytest.mark.parametrize(
    ("texts", "alone", "beside"),
    [
        ("26/4/1|'26/4/1", True, True), ("令和8年|R8.4|R8年|平成30.|昭和5-| R8年 ", True, False),
        ("2026/4/1|令和8年（2026年）|R8.4.1|2026|8年", False, False),
    ],
)  # fmt: skip
def test_a_year_is_unclear_without_the_western_one(texts: str, alone: bool, beside: bool) -> None:
    for text in texts.split("|"):
        assert (text, is_unclear_time(text), is_unclear_time(text, True)) == (text, alone, beside)


# ---- areas -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "texts"),
    [(True, "01 47 13101 01101 47382 131016 011002 473821"),
     (False, "00 48 48101 00101 131017 131 1310166 482012 000000 1310A 1")],
)  # fmt: skip
def test_codes_of_prefectures_and_municipalities(code: bool, texts: str) -> None:
    assert [(text, is_area_code(text)) for text in texts.split()] == [(text, code) for text in texts.split()]


# ---- headings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headings", "wide"),
    [
        ("県 2020 2021 2022", [1, 2, 3]), ("県 2020 2021", []), ("2020 2021 2022", []), ("県 市 2020 2021", []),
        ("県 人口_4月 人口_5月 人口_6月", [1, 2, 3]), ("県 第1期 第2期 第3期", [1, 2, 3]), ("県 上半期 下半期 R5", [1, 2, 3]),
        ("県 令和元年 令和2年度 H30", [1, 2, 3]), ("県 1Q Q2 前半", [1, 2, 3]), ("県 x月 y年 z", []),
        ("a x1 x2 x3 x4", [1, 2, 3, 4]), ("a x_1 x2 x_3 x4", [1, 2, 3, 4]), ("a x1 x2 x3 b", []), ("x1 x2 x3 x4", []),
        ("a x1 x2 y3 y4", []), ("x1 y1 x2 y2 x3 y3 x4", [0, 2, 4, 6]),
    ],
)  # fmt: skip
def test_columns_that_are_values_of_one_variable(headings: str, wide: list[int]) -> None:
    assert find_wide(headings.split()) == wide


@pytest.mark.parametrize(("count", "wide"), [(100, 0), (101, 101)])
def test_more_than_a_hundred_columns_are_too_many(count: int, wide: int) -> None:
    assert find_wide([f"c{'x' * n}" for n in range(count)]) == list(range(wide))


@pytest.mark.parametrize(
    ("files", "state", "count"),
    [
        ([], "exempt", 0), (["a b"], "exempt", 0), (["a b", "a b"], "passed", 0), (["a b", "b a"], "failed", 1),
        (["a b c d", "a b c d e"], "passed", 0), (["a b c", "a b c d"], "failed", 1),
        (["a b", "c", "c", "a b"], "failed", 2), (["ａ b", "a ｂ"], "passed", 0), (["", ""], "passed", 0),
    ],
)  # fmt: skip
def test_the_columns_of_several_files_stay(files: list[str], state: str, count: int) -> None:
    made = compare_forms([file.split() for file in files])
    assert (made.state, made.count, made.why) == (
        state,
        count,
        {"exempt": "one-file", "failed": "form-changed"}.get(state, ""),
    )


# ---- cells -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "padded", "address"),
    [
        (["a", "a b", "a\n", "①　a", "・　a", "第1条　x", "（1）　a", "ア　x", "1.　a"], False, False),
        ([" a", "a　", "a\t", "a\nb", "a \nb", "a\n\n \nb"], True, True),
        (["a  b", "港　区", "東京都　港区", "区　①　a"], True, False),
    ],
)
def test_spaces_for_looks(texts: list[str], padded: bool, address: bool) -> None:
    for text in texts:
        assert (text, is_padded(text), is_padded(text, True)) == (text, padded, address)


@pytest.mark.parametrize(
    ("texts", "several", "numeric"),
    [
        (["a", "a\n", "a\n \n", "12（3）人", "a、b", "a・b", "1,234", "1,234円", "約1,234.5人", "1,234,567", "a,1"], False, False),
        (["a\nb", "12（3）", " 1（2） ", "a、b、c", "a・b・c", "a,b", "a（x,y）"], True, True),
        (["12,34", "1,a", "1,2345", "1,234,5"], True, False),
    ],
)  # fmt: skip
def test_more_than_one_value_in_a_cell(texts: list[str], several: bool, numeric: bool) -> None:
    for text in texts:
        assert (text, holds_several(text), holds_several(text, True)) == (text, several, numeric)


def test_what_may_stand_in_a_column_of_amounts() -> None:
    for text in ("1", "-1.5", "x", "…", " 2 ", "", "1e5"):
        assert is_number(text), text
    for text in ("1%", "1人", "５", "1,2", "▲1"):
        assert not is_number(text), text
    assert is_number("1%", percent=True) and not is_number("1人", percent=True)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("取組済み", "取組済", True), ("未定", "未定（注）", True), ("未定", "未定※1", True), ("ＡＢ", "AB", True), ("上", "上", True),
        ("実施しない", "実施はしない", True), ("有", "無", False), ("第1", "第2", False), ("上期分", "下期分", False), ("A1", "B1", False),
        ("ア", "イ", False), ("検討中", "廃止", False), ("1号館A", "1号館B", False), ("ABCD", "ABCE", True), ("abc", "abd", False),
    ],
)  # fmt: skip
def test_choices_that_are_one(one: str, other: str, same: bool) -> None:
    assert are_same(one, other) is are_same(other, one) is same


# ---- whole rules -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "body", "state", "count"),
    [
        ("L1-03", "県,a\n1,2\n\n3,4\n\n5,6\n", "failed", 2), ("L1-03", "県,a\n\n1,2\n", "failed", 1), ("L1-03", "県,a,\n1,2,\n3,4,\n", "failed", 1),
        ("L1-03", "県,a,,b\n1,2,,3\n3,4,,5\n", "failed", 1), ("L1-03", "県,a,,b\n1,2,,3\n3,4,x,5\n", "passed", 0),
        ("L1-09", "県,a\nx,0\ny,0\nz,5\nw,\n", "undecided", 1), ("L1-09", "県,a\nx,0\ny,1\nz,5\nw,\n", "passed", 0),
        ("L1-09", "県,a\nx,0\ny,0\nz,5\n", "passed", 0), ("L1-09", "県,a\nx,0\ny,0\nw,\n", "passed", 0),
        ("L2-02", "品,産地,数\nあ,千葉,1\n,神奈川,2\n,埼玉,3\n", "failed", 2), ("L2-02", "品,産地,数\n,千葉,1\nあ,神奈川,2\n", "passed", 0),
        ("L2-02", "品,産地,数\nあ,千葉,1\n〃,神奈川,2\n", "failed", 1), ("L2-02", "数,品\n1,あ\n2,\n", "passed", 0),
        ("L2-02", "品,数,備考\nあ,1,x\nい,2,\n", "passed", 0), ("L2-02", "品,備考\nあ,x\n,y\n", "failed", 1),
        ("L2-05", "a,b\n1,その他（自転車）\n2,その他: 船\n3,その他\n", "failed", 2), ("L2-05", "a,b\n1,その他\n2,徒歩\n", "passed", 0),
        ("L3-05", "年,a\n令和3年,1\n令和4年,2\n", "failed", 2), ("L3-05", "年,西暦,a\n令和3年,2021,1\n令和4年,2022,2\n", "passed", 0),
        ("L3-05", "年,年度,a\n令和3年,2021,1\n令和4年,2022,2\n", "passed", 0), ("L3-05", "県,a\nx,1\n", "exempt", 0),
        ("L3-05", "年齢,a\n3歳,1\n", "exempt", 0), ("L3-05", "x,a\n2021年,1\n2021/4,2\ny,3\n", "failed", 1),
        ("L3-05", "x,a\n2021年,1\ny,2\nz,3\n", "exempt", 0), ("L3-05", "年,a\n,1\n", "exempt", 0),
        ("L3-05", "停留所ID,a\nS1,1\nS2,2\n", "exempt", 0), ("L3-05", "設置年,a\nR3,1\nH30,2\n", "failed", 2),
        ("L3-06", "都道府県,a\n東京,1\n大阪府,2\n", "failed", 1), ("L3-06", "市区町村,a\n港区,1\n立川,2\n計,3\nその他の市,4\n", "failed", 1),
        ("L3-06", "市区町村コード,a\n13103,1\n99,2\n", "failed", 1), ("L3-06", "x,a\n東京,1\n", "exempt", 0),
        ("L3-06", "都道府県,a\n立川,1\n大阪府,2\n", "passed", 0), ("L3-06", "都道府県コード,a\n東京,1\n13,2\n", "failed", 1),
        ("L1-02", "県,a\n1,2\n\nx,y,z\np,q,r\n", "failed", 1), ("L1-04", "題\n県,a\n1,2\n3,4\n注：x\n", "failed", 2),
        ("L1-05", "県,,b\n1,2,3\n4,5,6\n", "failed", 1), ("L1-05", "県,列1,b\n1,2,3\n4,5,6\n", "failed", 1),
        ("L1-05", "Column 2,Unnamed: 3,x\n1,2,3\n4,5,6\n", "failed", 2), ("L2-03", "a,b,a\n1,2,3\n4,5,6\n", "failed", 2),
        ("L2-03", "a,b,,c\n1,2,,3\n4,5,,6\n", "passed", 0), ("L2-01", "県,額\nx,1円\ny,2\nz,3\n", "failed", 1),
        ("L2-01", "住所,a\n1丁目,1\n2丁目,2\n", "passed", 0), ("L2-01", "県,率\nx,1%\ny,2%\nz,3\n", "passed", 0),
        ("L2-01", "年,a\n令和3年,1\n", "passed", 0), ("L2-01", "県,率\nx,1%\ny,2\nz,3\n", "failed", 1),
    ],
)  # fmt: skip
def test_a_rule_on_a_small_table(rule: str, body: str, state: str, count: int) -> None:
    (found,) = [each for each in judge("a.csv", body.encode()).rulings if each.rule == rule]
    assert (found.state, found.count) == (state, count)
    assert len(found.places) == count
