"""One language at a time, and one line for findings of one cause."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from entaku.model.messages import CODES, choose, group_alike, say, say_alike, say_others
from entaku.model.nouns import LANGS, Finding, Lang, Place

PACKAGE = Path(__file__).parents[2] / "entaku"
JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
LATIN_WORDS = re.compile(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}")
"""Three English words in a row."""


# ---- one language at a time ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "ja", "en"),
    [
        ("行 / rows", "行", "rows"),
        ("OLE: 外へ出る鎖 / a chain that leads outside", "OLE: 外へ出る鎖", "a chain that leads outside"),
        ("型 date の値（例 9）/ a value (such as 9)", "型 date の値（例 9）", "a value (such as 9)"),
        ("a / b という名前を引けません / the name can't be resolved", "a / b という名前を引けません", "the name can't be resolved"),
        ("控えがありません / nothing is archived of 目録.csv", "控えがありません", "nothing is archived of 目録.csv"),
        ("行 / 列", "行 / 列", "行 / 列"),
        ("a / b", "a / b", "a / b"),
        ("https://x.example/表 / x", "https://x.example/表", "x"),
    ],
)  # fmt: skip
def test_one_language_is_chosen(words: str, ja: str, en: str) -> None:
    assert (choose(words, "ja"), choose(words, "en")) == (ja, en)


def list_pairs() -> Iterator[tuple[str, str]]:
    """Yield the texts of the program that are written in both languages, with their places."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name in ("reference.py", "standard_pages.py") or "site" in path.parts:  # pages that show both
            continue
        source = path.read_text("utf-8")
        if not JAPANESE.search(source):
            continue
        nodes = list(ast.walk(ast.parse(source)))
        docs = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        docs |= {id(one) for node in nodes if isinstance(node, ast.Call) for one in _list_descriptions(node)}
        joined = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
        for node in nodes:
            if id(node) in docs:
                continue
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "1" for part in node.values]
                text = "".join(map(str, parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in joined:
                text = node.value
            else:
                continue
            if re.search(r"[ ）]/ ", text) and JAPANESE.search(text):
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", text


def _list_descriptions(node: ast.Call) -> Iterator[ast.AST]:
    """The texts for readers of docs and of --help, which show both languages, and those of one language."""
    for keyword in node.keywords:
        if keyword.arg in ("description", "help", "ja", "en"):
            yield from ast.walk(keyword.value)
    if getattr(node.func, "id", "") in ("add", "note_rule"):
        for argument in node.args:
            yield from ast.walk(argument)


def test_every_reason_is_split_into_its_languages() -> None:
    pairs = list(list_pairs())
    assert len(pairs) > 90
    for where, text in pairs:
        assert JAPANESE.search(choose(text, "ja")), where
        assert not JAPANESE.search(choose(text, "en")), where
        assert not LATIN_WORDS.search(choose(text, "ja")), where


OWN = "値"
"""A value of the owner's, which is quoted in either language."""


@pytest.mark.parametrize("code", list(CODES))
def test_every_finding_keeps_to_its_language(code: str) -> None:
    pair = {
        "why": "理由 / the reason why",
        "what": "もの / a thing",
        "where": "所 / a place",
        "meaning": "意味 / a meaning",
    }
    args = dict.fromkeys(re.findall(r"\{(\w+)\}", str(CODES[code])), "x") | pair
    args |= {"in_ja": "（x）", "in_en": " (x)", "allowed_ja": "値", "allowed_en": "a value"}
    english = re.sub(
        "[：「」]|【要記入】|令和5年2月10日|電話番号|メール", "", say(Finding(code, value=OWN, args=args), "en")
    )
    assert not JAPANESE.search(english.replace(OWN, "")), english
    japanese = say(Finding(code, value="x", args=args), "ja")
    assert not LATIN_WORDS.search(re.sub(r"「[^」]*」", "", japanese)), japanese


def test_a_librarys_own_words_are_quoted_in_japanese() -> None:
    finding = Finding("broken-file", args={"format": "zip", "why": "File is not a zip file"})
    assert say(finding, "ja").startswith("broken-file zip として開けません：「File is not a zip file」 → ")
    assert say(finding, "en").startswith("broken-file the file can't be opened as zip: File is not a zip file → ")


# ---- findings of one cause -------------------------------------------------------------------------------------------


def wrong(row: int, value: str, column: str = "loans", pattern: str = "円$", file: str = "a.csv") -> Finding:
    args = {"step": "parse_number", "now": column, "pattern": pattern}
    return Finding("number-with-text", "error", Place(file, row=row, column=column), value, args)


def test_a_hundred_findings_of_one_cause_are_one_line() -> None:
    (alike,) = group_alike([wrong(row, f"{row}円") for row in range(2, 110)])
    assert alike.count == 108
    assert say_others(alike, "ja") == "（ほかに 107 件：3 行目「3円」、4 行目「4円」、5 行目「5円」 など）"
    assert say_others(alike, "en") == ' (107 more: row 3 "3円", row 4 "4円", row 5 "5円", …)'
    assert say_alike(alike, "ja").startswith(
        "a.csv 2 行目 列 loans number-with-text 「2円」には数のほかに文字があります"
    )


def test_columns_patterns_and_severities_are_causes_of_their_own() -> None:
    found = [wrong(2, "1円"), wrong(3, "2円", "people"), wrong(4, "約3", pattern="^約"), wrong(5, "4円")]
    warned = [Finding("number-with-text", "warning", found[0].place, "1円", found[0].args)]
    groups = group_alike([*warned, *reversed(found)])
    assert [(one.first.severity, one.first.value, one.count) for one in groups] == [
        ("error", "1円", 2), ("error", "2円", 1), ("error", "約3", 1), ("warning", "1円", 1),
    ]  # fmt: skip


def test_other_files_and_sheets_of_one_cause_are_named() -> None:
    (alike,) = group_alike([wrong(2, "1円", file="b.csv"), wrong(9, "7円"), wrong(3, "2円")])
    assert (alike.first.place.file, alike.first.place.row) == ("a.csv", 3)
    assert say_others(alike, "ja") == "（ほかに 2 件：9 行目「7円」、b.csv 2 行目「1円」）"


def test_what_was_only_counted_is_counted() -> None:
    more = Finding("too-many-findings", "error", Place("a.csv", column="loans"), args={"count": "1,400", "of": "number-with-text"})  # fmt: skip
    (alike,) = group_alike([more, wrong(2, "1円"), wrong(3, "2円")])
    assert alike.count == 1402
    assert say_others(alike, "en") == ' (1,401 more: row 3 "2円", …)'


def test_errors_come_first_then_yaml_then_rows_by_file_and_place() -> None:
    found = [
        wrong(12, "b", file="b.csv", column="x"),
        Finding("no-rows", "warning", Place("a.csv")),
        wrong(2, "a", file="b.csv", column="y"),
        Finding("too-many-findings", "error", Place("a"), args={"count": "3"}),
        Finding("unknown-key", "error", Place("pipelines/z.yaml", 9), "k"),
        Finding("unknown-key", "error", Place("catalogue.yaml", 30), "k"),
    ]
    places = [(one.first.place.file, one.first.place.line or one.first.place.row) for one in group_alike(found)]
    assert places == [
        ("catalogue.yaml", 30), ("pipelines/z.yaml", 9), ("b.csv", 2), ("b.csv", 12), ("a", None), ("a.csv", None),
    ]  # fmt: skip


def test_an_unknown_encoding_comes_before_what_follows_from_it() -> None:
    found = [
        Finding("unknown-column", "error", Place("pipelines/a.yaml", 14), "x"),
        Finding("encoding-likely", "error", Place("a.csv", row=1), "Genève"),
    ]
    assert [one.first.code for one in group_alike(found)] == ["encoding-likely", "unknown-column"]


def test_mistakes_of_one_line_of_yaml_are_one_line() -> None:
    place = Place("pipelines/a.yaml", 14)
    found = [
        Finding("unknown-column", "error", place, name, {"allowed": "x", "hint_ja": name}) for name in "甲乙丙丁戊"
    ]
    other = Finding("unknown-column", "error", Place("pipelines/a.yaml", 15), "己", {"allowed": "x"})
    one, two = group_alike([other, *found])
    assert (one.count, two.count) == (5, 1)
    assert say_others(one, "ja") == "（ほかに 4 件：「乙」、「丙」、「丁」、「戊」）"
    assert say_others(two, "ja") == say_others(two, "en") == ""


@pytest.mark.parametrize("lang", LANGS)
def test_a_finding_alone_is_said_as_before(lang: Lang) -> None:
    (alike,) = group_alike([wrong(2, "1円")])
    assert say_alike(alike, lang) == say(wrong(2, "1円"), lang)
