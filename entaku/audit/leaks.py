"""Find what a workbook gives away besides its tables, from its bytes alone and without repeating what leaked.

Which kinds are errors, warnings and notices, and why, is in `docs/leaks.md`.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from urllib.parse import unquote

from entaku.audit import carried, hidden, outside
from entaku.audit.hidden import BookPlace, CellCount, HiddenCells
from entaku.formats import limits
from entaku.formats.limits import LimitError
from entaku.formats.ole import Ole, read_old_book
from entaku.formats.xlsx import XlsxBook
from entaku.formats.xlsx_sheet import SAME, read_count
from entaku.formats.xml import walk_xml
from entaku.formats.zips import BrokenError, Workbook, decode_name, find_workbook, list_members, read_member
from entaku.model.messages import UNSEEN, list_unseen
from entaku.model.nouns import Finding, Place

OLE = b"\xd0\xcf\x11\xe0"
WORKBOOKS = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlt", ".xlsb", ".ods", ".ots")
MAX_EACH = 20
"""Findings of one kind that are told one by one."""


def find_leaks(url: str, body: bytes, allow: Mapping[str, str]) -> tuple[Finding, ...]:
    """Find what a workbook, or the workbooks in a zip, hold beside their tables; nothing for other files.

    `allow`: reasons by kind (`hidden-sheet`) or by kind and place (`hidden-sheet/控え`); what they allow becomes one
    notice each, with the reason.
    """
    return tuple(_limit(_apply_allow(_examine(url, body), allow)))


def _examine(url: str, body: bytes) -> Iterator[Finding]:
    if body.startswith(OLE) or find_workbook(body):
        yield from examine_book(BookPlace(url), body)
    elif body.startswith(b"PK"):
        try:
            members = list_members(body)
        except (BrokenError, LimitError) as error:
            yield _not_examined(BookPlace(url), error)
            return
        left = limits.EXPANDED
        for member in members:
            name = decode_name(member)
            if not name.lower().endswith(WORKBOOKS) or name.startswith("__MACOSX/"):
                continue
            try:
                book = read_member(body, member, left)
            except (BrokenError, LimitError) as error:
                yield _not_examined(BookPlace(url, name), error)
                continue
            left -= len(book)
            if book.startswith(OLE) or find_workbook(book):
                yield from examine_book(BookPlace(url, name), book)


def examine_book(where: BookPlace, body: bytes) -> Iterator[Finding]:
    """Find what one workbook holds beside its tables; that it can't be examined is a finding, too."""
    try:
        if body.startswith(OLE):
            ole = Ole(body)
            old = read_old_book(ole)
            unseen = {sheet.name for sheet in old.sheets if sheet.hidden}
            found = chain(
                hidden.find_in_xls(old, where),
                carried.find_in_xls(ole, old, where),
                outside.find_in_xls(ole, old, where),
            )
        elif find_workbook(body) == "ods":
            unseen, found = set(), chain(_find_in_ods(body, where), carried.find_in_ods(body, where))
        elif find_workbook(body) == "xlsb":
            book = XlsxBook(body)
            unseen, found = set(), chain(carried.find_in_xlsb(book, where), outside.find_in_xlsb(book, where))
        else:
            book = XlsxBook(body)
            unseen = {sheet.name for sheet in book.sheets if sheet.hidden}
            found = chain(
                hidden.find_in_xlsx(book, where), carried.find_in_xlsx(book, where), outside.find_in_xlsx(book, where)
            )
        yield from (_mark_unseen(one, unseen) for one in found)
    except (BrokenError, LimitError) as error:
        yield _not_examined(where, error)


def _mark_unseen(finding: Finding, sheets: Container[str]) -> Finding:
    """Mark the name of a hidden sheet as one that readers of the site must not see."""
    if finding.code == "hidden-sheet" or finding.place.sheet.rpartition("/")[2] not in sheets:
        return finding
    return replace(finding, args={**finding.args, UNSEEN: "sheet"})


def _not_examined(where: BookPlace, error: Exception) -> Finding:
    return Finding("not-examined", "error", where.place(), args={"why": str(error)})


def _apply_allow(found: Iterable[Finding], allow: Mapping[str, str]) -> Iterator[Finding]:
    """Pass on the findings that nothing allows, then one notice for each reason that allowed some."""
    used: Counter[str] = Counter()
    first: dict[str, Finding] = {}
    for finding in found:
        sheet = finding.place.sheet.rpartition("/")[2]
        names = (f"{finding.code}/{sheet}", f"{finding.code}/{finding.value}", finding.code)
        key = next((name for name in names if name in allow), None)
        if key is None or finding.code == "not-examined":
            yield finding
        else:
            used[key] += 1
            first.setdefault(key, finding)
    for key, count in used.items():
        args = {"why": allow[key], "count": str(count)}
        args |= {UNSEEN: "sheet value"} if list_unseen(first[key]) else {}
        yield Finding("leak-allowed", "notice", first[key].place, key, args)


def _limit(found: Iterable[Finding]) -> Iterator[Finding]:
    """Pass on the first findings of each kind, then say how many more there are."""
    kept: dict[str, list[Finding]] = {}
    for finding in found:
        kept.setdefault(finding.code, []).append(finding)
    for same in kept.values():
        yield from same[:MAX_EACH]
        if len(same) > MAX_EACH:
            place = Place(same[0].place.file)
            args = {"count": str(len(same) - MAX_EACH), "of": same[-1].code}
            yield Finding("too-many-findings", same[-1].severity, place, args=args)


# ---- .ods -------------------------------------------------------------------------------------------------------

_ODS_SPOTS = {
    "header": outside.HEADER, "footer": outside.HEADER, "header-left": outside.HEADER, "footer-left": outside.HEADER, "shapes": outside.SHAPES, "frame": outside.SHAPES,
    "custom-shape": outside.SHAPES, "rect": outside.SHAPES, "content-validation": outside.CHOICES, "named-expression": outside.NAMES, "meta": outside.PROPERTIES,
    "tracked-changes": outside.OTHER, "annotation": "",
}  # fmt: skip
_ODS_AUTHORS = frozenset(
    {"creator", "initial-creator", "printed-by", "generator", "date", "creation-date", "editing-duration"}
)


@dataclass
class OdsLook:
    """What a part of an .ods (OpenDocument 1.3 part 3) holds beside the cells that are seen, gathered by a walk."""

    sheets: dict[str, HiddenCells] = field(default_factory=dict)
    comments: dict[str, CellCount] = field(default_factory=dict)
    unseen: dict[str, CellCount] = field(default_factory=dict)
    said: list[tuple[str, str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    changes: int = 0
    _styles: dict[str, dict[str, str]] = field(default_factory=dict)
    _style: str = ""
    _sheet: str = ""
    _hidden: bool = False
    _columns: list[tuple[int, bool]] = field(default_factory=list)
    _row: int = -1
    _at: int = 0
    _last: tuple[int, int] = (1, 1)
    """How often the row and the cell stand there."""
    _row_hidden: bool = False
    _look: str = ""
    _path: list[tuple[str, str]] = field(default_factory=list)
    """Each open element, with where its text stands."""
    _words: list[str] = field(default_factory=list)

    def start(self, tag: str, about: dict[str, str]) -> None:
        """Begin an element."""
        said = {name.rpartition(":")[2]: value for name, value in about.items()}
        spot = _ODS_SPOTS.get(tag, self._path[-1][1] if self._path else "-")
        self._path.append((tag, spot))
        if tag == "style":
            self._style = said.get("name", "")
        elif tag in ("table-properties", "text-properties", "table-cell-properties"):
            self._styles.setdefault(self._style, {}).update(said)
        elif tag == "table":
            self._sheet, self._row, self._columns = said.get("name", ""), -1, []
            self._last = (1, 1)
            self._hidden = self._styles.get(said.get("style-name", ""), {}).get("display") == "false"
        elif tag == "table-column":
            self._columns.append((_repeat(said, "columns"), said.get("visibility", "visible") != "visible"))
        elif tag == "table-row":
            self._row, self._at, self._last = self._row + self._last[0], 0, (_repeat(said, "rows"), 0)
            self._row_hidden = said.get("visibility", "visible") != "visible"
        elif tag in ("table-cell", "covered-table-cell"):
            self._at, self._last = self._at + self._last[1], (self._last[0], _repeat(said, "columns"))
            self._look, self._words = said.get("style-name", ""), []
        elif tag == "annotation":
            self.comments.setdefault(self._sheet, CellCount()).add(max(self._row, 0), self._at)
        self.changes += tag in ("cell-content-change", "insertion", "deletion", "movement")
        if tag == "a" and "href" in said:
            self.links.append(said["href"])
        for name in ("condition", "expression", "title"):
            if name in said and spot in (outside.CHOICES, outside.NAMES, outside.SHAPES):
                self.said += [(spot, self._sheet, text) for text in outside.list_constants(said[name])]

    def text(self, words: str) -> None:
        """Take text: of a cell, or of what stands outside cells."""
        tag, spot = self._path[-1]
        if spot == "-":
            self._words.append(words)
        elif spot and tag not in _ODS_AUTHORS and words.strip():
            self.said.append((spot, self._sheet, words))

    def end(self, tag: str) -> None:
        """End an element."""
        self._path.pop()
        if tag not in ("table-cell", "covered-table-cell") or not "".join(self._words).strip():
            return
        found = self.sheets.setdefault(self._sheet, HiddenCells())
        if self._hidden:
            found.every.add(self._row, self._at)
        else:
            found.add(self._row, self._at, self._row_hidden, self._is_column_hidden())
        look = self._styles.get(self._look, {})
        ground = look.get("background-color", "transparent").replace("transparent", "#ffffff")
        if look.get("color", "#000000").lower() == ground.lower():
            self.unseen.setdefault(self._sheet, CellCount()).add(self._row, self._at)
        self._words = []

    def _is_column_hidden(self) -> bool:
        first = 0
        for count, unseen in self._columns:
            first += count
            if self._at < first:
                return unseen
        return False


def _repeat(said: dict[str, str], what: str) -> int:
    return max(1, read_count(said.get(f"number-{what}-repeated")) or 1)


def _find_in_ods(body: bytes, where: BookPlace) -> Iterator[Finding]:
    """Report what the XML of an .ods holds beside the cells that are seen.  Raises BrokenError or LimitError."""
    book, look = Workbook(body), OdsLook()
    for part in ("styles.xml", "content.xml", "meta.xml"):
        if part in book.members:
            walk_xml(book.read(part), look.start, look.end, look.text)
    for sheet, cells in look.sheets.items():
        yield from cells.tell(sheet, where)
    for sheet, count in look.comments.items():
        yield Finding("cell-comments", "error", where.place(sheet, count.cell), args={"count": str(count.count)})
    for sheet, count in look.unseen.items():
        yield Finding(
            "hidden-cells", "error", where.place(sheet, count.cell), args={"count": str(count.count), "what": SAME}
        )
    if look.changes:
        yield Finding("change-history", "error", where.place(), args={"count": str(look.changes)})
    links = [unquote(link) for link in look.links]
    mails = [
        (outside.LINKS, "", link.partition(":")[2].partition("?")[0]) for link in links if link.startswith("mailto:")
    ]
    yield from outside.tell_texts([*look.said, *mails], where)
    if local := sum(map(outside.is_local, links)):
        yield Finding("local-links", "error", where.place(), args={"count": str(local)})
