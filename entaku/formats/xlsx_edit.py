"""Edits of the parts of an .xlsx as text, so that whatever else they have stays (ECMA-376 part 2: parts, relationships)."""

import io
import posixpath
import re
import zipfile
from html import escape

from entaku.formats.text import column_letters
from entaku.formats.xlsx import XlsxBook
from entaku.formats.zips import BrokenError

TYPES = "[Content_Types].xml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"


class BookParts:
    """The parts of a workbook that were changed, as text."""

    def __init__(self, book: XlsxBook) -> None:
        self.book = book
        self.changed: dict[str, str] = {}

    def has(self, part: str) -> bool:
        return part in self.changed or part in self.book.members

    def read(self, part: str) -> str:
        if part in self.changed:
            return self.changed[part]
        body = self.book.read(part)
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise BrokenError("UTF-8 でない XML / XML that isn't UTF-8") from None
        if "<![CDATA[" in text or "<!--" in text:
            raise BrokenError("注釈のある XML / XML with comments")
        return text

    def write(self, part: str, text: str) -> None:
        self.changed[part] = text

    def name_new(self, pattern: str) -> str:
        """Return the first name that no part has, the number in place of {}."""
        return next(name for n in range(1, 10_000) if not self.has(name := pattern.format(n)))

    def link(self, part: str, kind: str, target: str) -> str:
        """Add a relationship from a part to another and return its id."""
        folder, file = posixpath.split(part)
        rels = f"{folder}/_rels/{file}.rels"
        strict = "purl.oclc.org" in self.read("xl/workbook.xml")[:2000]
        base = "http://purl.oclc.org/ooxml/officeDocument" if strict else _OFFICE
        text = (
            self.read(rels)
            if self.has(rels)
            else f'<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="{_RELS}"/>'
        )
        number = next(n for n in range(1, 10_000) if f'"rIdMark{n}"' not in text)
        path = posixpath.relpath(target, folder)
        self.write(rels, insert_last(text, "Relationships", (
            f'<{{p}}Relationship Id="rIdMark{number}" Type="{base}/relationships/{kind}" Target="{path}"/>'
        )))  # fmt: skip
        return f"rIdMark{number}"

    def declare(self, part: str, kind: str) -> None:
        """Declare the content type of a part."""
        text = self.read(TYPES)
        self.write(TYPES, insert_last(text, "Types", f'<{{p}}Override PartName="/{part}" ContentType="{kind}"/>'))

    def declare_ending(self, ending: str, kind: str) -> None:
        """Declare the content type of an extension, unless it has one."""
        text = self.read(TYPES)
        if not re.search(rf'Extension="{ending}"', text, re.IGNORECASE):
            new = f'<{{p}}Default Extension="{ending}" ContentType="{kind}"/>'
            self.write(
                TYPES, re.sub(r"(<((?:\w+:)?)Types\b[^>]*>)", lambda m: m[1] + new.format(p=m[2]), text, count=1)
            )

    def pack(self, body: bytes) -> bytes:
        """Return the workbook with the changed parts in their places and new ones at the end."""
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            for info in old.infolist():
                text = self.changed.pop(info.filename, None)
                new.writestr(info, old.read(info) if text is None else text.encode(), zipfile.ZIP_DEFLATED)
            for part, text in self.changed.items():
                new.writestr(zipfile.ZipInfo(part), text.encode(), zipfile.ZIP_DEFLATED)
        return out.getvalue()


def insert_last(text: str, tag: str, new: str) -> str:
    """Put XML at the end of the first element of a tag; `{p}` in it becomes the element's prefix, which may be ""."""
    closed = re.search(rf"<((?:\w+:)?){tag}\b([^>]*?)/>", text)
    open_ = re.search(rf"</((?:\w+:)?){tag}\s*>", text)
    if open_ is not None:
        return text[: open_.start()] + new.replace("{p}", open_[1]) + text[open_.start() :]
    if closed is None:
        raise BrokenError(f"<{tag}> がない / no <{tag}>")
    whole = f"<{closed[1]}{tag}{closed[2]}>" + new.replace("{p}", closed[1]) + f"</{closed[1]}{tag}>"
    return text[: closed.start()] + whole + text[closed.end() :]


def set_attribute(tag: str, name: str, value: str) -> str:
    """Return a start tag (or its attributes) with an attribute set."""
    tag, found = re.subn(rf"(\s){name}=(\"[^\"]*\"|'[^']*')", rf'\g<1>{name}="{value}"', tag, count=1)
    if found:
        return tag
    end = re.search(r"\s*/?>", tag)
    at = end.start() if end else len(tag)
    return f'{tag[:at]} {name}="{value}"{tag[at:]}'


def get_attribute(tag: str, name: str) -> str:
    """Return an attribute of a start tag, "" if it has none."""
    found = re.search(rf"(?:^|\s){name}=(?:\"([^\"]*)\"|'([^']*)')", tag)
    return (found[1] or found[2] or "") if found else ""


def spell_cell(row: int, column: int) -> str:
    """Return Excel's name of a cell, row and column from 1: C12."""
    return f"{column_letters(column - 1)}{row}"


def spell_xml(text: str) -> str:
    """Escape a text for XML; characters that XML doesn't have are left out."""
    return escape("".join(char for char in text if char >= " " or char in "\n\t"), quote=False)
