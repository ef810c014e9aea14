"""Sheets of an .ods (OpenDocument 1.3 part 3, 9.1) → cells as text; unlike Excel's formats it has what each cell shows."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from entaku.formats import limits
from entaku.formats.limits import LimitError
from entaku.formats.xml import walk_xml
from entaku.formats.zips import BrokenError, LockedError, Workbook
from entaku.table.number_show import round_half_up, to_number
from entaku.table.scan import UNSAVED
from entaku.table.seen import DROPPED, MINUS, ROUNDED, Seen, Told, is_blank, tell_words
from entaku.table.whence import Range

_ERROR = re.compile(r"#(N/A|NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|CALC!|SPILL!)|Err:\d+")
_SKIPPED = {"annotation", "ruby-text", "shapes", "tracked-changes", "dde-links"}
"""Elements whose text is no cell's."""


@dataclass(frozen=True)
class OdsCell:
    """A cell: what is published of it, and what it shows."""

    seen: Seen
    shown: str


EMPTY = OdsCell(Seen(""), "")


@dataclass
class OdsSheet:
    """A sheet as it is read."""

    name: str
    style: str
    rows: list[tuple[int, list[OdsCell]]] = field(default_factory=list)
    """How often a row stands there, and its cells up to the last that isn't empty."""
    merged: list[Range] = field(default_factory=list)
    hidden: list[tuple[int, int]] = field(default_factory=list)
    """First and last of each run of hidden columns; from 0."""
    columns: int = 0
    """How many columns are declared."""

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns up to the last cell that isn't empty."""
        return sum(count for count, _ in self.rows), max((len(cells) for _, cells in self.rows), default=0)


def read_ods(body: bytes, cells: str | None, skip: bool = False) -> tuple[list[OdsSheet], set[str]]:
    """Every sheet, and the names of those that are hidden; `skip`: hidden rows are blank.  Raises BrokenError or LimitError."""
    book = Workbook(body)
    if "content.xml" not in book.members:
        raise BrokenError("content.xml: ない / missing")
    if "META-INF/manifest.xml" in book.members and b"encryption-data" in book.read("META-INF/manifest.xml"):
        raise LockedError
    walk = _OdsWalk(cells, skip)
    walk_xml(book.read("content.xml"), walk.start, walk.end, walk.text)
    return walk.sheets, {sheet.name for sheet in walk.sheets if sheet.style in walk.hidden}


class _OdsWalk:
    """A walk through content.xml."""

    def __init__(self, cells: str | None, skip: bool) -> None:
        self.sheets: list[OdsSheet] = []
        self.hidden: set[str] = set()
        self._cells, self._skip_rows, self._row_hidden = cells, skip, False
        self._path: list[str] = []
        self._skip = 0
        self._row: list[OdsCell] = []
        self._repeat = self._top = 0
        self._gap = 0
        self._about: dict[str, str] = {}
        self._words: list[str] | None = None
        self._style = ""

    def start(self, tag: str, about: dict[str, str]) -> None:
        """An element begins."""
        self._path.append(tag)
        if self._skip or tag in _SKIPPED:
            self._skip += 1
        elif tag == "style":
            self._style = about.get("style:name", "")
        elif tag == "table-properties" and about.get("table:display") == "false":
            self.hidden.add(self._style)
        elif tag == "table":
            self.sheets.append(OdsSheet(about.get("table:name", ""), about.get("table:style-name", "")))
            self._top = self._gap = 0
        elif tag == "table-column" and self.sheets:
            self._end_columns(_count(about, "table:number-columns-repeated"), _is_hidden(about))
        elif tag == "table-row":
            self._row, self._repeat = [], _count(about, "table:number-rows-repeated")
            self._row_hidden = _is_hidden(about)
        elif tag in ("table-cell", "covered-table-cell"):
            self._about, self._words = about, []
        elif self._words is not None:
            self._add_mark(tag, about)

    def _add_mark(self, tag: str, about: dict[str, str]) -> None:
        words = self._words or []
        if tag == "p" and words:
            words.append("\n")
        elif tag == "p":
            words.append("")
        elif tag == "s":
            words.append(" " * min(_count(about, "text:c"), limits.CELL))
        elif tag in ("tab", "line-break"):
            words.append("\t" if tag == "tab" else "\n")
        self._words = words

    def text(self, words: str) -> None:
        """Text of a paragraph."""
        if self._words is not None and not self._skip and "p" in self._path:
            self._words.append(words)

    def end(self, tag: str) -> None:
        """An element ends."""
        self._path.pop()
        if self._skip:
            self._skip -= 1
        elif tag in ("table-cell", "covered-table-cell") and self.sheets:
            self._end_cell(tag)
        elif tag == "table-row" and self.sheets:
            self._end_row()

    def _end_columns(self, count: int, hidden: bool) -> None:
        sheet = self.sheets[-1]
        if hidden:
            sheet.hidden.append((sheet.columns, sheet.columns + count - 1))
        sheet.columns += count

    def _end_cell(self, tag: str) -> None:
        shown = "".join(self._words or ())
        cell = EMPTY if tag != "table-cell" else _see(self._about, shown, self._cells)
        across, down = (_count(self._about, f"table:number-{which}-spanned") for which in ("columns", "rows"))
        if across > 1 or down > 1:
            top, left = self._top + self._gap + 1, len(self._row)
            self.sheets[-1].merged.append((top, left, top + down - 1, left + across - 1))
        count = _count(self._about, "table:number-columns-repeated")
        if cell is not EMPTY and len(self._row) + count > limits.COLUMNS:
            raise LimitError("列 / columns", limits.COLUMNS)
        self._row += [cell] * min(count, limits.COLUMNS + 1)
        self._words = None

    def _end_row(self) -> None:
        if self._row_hidden and self._skip_rows:
            self._row = []
        while self._row and self._row[-1] is EMPTY:
            self._row.pop()
        if not self._row:
            self._gap += self._repeat
            return
        sheet = self.sheets[-1]
        if self._gap:
            sheet.rows.append((self._gap, []))
        sheet.rows.append((self._repeat, self._row))
        self._top += self._gap + self._repeat
        self._gap = 0
        if self._top * len(self._row) > limits.CELLS:
            raise LimitError(f"{sheet.name} のセル / cells", limits.CELLS)


def _is_hidden(about: dict[str, str]) -> bool:
    """Whether a row or column is hidden, by hand or by a filter."""
    return about.get("table:visibility", "visible") != "visible"


def _count(about: dict[str, str], name: str) -> int:
    said = about.get(name, "1")
    return max(1, int(said)) if said.isascii() and said.isdigit() and len(said) < 10 else 1


_VALUES = {f"office:{kind}value" for kind in ("", "date-", "time-", "boolean-", "string-")}


def _see(about: dict[str, str], shown: str, cells: str | None) -> OdsCell:
    """A cell by its attributes and what it shows."""
    kind = about.get("office:value-type", "")
    formula = "table:formula" in about
    if about.get("calcext:value-type") == "error" or (formula and _ERROR.fullmatch(shown.strip())):
        return OdsCell(Seen(shown.strip() or "#N/A", (("excel-error", "error"),)), shown.strip())
    if formula and not shown and not _VALUES & about.keys():
        return OdsCell(Seen(UNSAVED, (("formula-without-value", "error"),)), "")
    if kind in ("float", "currency", "percentage"):
        try:
            value = float(about.get("office:value", ""))
        except ValueError:
            return OdsCell(Seen(shown), shown)
        return OdsCell(see_shown(value, shown.strip(), cells), shown.strip())
    if kind == "date":
        return OdsCell(see_date(about.get("office:date-value", ""), shown.strip(), cells), shown.strip())
    if kind == "time":
        return OdsCell(see_time(about.get("office:time-value", ""), shown.strip(), cells), shown.strip())
    if kind == "boolean":
        words = "TRUE" if about.get("office:boolean-value") == "true" else "FALSE"
        return OdsCell(Seen(shown if cells == "shown" else words), shown)
    text = shown or about.get("office:string-value", "")
    return OdsCell(Seen(text), text) if text else EMPTY


# ---- values and the texts that cells show -----------------------------------------------------------------------------


_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")
_POWER = re.compile(r"(\d+(?:\.\d+)?)E([+-]?\d+)", re.IGNORECASE)
_FRACTION = re.compile(r"-?(?:(\d+)\s+)?(\d+)/(\d+)")
_CLOCK = re.compile(r"\d\s*[:：時]")
_ONLY_CLOCK = re.compile(r"(?:[AP]M|午前|午後)?\s*\d+\s*[:：時]", re.IGNORECASE)
_SPAN = re.compile(r"(-?)P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")


def see_shown(value: float, shown: str, cells: str | None) -> Seen:
    """A number of which a cell shows this."""
    number = to_number(value)
    if cells:
        return Seen(shown if cells == "shown" else number)
    if is_blank(shown) and not shown.strip("-.") and (value == 0 or not shown):
        return Seen("0", (("shown-zero", "notice"),)) if value == 0 else Seen("", (("shown-nothing", "warning"),))
    if "%" in shown or "％" in shown:
        return Seen(number, (("shown-percent", "warning"),))
    if power := _POWER.search(shown):
        same = float(f"{power[1]}e{power[2]}") == abs(float(number))
        return Seen(number, () if same else (ROUNDED,))
    if part := _FRACTION.fullmatch(shown):
        exact = int(part[1] or 0) + Fraction(int(part[2]), int(part[3]) or 1)
        return Seen(number, () if float(exact) == abs(value) else (ROUNDED,))
    return _see_digits(value, number, shown)


def _see_digits(value: float, number: str, shown: str) -> Seen:
    found = list(_DIGITS.finditer(shown))
    if len(found) != 1:
        return Seen(shown)  # a code such as 100-0001, or words
    digits = found[0][0].replace(",", "")
    around = shown[: found[0].start()] + shown[found[0].end() :]
    said, exact = Decimal(digits), abs(Decimal(number))
    told: Told = tell_words(around)
    if value < 0 and not MINUS.search(around):
        told = (("shown-sign", "warning"),)
    if said == exact:
        padded = len(digits) > 1 and digits[0] == "0" and digits[1] != "."
        return Seen(("-" if value < 0 else "") + digits if padded else number, told)
    places = len(digits.partition(".")[2])
    if round_half_up(exact, places) == said:
        return Seen(number, (ROUNDED, *told))
    if any(round_half_up(exact / 1000**n, places) == said for n in range(1, 6)):
        return Seen(number, (("shown-scaled", "error"),))
    return Seen(number, (("shown-words", "warning"),))


def see_date(value: str, shown: str, cells: str | None) -> Seen:
    """A day, or a day and time, of which a cell shows this."""
    day, _, clock = value.partition("T")
    clock = clock[:8] or "00:00:00"
    if cells == "shown":
        return Seen(shown)
    if cells == "stored":
        return Seen(f"{day}T{clock}" if clock != "00:00:00" else day)
    if not re.search(r"\d", shown):
        return Seen(shown or day)  # 月, 月曜日
    if _ONLY_CLOCK.match(shown):
        return Seen(clock, (DROPPED,))
    if _CLOCK.search(shown):
        return Seen(f"{day}T{clock}")
    told: Told = (DROPPED,) if clock != "00:00:00" else ()
    parts = len(re.findall(r"\d+|元|[A-Za-z]{3,}", shown))
    return Seen(day, told + ((("shown-part", "notice"),) if parts < 3 and len(shown) < 8 else ()))


def see_time(value: str, shown: str, cells: str | None) -> Seen:
    """A span of time, such as PT10H30M, of which a cell shows this."""
    match = _SPAN.fullmatch(value)
    if match is None or cells == "shown":
        return Seen(shown)
    seconds = round(float(match[5] or 0)) + 60 * int(match[4] or 0) + 3600 * int(match[3] or 0)
    hours, rest = divmod(seconds + 86400 * int(match[2] or 0), 3600)
    clock = f"{rest // 60:02}:{rest % 60:02}"
    said = re.match(r"\d+", shown)
    if hours >= 24 and cells is None and said and int(said[0]) != hours:
        return Seen(f"{hours % 24:02}:{clock}", (DROPPED,))
    return Seen(f"{match[1]}{hours:02}:{clock}")
