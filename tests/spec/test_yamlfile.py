import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from entaku.model.messages import say
from entaku.spec.yaml import MAX_BYTES, parse_yaml


def codes(text: str | bytes) -> list[tuple[int | None, str]]:
    _, findings = parse_yaml(text, "x.yaml")
    return [(finding.place.line, finding.code) for finding in findings]


def test_values_and_lines() -> None:
    document, findings = parse_yaml("a: 1\nb:\n  - {c: x, d: 2.5}\n  - true\ne:\n", "x.yaml")
    assert not findings
    assert document is not None
    assert document.value == {"a": 1, "b": [{"c": "x", "d": 2.5}, True], "e": None}
    assert document.lines[("b", 0, "d")] == 3
    assert document.line(("b", 1, "nowhere")) == 4


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1\nb: 2\na: 3\n", [(3, "yaml-duplicate-key")]),
        ("a:\n\tb: 1\n", [(2, "yaml-tab")]),
        ("a: no\nb: [Yes, on]\n", [(1, "yaml-ambiguous"), (2, "yaml-ambiguous"), (2, "yaml-ambiguous")]),
        ("a: 011002\n", [(1, "yaml-ambiguous")]),
        ("a: 0o17\nb: 0x1F\nc: 1_000\nd: 12:30\n", [(n, "yaml-ambiguous") for n in (1, 2, 3, 4)]),
        ("a: TRUE\nb: Null\nc: .inf\n", [(n, "yaml-ambiguous") for n in (1, 2, 3)]),
        ("a: &x 1\nb:\n  - *x\n", [(1, "yaml-forbidden"), (3, "yaml-forbidden")]),
        ("a: !!python/object/apply:os.system [echo]\n", [(1, "yaml-forbidden")]),
        ("? [a, b]\n: 1\n", [(1, "yaml-forbidden")]),
        ("a: 1\n---\nb: 2\n", [(2, "yaml-forbidden")]),
        ('a: 1\nb: "open\nc: 2\n', [(2, "yaml-syntax")]),
        ("a: b: c\n", [(1, "yaml-syntax")]),
        ("a: 1\n  b: 2\n", [(2, "yaml-indent")]),
        (b"a: \xff\n", [(1, "yaml-encoding")]),
        ("a: " + "[" * 60 + "]" * 60, [(1, "yaml-limit")]),
        ("x" * (MAX_BYTES + 1), [(1, "yaml-limit")]),
    ],
)
def test_what_surprises_people_is_refused(text: str | bytes, found: list[tuple[int, str]]) -> None:
    assert codes(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1\ntitle：x\nb: 2\n", (2, "yaml-colon", "title：x")),
        ("a: 1\ntitle:x\n\n# more\nb: 2\n", (2, "yaml-colon", "title:x")),
        ("a: 1\ntitle:\u3000x\nb: 2\n", (2, "yaml-wide-space", "title:\u3000x")),
        ("a:\n  - name：x\n    title: y\n", (2, "yaml-colon", "- name：x")),
        ("a:\n  b：\n    c: 1\n", (2, "yaml-colon", "b：")),
        ("a: 1\nb：2\n", (2, "yaml-colon", "b：2")),
        ("title：x\nb：y\n", (1, "yaml-colon", "title：x")),
        ("a:\n  - {x：1}\n", (2, "yaml-colon", "x：1")),
        ("a: 1\n\u3000b: 2\n", (2, "yaml-wide-space", "\u3000b: …")),
        ("a: 1\nb: x\0y\n", (2, "yaml-character", "U+0000")),
        (b"a: 1\r\nb: x\x07y\r\n", (2, "yaml-character", "U+0007")),
        ("a: \ud800\n", (1, "yaml-character", "U+D800")),
        ("a: 1\nb: 東\u200b京\n", (2, "yaml-character", "U+200B")),
        ("a: 1\nb\ufeff: x\n", (2, "yaml-character", "U+FEFF")),
        ("a: 説\u202e明\n", (1, "yaml-character", "U+202E")),
        ("a: 1\n\u00a0b: 2\n", (2, "yaml-character", "U+00A0")),
        ("a:\n  -\u2003x\n", (2, "yaml-character", "U+2003")),
        ("a: 1\ntitle: 駅\n".encode("cp932"), (2, "yaml-encoding", "")),
        ("a: 1\nb: 駅\n".encode("utf-16"), (1, "yaml-encoding", "")),
        ("a: 1\nb: 2\n".encode("utf-16-le"), (1, "yaml-encoding", "")),
    ],
)
def test_the_cause_is_named_where_it_is(text: str | bytes, found: tuple[int, str, str]) -> None:
    _, findings = parse_yaml(text, "x.yaml")
    assert [(finding.place.line, finding.code, finding.value) for finding in findings] == [found]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: {x: 1, y: 2\nc: 3\n", 2, "{ が } で閉じられていない"),
        ("b: [x, y\nc: 3\n", 1, "[ が ] で閉じられていない"),
        ("a: *x\n", 1, "* で始まる値"),
        ("a: & x\n", 1, "& や * で始まる値"),
        ("a: [1]\n\nb: ? c\n", 3, "「? 」は使えません"),
        ('a: 1\nb: "\\d{2}"\n', 2, "\\ があります"),
        ('a: "\\xZZ"\n', 1, "16 進数がありません"),
        ("a: |x\n y\n", 1, "| や > のあと"),
    ],
)
def test_syntax_is_explained_in_japanese(text: str, line: int, words: str) -> None:
    _, (finding,) = parse_yaml(text, "x.yaml")
    assert (finding.place.line, finding.code) == (line, "yaml-syntax")
    assert words in finding.args["why_ja"]


@pytest.mark.parametrize(
    "text", ["a: 駅：x\n", "a: >-\n  駅：x\n  b:c\n", "a: [12:30x, https://x/]\n", "- 駅：x\n", "a: 'x\n  b：c'\n"]
)
def test_a_full_width_colon_in_a_text_is_no_mistake(text: str) -> None:
    assert codes(text) == []


def test_quoted_text_is_text() -> None:
    document, findings = parse_yaml("a: 'no'\nb: \"011002\"\nc: '12:30'\nd: 2026-06-22\ne: 'TRUE'\n", "x.yaml")
    assert not findings
    assert document is not None
    assert document.value == {"a": "no", "b": "011002", "c": "12:30", "d": "2026-06-22", "e": "TRUE"}


def test_folded_japanese_has_no_spaces_between_lines() -> None:
    document, _ = parse_yaml("a: >-\n  日報の\n  CSV を\n  表に\nb: >-\n  two\n  words\n", "x.yaml")
    assert document is not None
    assert document.value == {"a": "日報の CSV を表に", "b": "two words"}
    document, _ = parse_yaml("a: >-\n  データを、\n  YAML\n  （三つ）\n  CSV\n  「表」\n", "x.yaml")
    assert document is not None
    assert document.value == {"a": "データを、YAML（三つ）CSV「表」"}


def test_a_bomb_of_aliases_is_refused_without_growing() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    assert {code for _, code in codes("\n".join(lines))} == {"yaml-forbidden"}


words = st.text(st.characters(codec="euc-jp", exclude_categories=["Cc", "Co", "Cs"]), max_size=20)
scalars = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | words
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(words, values, max_size=5))
def test_json_is_yaml(value: object) -> None:
    """What is written as JSON comes back as it was."""
    document, findings = parse_yaml(json.dumps(value, ensure_ascii=False), "x.yaml")
    assert not findings
    assert document is not None
    assert document.value == value


@given(st.text(max_size=200))
def test_any_text_is_values_or_findings(text: str) -> None:
    document, findings = parse_yaml(text, "x.yaml")
    assert document is not None or findings
    if document is not None and not findings:
        json.dumps(document.value)
        with pytest.raises(KeyError):
            document.lines[("no such path",) * 50]


def test_the_fast_parser_is_there() -> None:
    assert yaml.__with_libyaml__


STEPS = "a:\n  tidy:\n    - rename: {x: y}\n    - trim: all\n  b: 1\n"


@pytest.mark.parametrize(
    ("text", "line", "code", "ja", "en"),
    [
        (STEPS.replace("- rename", "-rename"), 3, "yaml-dash-space", "ハイフンのあとに半角スペース", "a space after the hyphen"),
        (STEPS.replace("- rename", "rename"), 3, "yaml-no-dash", "先頭に「- 」を付け", 'put "- " in front'),
        (STEPS.replace("- trim", "trim"), 4, "yaml-no-dash", "先頭に「- 」を付け", 'put "- " in front'),
        (STEPS.replace("- rename", "ー rename"), 3, "yaml-dash-sign", "先頭の「ー」", '"ー" at the beginning'),
        (STEPS.replace("- rename", "− rename"), 3, "yaml-dash-sign", "先頭の「−」", '"−" at the beginning'),
        (STEPS.replace("- rename", "・rename"), 3, "yaml-dash-sign", "先頭の「・」", '"・" at the beginning'),
        (STEPS.replace("- rename", "－ rename"), 3, "yaml-dash-sign", "先頭の「－」", '"－" at the beginning'),
        (STEPS.replace("  b", "   b"), 5, "yaml-indent", "半角スペース 2 個に", "Indent it by 2 spaces"),
        (STEPS.replace("    - trim", "     - trim"), 4, "yaml-indent", "半角スペース 4 個に", "Indent it by 4 spaces"),
        ("a:\n  - name: x\n   title: y\n", 3, "yaml-indent", "半角スペース 4 個に", "Indent it by 4 spaces"),
        ("a: 1\npublisher city\nb: 2\n", 2, "yaml-no-colon", "「publisher: 値」", '"publisher: value"'),
        ("a: 1\npublisher=city\nb: 2\n", 2, "yaml-no-colon", "「publisher: 値」", '"publisher: value"'),
        ("a:\n　　b: 1\nc: 2\n", 2, "yaml-wide-space", "半角スペースに", "half-width spaces"),
        ("a: ｛b: 1｝\n", 1, "yaml-wide-sign", "半角の「{」", 'half-width "{"'),
        ("a: {b: x、c: 1}\n", 1, "yaml-wide-sign", "半角の「,」", 'half-width ","'),
        ("a: {b: x，c: 1}\n", 1, "yaml-wide-sign", "半角の「,」", 'half-width ","'),
        ("a: [b, c］\nd: 1\n", 1, "yaml-wide-sign", "半角の「]」", 'half-width "]"'),
        ("a: {b: 1, c: 2｝\nd: 1\n", 1, "yaml-wide-sign", "半角の「}」", 'half-width "}"'),
        ("a: “b”\n", 1, "yaml-wide-sign", "半角の「'」", 'half-width "\'"'),
        ("a: [“b”, c]\n", 1, "yaml-wide-sign", "半角の「'」", 'half-width "\'"'),
        ('a: "C:\\Users\\x"\n', 1, "yaml-syntax", "' で囲みます", "between single quotes"),
        ('a: "data\\loans.csv"\n', 1, "yaml-syntax", "パスの区切りは /", "In paths, write /"),
        ("a: @b\n", 1, "yaml-syntax", "値を ' で囲んで", "Put single quotes around the value"),
        ('a: "b\nc: 1\n', 1, "yaml-syntax", "引用符や括弧を閉じ", "Close the quotes and brackets"),
        ("a: x: y\n", 1, "yaml-syntax", "値を ' で囲んで", "put single quotes around it"),
    ],
)  # fmt: skip
def test_a_fault_is_answered_with_the_step_that_mends_it(text: str, line: int, code: str, ja: str, en: str) -> None:
    _, (finding,) = parse_yaml(text, "x.yaml")
    assert (finding.place.line, finding.code) == (line, code)
    assert ja in say(finding, "ja") and en in say(finding, "en"), (say(finding, "ja"), say(finding, "en"))
    assert finding.value.removesuffix("…") in text


@pytest.mark.parametrize(
    "text",
    [
        "a: {ja: 駅、バス停, en: x}\n",
        "title: “見本”の表\n",
        "a: {b: 駅：x, c: 1}\n",
        "a: |\n  − 一\n  ・ 二\n",
        "title: “見本”\n",
        "a:\n  - −5\n",
    ],
)
def test_full_width_signs_in_texts_are_no_mistakes(text: str) -> None:
    assert codes(text) == []


def test_the_cause_of_a_quote_that_is_open_is_not_a_comma_in_the_text() -> None:
    _, (finding,) = parse_yaml('title: {ja: "貸出、返却, en: Loans}\nb: 1\n', "x.yaml")
    assert (finding.code, finding.place.line) == ("yaml-syntax", 1)


@pytest.mark.parametrize(
    "text",
    [
        "a: ❤\ufe0f 👨\u200d👩\n",
        "a: 葛\U000e0100\n",
        "# \u200b\na: 1\n",
        'a: "\\u200b"\n',
        "a: x\u00a0y\n",
        "a: か\u3099\n",
    ],
)
def test_characters_that_are_meant_are_accepted(text: str) -> None:
    assert parse_yaml(text, "x.yaml")[1] == ()
