"""The words of the 30 rules: all there, in both languages, and read as strictly as what owners write."""

from pathlib import Path

import pytest

from entaku.audit import rulebook
from entaku.audit.rulebook import RULES, WHYS, parse_words
from entaku.spec.yaml import parse_yaml

FILE = Path(rulebook.__file__).with_name("rules.yaml")
TEXT = "{ja: 値, en: value}"
GOOD = f"rules: {{L1-01: {{weight: fatal, title: {TEXT}, ask: {TEXT}, next: {TEXT}}}}}\nwhys: {{no-table: {TEXT}}}\n"


def test_the_file_is_as_strict_as_what_owners_write() -> None:
    document, findings = parse_yaml(FILE.read_bytes(), FILE.name)
    assert findings == ()
    assert document is not None
    assert [list(part) for part in document.value.values()] == [list(RULES), list(WHYS)]


def test_good_words_are_parsed() -> None:
    words = parse_words(GOOD)
    assert (words.rules["L1-01"].weight, words.rules["L1-01"].next.ja, words.whys["no-table"].en) == (
        "fatal",
        "値",
        "value",
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- rules",
        GOOD.partition("\n")[0],
        GOOD.replace("fatal", "grave"),
        GOOD.replace("weight: fatal, ", ""),
        GOOD.replace("weight: fatal", "weight: fatal, note: x"),
        GOOD.replace(", en: value", "", 1),
        GOOD.replace("value", "12"),
        GOOD.replace("value", '""'),
        GOOD.replace("value", '"one\\ntwo"'),
    ],
)
def test_an_unknown_key_or_missing_words_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"needs the keys|weight must be|must be one sentence"):
        parse_words(text)


def test_japanese_stays_on_its_line() -> None:
    words = [text.ja for rule in RULES.values() for text in (rule.title, rule.ask, rule.next)]
    lines = {line.strip() for line in FILE.read_text("utf-8").splitlines()}
    assert [text for text in (*words, *(why.ja for why in WHYS.values())) if not {text, f"ja: {text}"} & lines] == []
