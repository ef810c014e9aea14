"""YAML of earlier versions: rewritten where it means something else now, the rest of the text as it was."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entaku.model.words import choose_names, is_pattern
from entaku.spec.former import add_rows, convert_pattern, rewrite_yaml
from entaku.spec.yaml import parse_yaml

OFFICE = """\
# 目録
title: 見本
# 窓口で
requests: # 一件ずつ
  a-1: {date: "2026-04-06", by: {ja: 市民, en: A citizen}, title: "公園, 遊具", why: 見る} # 電話
  # まだ
  b-2:
    date: "2026-05-01"
    by: 保護者 # 匿名
    title: |
      二行の
      題名

# 分野
themes: {}
"""


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("^表1$", "表1"),
        (r"^令和7\.4$", "令和7.4"),
        ("^表", "/表.*/"),
        ("表$", "/.*表/"),
        ("[0-9]+月", "/.*[0-9]+月.*/"),
        (r"seats.*\.csv$", r"/.*seats.*\.csv/"),
        (".*月", "/.*月.*/"),
        (r"^a\$$", "a$"),
        (r"^\d+$", r"/\d+/"),
        ("^(?P<month>[0-9]+)月$", "/(?:[0-9]+)月/"),
        ("^表1$|^表2$", "/.*(?:^表1$|^表2$).*/"),
        ("[|]", "/.*[|].*/"),
        (r"x\\$", "/.*x\\\\/"),
        (r"x\.*", r"/.*x\.*.*/"),
    ],
)
def test_a_pattern_becomes_what_means_the_same(before: str, now: str) -> None:
    assert convert_pattern(before) == now


PIECES = st.sampled_from(["表", "1", "2", "月", r"\.", ".", ".*", "[12]", r"\d", "1?", "(?:表|月)", "(?P<x>1)", "|"])


@given(
    st.lists(PIECES, min_size=1, max_size=5),
    st.booleans(),
    st.booleans(),
    st.lists(st.text("表月12.-", min_size=1, max_size=6)),
)
def test_it_chooses_the_names_that_were_chosen_before(
    pieces: list[str], head: bool, tail: bool, names: list[str]
) -> None:
    if pieces.count("(?P<x>1)") > 1:
        return
    before = "^" * head + "".join(pieces) + "$" * tail
    now = convert_pattern(before)
    assert is_pattern(now) or not set(now) & set("*?[]")
    assert [names[n] for n in choose_names(now, names)] == [name for name in names if re.search(before, name)]


def test_requests_leave_the_catalogue_and_the_comments_stay() -> None:
    made = rewrite_yaml(OFFICE.encode(), "catalogue.yaml")
    text = made.body.decode()
    head, tail = OFFICE.split("requests:")[0], OFFICE[OFFICE.index("\n# 分野") :]
    assert text == head + "# 一件ずつ\n# 電話\n# まだ\n# 匿名\n" + tail
    assert parse_yaml(text, "catalogue.yaml")[0].value == {"title": "見本", "themes": {}}  # type: ignore[union-attr]
    assert [(one.code, one.place.line) for one in made.findings] == [("requests-taken", 4)]
    assert [dict(row) for row in made.rows] == [
        {"id": "a-1", "asked": "2026-04-06", "answered": "", "by_ja": "市民", "by_en": "A citizen",
         "title_ja": "公園, 遊具", "title_en": "", "why_ja": "見る", "why_en": ""},
        {"id": "b-2", "asked": "2026-05-01", "answered": "", "by_ja": "保護者", "by_en": "",
         "title_ja": "二行の\n題名\n", "title_en": "", "why_ja": "", "why_en": ""},
    ]  # fmt: skip


@pytest.mark.parametrize("end", ["requests: {}\n", "requests:\n", ""])
def test_without_requests_nothing_leaves(end: str) -> None:
    body = ("title: 見本\n" + end).encode()
    made = rewrite_yaml(body, "catalogue.yaml")
    assert (made.body, made.findings, made.rows) == (body, (), ())


def test_the_last_key_of_a_file_without_a_line_end_is_cut() -> None:
    made = rewrite_yaml(b"title: x\nrequests: {a: {date: '2026-01-01'}}", "catalogue.yaml")
    assert made.body == b"title: x\n" and made.rows[0]["id"] == "a"


PIPELINE = '\ufeff# 表\r\nresources:\r\n  - read: {sheet: "^表\'1", header: 2} # 二行目\r\n  - read:\r\n      member: ^a\\d # 数\r\n      sheet: 表1\r\n'


def test_patterns_are_rewritten_where_they_stand() -> None:
    made = rewrite_yaml(PIPELINE.encode(), "pipelines/x.yaml")
    assert made.body.decode() == PIPELINE.replace('"^表\'1"', "'/表''1.*/'").replace("^a\\d", "'/a\\d.*/'")
    assert [(one.code, one.place.line, one.value) for one in made.findings] == [
        ("pattern-rewritten", 3, "^表'1"),
        ("pattern-rewritten", 5, "^a\\d"),
    ]
    again = rewrite_yaml(made.body, "pipelines/x.yaml")
    assert again.body == made.body and again.findings == ()


@pytest.mark.parametrize("name", ["表(1)", "A+B", "a.b", "1{2}", "Sheet1 (2)", "/表.*/", "5|6", "^[", "データ[1].csv"])
def test_names_stay_as_they_are(name: str) -> None:
    key = "member" if "." in name else "sheet"
    body = f"resources:\n  - read: {{{key}: '{name}'}}\n".encode()
    assert rewrite_yaml(body, "pipelines/x.yaml").body == body


def test_what_is_no_yaml_is_told_and_stays() -> None:
    made = rewrite_yaml(b"title: [", "catalogue.yaml")
    assert made.body == b"title: [" and made.findings[0].severity == "error"


ROW = {"id": "n-1", "asked": "2026-04-06", "title_ja": '"公園", 遊具', "unknown": "x"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp932"])
def test_rows_are_added_in_the_encoding_and_with_the_line_ends_of_the_file(encoding: str) -> None:
    text = "id,title_ja,asked\r\nold,題名,2026/1/1\r\n"
    made = add_rows(text.encode(encoding), (ROW, {"id": "old", "title_ja": "もう一度"}))
    assert made.decode(encoding) == text + 'n-1,"""公園"", 遊具",2026-04-06\r\n'
    assert add_rows(made, (ROW,)) == made
    assert add_rows(text.rstrip().encode(encoding), (ROW,)) == made
