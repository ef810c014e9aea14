"""What cells show, format by format."""

import pytest

from entaku.table.number_format import parse_format
from entaku.table.number_show import show, to_number

DAY = 45000
"""2023-03-15, a Wednesday."""


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (11002, "000000", "011002"),
        (600000, "000-0000", "060-0000"),
        (1000001, "[<=999]000;[<=9999]000-00;000-0000", "100-0001"),
        (312345678, "(00) 0000-0000", "(03) 1234-5678"),
        (123456, '0"億"0000"万"', "12億3456万"),
        (0.25, "0%", "25%"),
        (0.2534, "0.0%", "25.3%"),
        (1234567, "#,##0,", "1,235"),
        (1234567, '0.0,,"百万円"', "1.2百万円"),
        (1234567.5, "#,##0", "1,234,568"),
        (-1234.5, "#,##0.00", "-1,234.50"),
        (-1234, '#,##0;"△ "#,##0', "△ 1,234"),
        (-1234, '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ', "-1,234"),
        (0, '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ', "-"),
        (0, "#,###", ""),
        (5, ";;;", ""),
        (123456, "0.00E+00", "1.23E+05"),
        (1.5, "# ?/?", "1 1/2"),
        (1.5, "?/?", "3/2"),
        (1.25, "# ??/16", "1 4/16"),
        (1, '[=1]"有";[=0]"無"', "有"),
        (5, "$#,##0", "$5"),
        (5, "[$¥-411]#,##0", "¥5"),
        (5, r"0\d", "5d"),
        (5, "0!d", "5d"),
        (5, "0!", "5!"),
        (12345, "0!.0000", "1.2345"),
        (123456, "0!.0,", "12.3"),
        (DAY, "rr/mm/dd", "令和05/03/15"),
        (DAY, "r.m.d", "05.3.15"),
        (0.1 + 0.2, "General", "0.3"),
        (5, 'General"人"', "5人"),
        (5, "G/標準", "5"),
        (DAY, "yyyy/m/d", "2023/3/15"),
        (DAY, '[$-411]ggge"年"m"月"d"日"', "令和5年3月15日"),
        (DAY, "[$-411]ge.m.d;@", "R5.3.15"),
        (DAY, "e-m-d", "5-3-15"),
        (DAY, "m/d(aaa)", "3/15(水)"),
        (DAY, "dddd, mmmm d, yyyy", "Wednesday, March 15, 2023"),
        (DAY + 0.75, "yyyy/mm/dd h:mm AM/PM", "2023/03/15 6:00 PM"),
        (DAY + 0.5, 'h"時"mm"分"', "12時00分"),
        (DAY + 0.5, "h mmm", "12 Mar"),
        (DAY + 0.5, "mmm s", "Mar 0"),
        (1.25, "[h]:mm", "30:00"),
        (0.25, "[mm]:ss", "360:00"),
        (0.0012345, "mm:ss.0", "01:46.6"),
        (60, "yyyy/m/d", "1900/2/29"),
        (-1, "yyyy/m/d", "####"),
    ],
)
def test_a_cell_shows(value: float, code: str, shown: str) -> None:
    assert show(parse_format(code), value, False) == shown


def test_days_since_1904() -> None:
    assert show(parse_format("yyyy/m/d"), 0, True) == "1904/1/1"
    assert show(parse_format("yyyy/m/d"), DAY - 1462, True) == "2023/3/15"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234.1000000000001, "1234.1"),
        (0.30000000000000004, "0.3"),
        (1234567890123450.0, "1234567890123450"),
        (9007199254740992.0, "9007199254740990"),
        (1e20, "100000000000000000000"),
        (1e-7, "0.0000001"),
        (-0.0, "0"),
        (-5.6843418860808015e-14, "-0.000000000000056843418860808"),
    ],
)
def test_a_number_has_15_digits(value: float, text: str) -> None:
    assert to_number(value) == text


@pytest.mark.parametrize(
    "code",
    ["", ";", "[", '"', "\\", "_", "*", "[$", "[<]0", "E+", "0E+", "/", "0/", ".", "[h", "@@", "%", ",", "a" * 9],
)
@pytest.mark.parametrize("value", [0.0, -1.5, 1e300, 45000.5])
def test_no_code_breaks_showing(code: str, value: float) -> None:
    show(parse_format(code), value, False)


MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


@pytest.mark.parametrize("n", range(12))
def test_names_of_months_and_days(n: int) -> None:
    """44927 is 1 January 2023, a Sunday; 44928 a Monday."""
    first = 44927 + sum((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[:n])
    for code, name in (
        ("mmmm", MONTHS[n]),
        ("mmm", MONTHS[n][:3]),
        ("mmmmm", MONTHS[n][0]),
        ("m", f"{n + 1}"),
        ("mm", f"{n + 1:02}"),
    ):
        assert show(parse_format(f"{code} d"), first, False) == f"{name} 1"
    day, kanji = WEEK[n % 7], "月火水木金土日"[n % 7]
    for code, name in (("dddd", day), ("ddd", day[:3]), ("aaa", kanji), ("aaaa", f"{kanji}曜日")):
        assert show(parse_format(f"{code} yyyy"), 44928 + n % 7, False) == f"{name} 2023"


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (DAY, "g", "R"), (DAY, "ggg", "令和"), (DAY, "b", "2566"), (DAY, "yy", "23"), (DAY, "ee", "05"),
        (DAY + 0.25, "hh:mm:ss", "06:00:00"), (DAY + 0.75, "h AM/PM", "6 PM"), (DAY, "h AM/PM", "12 AM"), (DAY + 0.5, "h A/P", "12 P"),
        (DAY + 1 / 86400, "s", "1"), (1.5, "[h]", "36"), (1.5, "[hh]:mm", "36:00"), (0.5, "[ss]", "43200"), (1 / 1440, "[m]", "1"),
        (12, "0-0-0", "0-1-2"), (5, "??0", "5"), (1234, "#-#", "123-4"), (7, "#,##0", "7"), (1234567, "0,0", "1,234,567"),
        (0, "0.0E+00", "0.0E+00"), (12345, "##0.0E+0", "12.3E+03"), (0.00012, "0.0E+00", "1.2E-04"), (0.00012, "0.0E-00", "1.2E-04"),
        (1234, "0.0E-00", "1.2E03"), (0.3333333, "# ?/?", "1/3"), (2, "# ?/?", "2"), (0.75, "?/8", "6/8"), (-1.5, "# ?/?", "-1 1/2"),
        (5, '"x"', "x"), (-5, "0;;", ""), (0, "0;-0;", ""), (5, "General;General", "5"), (-5, 'General;"−"General', "−5"),
    ],
)  # fmt: skip
def test_a_cell_shows_by_its_format(value: float, code: str, shown: str) -> None:
    assert show(parse_format(code), value, False) == shown
