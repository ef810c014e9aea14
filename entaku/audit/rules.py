"""Judge a raw file by the 30 rules of machine-readability: a ruling for each.

The rules are those of 「行政データにおける機械可読性に関するルール」（デジタル庁）, decided as its sample checker does
or, where that says nothing, as docs/quality.md says.  Each is a function of a `RawFile` and a row of JUDGES.  Here are
those about the file itself: its format, what Excel adds to cells, how a CSV is written.  What tables look like and
hold is in `rules_table`, what they mean in `rules_meaning`.
"""

import operator
import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO

from entaku.audit import rules_meaning, rules_table
from entaku.audit.grids import MOST_BYTES, Grid, GridSpot, find_kind, open_file
from entaku.audit.known import Decision, Known, RawFile, exempt, tell, undecided
from entaku.audit.rulebook import RULES, Judgement, Ruling
from entaku.model.grammar import Pipeline, Resource
from entaku.model.messages import MASK


def know(pipeline: Pipeline, readers: Sequence[Resource]) -> Known:
    """Return what the spec knows of a raw file that the tables `readers` are made from."""
    return Known(pipeline, tuple(readers))


def judge(name: str, body: bytes, known: Known | None = None) -> Judgement:
    """Judge a raw file by every rule.  `name`: its URL or path; `known`: the spec that reads it."""
    known = known or Known()
    return judge_raw(RawFile(open_file(name, body, known.wants), known))


def judge_raw(file: RawFile) -> Judgement:
    """Judge an opened raw file by every rule."""
    unread = "" if file.tables else "not-read" if not file.opened.grids else "no-table"
    rulings = [
        _rule(rule, judge_rule(file) if rule == "L1-01" or not unread else undecided(unread))
        for rule, judge_rule in JUDGES.items()
    ]
    rows = sum(len(grid.rows) for grid in file.opened.grids)
    whole = all(grid.whole for grid in file.opened.grids) and not file.opened.more
    return Judgement(tuple(rulings), rows, whole, file.headings)


def judge_file(name: str, file: BinaryIO, known: Known | None = None) -> Judgement:
    """Judge a raw file that is open at its beginning; of a long CSV only the beginning is read."""
    return judge_raw(open_raw(name, file, known))


def open_raw(name: str, file: BinaryIO, known: Known | None = None) -> RawFile:
    """Open a raw file for the rules; of a long CSV only the beginning is read."""
    known = known or Known()
    head = file.read(MOST_BYTES + 1)
    rest = b"" if find_kind(name, head) in ("csv", "tsv") else file.read()
    return RawFile(open_file(name, head + rest if rest else head, known.wants), known)


def judge_series(judgements: Sequence[Judgement]) -> Ruling:
    """Decide L3-07 of several files of one table, oldest first: their common sheets keep their columns."""
    common = set.intersection(*(set(each.headings) for each in judgements)) if judgements else set()
    if not common and judgements and all(len(each.headings) == 1 for each in judgements):
        found = rules_meaning.compare_forms([next(iter(each.headings.values())) for each in judgements])
    else:
        every = [rules_meaning.compare_forms([each.headings[sheet] for each in judgements]) for sheet in sorted(common)]
        found = max(every, key=lambda one: one.count, default=rules_meaning.compare_forms([]))
    return _rule("L3-07", found)


def _rule(rule: str, found: Decision) -> Ruling:
    weight = found.weight or RULES[rule].weight
    return Ruling(rule, found.state, weight, found.count, found.places, found.why)


# ---- the file ---------------------------------------------------------------------------------------------------

READ = ("csv", "tsv", "xlsx")
OPEN = (*READ, "ods", "json", "xml")
SUFFIXES = {
    "csv": ("csv", "txt"), "tsv": ("tsv", "tab", "txt"), "xlsx": ("xlsx", "xlsm"), "xls": ("xls",), "zip": ("zip",), "pdf": ("pdf",),
    "json": ("json", "geojson"), "ods": ("ods",), "word": ("doc", "docx"),
}  # fmt: skip
PLATFORM = re.compile(
    "[\u2460-\u2473\u3251-\u325f\u32b1-\u32bf\u2160-\u217f\u3220-\u3243\u3280-\u32ff\u3300-\u33ff\ufe30-\ufe4f\u301c\uff5e]"
)
UNREPORTED = "㎡㎥㎢㎠㎝㎞㎜㎏㎎㎍㎅㎄㎃㎖㎗㎘㏄㏊"


def judge_format(file: RawFile) -> Decision:
    """Decide L1-01: a format that programs read, and a name that says so."""
    opened = file.opened
    kinds = opened.kinds or ((opened.name, opened.kind),)
    if opened.kind == "empty" or any(kind == "empty" for _, kind in kinds):
        return Decision("failed", 1, why="format-empty")
    closed = [GridSpot(_member(name)) for name, kind in kinds if kind not in OPEN]
    if closed and not (opened.kind == "zip" and not opened.kinds):
        old = all(kind == "xls" for _, kind in kinds if kind not in OPEN)
        return tell(closed, "format-old" if old else "format-closed")
    if opened.kind == "zip" and not opened.kinds:
        return Decision("failed", 1, why="format-no-table")
    if opened.broken:
        return Decision("failed", 1, why="format-broken")
    return tell((GridSpot(_member(name)) for name, kind in kinds if not _agree(name, kind)), "format-name")


def _member(name: str) -> Grid:
    return Grid(name, False, (), ())


def _agree(name: str, kind: str) -> bool:
    """Test whether a name ends as its content is; a name that promises no format is let be."""
    suffix = name.rpartition(".")[2].lower()
    promised = [each for each, suffixes in SUFFIXES.items() if suffix in suffixes]
    return "." not in name or not promised or kind in promised


def judge_characters(file: RawFile) -> Decision:
    """Decide L1-08: no platform-dependent characters; in files that say their encoding only to be noted."""

    def spots(grids: list[Grid]) -> Iterator[GridSpot]:
        for grid in grids:
            for row, cells in enumerate(grid.rows):
                for at, cell in enumerate(cells) if PLATFORM.search("".join(cells)) else ():
                    yield from (GridSpot(grid, row, at) for char in PLATFORM.findall(cell) if char not in UNREPORTED)

    old = [grid for grid in file.opened.grids if grid.encoding in ("cp932", "euc-jp")]
    found = tell(spots(old))
    if found.state == "failed":
        return found
    return tell(spots(list(file.opened.grids)), "noted-characters", state="passed")


# ---- Excel ------------------------------------------------------------------------------------------------------


def of_excel(decide: Callable[[RawFile], Decision], cells: bool = False) -> Callable[[RawFile], Decision]:
    """Make a rule about workbooks; `cells`: an .xls can be judged too."""

    def judged(file: RawFile) -> Decision:
        grids = [grid for grid in file.opened.grids if grid.excel]
        if not grids:
            return exempt("not-excel")
        if not cells and not all(grid.seen for grid in grids):
            return undecided("old-excel")
        return decide(file)

    return judged


def judge_objects(file: RawFile) -> Decision:
    """Decide L1-10: no picture or shape over a table; elsewhere only to be noted."""
    every = [(grid, row, at) for grid in file.opened.grids for row, at in grid.anchors]
    inside = [GridSpot(*one) for one in every if any(area.covers(*one[1:]) for area in file.areas(one[0]))]
    return tell(inside) if inside else tell((GridSpot(*one) for one in every), "noted-objects", state="passed")


def judge_formats(file: RawFile) -> Decision:
    """Decide L1-11: nothing is said by colour or type alone."""

    def spots() -> Iterator[GridSpot]:
        for area in file.tables:
            if not area.grid.styles:
                continue
            for column in area.columns:
                rows = [row for row, text in zip(column.rows, column.cells, strict=True) if text.strip()]
                styles = [area.grid.styles.get((row, column.at)) for row in rows]
                if len(rows) < 2:
                    continue
                colours = {style.colour if style else "" for style in styles}
                fills = {style.fill for style in styles if style and style.fill}
                bold = {bool(style and style.bold) for style in styles}
                italic = {bool(style and style.italic) for style in styles}
                if len(colours) > 1 or len(fills) > 1 or len(bold) > 1 or len(italic) > 1:
                    yield column.spot()

    return tell(spots())


def judge_merged(file: RawFile) -> Decision:
    """Decide L1-12: no merged cells in the body; within the header that is L2-03's business."""

    def spots() -> Iterator[GridSpot]:
        for area in file.tables:
            for top, left, bottom, right in area.grid.merged:
                if bottom >= area.top + area.head and top <= area.bottom and left <= area.right and right >= area.left:
                    yield GridSpot(area.grid, top, left)

    return tell(spots(), weight="fatal")


def judge_hidden(file: RawFile) -> Decision:
    """Decide L1-13: nothing is hidden."""

    def spots() -> Iterator[GridSpot]:
        for grid in file.opened.grids:
            width = max(map(len, grid.rows), default=0)
            if grid.hidden:
                yield GridSpot(replace(grid, sheet=MASK))
            yield from (GridSpot(grid, row) for row in grid.hidden_rows if row < len(grid.rows))
            yield from (GridSpot(grid, None, at) for at in grid.hidden_columns if at < width)

    return tell(spots())


def judge_formulas(file: RawFile) -> Decision:
    """Decide L2-06: values, no formulas and no errors."""

    def spots() -> Iterator[GridSpot]:
        for area in file.tables:
            yield from (GridSpot(area.grid, row, at) for row, at in area.grid.formulas if area.covers(row, at))

    return tell(spots())


# ---- CSV --------------------------------------------------------------------------------------------------------


def of_csv(decide: Callable[[Grid, RawFile], Iterator[GridSpot]]) -> Callable[[RawFile], Decision]:
    """Make a rule about CSV."""

    def judged(file: RawFile) -> Decision:
        grids = [grid for grid in file.opened.grids if not grid.excel]
        return tell(spot for grid in grids for spot in decide(grid, file)) if grids else exempt("not-csv")

    return judged


def find_slips(
    grid: Grid, file: RawFile, kinds: Container[str], uneven: Callable[[int, int], bool]
) -> Iterator[GridSpot]:
    """Yield lines with slips of these kinds, and rows that are `uneven` with their header (their cells, its cells)."""
    rows = {line: row for row, line in enumerate(grid.lines)}
    told = {slip.row for slip in grid.slips if slip.kind in kinds}
    yield from (GridSpot(grid, rows[line]) for line in sorted(told))
    for area in file.areas(grid):
        width = len(grid.rows[area.top])
        for row in area.body:
            if uneven(len(grid.rows[row]), width) and grid.lines[row] not in told:
                yield GridSpot(grid, row)


def find_broken_lines(grid: Grid, file: RawFile) -> Iterator[GridSpot]:
    """Decide L1-14: a record is one line, and all of it."""
    return find_slips(grid, file, ("lines", "open"), operator.lt)


def find_bare_commas(grid: Grid, file: RawFile) -> Iterator[GridSpot]:
    """Decide L1-15: what holds a comma is in quotes, and quotes are where they belong."""
    return find_slips(grid, file, ("quote", "open"), operator.gt)


JUDGES: Mapping[str, Callable[[RawFile], Decision]] = {
    "L1-01": judge_format,
    "L1-02": rules_table.judge_one_table,
    "L1-03": rules_table.judge_gaps,
    "L1-04": rules_table.judge_stray,
    "L1-05": rules_table.judge_headings,
    "L1-06": rules_table.judge_spaces,
    "L1-07": rules_table.judge_one_value,
    "L1-08": judge_characters,
    "L1-09": rules_table.judge_zero,
    "L1-10": of_excel(judge_objects),
    "L1-11": of_excel(judge_formats),
    "L1-12": of_excel(judge_merged, cells=True),
    "L1-13": of_excel(judge_hidden),
    "L1-14": of_csv(find_broken_lines),
    "L1-15": of_csv(find_bare_commas),
    "L2-01": rules_table.judge_numbers,
    "L2-02": rules_table.judge_ditto,
    "L2-03": rules_table.judge_names,
    "L2-04": rules_table.judge_choices,
    "L2-05": rules_table.judge_other,
    "L2-06": of_excel(judge_formulas),
    "L3-01": rules_table.judge_start,
    "L3-02": rules_meaning.judge_codes,
    "L3-03": rules_meaning.judge_symbols,
    "L3-04": rules_meaning.judge_units,
    "L3-05": rules_meaning.judge_times,
    "L3-06": rules_meaning.judge_areas,
    "L3-07": rules_meaning.judge_form,
    "L3-08": rules_meaning.judge_definitions,
    "L3-09": rules_meaning.judge_long,
}
"""By rule, what decides it."""
