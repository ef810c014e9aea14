"""A table's place in a sheet → how it is read, its columns, its totals, its key."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from entaku.draft.grid import CellGrid
from entaku.draft.header import is_value
from entaku.draft.keys import find_key
from entaku.draft.labels import choose_unit, find_counted, give_counted, label_columns
from entaku.draft.melts import find_melt, is_marked
from entaku.draft.names import find_weekdays, name_label, tell_names_apart, title_label
from entaku.draft.outline import TableArea, drop_digits
from entaku.draft.plan import YEAR_MONTH, ColumnPlan, MonthPlan, TablePlan
from entaku.draft.titles import LABELS, TitleLines, name_values
from entaku.draft.totals import find_averages, find_sums, list_total_rows
from entaku.draft.unit_rows import find_suffixed_rows, find_unit_rows, keep_key
from entaku.draft.values import has_ditto, read_number, type_alike, type_column
from entaku.draft.words import is_mark, is_total
from entaku.formats.text import column_letters, to_half_width
from entaku.model.grammar import Header, Read, Section, TitleLine
from entaku.model.nouns import Raw, Table


@dataclass(frozen=True)
class RawBody:
    """A raw file and its bytes."""

    raw: Raw
    body: bytes
    skip_hidden: bool = False
    """Whether hidden rows and columns are left out."""


@dataclass(frozen=True)
class Found:
    """A table as it was found: its sheet, its place, what stands above it."""

    grid: CellGrid
    area: TableArea
    titles: TitleLines
    following: int | None = None
    """The row of the next table's first line in these columns."""


def plan_reading(found: Found, sheets: int) -> TablePlan:
    """How a table is read, without its columns yet; `sheets`: how many there are."""
    grid, area = found.grid, found.area
    row = grid.line(area.header.first)
    starts = ""
    if area.repeats:
        first = grid.text(area.header.first, area.left) or next(iter(grid.rows[area.header.first].values()))
        starts = first.strip()
    body_lines = {_line(found, n) for n in area.body} | {_first(found, n) for n in area.body}
    skip = tuple(dict.fromkeys(_skip_line(found, n) for n in (*area.header.meta, *area.inner)))
    end = min((n for n in (*area.below, found.following) if n is not None and n > area.last), default=None)
    stop = _find_stop(found, end, body_lines) if end is not None else ""
    captions = [grid.rows[n][min(grid.rows[n])] for n in area.captions]
    section = "^(?P<section>" + "|".join(map(re.escape, dict.fromkeys(captions))) + ")$" if captions else ""
    merged = any(
        (at <= area.right and right >= area.left and bottom > top and any(top <= n <= bottom for n in area.body))
        or (right > at and top in area.body)
        for (top, at), (bottom, right) in grid.spans.items()
    )
    columns = (f"{column_letters(area.left)}:{column_letters(area.right)}",) if area.split else ()
    return TablePlan(
        name="table", title=found.titles.title, sheet=grid.sheet.name if sheets > 1 else "", columns=columns, row=row,
        rows=area.header.count, starts=starts, skip=skip, stop=stop, section=section, fill=merged,
        encoding=grid.sheet.encoding,
    )  # fmt: skip


def _skip_line(found: Found, row: int) -> str:
    """The pattern of a line that is no row; on another page the numbers of its title are others."""
    pattern = "^" + re.escape(_line(found, row)) + "$"
    above = {drop_digits(found.grid.rows[n]) for n in found.area.above}
    again = row in found.area.inner and drop_digits(found.grid.rows[row]) in above
    return re.sub("[0-9０-９]+", "[0-9０-９]+", pattern) if again else pattern


def _line(found: Found, row: int) -> str:
    """A row as patterns of `read` see it."""
    cells = found.grid.sheet.records[row][1][found.area.left : found.area.right + 1 if found.area.split else None]
    return ",".join(cells).rstrip(",")


def _first(found: Found, row: int) -> str:
    cells = found.grid.cells(row, found.area.left, found.area.right)
    return cells[min(cells)].strip() if cells else ""


def _find_stop(found: Found, row: int, body: set[str]) -> str:
    """A pattern of the line at which a table ends, and of none of its rows."""
    first = _first(found, row)
    note = re.match(r"[（(]?注|※|資料|出典|備考[:：]", first)
    tries = [note[0]] if note else []
    tries += [first[:20], first]
    for text in tries:
        if text and not any(line.startswith(text) for line in body):
            return "^" + re.escape(text)
    return "^" + re.escape(_line(found, row)) + "$"


def to_read(plan: TablePlan) -> Read:
    """The reading of a plan, as the reader takes it."""
    return Read(
        header=Header(row=None if plan.starts else plan.row, rows=plan.rows, starts=plan.starts),
        sheet=plan.sheet or None,
        columns=plan.columns[0] if len(plan.columns) == 1 else plan.columns or None,
        title=tuple(TitleLine(line=line, pattern=pattern) for line, pattern in plan.titles),
        section=Section(pattern=plan.section) if plan.section else None,
        skip=plan.skip,
        stop=plan.stop or None,
        encoding=plan.encoding or None,
        merged="fill" if plan.fill else "first",
        hidden="skip" if plan.skip_hidden else None,
    )


# ---- columns ----------------------------------------------------------------------------------------------------


@dataclass
class Texts:
    """The cells of a table as it is read, all sheets together, without spaces around them."""

    columns: dict[str, list[str]]
    origins: dict[str, int]
    """The column of the sheet, from 0, of each column that is in it."""
    count: int
    rows: list[tuple[str, int]]
    """Sheet and 1-based row of each."""


def read_texts(tables: Sequence[Table]) -> Texts:
    """The cells of the tables of one plan."""
    names = [str(name) for name in tables[0].frame.columns]
    columns: dict[str, list[str]] = {name: [] for name in names}
    rows: list[tuple[str, int]] = []
    for table in tables:
        for name in names:
            there = name in table.frame.columns
            cells = table.frame[name].tolist() if there else [""] * len(table.frame)
            columns[name] += [text.strip(SPACES) for text in cells]
        rows += [(table.sheet, int(label)) for label in table.frame.index]
    return Texts(columns, dict(tables[0].origins), len(rows), rows)


SPACES = " \t\r\n\u3000\xa0\ufeff"


def plan_columns(plan: TablePlan, found: Found, texts: Texts, groups: Mapping[str, str]) -> TablePlan:
    """The plan with its columns; `groups`: the columns that come from sheets' or files' names, and what they are."""
    labels = label_columns(found.grid, found.area)
    fields: list[ColumnPlan] = []
    empty: list[str] = []
    for source, cells in texts.columns.items():
        at = texts.origins.get(source)
        if at is None:
            fields.append(_plan_other(source, cells, groups))
            continue
        label, unit = labels.get(at, ("", ""))
        if not label and not any(cells):
            empty.append(source)
            continue
        label = label or ("区分" if at == found.area.left or _names_rows(cells, fields, texts) else "注記")
        fields.append(ColumnPlan(source=source, name="", label=label, unit=unit))
    fields = _name_columns(fields)
    downward = _find_downward(fields, texts)
    filled = _fill_down(texts, downward)
    means = {
        n for one in find_averages(fields, filled) for n, text in enumerate(filled[one.column]) if text == one.word
    }
    suffixed = find_suffixed_rows(fields, filled)
    means |= {n for one in suffixed for n, text in enumerate(filled[one.column]) if text in one.words}
    made = []
    for n, one in enumerate(fields):
        of_group = texts.origins.get(one.source) is None
        cells = [
            text for at, text in enumerate(filled[one.source]) if at not in means and (n > 3 or not is_total(text))
        ]
        typed = one if of_group else type_column(one, cells or filled[one.source])
        unit = typed.unit or choose_unit(typed.label, found.titles.units, typed.type)
        unit = unit or find_counted(typed.label, "" if found.titles.units else typed.type)
        unit = "" if unit == typed.label else unit  # 4月 in a column 月
        kind = (
            "number" if typed.type == "integer" and to_half_width(unit) == "%" else typed.type
        )  # 50% is 50.2% next year
        made.append(replace(typed, type=kind, unit=unit if typed.is_number else ""))
    melt = find_melt(made, filled, found.titles.title)
    made = type_alike(made, filled)
    made = made if melt else give_counted(made, name_values(found.titles.title))
    plan = replace(plan, fields=tuple(made), downward=downward, empty=tuple(empty))
    units = suffixed or find_unit_rows(made, filled, melt.unit if melt else "")
    whole, count = filled, texts.count
    if units:
        rows = {one.column: set(one.words) for one in units}
        kept = [n for n in range(count) if not any(filled[column][n] in words for column, words in rows.items())]
        filled, count = {source: [cells[n] for n in kept] for source, cells in filled.items()}, len(kept)
        melt = find_melt(made, filled, found.titles.title)
    sums = find_sums(made, filled)
    if melt is not None and sums and is_marked(made, melt):
        melt = None  # sums are checked before columns become rows, flags are parted after
    plan = replace(plan, melt=melt, sums=sums)
    plan = replace(plan, key=find_key(plan, filled, count))
    plan = replace(plan, units=tuple(replace(one, key=keep_key(plan, one, whole)) for one in units))
    months = find_months(plan, filled)
    if months is None:
        return plan
    made_of = [one.name for one in plan.fields if one.source in months.sources]
    return replace(plan, months=months, key=(*(name for name in plan.key if name not in made_of), months.into))


def find_months(plan: TablePlan, texts: Mapping[str, Sequence[str]]) -> MonthPlan | None:
    """The columns of years and months of a table whose rows they tell; None unless each row has both."""
    years = [one for one in plan.fields if one.type == "year" and one.name in plan.key]
    months = [one for one in plan.fields if one.type == "integer" and one.label == "月" and one.name in plan.key]
    if len(years) != 1 or len(months) != 1 or YEAR_MONTH in [one.name for one in plan.fields]:
        return None
    gone = {n for total in plan.sums for n in list_total_rows(total, texts)}
    rows = [n for n, text in enumerate(texts[months[0].source]) if n not in gone]
    numbers = [read_number(texts[months[0].source][n])[0] for n in rows]
    if not all(number is not None and number.isdigit() and 1 <= int(number) <= 12 for number in numbers):
        return None
    days = [one for one in plan.fields if one.type == "integer" and one.label == "日" and one.name in plan.key]
    dated = len(days) == 1 and "date" not in [one.name for one in plan.fields]
    dated = dated and all(1 <= int(read_number(texts[days[0].source][n])[0] or 0) <= 31 for n in rows)
    return MonthPlan(years[0].source, months[0].source, years[0].to == "fiscal_year", days[0].source if dated else "")


def _names_rows(cells: Sequence[str], left: Sequence[ColumnPlan], texts: Texts) -> bool:
    """Whether a column without a heading names rows: it is filled, and none on its left is of values."""
    filled = sum(map(bool, cells)) * 2 >= texts.count
    return filled and not any(sum(map(is_value, texts.columns[one.source])) * 2 > texts.count for one in left)


def _plan_other(source: str, cells: Sequence[str], groups: Mapping[str, str]) -> ColumnPlan:
    """A column that is in no cell of the table: of a title, a caption, a sheet's or file's name."""
    kind = groups.get(source, "")
    if source in LABELS:
        label, en = LABELS[source]
        return ColumnPlan(source=source, name="", label=label, en=en, type=_TYPES[kind], to=kind, required=True)
    label, en = {"section": ("区分", "Section"), "sheet": ("シート", "Sheet")}.get(source, (source, ""))
    return ColumnPlan(source=source, name="", label=label, en=en, required=all(cells))


_TYPES = {"date": "date", "fiscal_year": "year", "year": "year", "month": "yearmonth", "": "string"}


def _name_columns(fields: Sequence[ColumnPlan]) -> list[ColumnPlan]:
    names = [one.source if one.source in (*LABELS, "section", "sheet") else name_label(one.label) for one in fields]
    labels = tell_names_apart([one.label for one in fields])
    days = {label: day for label, day in find_weekdays(one.label for one in fields).items() if "_" not in label}
    names = [days[one.label].lower() if one.label in days else name for one, name in zip(fields, names, strict=True)]
    return [
        replace(
            one,
            name=name,
            label=label,
            en=one.en or days.get(one.label) or _number(title_label(one.label), label[len(one.label) + 1 :]),
        )
        for one, name, label in zip(fields, tell_names_apart(names), labels, strict=True)
    ]


def _number(title: str, n: str) -> str:
    """An English title with the number that tells its column from another of the same heading."""
    return f"{title} {n}" if title and n else title


def _find_downward(fields: Sequence[ColumnPlan], texts: Texts) -> tuple[str, ...]:
    """The columns on the left whose empty cells mean "as above", and those with 〃."""
    found: list[str] = []
    for n, one in enumerate(fields[:-1]):
        cells = texts.columns[one.source]
        if texts.origins.get(one.source) is None:
            continue
        goes_along = bool(found) and _list_blank(cells) == _list_blank(texts.columns[found[-1]]) and bool(cells[0])
        if (has_ditto(cells) and all(cells) and cells[0]) or (
            n < 3 and n == len(found) and (goes_along or _is_carried(cells, fields[n + 1 :], texts, fields[:3]))
        ):
            found.append(one.source)
    return tuple(found)


def _list_blank(cells: Sequence[str]) -> list[int]:
    return [n for n, text in enumerate(cells) if not text]


def _is_carried(cells: Sequence[str], right: Sequence[ColumnPlan], texts: Texts, left: Sequence[ColumnPlan]) -> bool:
    """Whether empty cells of a column mean "as above": the next column is filled there, or empty in the very same rows."""
    words = [texts.columns[one.source] for one in left]
    rows = [n for n in range(len(cells)) if not any(is_total(column[n]) for column in words)]
    blank = [n for n in rows if not cells[n]]
    columns = (texts.columns[one.source] for one in right[:3])
    beside = next((each for each in columns if [n for n in rows if not each[n]] != blank), [""] * len(cells))
    filled = [cells[n] for n in rows if cells[n]]
    if not rows or not blank or not filled or not cells[rows[0]] or any(not beside[n] for n in blank):
        return False
    names = [text for text in filled if not re.fullmatch("[-0-9.,]+", text)]
    return len(set(filled)) * 10 >= len(filled) * 8 and len(names) * 2 > len(filled) and not any(map(is_mark, filled))


def _fill_down(texts: Texts, downward: Sequence[str]) -> dict[str, list[str]]:
    """The texts with what stands above in the empty cells of some columns; rows of totals end a group."""
    made = dict(texts.columns)
    for source in downward:
        above, cells = "", []
        for text in made[source]:
            above = above if not text or has_ditto([text]) else text
            cells.append(above)
        made[source] = cells
    return made
