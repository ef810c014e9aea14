"""No published value differs from what its cell shows without a finding: against an oracle of its own for some formats."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from outcomes import publish
from workbooks import xls, xlsb, xlsx

from entaku.model.nouns import Finding

# ---- what Excel shows, written for these formats alone ----------------------------------------------------------


def round_to(value: float, places: int) -> Decimal:
    with localcontext() as context:
        context.prec = 400
        return Decimal(f"{value:.15g}").quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def sign(value: float) -> str:
    return "-" if value < 0 else ""


def percent(value: float, places: int) -> str:
    with localcontext() as context:
        context.prec = 400
        return f"{(Decimal(f'{value:.15g}') * 100).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}%"


def whole(value: float) -> str:
    return f"{round_to(abs(value), 0):f}"


def postal(value: float) -> str:
    digits = whole(value).zfill(7)
    return f"{sign(value)}{digits[:-4]}-{digits[-4:]}"


def general(value: float) -> str:
    return f"{Decimal(f'{value:.15g}'):f}"


def thousands(value: float) -> str:
    with localcontext() as context:
        context.prec = 400
        return f"{(Decimal(f'{value:.15g}') / 1000).quantize(Decimal(1), ROUND_HALF_UP):,f}"


NUMBERS: dict[str, Callable[[float], str]] = {
    "General": general,
    "@": general,
    "0": lambda v: f"{round_to(v, 0):f}",
    "0.0": lambda v: f"{round_to(v, 1):f}",
    "#,##0": lambda v: f"{round_to(v, 0):,f}",
    "#,##0.00": lambda v: f"{round_to(v, 2):,f}",
    "0%": lambda v: percent(v, 0),
    "0.0%": lambda v: percent(v, 1),
    "000000": lambda v: sign(v) + whole(v).zfill(6),
    "000-0000": postal,
    "#,##0,": thousands,
    '#,##0"円"': lambda v: f"{round_to(v, 0):,f}円",
    '#,##0;"△"#,##0': lambda v: ("△" if v < 0 else "") + f"{round_to(abs(v), 0):,f}",
    '#,##0;-#,##0;"-"': lambda v: f"{round_to(v, 0):,f}" if v else "-",
    "0;0": lambda v: whole(v),
    ";;;": lambda v: "",
    '"第"0"回"': lambda v: f"{sign(v)}第{whole(v)}回",
}


def day_of(value: float) -> date:
    days = int(value)
    return date(1899, 12, 30) + timedelta(days=days) if days > 60 else date(1899, 12, 31) + timedelta(days=days)


def clock(value: float) -> tuple[int, int, int]:
    seconds = round((value - int(value)) * 86400)
    return seconds // 3600, seconds // 60 % 60, seconds % 60


DATES: dict[str, Callable[[float], str]] = {
    "yyyy/m/d": lambda v: f"{day_of(v).year}-{day_of(v).month:02}-{day_of(v).day:02}",
    'yyyy"年"m"月"d"日"': lambda v: day_of(v).isoformat(),
    "yyyy/m/d h:mm": lambda v: f"{day_of(v).isoformat()}T{clock(v)[0]:02}:{clock(v)[1]:02}",
    "yyyy/m/d h:mm:ss": lambda v: f"{day_of(v).isoformat()}T{clock(v)[0]:02}:{clock(v)[1]:02}:{clock(v)[2]:02}",
    "m/d": lambda v: f"{day_of(v).month}/{day_of(v).day}",
    "h:mm": lambda v: f"{clock(v)[0]:02}:{clock(v)[1]:02}",
    "[h]:mm": lambda v: f"{int(v) * 24 + clock(v)[0]:02}:{clock(v)[1]:02}",
    "aaa": lambda v: "月火水木金土日"[day_of(v).weekday()],
}
"""Dates and times as ISO 8601, without what isn't shown."""


def is_same(published: str, shown: str) -> bool:
    """Whether a published text says what is shown: the same, or the same number or time without commas, △ and :00.

    The zeros of a code are part of it.
    """
    if published == shown or published in (f"{shown}:00", f"{shown}:00:00"):
        return True
    if re.match(r"-?0[0-9]", shown):
        return False
    number = re.fullmatch(r"(-|△)?([\d,]+(?:\.\d+)?)", shown)
    plain = re.fullmatch(r"-?\d+(?:\.\d+)?", published)
    if number is None or plain is None:
        return False
    return Decimal(published) == Decimal(number[2].replace(",", "")) * (-1 if number[1] else 1)


values = st.one_of(
    st.integers(-10_000, 2_000_000).map(float),
    st.integers(-(10**17), 10**17).map(float),
    st.decimals(-1000, 100_000, places=2).map(float),
    st.floats(-1e6, 1e6, allow_subnormal=False),
    st.sampled_from([0.0, 0.25, 0.30000000000000004, 1234.1000000000001, -0.004, 0.5, 11002.0]),
)
moments = st.one_of(
    st.integers(61, 60_000).map(float),
    st.builds(lambda day, minute: day + minute / 1440, st.integers(61, 60_000), st.integers(0, 1439)),
    st.builds(lambda day, second: day + second / 86400, st.integers(61, 60_000), st.integers(0, 86399)),
)
cells = st.one_of(
    st.tuples(values, st.sampled_from(sorted(NUMBERS))), st.tuples(moments, st.sampled_from(sorted(DATES)))
)
EXCUSES = {"digits-lost", "part-dropped", "mixed-percent"}
"""Findings on cells whose published text may well be what they show."""


def count_told(findings: list[Finding], column: str) -> int:
    counts = Counter({f.code: int(f.args.get("count", "1")) for f in findings if f.place.column == column})
    return sum(count for code, count in counts.items() if code not in EXCUSES)


@pytest.mark.parametrize("book", [xlsx, xls, xlsb])
@given(table=st.lists(st.tuples(cells, cells), min_size=1, max_size=25))
@settings(max_examples=60)
def test_what_is_shown_is_published_or_told(
    book: Callable[..., bytes], table: list[tuple[tuple[float, str], tuple[float, str]]]
) -> None:
    made = publish(book(["k", "a", "b"], *(["k", *row] for row in table)))
    assert len(made.rows) == len(table)  # all have a k
    for at, column in enumerate("ab"):
        differ = []
        for row, texts in zip(table, made.rows, strict=True):
            value, form = row[at]
            shown = NUMBERS[form](value) if form in NUMBERS else DATES[form](value)
            if not is_same(texts[at + 1], shown):
                differ.append((value, form, shown, texts[at + 1]))
        assert len(differ) <= count_told(made.findings, column), (differ, made.findings)
        if not differ:
            assert not count_told(made.findings, column) or ";;;" in str(table), made.findings


def test_what_is_the_same() -> None:
    assert is_same("1234.5", "1,234.50") and is_same("-5", "△5") and is_same("2026-04-01T00:00:00", "2026-04-01T00:00")
    assert not is_same("11002", "011002") and not is_same("5", "-5") and not is_same("1234567", "1,235")


@pytest.mark.parametrize("form", sorted(NUMBERS))
def test_the_oracle_is_asked_about_long_columns(form: str) -> None:
    """A column of many different numbers takes another way."""
    numbers = [n * 1.25 for n in range(-300, 900)] + [n * 0.01 for n in range(100)]
    made = publish(xlsx(["v"], *([(value, form)] for value in numbers)))
    texts = iter(row[0] for row in made.rows)
    shown = [NUMBERS[form](value) for value in numbers]
    if form == ";;;":  # rows of nothing are no rows
        assert (made.rows, count_told(made.findings, "v")) == ([["0"], ["0"]], 1300)
        return
    differ = sum(not is_same(text, cell) for text, cell in zip(texts, shown, strict=True))
    assert differ <= count_told(made.findings, "v")
    assert bool(differ) == bool(count_told(made.findings, "v"))
