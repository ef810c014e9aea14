"""The lines above a table: its title, its unit, the year or day it is of, and what else they say."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from entaku.draft.grid import CellGrid
from entaku.draft.outline import TableArea
from entaku.draft.words import find_units, is_note, is_page, is_unit, tidy

_N = "[0-9０-９]"
_ERA = f"(?:明治|大正|昭和|平成|令和)(?:元|{_N}{{1,2}})"
_YEAR = rf"(?:{_ERA}|{_N}{{4}})"
_DATED: tuple[tuple[str, str, str], ...] = (
    ("as_of", rf"(?P<as_of>{_YEAR}\s*年\s*{_N}{{1,2}}\s*月\s*{_N}{{1,2}}\s*日)\s*(?:現在|時点)", "date"),
    ("as_of", rf"(?P<as_of>{_YEAR}[/.-]{_N}{{1,2}}[/.-]{_N}{{1,2}})\s*(?:現在|時点)", "date"),
    (
        "fiscal_year",
        rf"(?P<fiscal_year>{_YEAR}\s*(?:（[^）]*）|\([^)]*\))?年度|[RHＲＨ]{_N}{{1,2}}年度)",
        "fiscal_year",
    ),
    ("year_month", rf"(?P<year_month>{_YEAR}\s*年\s*{_N}{{1,2}}\s*月)(?!\s*{_N})", "month"),
    ("date", rf"(?P<date>{_YEAR}\s*年\s*{_N}{{1,2}}\s*月\s*{_N}{{1,2}}\s*日)", "date"),
    ("year", rf"(?P<year>{_YEAR}\s*年)(?!\s*{_N}|度)", "year"),
)
"""Names, patterns and kinds of dates in titles, the surest first."""
LABELS = {
    "as_of": ("現在日", "As of"),
    "fiscal_year": ("年度", "Fiscal year"),
    "year_month": ("年月", "Year and month"),
    "date": ("日付", "Date"),
    "year": ("年", "Year"),
}
_RANGE = re.compile(rf"{_YEAR}\s*年?度?\s*(?:[～〜~\-－―–—]|から|及び|と|・|、)\s*(?:{_YEAR}|元|{_N}{{1,2}}\s*年)")
_CAPTION = re.compile(rf"(?:第\s*)?(?:表\s*{_N}|{_N}+\s*表)|[■◆●◎□▼【]")
"""How the title of one of several tables begins: 表1, 第2表, ■."""
_OF_FILE = re.compile("更新|作成|公表|発行|発表|出力|印刷|掲載")


@dataclass(frozen=True)
class TitleLines:
    """What the lines above a table say."""

    title: str = ""
    units: tuple[str, ...] = ()
    dated: tuple[tuple[int, str, str, str], ...] = ()
    """Row, name, pattern and kind of each date that becomes a column."""
    notes: tuple[str, ...] = ()
    roles: tuple[tuple[int, int, str], ...] = ()
    """Row, column and role of each cell."""
    heading: str = ""
    """The title of all of a sheet, above that of its first table."""
    unit_line: tuple[int, int, str] | None = None
    """Row, column and words of the line that tells the units."""


def read_titles(grid: CellGrid, area: TableArea) -> TitleLines:
    """What the lines above a table say."""
    title = heading = ""
    units: tuple[str, ...] = ()
    notes: list[str] = []
    roles: list[tuple[int, int, str]] = []
    dated: dict[str, tuple[int, str, str, str]] = {}
    unit_line: tuple[int, int, str] | None = None
    for row in area.above:
        for at, text in grid.cells(row, area.left, area.right).items():
            plain = tidy(text)
            found = find_units(plain)
            named = _find_unit_in(plain) if not found else ()
            date = find_date(plain)
            if date is not None and date[0] not in dated:
                dated[date[0]] = (row, *date)
            if is_page(plain):
                roles.append((row, at, "title"))
            elif found:
                units, unit_line = found, (row, at, text)
                roles.append((row, at, "unit"))
            elif plain.startswith("#") or is_note(plain):
                notes.append(plain)
                roles.append((row, at, "note"))
            elif title and not heading and _CAPTION.match(plain):
                heading, title = title, plain
                roles.append((row, at, "title"))
            elif not title and not (date is not None and _is_only_date(plain, date[1])):
                title, units = plain, named or units
                bracket = re.search(r"[（(][^（）()]*[）)]\s*$", text)
                unit_line = (row, at, bracket[0].strip()) if named and bracket else unit_line
                roles.append((row, at, "title"))
            elif date is not None and _is_only_date(plain, date[1]):
                roles.append((row, at, "title"))
            else:
                units = named or units
                notes.append(plain)
                roles.append((row, at, "note"))
    kept = [one for name, one in dated.items() if name == min(dated, key=_rank)]
    return TitleLines(_cut_unit(title), units, tuple(kept), tuple(notes), tuple(roles), _cut_unit(heading), unit_line)


def _rank(name: str) -> int:
    return next(n for n, (one, _, _) in enumerate(_DATED) if one == name)


def find_date(text: str) -> tuple[str, str, str] | None:
    """Name, pattern and kind of the date that a title tells of its table; None for a range, or a date of the file."""
    if _OF_FILE.search(text) or _RANGE.search(text):
        return None
    for name, pattern, kind in _DATED:
        if re.search(pattern, text):
            return name, pattern, kind
    return None


def _is_only_date(text: str, pattern: str) -> bool:
    rest = re.sub(pattern, "", text)
    return len(re.sub(r"[（）()\s現在時点末日分]", "", rest)) <= 1


def _find_unit_in(text: str) -> tuple[str, ...]:
    """The units that a title ends with: 人口の推移（単位：人）."""
    match = re.search(r"[（(]\s*単位\s*[:：]?\s*[^（）()]+[）)]\s*$", text)
    bare = _BARE_UNIT.search(text)
    return find_units(match[0]) if match else (bare["unit"],) if bare and is_unit(bare["unit"]) else ()


_BARE_UNIT = re.compile(r"\s*[（(](?!年|月|日|度)(?P<unit>[^（）()]+)[）)]$")


def _cut_unit(title: str) -> str:
    bare = _BARE_UNIT.search(title)
    cut = title[: bare.start()] if bare and is_unit(bare["unit"]) else title
    return re.sub(r"\s*[（(]\s*単位\s*[:：]?\s*[^（）()]+[）)]\s*$", "", cut)


def share_titles(grid: CellGrid, areas: Sequence[TableArea]) -> list[TitleLines]:
    """What the lines above each table of a sheet say: those of tables side by side are of all, but for a line of captions."""
    made = []
    for area in areas:
        beside = [one for one in areas if one.split and area.split and one.header.first == area.header.first]
        rows = sorted({row for one in beside for row in one.above})
        own = [row for row in rows if all(_has_words(grid, row, one) for one in beside)]
        if len(beside) < 2 or not rows:
            made.append(read_titles(grid, area))
            continue
        left, right = min(one.left for one in beside), max(one.right for one in beside)
        shared = replace(area, left=left, right=right, above=tuple(row for row in rows if row not in own))
        lines = read_titles(grid, shared)
        lines = replace(lines, dated=tuple(one for one in lines.dated if _is_told(grid, one, area)))
        made.append(_join_lines(lines, read_titles(grid, replace(area, above=tuple(own)))))
    return made


def _is_told(grid: CellGrid, dated: tuple[int, str, str, str], area: TableArea) -> bool:
    """Whether a date of a line stands within the columns of a table, where it can be read with it."""
    row, _, pattern, _ = dated
    return any(re.search(pattern, text) for text in grid.cells(row, area.left, area.right).values())


def _has_words(grid: CellGrid, row: int, area: TableArea) -> bool:
    """Whether a line says more of a table than its unit."""
    return any(not find_units(text) for text in grid.cells(row, area.left, area.right).values())


def _join_lines(shared: TitleLines, own: TitleLines) -> TitleLines:
    """The lines of a table, and those of all tables beside it."""
    title = own.title or shared.title
    if own.title and shared.title and not _CAPTION.match(own.title):
        title = f"{shared.title}（{own.title}）"
    return TitleLines(
        title, own.units or shared.units, own.dated or shared.dated, (*shared.notes, *own.notes),
        (*shared.roles, *own.roles), own.heading or shared.heading or (shared.title if own.title else ""),
        own.unit_line if own.units else shared.unit_line,
    )  # fmt: skip


def join_titles(titles: Sequence[str], names: Sequence[str] = ()) -> str:
    """The title of tables that are joined: theirs, without the years and months and the names of sheets in which they
    differ; "" if more differs."""
    if len(set(titles)) == 1:
        return titles[0]
    period = rf"(?:{_YEAR}\s*年?度?分?|[RHＲＨ]{_N}{{1,2}}年度)?\s*(?:{_N}{{1,2}}\s*月分?)?"
    bare = [_drop_name(title, name) for title, name in zip(titles, names or ("",) * len(titles), strict=True)]
    tries = ([re.sub(period, "", title) for title in titles], bare, [re.sub(period, "", title) for title in bare])
    return next((joined.pop() for some in tries if len(joined := set(map(tidy, some))) == 1), "")


def _drop_name(title: str, name: str) -> str:
    """A title without the name of its sheet: 東区の人口 → 人口."""
    if not name or name not in title or name == title:
        return title
    rest = re.sub(rf"[（(]\s*{re.escape(name)}\s*[）)]", "", title, count=1)
    rest = re.sub(rf"{re.escape(name)}(?:の|における|[ 　]|$)?", "", rest, count=1) if rest == title else rest
    return tidy(rest).strip("・－-_ ") or title


_COUNTED = re.compile(r"[^別のと・\s]*(?:数|額|量|率|高|価格|人口|面積|延長|割合|指数|平均)")


def name_values(title: str) -> str:
    """What the title of a table says is counted in it: 窓口別申請件数 → 申請件数; "" if it doesn't."""
    plain = re.sub(rf"[（(][^（）()]*[）)]|{_YEAR}\s*年?度?分?", " ", title).strip()
    plain = re.sub(r"[\s\u3000]+[中分]$", "", plain)  # 令和6年中
    match = re.search(rf"({_COUNTED.pattern})(?:の(?:推移|状況|内訳|一覧))?$", plain)
    return tidy(match[1]) if match else ""
