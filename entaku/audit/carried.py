"""Find what a workbook carries beside its sheets: values of other files, pictures, programs, and who made it."""

import posixpath
import re
import struct
from collections.abc import Iterator

from entaku.audit.hidden import BookPlace
from entaku.formats.ole import OldBook, Ole, read_properties, read_records
from entaku.formats.xlsx import XlsxBook
from entaku.formats.xlsx_sheet import TRUE
from entaku.formats.xml import count_elements
from entaku.model.nouns import Finding, Severity

NOBODY = frozenset({
    "", "none", "xlwt", "openpyxl", "xlsxwriter", "apache poi", "sheetjs", "phpspreadsheet", "unknown creator", "unknown", "python",
    "microsoft office user", "microsoft", "microsoft corporation", "windows user", "windows ユーザー", "user", "users",
    "ユーザー", "admin", "administrator", "owner", "public", "default", "aspose", "libreoffice", "calc", "excel",
})  # fmt: skip
"""What programs write where a person's name would be."""
AUTHOR, EDITOR = "作成者 / author", "最終更新者 / last modified by"
MANAGER, COMPANY = "管理者 / manager", "会社名 / company"


def is_nobody(name: str) -> bool:
    """Test whether a name is blank or one that programs write."""
    return name.strip().lower() in NOBODY


def _tell_links(values: int, where: BookPlace) -> Finding:
    """Report links to other workbooks: a notice, or a warning where values of theirs are kept."""
    severity: Severity = "warning" if values else "notice"
    return Finding("external-links", severity, where.place(), args={"count": f"{values:,}"})


def _tell_names(told: list[str], where: BookPlace) -> Iterator[Finding]:
    """Report which names of people and offices are told, never the names."""
    if told:
        yield Finding("author-names", "notice", where.place(), args={"what": "、".join(told)})


# ---- .xls -------------------------------------------------------------------------------------------------------

_CACHE_RECORD = 0xC8
_SUMMARY, _DOCUMENT = "\x05SummaryInformation", "\x05DocumentSummaryInformation"
_OLD_NAMES = {(_SUMMARY, 4): AUTHOR, (_SUMMARY, 8): EDITOR, (_DOCUMENT, 14): MANAGER, (_DOCUMENT, 15): COMPANY}


def find_in_xls(ole: Ole, book: OldBook, where: BookPlace) -> Iterator[Finding]:
    """Report what an .xls carries, as far as its OLE storages tell."""
    if book.linked:
        yield _tell_links(book.linked_values, where)
    caches = (ole.read(path) for path in ole.paths if path.startswith("_SX_DB_CUR/"))
    records = sum(kind == _CACHE_RECORD for cache in caches for kind, _ in read_records(cache))
    if records:
        yield Finding("pivot-cache", "error", where.place(), args={"count": f"{records:,}"})
    if "Revision Log" in ole.paths:
        yield Finding("change-history", "error", where.place(), args={"count": "?"})
    for path in ole.paths:
        if path.startswith("MBD") and "/" not in path:
            yield Finding("embedded-files", "error", where.place(), path)
    if "_VBA_PROJECT_CUR" in ole.paths:
        yield Finding("macro-code", "warning", where.place())
    told = [
        what
        for (name, number), what in _OLD_NAMES.items()
        if not is_nobody(read_properties(ole.read(name)).get(number, ""))
    ]
    yield from _tell_names(told + ([] if is_nobody(book.writer) else ["保存した人 / who saved it"]), where)


# ---- .xlsx ------------------------------------------------------------------------------------------------------


def find_in_xlsx(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    """Report what an .xlsx carries.  Raises BrokenError or LimitError for what can't be examined."""
    yield from _find_links(book, where)
    yield from _find_pivots(book, where)
    yield from _find_history(book, where)
    yield from _find_connections(book, where)
    yield from _find_files(book, where)
    yield from _find_names(book, where)
    yield from _find_custom(book, where)


def _find_links(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    parts = [part for part in book.linked("externalLink") if part in book.members]
    values = 0
    for part in parts:
        cells = (cell for data in book.tree(part).find("sheetData") for cell in data.find("cell"))
        values += sum(bool(cell.text.strip()) for cell in cells)
    if parts:
        yield _tell_links(values, where)


def _find_pivots(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    """Report records that pivot tables keep of their sources.

    An error where the source is hidden or gone; a warning where it is there for all to see, as rows that have since
    been deleted from it may still be in the cache.
    """
    visible = {sheet.name for sheet in book.sheets if not sheet.hidden}
    for part in book.linked("pivotCacheDefinition"):
        records = book.linked("pivotCacheRecords", source=part)
        count = sum(count_elements(book.read(each), "r") for each in records if each in book.members)
        if not count:
            continue
        source = next((node.attributes.get("sheet", "") for node in book.tree(part).find("worksheetSource")), "")
        sheet, cell = _find_pivot_table(book, part)
        severity: Severity = "warning" if source in visible else "error"
        yield Finding("pivot-cache", severity, where.place(sheet, cell), args={"count": f"{count:,}"})


def _find_pivot_table(book: XlsxBook, cache: str) -> tuple[str, str]:
    """Return sheet and first cell of a pivot table that uses a cache."""
    for part in book.linked("pivotTable"):
        if cache in book.linked("pivotCacheDefinition", source=part):
            areas = [node.attributes.get("ref", "") for node in book.tree(part).find("location")]
            return book.sheet_of(part), areas[0].partition(":")[0] if areas else ""
    return "", ""


def _find_history(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    count = 0
    for part in book.linked("revisionLog"):
        count += sum(len(node.children) for node in book.tree(part).find("revisions"))
    if count:
        yield Finding("change-history", "error", where.place(), args={"count": f"{count:,}"})


def _find_connections(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    for part in book.linked("connections"):
        nodes = list(book.tree(part).find("connection"))
        if not nodes:
            continue
        words = " ".join(value for node in nodes for each in node.find("dbPr") for value in each.attributes.values())
        secret = any(node.attributes.get("savePassword") in TRUE for node in nodes)
        secret = secret or re.search(r"(?i)\b(?:password|pwd)\s*=\s*[^;\s]", words) is not None
        what = "パスワードつき / with a password" if secret else f"{len(nodes)} 件 / {len(nodes)}"
        yield Finding("data-connections", "error" if secret else "warning", where.place(), args={"what": what})


def _find_files(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    """Report embedded files, macros, and photos that tell where or by whom they were taken."""
    embedded = [
        *book.linked("package", "oleObject", "powerPivotData"),
        *(name for name in book.members if name.startswith("xl/embeddings/")),
    ]
    for part in dict.fromkeys(embedded):
        if part in book.members:
            yield Finding("embedded-files", "error", where.place(book.sheet_of(part)), posixpath.basename(part))
    macros = book.linked("vbaProject", "xlMacrosheet", "xlIntlMacrosheet")
    if macros or any(name.endswith("/vbaProject.bin") for name in book.members):
        yield Finding("macro-code", "warning", where.place())
    for name in book.members:
        if name.startswith("xl/media/") and (what := find_image_data(book.read(name))):
            yield Finding("image-data", "warning", where.place(), posixpath.basename(name), {"what": what})


_GPS, _ARTIST = 0x8825, 0x013B


def find_image_data(body: bytes) -> str:
    """Say what a JPEG's or PNG's Exif tells of its maker: where it was taken, or by whom; "" if neither.

    TIFF 6.0, section 2; Exif 2.32, 4.6.3 (GPS) and 4.6.4 (Artist).
    """
    if body.startswith(b"\xff\xd8"):
        start = body.find(b"Exif\0\0", 0, 1 << 17) + 6
    elif body.startswith(b"\x89PNG"):
        start = body.find(b"eXIf") + 4
    else:
        return ""
    tiff = body[start:]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if start < 10 or order is None or len(tiff) < 10:
        return ""
    (at,) = struct.unpack(order + "I", tiff[4:8])
    if at + 2 > len(tiff):
        return ""
    (count,) = struct.unpack(order + "H", tiff[at : at + 2])
    entries = range(at + 2, min(at + 2 + count * 12, len(tiff) - 1), 12)
    tags = {struct.unpack(order + "H", tiff[n : n + 2])[0] for n in entries}
    if _GPS in tags:
        return "撮影場所 / the place where it was taken"
    return "撮影者の名前 / the photographer's name" if _ARTIST in tags else ""


_NAMES = {"creator": AUTHOR, "lastModifiedBy": EDITOR, "Manager": MANAGER, "Company": COMPANY}


def _find_names(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    told: dict[str, None] = {}
    for part in book.linked("core-properties", "extended-properties"):
        for node in book.tree(part).find(*_NAMES):
            if not is_nobody(node.text):
                told[_NAMES[node.tag]] = None
    paths = [node.attributes.get("url", "") for node in book.root.find("absPath")]
    users = [re.search(r"(?i)[\\/]users[\\/]([^\\/]+)", path) for path in paths]
    if any(match is not None and match[1].lower() not in NOBODY for match in users):
        told["保存した場所のユーザー名 / user in the path it was saved to"] = None
    yield from _tell_names(list(told), where)


def _find_custom(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    """Report properties and XML of the office's own making."""
    names = [
        node.attributes.get("name", "")
        for part in book.linked("custom-properties")
        for node in book.tree(part).find("property")
        if node.text.strip()
    ]
    if names:
        what = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
        yield Finding("custom-data", "notice", where.place(), args={"what": what})
    custom = [part for part in book.linked("customXml") if book.tree(part).text.strip()]
    if custom:
        yield Finding("custom-data", "notice", where.place(), posixpath.basename(custom[0]), {"what": "customXml"})
