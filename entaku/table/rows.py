"""Rows of cells → a Table: title lines, headers, sections, lines to pass over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from entaku.formats import limits
from entaku.formats.heavy import late_compile, pd
from entaku.formats.invisible import find_invisible, spell
from entaku.formats.mojibake import unscramble
from entaku.formats.text import MARKED, hide_marks, spell_bytes
from entaku.model.grammar import Header, Read
from entaku.model.nouns import Sought, Table
from entaku.model.patterns import Expression, find_expression
from entaku.table.lines import Record, first_of, line_of, read_titles, search_line
from entaku.table.notes import Notes, Spot
from entaku.table.whence import Range, Whence

ODD = late_compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufdd0-\ufdef\ufffd-\uffff\U0010ff00-\U0010ffff]")
"""Undecodable bytes, and characters that other machines can't show."""


def make_table(
    records: list[Record], how: Read, notes: Notes, encoding: str, merged: Sequence[Range] = ()
) -> Table | None:
    """The table that is in `records`, read as `how` says; None (and a finding) where it has no header."""
    laid = lay_out(records, how, notes, encoding, merged)
    if laid is None:
        return None
    frame = _make_frame(laid)
    add_columns(frame, {name: [value] * len(frame) for name, value in laid.titles.items()}, notes, "read.title")
    add_columns(frame, _section_columns(laid.body, how), notes, "read.section")
    return Table(
        frame, notes.file, notes.sheet, laid.origins, laid.starts, notes.spreadsheet, laid.lines, laid.lost,
        laid.body.sought, laid.body.twins, whence=laid.whence,
    )  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Where a table's columns and rows are in its records."""

    body: _Body
    names: tuple[str, ...]
    """The columns of the file that stay."""
    titles: Mapping[str, str]
    """The values of the title lines, by the names that their patterns give them."""
    lines: Mapping[str, int]
    """The line of each column that comes from a title line."""
    lost: tuple[str, ...]
    """Columns that a title line should have given and didn't."""
    whence: Whence
    """Where the cells are in the records."""

    @property
    def origins(self) -> dict[str, int]:
        """The 0-based column of the raw file of each column that stays."""
        return {name: n for n, name in enumerate(self.names)}

    @property
    def starts(self) -> tuple[int, ...]:
        """The rows of headers and of the beginnings of sections."""
        return tuple(sorted(self.body.starts))


def lay_out(
    records: list[Record], how: Read, notes: Notes, encoding: str, merged: Sequence[Range] = ()
) -> Layout | None:
    """Find the table in `records` without making it; None (and a finding) where it has no header."""
    odd = _take_odd(records)
    titles = read_titles(records, how, notes)
    body = _read_body(records, how, notes, merged)
    _note_odd(odd, body, notes, encoding)
    if body is None and any(code == "read-limit" for code, _ in notes.counts):
        return None
    if body is None:
        row, starts = how.header.row or 1, how.header.starts
        ja, en = (
            (f"「{starts}」で始まる行", f'a row that begins with "{starts}"')
            if starts
            else (f"{row} 行目", f"row {row}")
        )
        if notes.spreadsheet and not any("".join(cells).strip() for _, cells in records):
            notes.add("empty-sheet")
            return None
        notes.add("no-header", value=how.header.starts, where_ja=ja, where_en=en)
        return None
    if how.complete and how.stop and not body.stopped:
        last = next(record for record in reversed(records) if "".join(record[1]).strip())
        notes.add("not-complete", Spot(last[0]), value=line_of(last[1]), pattern=how.stop)
    if how.merged == "fill":
        _fill_merged(body, merged)
    for at, name in enumerate(body.names):
        if invisible := find_invisible(name):
            notes.add("invisible-character", Spot(min(body.starts), at, name), name, "warning", which=spell(invisible))
        if likely := unscramble(name):
            notes.add("mojibake", Spot(min(body.starts), at, name), name, "warning", likely=likely)
    names = tuple(body.names[: _count_kept(body, notes.spreadsheet)])
    lines = {name: title.line for title in how.title for name in find_expression(title.pattern).groups}
    lost = tuple(name for name in lines if name not in titles)
    lines = {name: line for name, line in lines.items() if name in titles and name not in names}
    return Layout(
        body, names, titles, lines, lost, _find_whence(records, (body, names, lines), how, merged, notes.left)
    )


def _find_whence(
    records: list[Record],
    found: tuple[_Body, Sequence[str], Mapping[str, int]],
    how: Read,
    merged: Sequence[Range],
    left: int,
) -> Whence:
    body, names, titles = found
    told, there = {*titles.values(), *(body.starts - body.orders.keys())}, set(body.labels)
    return Whence(
        columns={name: n for n, name in enumerate(names)},
        orders=body.orders,
        titles=titles,
        sections=find_expression(how.section.pattern).groups if how.section else (),
        lines={row: line_of(cells) for row, cells in records if row in told} if told else {},
        filled=tuple(each for each in merged if each[0] in there) if how.merged == "fill" else (),
        left=left,
    )


# ---- characters that can't be read ------------------------------------------------------------------------------


def _take_odd(records: list[Record]) -> list[tuple[int, int, str]]:
    """Row, column and text of every cell with odd characters; undecodable bytes become U+FFFD in the cell."""
    odd = []
    for row, cells in records:
        if ODD.search("".join(cells)):
            for at, cell in enumerate(cells):
                if ODD.search(cell):
                    odd.append((row, at, cell))
                    cells[at] = hide_marks(cell)
    return odd


def hide_odd(text: str) -> str:
    """`text` with U+FFFD for what no file can hold: NUL and halves of characters."""
    return _UNWRITABLE.sub("\ufffd", text)


_UNWRITABLE = late_compile("[\x00\ud800-\udfff]")


def _note_odd(odd: list[tuple[int, int, str]], body: _Body | None, notes: Notes, encoding: str) -> None:
    first = min(body.starts) if body and body.starts else 0
    for row, at, cell in odd:
        column = body.names[at] if body and at < len(body.names) and row > first else ""
        if MARKED.search(cell):
            notes.add("encoding", Spot(row, at, column), spell_bytes(cell), encoding=encoding)
        else:
            notes.add("odd-character", Spot(row, at, column), "".join(ODD.findall(cell)), "warning")


# ---- header and body --------------------------------------------------------------------------------------------


@dataclass
class _Body:
    """The rows under the header, as wide as it."""

    names: list[str]
    named: int
    """Columns up to the last that has a name of its own."""
    rows: list[list[str]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    starts: set[int] = field(default_factory=set)
    sections: list[dict[str, str]] = field(default_factory=list)
    """The values of each row's section."""
    stopped: bool = False
    """Whether the line of `stop` was met."""
    twins: Mapping[str, str] = field(default_factory=dict)
    """The heading that each column repeats that had to be given another name."""
    sought: Mapping[Sought, bool] = field(default_factory=dict)
    """Whether there were lines to pass over and the line of `stop`."""
    order: list[int | None] | None = None
    """Where each column is under the header that now holds, if not in its place."""
    orders: dict[int, list[int | None] | None] = field(default_factory=dict)
    """The same for each header, by its row."""


@dataclass(frozen=True)
class _LineKinds:
    """The patterns that tell what a line is."""

    skip: tuple[Expression, ...]
    stop: Expression | None
    section: Expression | None
    met: set[str] = field(default_factory=set)
    """Those of `skip` that matched a line."""

    def look(self, cells: Sequence[str]) -> str | re.Match[str]:
        """ "stop", "skip", the match of a section's beginning, or "row"."""
        if self.stop and search_line(self.stop, cells):
            return "stop"
        if any(search_line(pattern, cells) for pattern in self.skip):
            self.met.update(pattern.pattern for pattern in self.skip if search_line(pattern, cells))
            return "skip"
        return (self.section and search_line(self.section, cells)) or "row"

    def sought(self, stopped: bool) -> dict[Sought, bool]:
        """Whether each pattern of `skip` matched a line, and that of `stop`."""
        found = {Sought("nothing-matched", "read.skip", one.pattern): one.pattern in self.met for one in self.skip}
        return found | ({Sought("nothing-matched", "read.stop", self.stop.pattern): stopped} if self.stop else {})


def _read_body(records: list[Record], how: Read, notes: Notes, merged: Sequence[Range]) -> _Body | None:
    section = find_expression(how.section.pattern) if how.section else None
    stop = find_expression(how.stop) if how.stop else None
    lines = _LineKinds(tuple(map(find_expression, how.skip)), stop, section)
    plain = lines == _LineKinds((), None, None)
    body: _Body | None = None
    values: dict[str, str] | None = None
    begun: list[int] = []
    header_ends = 0
    for n, (row, cells) in enumerate(records):
        if n < header_ends:
            continue
        if _is_header(row, cells, how.header, body is not None):
            header_ends = n + how.header.rows
            body = _begin(body, records[n:header_ends], how, notes, merged)
            if body is None:
                return None
            continue
        if not "".join(cells).strip():
            continue
        what = "row" if plain else lines.look(cells)
        if isinstance(what, re.Match):
            values = {name: value or "" for name, value in what.groupdict().items()}
            begun.append(row)
        elif what == "stop" and body is not None:
            body.stopped = True
            break
        elif what == "row" and body is not None:
            fits = len(cells) == len(body.names) and body.order is None
            body.rows.append(cells if fits else _fit(row, cells, body, notes))
            body.labels.append(row)
            body.sections.append(values or {})
    if section and values is None:
        notes.add("no-section", pattern=section.pattern)
    if body is not None:
        body.starts.update(begun)
        body.sought = lines.sought(body.stopped) if len(records) > header_ends else {}
    return body


def _begin(body: _Body | None, rows: list[Record], how: Read, notes: Notes, merged: Sequence[Range]) -> _Body | None:
    """`body` (None before the first header) under the header `rows`; None where there can be no table."""
    row = rows[0][0]
    names, named, twins = _name_columns(rows, how.header.join, merged)
    if len(names) > limits.COLUMNS:
        notes.limit("列 / columns", limits.COLUMNS, Spot(row))
        return None
    if body is None:
        body = _Body(names, named, twins=twins) if named else None
    elif names[:named] != body.names[: body.named]:
        body.order = _match_header(body, names, row, notes)
    else:
        body.order = None
    if body is not None:
        body.starts.add(row)
        body.orders[row] = body.order
    return body


def _is_header(row: int, cells: Sequence[str], header: Header, found: bool) -> bool:
    if header.starts:
        return row >= (header.row or 1) and first_of(cells) == header.starts
    return not found and row == (header.row or 1)


def _name_columns(rows: list[Record], join: str, merged: Sequence[Range]) -> tuple[list[str], int, dict[str, str]]:
    """Column names from header rows, how many columns there are up to the last that isn't blank, and the headings that
    had to be given another name, by that name.

    A merged cell's words go sideways over all its columns; downwards they count once.  Blank names become
    `column_N`, repeated ones get `_2`, `_3`.
    """
    width = max((len(cells) for _, cells in rows), default=0)
    grid = {row: [_clean(cell) for cell in cells] + [""] * (width - len(cells)) for row, cells in rows}
    for top, left, bottom, right in merged:
        words = grid[top][left] if top in grid and left < width else ""
        for row in range(top, min(bottom, max(grid, default=0)) + 1):
            for at in range(left, min(right + 1, width) if row in grid and top in grid else 0):
                grid[row][at] = words if row == top else ""
    plain = [join.join(filter(None, (grid[row][at] for row in grid))) for at in range(width)]
    named = max((at + 1 for at, name in enumerate(plain) if name), default=0)
    headings = [name or f"column_{at + 1}" for at, name in enumerate(plain)]
    names = tell_apart(headings)
    return names, named, {new: old for new, old in zip(names, headings, strict=True) if new != old}


def _clean(cell: str) -> str:
    return re.sub(r"[\r\n]+", "", cell).strip()


def tell_apart(names: list[str]) -> list[str]:
    """Names of which none is there twice: repeated ones get `_2`, `_3`."""
    taken = set(names)
    seen: set[str] = set()
    told = []
    for name in names:
        new, n = name, 1
        while new in seen or (n > 1 and new in taken):
            n += 1
            new = f"{name}_{n}"
        seen.add(new)
        told.append(new)
    return told


def _match_header(body: _Body, names: list[str], row: int, notes: Notes) -> list[int | None]:
    """Where each column of the first header is under a later one; a finding for columns only one of them has."""
    differing = [name for name in names if name not in body.names]
    differing += [name for name in body.names[: body.named] if name not in names]
    if differing:
        notes.add("header-differs", Spot(row), value=", ".join(differing))
    return [names.index(name) if name in names else None for name in body.names]


def _fit(row: int, cells: list[str], body: _Body, notes: Notes) -> list[str]:
    """The row as wide as the header; a finding for cells beyond it or, in text files, for too few."""
    width = len(body.names)
    extra = [(at, cell) for at, cell in enumerate(cells[width:], width) if cell]
    if extra:
        at, cell = extra[0]
        notes.add("extra-cells", Spot(row, at), value=cell, count=str(extra[-1][0] + 1 - width))
    if len(cells) < body.named and not notes.spreadsheet:
        notes.add("missing-cells", Spot(row), value=line_of(cells), count=str(body.named - len(cells)))
    cells = cells[:width] + [""] * (width - len(cells))
    return cells if body.order is None else [cells[at] if at is not None else "" for at in body.order]


def _fill_merged(body: _Body, merged: Sequence[Range]) -> None:
    """The value of each merged range in all its cells of the body."""
    rows = dict(zip(body.labels, body.rows, strict=True))
    for top, left, bottom, right in merged:
        if top not in rows or left >= len(body.names):
            continue
        for row in _inside(rows, top, bottom):
            for at in range(left, min(right + 1, len(body.names))):
                rows[row][at] = rows[top][left]


def _inside(rows: dict[int, list[str]], top: int, bottom: int) -> Iterator[int]:
    bottom = min(bottom, max(rows))
    return (row for row in range(top, bottom + 1) if row in rows)


# ---- frame ------------------------------------------------------------------------------------------------------


def _count_kept(body: _Body, spreadsheet: bool) -> int:
    """How many columns stay: a sheet's last ones that have neither a name nor a cell go."""
    keep = len(body.names)
    while spreadsheet and keep > body.named and not any(row[keep - 1] for row in body.rows):
        keep -= 1
    return keep


def _make_frame(laid: Layout) -> pd.DataFrame:
    rows = laid.body.rows
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(laid.names)
    data = {name: pd.array(list(column), dtype="str") for name, column in zip(laid.names, columns, strict=False)}
    return pd.DataFrame(data, index=pd.Index(laid.body.labels, dtype="int64"))


def _section_columns(body: _Body, how: Read) -> dict[str, list[str]]:
    if how.section is None:
        return {}
    names = find_expression(how.section.pattern).groups
    return {name: [section.get(name, "") for section in body.sections] for name in names}


def add_columns(frame: pd.DataFrame, columns: dict[str, list[str]], notes: Notes, step: str) -> None:
    """Add columns of text to `frame`; a finding for each that is there already."""
    for name, values in columns.items():
        if name in frame.columns:
            notes.add("column-exists", Spot(column=name), value=name, step=step)
        else:
            frame[name] = pd.array(values, dtype="str")
