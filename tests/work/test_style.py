"""docs/style.md: what it calls good is what the program takes and `entaku new` writes; what it calls bad is not."""

import re

from projects import ROOT

from entaku.draft import name_label
from entaku.draft.words import is_unit
from entaku.model.words import FIELD_NAME

PAGE = (ROOT / "docs" / "style.md").read_text("utf-8")


def read_rows(heading: str) -> list[list[str]]:
    section = PAGE.partition(f"\n## {heading}")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_good_column_names_are_those_of_the_glossary() -> None:
    rows = read_rows("列の名前")
    assert len(rows) == 8
    for heading, good, bad in rows:
        assert name_label(heading) == good
        assert re.fullmatch(FIELD_NAME, good)
        assert not re.fullmatch(FIELD_NAME, bad)


def test_good_units_are_known_and_the_others_are_not() -> None:
    rows = read_rows("単位")
    assert len(rows) == 6
    for _, good, bad in rows:
        assert is_unit(good)
        assert not is_unit(bad)


def test_every_title_has_a_reason() -> None:
    assert all(len(row) == 3 and all(row) for row in read_rows("データセットの題名"))
