"""An .xlsx → what it holds beside its tables: hidden cells, comments, caches, names, embedded files and the like.

By its parts and their relationships (ECMA-376 part 2, 6.5), not by what a reader of tables would see.
"""

import posixpath
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from entaku.audit.leaks_sheets import TRUE, Hidden, column_index, find_blank_strings, find_hidden, may_hide, show_ranges
from entaku.formats import xlsx as unpack_book
from entaku.formats.text import column_letters
from entaku.formats.xlsx import Node, Sheet, count_elements
from entaku.model.nouns import Finding, Place, Severity

NOBODY = frozenset({
    "", "none", "xlwt", "openpyxl", "xlsxwriter", "apache poi", "sheetjs", "phpspreadsheet", "unknown creator", "unknown", "python",
    "microsoft office user", "microsoft", "microsoft corporation", "windows user", "windows ユーザー", "user", "users",
    "ユーザー", "admin", "administrator", "owner", "public", "default", "aspose", "libreoffice", "calc", "excel",
})  # fmt: skip
"""What programs write where a person's name would be."""


class Package(unpack_book.Package):
    """The parts of a workbook, and which of its strings are blank."""

    @cached_property
    def blanks(self) -> frozenset[int]:
        parts = self.linked("sharedStrings", source="xl/workbook.xml")
        return find_blank_strings(self.read(parts[0])) if parts and parts[0] in self.members else frozenset()


Report = Callable[..., Finding]


def find_in_xlsx(url: str, member: str, body: bytes) -> Iterator[Finding]:
    """Everything in an .xlsx that a reader of its tables would not see.

    `member`: its name in a zip, or "".  Raises BrokenError or LimitError for what can't be examined.
    """
    package = Package(body)

    def report(code: str, severity: Severity, sheet: str = "", cell: str = "", value: str = "", **args: str) -> Finding:
        digits = re.sub(r"\D", "", cell)
        place = Place(
            url, sheet="/".join(filter(None, (member, sheet))), row=int(digits) if digits else None, cell=cell
        )
        return Finding(code, severity, place, value, args)

    hidden = {sheet.name: _look(package, sheet) for sheet in package.sheets}
    yield from _tell_hidden(package.sheets, hidden, report)
    yield from _find_comments(package, report)
    yield from _find_names(package, hidden, report)
    yield from _find_links(package, report)
    yield from _find_pivots(package, report)
    yield from _find_history(package, report)
    yield from _find_connections(package, report)
    yield from _find_files(package, report)
    yield from _find_properties(package, report)


# ---- hidden cells -----------------------------------------------------------------------------------------------


def _look(package: Package, sheet: Sheet) -> Hidden:
    xml = package.read(sheet.part)
    if not sheet.hidden and not may_hide(xml):
        return Hidden()
    return find_hidden(xml, lambda: package.blanks, sheet.hidden) if xml else Hidden()


def _tell_hidden(sheets: Sequence[Sheet], hidden: dict[str, Hidden], report: Report) -> Iterator[Finding]:
    for sheet in sheets:
        look = hidden[sheet.name]
        if look.all.count:
            yield report("hidden-sheet", "error", sheet.name, look.all.cell, count=f"{look.all.count:,}")
        if look.in_rows.count:
            rows, count = show_ranges(look.rows), f"{look.in_rows.count:,}"
            yield report("hidden-rows", "error", sheet.name, look.in_rows.cell, rows=rows, count=count)
        if look.in_columns.count:
            columns, count = show_ranges(look.columns, column_letters), f"{look.in_columns.count:,}"
            yield report("hidden-columns", "error", sheet.name, look.in_columns.cell, columns=columns, count=count)


# ---- comments and defined names ---------------------------------------------------------------------------------


def _find_comments(package: Package, report: Report) -> Iterator[Finding]:
    """One finding a sheet; a threaded comment and the legacy comment that repeats it count once."""
    cells: dict[str, dict[str, None]] = {}
    for part in package.linked("comments", "threadedComment"):
        for node in package.tree(part).find("comment", "threadedComment"):
            if node.text.strip():
                cells.setdefault(package.sheet_of(part), {})[node.attributes.get("ref", "")] = None
    for sheet, refs in cells.items():
        yield report("cell-comments", "error", sheet, next(iter(refs)), count=str(len(refs)))


_OUTSIDE = re.compile(r"\[\d+\]|\.xl\w{1,2}\]", re.IGNORECASE)
_REFERENCE = re.compile(
    r"(?:'((?:[^']|'')+)'|([^\s!'(),;+*/&=<>-]+))!\$?([A-Za-z]{0,3})\$?(\d*)(?::\$?([A-Za-z]{0,3})\$?(\d*))?"
)


def _find_names(package: Package, hidden: dict[str, Hidden], report: Report) -> Iterator[Finding]:
    """Names that lead to hidden cells that hold something, or out of the workbook; not Excel's own names."""
    for node in package.book.find("definedName"):
        name, formula = node.attributes.get("name", ""), node.text
        if name.startswith(("_xlnm.", "_xlchart", "_xleta", "_xlfn")):
            continue
        if _OUTSIDE.search(formula):
            yield report("defined-names", "warning", value=name, where="ほかのファイル / another file")
            continue
        for match in _REFERENCE.finditer(formula):
            sheet = (match[1] or match[2]).replace("''", "'")
            if sheet in hidden and _leads_to(hidden[sheet], match):
                cell = f"{match[3]}{match[4]}".upper() if match[3] and match[4] else ""
                yield report("defined-names", "warning", sheet, cell, name, where="隠れたところ / a hidden place")
                break


def _leads_to(hidden: Hidden, reference: re.Match[str]) -> bool:
    """Whether a reference is to hidden cells alone."""
    if hidden.all.count:
        return True
    left, top, right, bottom = reference[3], reference[4], reference[5] or reference[3], reference[6] or reference[4]
    if left and right and hidden.columns:
        first, last = column_index(left), min(column_index(right), column_index(left) + 1000)
        if all(at in hidden.columns for at in range(first, last + 1)):
            return True
    if top and bottom and hidden.rows and int(bottom) - int(top) < 100_000:
        return all(row in hidden.rows for row in range(int(top), int(bottom) + 1))
    return False


# ---- what came from elsewhere -----------------------------------------------------------------------------------


def _find_links(package: Package, report: Report) -> Iterator[Finding]:
    """Links to other workbooks: a notice, or a warning where values of theirs are kept."""
    parts = [part for part in package.linked("externalLink") if part in package.members]
    counts = []
    for part in parts:
        cells = (cell for data in package.tree(part).find("sheetData") for cell in data.find("cell"))
        counts.append(sum(bool(cell.text.strip()) for cell in cells))
    if parts:
        yield report("external-links", "warning" if sum(counts) else "notice", count=f"{sum(counts):,}")


def _find_pivots(package: Package, report: Report) -> Iterator[Finding]:
    """Records that pivot tables keep of their sources.

    An error where the source is hidden or gone; a warning where it is there for all to see, as rows that have since
    been deleted from it may still be in the cache.
    """
    visible = {sheet.name for sheet in package.sheets if not sheet.hidden}
    for part in package.linked("pivotCacheDefinition"):
        records = package.linked("pivotCacheRecords", source=part)
        count = sum(count_elements(package.read(each), "r") for each in records if each in package.members)
        if not count:
            continue
        source = next((node.attributes.get("sheet", "") for node in package.tree(part).find("worksheetSource")), "")
        sheet, cell = _find_pivot_table(package, part)
        yield report("pivot-cache", "warning" if source in visible else "error", sheet, cell, count=f"{count:,}")


def _find_pivot_table(package: Package, cache: str) -> tuple[str, str]:
    """Sheet and first cell of a pivot table that uses a cache."""
    for part in package.linked("pivotTable"):
        if cache in package.linked("pivotCacheDefinition", source=part):
            areas = [node.attributes.get("ref", "") for node in package.tree(part).find("location")]
            return package.sheet_of(part), areas[0].partition(":")[0] if areas else ""
    return "", ""


def _find_history(package: Package, report: Report) -> Iterator[Finding]:
    count = 0
    for part in package.linked("revisionLog"):
        count += sum(len(node.children) for node in package.tree(part).find("revisions"))
    if count:
        yield report("change-history", "error", count=f"{count:,}")


def _find_connections(package: Package, report: Report) -> Iterator[Finding]:
    for part in package.linked("connections"):
        nodes = list(package.tree(part).find("connection"))
        if not nodes:
            continue
        words = " ".join(value for node in nodes for each in node.find("dbPr") for value in each.attributes.values())
        secret = any(node.attributes.get("savePassword") in TRUE for node in nodes)
        secret = secret or re.search(r"(?i)\b(?:password|pwd)\s*=\s*[^;\s]", words) is not None
        what = "パスワードつき / with a password" if secret else f"{len(nodes)} 件 / {len(nodes)}"
        yield report("data-connections", "error" if secret else "warning", what=what)


# ---- files within -----------------------------------------------------------------------------------------------


def _find_files(package: Package, report: Report) -> Iterator[Finding]:
    embedded = [
        *package.linked("package", "oleObject", "powerPivotData"),
        *(name for name in package.members if name.startswith("xl/embeddings/")),
    ]
    for part in dict.fromkeys(embedded):
        if part in package.members:
            yield report("embedded-files", "error", package.sheet_of(part), value=posixpath.basename(part))
    macros = package.linked("vbaProject", "xlMacrosheet", "xlIntlMacrosheet")
    if macros or any(name.endswith("/vbaProject.bin") for name in package.members):
        yield report("macro-code", "warning")
    for name in package.members:
        if name.startswith("xl/media/") and (what := find_image_data(package.read(name))):
            yield report("image-data", "warning", value=posixpath.basename(name), what=what)


_GPS, _ARTIST = 0x8825, 0x013B


def find_image_data(body: bytes) -> str:
    """What a JPEG's or PNG's Exif tells of its maker: where it was taken, or by whom; "" if neither.

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


# ---- properties -------------------------------------------------------------------------------------------------

_NAMES = {
    "creator": "作成者 / author",
    "lastModifiedBy": "最終更新者 / last modified by",
    "Manager": "管理者 / manager",
    "Company": "会社名 / company",
}


def _find_properties(package: Package, report: Report) -> Iterator[Finding]:
    """Names of people and offices (never repeated in the finding), and data of the office's own making."""
    told: dict[str, None] = {}
    for part in package.linked("core-properties", "extended-properties"):
        for node in package.tree(part).find(*_NAMES):
            if node.text.strip().lower() not in NOBODY:
                told[_NAMES[node.tag]] = None
    users = [re.search(r"(?i)[\\/]users[\\/]([^\\/]+)", url) for url in _paths(package.book)]
    if any(match is not None and match[1].lower() not in NOBODY for match in users):
        told["保存した場所のユーザー名 / user in the path it was saved to"] = None
    if told:
        yield report("author-names", "notice", what="、".join(told))
    properties = [
        node.attributes.get("name", "")
        for part in package.linked("custom-properties")
        for node in package.tree(part).find("property")
        if node.text.strip()
    ]
    if properties:
        yield report("custom-data", "notice", what=", ".join(properties[:3]) + (" …" if len(properties) > 3 else ""))
    custom = [part for part in package.linked("customXml") if package.tree(part).text.strip()]
    if custom:
        yield report("custom-data", "notice", value=posixpath.basename(custom[0]), what="customXml")


def _paths(book: Node) -> list[str]:
    return [node.attributes.get("url", "") for node in book.find("absPath")]
