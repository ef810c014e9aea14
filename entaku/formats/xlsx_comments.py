"""Comments on cells of an .xlsx, beside those that it has (ECMA-376 part 1, 18.7; their boxes: part 4, 19.4, VML)."""

import re
from collections.abc import Mapping

from entaku.formats.xlsx_edit import BookParts, get_attribute, insert_last, spell_cell, spell_xml

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = {
    _MAIN: "http://purl.oclc.org/ooxml/spreadsheetml/main",
    _LINKS: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_BOXES = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_SPACES = (
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
    ' xmlns:x="urn:schemas-microsoft-com:office:excel"'
)
"""Declared on each shape: a drawing that is there may have other prefixes."""
_NO_BOXES = f'<xml {_SPACES}><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout></xml>'
_SHAPE = (
    f'<v:shapetype {_SPACES} id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_BOX = (
    '<v:shape {spaces} id="_x0000_s{id}" type="#_x0000_t202" style="position:absolute;visibility:hidden" fillcolor="#ffffe1"'
    ' o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/>'
    '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div>'
    '</v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
    "<x:Anchor>{left}, 15, {top}, 2, {right}, 60, {bottom}, 4</x:Anchor><x:AutoFill>False</x:AutoFill>"
    "<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
_AFTER = (
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
    "AlternateContent",
)  # fmt: skip
"""The elements of a sheet that come after its `legacyDrawing` (ECMA-376 part 1, 18.3.1.99)."""
_TAG = re.compile(r"<(/?)((?:\w+:)?)([\w.-]+)((?:[^>\"']|\"[^\"]*\"|'[^']*')*?)(/?)>")
_COMMENT = re.compile(r"<((?:\w+:)?)comment\s[^>]*>.*?</\1comment>", re.DOTALL)
_WIDE, _LINE = 24, 5
"""Characters in a line of a box, and the least lines it shows."""


def add_comments(parts: BookParts, sheet: str, words: Mapping[tuple[int, int], str], author: str) -> None:
    """Add a comment to cells of a sheet's part, by row and column from 1; what a cell's comment says already stays.

    A cell with a thread of comments keeps it as it is.
    """
    threads = {
        node.attributes.get("ref", "")
        for part in parts.book.linked("threadedComment", source=sheet)
        for node in parts.book.tree(part).find("threadedComment")
    }
    words = {at: text for at, text in words.items() if spell_cell(*at) not in threads}
    if not words:
        return
    strict = _STRICT[_MAIN] in parts.read(sheet)[:2000]
    found = parts.book.linked("comments", source=sheet)
    if found:
        part = found[0]
        text = parts.read(part)
    else:
        part = parts.name_new("xl/comments{}.xml")
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?><comments xmlns="{_STRICT[_MAIN] if strict else _MAIN}">'
            "<authors/><commentList/></comments>"
        )
        parts.link(sheet, "comments", part)
        parts.declare(part, _KIND)
    prefix = (re.search(r"<((?:\w+:)?)comments\b", text) or [None, ""])[1] or ""
    number = len(re.findall(r"<(?:\w+:)?author(?=[\s>/])", text))
    text = insert_last(text, "authors", f"<{{p}}author>{spell_xml(author)}</{{p}}author>")
    had: set[str] = set()

    def extend(match: re.Match[str]) -> str:
        ref = get_attribute(match[0], "ref")
        mine = next((words[at] for at in words if spell_cell(*at) == ref), None)
        if mine is None:
            return match[0]
        had.add(ref)
        return _extend(match[0], f"\n\n{author}\n{mine}")

    text = _COMMENT.sub(extend, text)
    new = {at: mine for at, mine in words.items() if spell_cell(*at) not in had}
    text = insert_last(
        text,
        "commentList",
        "".join(
            f'<{prefix}comment ref="{spell_cell(*at)}" authorId="{number}"><{prefix}text>{_run(prefix, mine)}'
            f"</{prefix}text></{prefix}comment>"
            for at, mine in new.items()
        ),
    )
    parts.write(part, text)
    _add_boxes(parts, sheet, new, strict)


def _run(prefix: str, text: str) -> str:
    return f'<{prefix}r><{prefix}t xml:space="preserve">{spell_xml(text)}</{prefix}t></{prefix}r>'


def _extend(comment: str, text: str) -> str:
    """Add words to the end of a comment, whose plain text becomes its first run."""
    found = re.search(r"<((?:\w+:)?)text\s*(?:/>|>(.*?)</\1text>)", comment, re.DOTALL)
    if found is None:
        return comment
    prefix, inner = found[1], found[2] or ""
    plain = re.match(rf"\s*(<{prefix}t(?=[\s>/]).*?</{prefix}t>)", inner, re.DOTALL)
    if plain is not None:
        inner = f"<{prefix}r>{plain[1]}</{prefix}r>{inner[plain.end() :]}"
    runs, phonetic = inner, ""
    at = min((n for n in (inner.find(f"<{prefix}rPh"), inner.find(f"<{prefix}phoneticPr")) if n >= 0), default=-1)
    if at >= 0:
        runs, phonetic = inner[:at], inner[at:]
    whole = f"<{prefix}text>{runs}{_run(prefix, text)}{phonetic}</{prefix}text>"
    return comment[: found.start()] + whole + comment[found.end() :]


def _add_boxes(parts: BookParts, sheet: str, words: Mapping[tuple[int, int], str], strict: bool) -> None:
    """Draw a hidden box for each comment, without which Excel shows none."""
    if not words:
        return
    text = parts.read(sheet)
    linked = re.search(r"<(?:\w+:)?legacyDrawing\s[^>]*>", text)
    part = ""
    if linked is not None:
        number = re.search(r"\w+:id=[\"']([^\"']+)", linked[0])
        part = next(
            (link.target for link in parts.book.links.get(sheet, ()) if number is not None and link.id == number[1]), ""
        )
    if part:
        drawing = parts.read(part)
    else:
        part = parts.name_new("xl/drawings/vmlDrawing{}.vml")
        drawing = _NO_BOXES
        number_new = parts.link(sheet, "vmlDrawing", part)
        parts.declare_ending("vml", _BOXES)
        parts.write(sheet, _link_drawing(text, number_new, strict))
    if 'id="_x0000_t202"' not in drawing:
        drawing = insert_last(drawing, "xml", _SHAPE)
    used = [int(number) for number in re.findall(r"_x0000_s(\d+)", drawing)]
    first = max(used, default=1024) + 1
    boxes = "".join(
        _BOX.format(
            spaces=_SPACES,
            id=first + n,
            row=row - 1,
            column=column - 1,
            left=column,
            right=column + 4,
            top=max(row - 2, 0),
            bottom=max(row - 2, 0) + max(_LINE, sum(1 + len(line) // _WIDE for line in words[row, column].split("\n"))),
        )
        for n, (row, column) in enumerate(words)
    )
    parts.write(part, insert_last(drawing, "xml", boxes))


def _link_drawing(text: str, number: str, strict: bool) -> str:
    """Put `legacyDrawing` where the schema wants it among the elements of a sheet."""
    depth, prefix = 0, ""
    links = _STRICT[_LINKS] if strict else _LINKS
    for tag in _TAG.finditer(text):
        closing, name, alone = bool(tag[1]), tag[3], bool(tag[5])
        if depth == 0 and name == "worksheet":
            prefix = tag[2]
        at_top = depth == 1 and not closing
        if (at_top and name in _AFTER) or (depth == 1 and closing):
            new = f'<{prefix}legacyDrawing xmlns:r="{links}" r:id="{number}"/>'
            return text[: tag.start()] + new + text[tag.start() :]
        depth += -1 if closing else 0 if alone else 1
    return text
