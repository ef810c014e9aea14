"""Cells that are read many at a time are those that are read element by element."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entaku.formats.text import column_letters
from entaku.table import scan_xlsx
from entaku.table.scan import SheetScan
from entaku.table.scan_xlsx import OddXmlError, scan_sheet

STYLES = np.arange(100, dtype=np.uint16)


def sheet(*cells: str) -> bytes:
    return f"<worksheet><cols/><sheetData><row r='1'>{''.join(cells)}</row></sheetData></worksheet>".encode()


def as_texts(scan: Any) -> tuple[Any, ...]:
    styles = {} if scan.styles is None else {tuple(at): int(scan.styles[tuple(at)]) for at in np.argwhere(scan.styles)}
    return scan.cells, styles, dict(scan.errors), set(scan.stale)


def scan_usual(xml: bytes) -> SheetScan:
    return scan_xlsx._scan_usual(xml, False).finish(STYLES, False)


def scan_any(xml: bytes) -> SheetScan:
    return scan_xlsx._scan_any(xml).finish(STYLES, False)


few = st.integers(0, 1)
"""So few places that cells are written twice."""
places = st.builds(
    lambda at, row: f"{column_letters(at)}{row + 1}", few | st.integers(0, 800), few | st.integers(0, 5000)
)
insides = st.sampled_from(
    ["", "<v>1</v>", "<f>A1</f>", "<f>A1</f><v>1</v>", "<f/><v/>", "<f t='shared'/><v></v>", "<is><t>c e</t></is>",
     "<f>A1:C3</f><v>#N/A</v>", "\n<v>#REF!</v>", "<v />", "<f>\"&lt;c\"</f>\n<v>0</v>"]
)  # fmt: skip


@st.composite
def cells(draw: st.DrawFn) -> str:
    quote = draw(st.sampled_from(['"', '"', '"', "'"]))
    values = {
        "r": draw(places),
        "s": str(draw(st.integers(0, 99))),
        "t": draw(st.sampled_from(["n", "s", "e", "str", "inlineStr", "b"])),
        "cm": "1",
    }
    names = draw(
        st.sampled_from(
            [
                ["r"],
                ["r", "s"],
                ["r", "t"],
                ["r", "s", "t"],
                ["r", "t", "s"],
                ["s", "r"],
                ["t", "r", "s"],
                ["r", "s", "t", "cm"],
            ]
        )
    )
    space = draw(st.sampled_from([" ", " ", " ", "\n", "  "]))
    tag = "".join(f"{space}{name}={quote}{values[name]}{quote}" for name in names)
    inside = draw(insides)
    return f"<c{tag}>{inside}</c>" if inside or draw(st.booleans()) else f"<c{tag}/>"


@given(st.lists(cells(), max_size=30))
def test_many_at_a_time_and_one_by_one(made: list[str]) -> None:
    xml = sheet(*made)
    try:
        usual = as_texts(scan_usual(xml))
    except OddXmlError:
        return
    assert usual == as_texts(scan_any(xml))


def test_the_usual_ways_are_read_many_at_a_time() -> None:
    for cell in (
        '<c r="B2" s="1" t="s"><v>0</v></c>',
        '<c r="B2" t="n" s="7"/>',
        '<c r="B2" cm="1" t="e"><f>1/0</f><v>#N/A</v></c>',
        "<c s='1' r='B2'/>",
    ):
        assert scan_usual(sheet('<c r="A1"/>', cell)).cells == 4, cell
    with_others = sheet('<c r="A1"/>').replace(b"</worksheet>", b"<extLst><xm:f>A1</xm:f></extLst></worksheet>")
    assert scan_usual(with_others).cells == 1


@pytest.mark.parametrize(
    "odd", ["<c/>", "<c>", '<x:c r="A1"/>', '<c r="A1B"/>', '<c r="1"/>', '<c r="A1" t="&#101;"/>']
)
def test_what_is_odd_is_left_to_the_other_way(odd: str) -> None:
    with pytest.raises(OddXmlError):
        scan_usual(sheet('<c r="A1"/>', odd))


def test_cells_of_a_sheet_are_bounded() -> None:
    assert scan_sheet(sheet(), STYLES).cells == 0
    assert scan_sheet(sheet('<c r="A1"/>', '<c r="C20" t="s"><v>1</v></c>', '<c r="B7"/>'), STYLES).cells == 60
    assert scan_sheet(sheet('<c r="XFD1048576"/>'), STYLES).cells == 16384 * 1048576
    assert scan_sheet(sheet("<c/><c/>", "<!-- <c r='Z99'/> --><c/>"), STYLES).cells == 3


def test_cells_are_read_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    xml = sheet(
        *(
            f'<c r="{column_letters(n * 7 % 900)}{n * 31 % 5000 + 1}" s="{n % 90}" t="{"e" if n % 50 == 0 else "n"}">'
            f"{'<f>A1</f>' if n % 7 == 0 else ''}{f'<v>{n}</v>' if n % 14 else ''}</c>"
            for n in range(2_000)
        )
    )
    whole = as_texts(scan_sheet(xml, STYLES, False))
    assert whole[3] and not scan_sheet(xml, STYLES).stale
    assert whole == as_texts(scan_any(xml))
    for size in (64, 101, 1000):
        monkeypatch.setattr("entaku.table.scan_xlsx._CHUNK", size)
        assert as_texts(scan_sheet(xml, STYLES, False)) == whole
