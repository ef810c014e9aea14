"""Marks on cells of an .ods: a colour and a comment each, by edits of content.xml as text; whatever else it has stays.

Cells and rows that stand for several (`number-columns-repeated`, `number-rows-repeated`) are cut where a mark is
(OpenDocument 1.3 part 3: 9.1 tables, 14.1 annotations, 16.2 styles, 17.18 properties of cells).
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from entaku.formats import limits
from entaku.formats.limits import LimitError
from entaku.formats.xlsx_edit import get_attribute, set_attribute, spell_xml
from entaku.formats.xlsx_marks import CellMark, Colour
from entaku.formats.xml import walk_xml
from entaku.formats.zips import BrokenError, LockedError, Workbook

CONTENT = "content.xml"
FILLS: Mapping[Colour, str] = {"error": "#ffc7ce", "warning": "#ffeb9c"}
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_SPACES = {
    "office": f"{_OASIS}office:1.0", "table": f"{_OASIS}table:1.0", "style": f"{_OASIS}style:1.0",
    "text": f"{_OASIS}text:1.0",
}  # fmt: skip
"""Prefixes that every program writes, and that a workbook must have to be edited."""
_MORE = {
    "fo": f"{_OASIS}xsl-fo-compatible:1.0", "svg": f"{_OASIS}svg-compatible:1.0", "dc": "http://purl.org/dc/elements/1.1/",
}  # fmt: skip
"""Prefixes that are declared where they are used, if the workbook has none."""
_TAG = re.compile(r"<(/?)([\w.-]+:[\w.-]+)((?:[^>\"']|\"[^\"]*\"|'[^']*')*?)(/?)>")
_ACROSS, _DOWN = "table:number-columns-repeated", "table:number-rows-repeated"
_WIDE = 24
"""Characters in a line of a comment's box."""
Marks = Mapping[tuple[int, int], Sequence[CellMark]]


@dataclass(frozen=True, slots=True)
class TextElement:
    """An element within the text of content.xml."""

    start: int
    inner: int
    """Where its content begins; `end` if it has none."""
    outer: int
    """Where its end tag begins."""
    end: int
    name: str
    about: str
    """Its attributes, as written."""


def mark_ods(body: bytes, marks: Sequence[CellMark], author: str) -> bytes:
    """Return a workbook with its marked cells coloured and commented; several marks of a cell share a comment.

    Marks of sheets that it doesn't have are passed over.  Raises BrokenError for a workbook that can't be edited in this
    way, LimitError beyond the limits of reading.
    """
    book = Workbook(body)
    if CONTENT not in book.members:
        raise BrokenError("content.xml: ない / missing")
    if "META-INF/manifest.xml" in book.members and b"encryption-data" in book.read("META-INF/manifest.xml"):
        raise LockedError
    xml = book.read(CONTENT)
    walk_xml(xml, lambda *_: None, lambda *_: None, lambda *_: None)  # well-formed, within the limits
    try:
        text = xml.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BrokenError("UTF-8 でない XML / XML that isn't UTF-8") from None
    if "<![CDATA[" in text or "<!--" in text:
        raise BrokenError("注釈のある XML / XML with comments")
    root = _TAG.search(text)
    if root is None or any(get_attribute(root[3], f"xmlns:{name}") != uri for name, uri in _SPACES.items()):
        raise BrokenError("名前空間 / namespaces")
    if any(get_attribute(root[3], f"xmlns:{name}") not in ("", uri) for name, uri in _MORE.items()):
        raise BrokenError("名前空間 / namespaces")
    work = _OdsMarking(text, author, {name for name in _MORE if get_attribute(root[3], f"xmlns:{name}")})
    return _pack(body, work.mark(marks).encode())


def _pack(body: bytes, content: bytes) -> bytes:
    """Return the workbook with another content.xml; each part is packed as it was, `mimetype` not at all."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            part = content if info.filename == CONTENT else old.read(info)
            new.writestr(info, part, info.compress_type)
    return out.getvalue()


def _list_elements(text: str, start: int, end: int, names: frozenset[str]) -> Iterator[TextElement]:
    """Yield the outermost elements with one of the names between two positions."""
    name, depth, first = "", 0, None
    for tag in _TAG.finditer(text, start, end):
        if first is None:
            if tag[1] or tag[2] not in names:
                continue
            if tag[4]:
                yield TextElement(tag.start(), tag.end(), tag.end(), tag.end(), tag[2], tag[3])
            else:
                name, depth, first = tag[2], 1, tag
        elif tag[2] == name and not tag[4]:
            depth += -1 if tag[1] else 1
            if not depth:
                yield TextElement(first.start(), first.end(), tag.start(), tag.end(), name, first[3])
                first = None


@dataclass
class _OdsMarking:
    """The work on one content.xml."""

    text: str
    author: str
    declared: set[str]
    styles: dict[str, TextElement] = field(default_factory=dict)
    made: dict[tuple[str, Colour], str] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)

    def mark(self, marks: Sequence[CellMark]) -> str:
        """Return the text with the marks."""
        area = next(_list_elements(self.text, 0, len(self.text), frozenset({"office:automatic-styles"})), None)
        sheets = next(_list_elements(self.text, 0, len(self.text), frozenset({"office:spreadsheet"})), None)
        if sheets is None:
            raise BrokenError("<office:spreadsheet> がない / no <office:spreadsheet>")
        if area is not None:
            for one in _list_elements(self.text, area.inner, area.outer, frozenset({"style:style"})):
                if get_attribute(one.about, "style:family") == "table-cell":
                    self.styles[get_attribute(one.about, "style:name")] = one
        out, end = [], 0
        apart = frozenset({"table:table", "table:dde-links", "table:tracked-changes"})
        for sheet in _list_elements(self.text, sheets.inner, sheets.outer, apart):
            name = _unescape(get_attribute(sheet.about, "table:name"))
            mine = [one for one in marks if one.sheet == name and sheet.name == "table:table"]
            if mine and sheet.inner < sheet.end:
                out += [self.text[end : sheet.inner], self._mark_sheet(sheet, mine)]
                end = sheet.outer
        out.append(self.text[end:])
        return self._add_styles("".join(out), area)

    def _add_styles(self, text: str, area: TextElement | None) -> str:
        """Put the new styles at the end of the automatic ones, which come before all sheets."""
        new = "".join(self.added)
        if not new:
            return text
        if area is None:
            at = text.index("<office:body")
            return f"{text[:at]}<office:automatic-styles>{new}</office:automatic-styles>{text[at:]}"
        if area.inner == area.end:
            start = text[area.start : area.end].removesuffix("/>")
            return f"{text[: area.start]}{start}>{new}</office:automatic-styles>{text[area.end :]}"
        return text[: area.outer] + new + text[area.outer :]

    # ---- sheets

    def _mark_sheet(self, sheet: TextElement, marks: Sequence[CellMark]) -> str:
        """Return the content of a sheet with its marks."""
        text = self.text
        if re.search(r"<table:table[\s>/]", text[sheet.inner : sheet.outer]):
            raise BrokenError("表の中の表 / a table within a table")
        names = frozenset({"table:table-row", "table:table-column", "table:shapes", "office:forms"})
        parts = list(_list_elements(text, sheet.inner, sheet.outer, names))
        rows = [one for one in parts if one.name == "table:table-row"]
        spread = [
            (_count(one.about, _ACROSS), get_attribute(one.about, "table:default-cell-style-name"))
            for one in parts
            if one.name == "table:table-column"
        ]
        wanted = self._place(rows, marks)
        out, end, top = [], sheet.inner, 1
        for row in rows:
            count = _count(row.about, _DOWN)
            mine = sorted(at for at in wanted if top <= at < top + count)
            if mine:
                out += [text[end : row.start], *self._cut_rows(row, top, [(at, wanted[at]) for at in mine], spread)]
                end = row.end
            top += count
        left = sorted(at for at in wanted if at >= top)
        last = rows[-1].end if rows else sheet.inner
        if left and end < last:
            out.append(text[end:last])
            end = last
        for at in left:
            out += [
                _repeat_row("", at - top),
                f"<table:table-row>{self._make_cells(0, wanted[at], '', spread)}</table:table-row>",
            ]
            top = at + 1
        return "".join([*out, text[end : sheet.outer]])

    def _place(self, rows: Sequence[TextElement], marks: Sequence[CellMark]) -> dict[int, dict[int, list[CellMark]]]:
        """Return the marks by row and column; those within a merged range at its first cell."""
        last = max(mark.row for mark in marks)
        merged, top = list[tuple[int, int, int, int]](), 1
        for row in rows:
            if top > last:
                break
            left = 1
            for cell in _list_cells(self.text, row):
                across = _count(cell.about, "table:number-columns-spanned")
                down = _count(cell.about, "table:number-rows-spanned")
                if across > 1 or down > 1:
                    merged.append((top, left, top + down - 1, left + across - 1))
                left += _count(cell.about, _ACROSS)
            top += _count(row.about, _DOWN)
        found: dict[int, dict[int, list[CellMark]]] = {}
        for mark in marks:
            row_, column = next(
                ((up, left) for up, left, down, right in merged
                 if up <= mark.row <= down and left <= mark.column <= right),
                (mark.row, mark.column),
            )  # fmt: skip
            found.setdefault(row_, {}).setdefault(column, []).append(mark)
        return found

    def _cut_rows(
        self, row: TextElement, top: int, marks: Sequence[tuple[int, Mapping[int, Sequence[CellMark]]]],
        spread: Sequence[tuple[int, str]],
    ) -> Iterator[str]:  # fmt: skip
        """Yield the rows that a row stands for: those with marks, and runs of the others as they were."""
        whole = self.text[row.start : row.end]
        count = _count(row.about, _DOWN)
        bottom = top + count
        for at, mine in marks:
            yield _repeat_row(whole, at - top)
            start = _drop(self.text[row.start : row.inner], _DOWN) if count > 1 else self.text[row.start : row.inner]
            start = re.sub(r"\s*/>$", ">", start)
            yield f"{start}{self._mark_cells(row, mine, spread)}</table:table-row>"
            top = at + 1
        yield _repeat_row(whole, bottom - top)

    def _mark_cells(
        self, row: TextElement, marks: Mapping[int, Sequence[CellMark]], spread: Sequence[tuple[int, str]]
    ) -> str:
        """Return the content of a row with its marks."""
        of_row = get_attribute(row.about, "table:default-cell-style-name")
        out, end, left = [], row.inner, 1
        for cell in _list_cells(self.text, row):
            count = _count(cell.about, _ACROSS)
            mine = sorted(at for at in marks if left <= at < left + count)
            if mine:
                out.append(self.text[end : cell.start])
                whole, bound = self.text[cell.start : cell.end], left + count
                for at in mine:
                    out += [
                        _repeat_cell(whole, at - left),
                        self._mark_cell(cell, marks[at], of_row or _style_of(at, spread)),
                    ]
                    left = at + 1
                out.append(_repeat_cell(whole, bound - left))
                end, left = cell.end, bound
            else:
                left += count
        out.append(self.text[end : row.outer])
        rest = {at: mine for at, mine in marks.items() if at >= left}
        return "".join([*out, self._make_cells(left - 1, rest, of_row, spread)])

    def _make_cells(
        self, before: int, marks: Mapping[int, Sequence[CellMark]], of_row: str, spread: Sequence[tuple[int, str]]
    ) -> str:
        """Return marked cells where a row has none, after its `before` cells."""
        out = []
        for at in sorted(marks):
            out.append(_repeat_cell("<table:table-cell/>", at - before - 1))
            style = self._find_style(of_row or _style_of(at, spread), marks[at])
            out.append(f'<table:table-cell table:style-name="{style}">{self._note(marks[at])}</table:table-cell>')
            before = at
        return "".join(out)

    def _mark_cell(self, cell: TextElement, marks: Sequence[CellMark], default: str) -> str:
        start = _drop(self.text[cell.start : cell.inner], _ACROSS)
        style = self._find_style(get_attribute(cell.about, "table:style-name") or default, marks)
        start = re.sub(r"\s*/>$", ">", set_attribute(start, "table:style-name", style))
        inner = self.text[cell.inner : cell.outer]
        note = next(_list_elements(inner, 0, len(inner), frozenset({"office:annotation"})), None)
        if note is None:
            inner = self._note(marks) + inner
        elif note.inner == note.end:
            inner = inner[: note.start] + self._note(marks) + inner[note.end :]
        else:
            more = _paragraphs(f"\n{self.author}\n{_join(marks)}")
            inner = inner[: note.outer] + more + inner[note.outer :]
        return f"{start}{inner}</{cell.name}>"

    def _note(self, marks: Sequence[CellMark]) -> str:
        """Return a comment, which the program that opens it shows beside the cell when asked."""
        words = _join(marks)
        lines = sum(-(-len(line) // _WIDE) or 1 for line in words.split("\n"))
        size = f'svg:width="7cm" svg:height="{min(max(lines, 2), 20) * 0.5 + 0.5:.1f}cm"'
        return (
            f'<office:annotation{self._declare("svg")} {size} office:display="false"><dc:creator{self._declare("dc")}>'
            f"{spell_xml(self.author)}</dc:creator>{_paragraphs(words)}</office:annotation>"
        )

    def _declare(self, prefix: str) -> str:
        return "" if prefix in self.declared else f' xmlns:{prefix}="{_MORE[prefix]}"'

    # ---- styles

    def _find_style(self, style: str, marks: Sequence[CellMark]) -> str:
        """Return the name of the same style with a fill."""
        colour: Colour = "error" if any(mark.colour == "error" for mark in marks) else "warning"
        if (style, colour) not in self.made:
            name = next(one for n in range(1, 10_000) if (one := f"mark{n}") not in self._taken())
            self.made[style, colour] = name
            self.added.append(self._make_style(name, style, FILLS[colour]))
        return self.made[style, colour]

    def _taken(self) -> set[str]:
        return {*self.styles, *self.made.values()}

    def _make_style(self, name: str, style: str, fill: str) -> str:
        properties = f'<style:table-cell-properties{self._declare("fo")} fo:background-color="{fill}"/>'
        base = self.styles.get(style)
        if base is None:
            parent = f' style:parent-style-name="{style}"' if style else ""
            return f'<style:style style:name="{name}" style:family="table-cell"{parent}>{properties}</style:style>'
        start = re.sub(r"\s*/>$", ">", set_attribute(self.text[base.start : base.inner], "style:name", name))
        start = _drop(start, "style:display-name")
        inner = self.text[base.inner : base.outer]
        found = next(_list_elements(inner, 0, len(inner), frozenset({"style:table-cell-properties"})), None)
        if found is None:
            inner = properties + inner
        else:
            tag = set_attribute(inner[found.start : found.inner], "fo:background-color", fill)
            if "fo" not in self.declared and "xmlns:fo" not in tag:
                tag = set_attribute(tag, "xmlns:fo", _MORE["fo"])
            inner = inner[: found.start] + tag + inner[found.inner :]
        return f"{start}{inner}</style:style>"


def _list_cells(text: str, row: TextElement) -> Iterator[TextElement]:
    return _list_elements(text, row.inner, row.outer, frozenset({"table:table-cell", "table:covered-table-cell"}))


def _count(about: str, name: str) -> int:
    """Return how often an element stands there."""
    said = get_attribute(about, name)
    count = max(1, int(said)) if said.isascii() and said.isdigit() and len(said) < 10 else 1
    if count > 1 << 24:
        raise LimitError("列か行 / columns or rows", limits.COLUMNS)
    return count


def _drop(tag: str, name: str) -> str:
    """Return a start tag without an attribute."""
    return re.sub(rf"\s{name}=(\"[^\"]*\"|'[^']*')", "", tag, count=1)


def _repeat_row(row: str, count: int) -> str:
    """Return a row that stands for so many, nothing for none."""
    row = row or "<table:table-row><table:table-cell/></table:table-row>"
    return _repeat(row, _DOWN, count)


def _repeat_cell(cell: str, count: int) -> str:
    return _repeat(cell, _ACROSS, count)


def _repeat(element: str, name: str, count: int) -> str:
    if count < 1:
        return ""
    tag = _TAG.match(element)
    assert tag is not None
    start = _drop(tag[0], name) if count == 1 else set_attribute(tag[0], name, str(count))
    return start + element[tag.end() :]


def _style_of(column: int, spread: Sequence[tuple[int, str]]) -> str:
    """Return the style that cells of a column have by default."""
    for count, style in spread:
        if column <= count:
            return style
        column -= count
    return ""


def _join(marks: Sequence[CellMark]) -> str:
    return "\n".join(dict.fromkeys(mark.text for mark in marks))


def _paragraphs(words: str) -> str:
    return "".join(f"<text:p>{spell_xml(line)}</text:p>" for line in words.split("\n"))


def _unescape(text: str) -> str:
    for code, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(code, sign)
    return text
