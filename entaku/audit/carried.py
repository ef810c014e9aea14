"""Find what a workbook carries beside its sheets: values of other files, pictures, programs, and who made it."""

import posixpath
import re
import struct
from collections.abc import Iterator

from entaku.audit.hidden import BookPlace
from entaku.formats.ole import OldBook, Ole, read_properties, read_records
from entaku.formats.xlsx import XlsxBook
from entaku.formats.xlsx_sheet import TRUE
from entaku.formats.xml import XmlNode, count_elements, make_tree
from entaku.formats.zips import Workbook
from entaku.model.nouns import Finding, Severity

NOBODY = frozenset({
    "", "none", "xlwt", "openpyxl", "xlsxwriter", "apache poi", "sheetjs", "phpspreadsheet", "unknown creator", "unknown", "python",
    "microsoft office user", "microsoft", "microsoft excel", "microsoft® excel", "libreoffice calc", "google sheets", "exceljs", "closedxml",
    "epplus", "npoi", "wps office", "pc user", "pcuser", "ユーザ", "利用者", "microsoft corporation", "windows user", "windows ユーザー", "user", "users",
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
_OLD_STREAMS = re.compile(
    r"(?i)(?:Workbook|Book|User Names|Revision Log|Ctls|[\x01\x03\x05\x06].*|_VBA_PROJECT_CUR/.*|_SX_DB_CUR/.*|MBD[0-9A-F]+/.*|LNK.*|MsoDataStore/.*"
    r"|_signatures|_xmlsignatures/.*|PROJECT\w*|Pictures|XCB|Layout.*)$"
)
"""Streams that are looked at, or hold no data."""
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
    for path, entry in ole.paths.items():
        if entry.kind == 2 and entry.size and not _OLD_STREAMS.match(path):
            args = {"why": "知らない種類 / an unknown kind"}
            yield Finding("unknown-parts", "warning", where.place(), name_part(path.strip("\x01\x05\x06")), args)
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
    yield from _find_charts(book, where)
    yield from _find_history(book, where)
    yield from _find_connections(book, where)
    yield from _find_files(book, where)
    yield from _find_names(book, where)
    yield from _find_custom(book, where)
    yield from find_unknown(book, where)


def find_in_xlsb(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    """Report what an .xlsb carries, as far as its parts' relationships tell."""
    for code, *kinds in (
        ("cell-comments", "comments", "threadedComment"),
        ("pivot-cache", "pivotCacheRecords"),
        ("change-history", "revisionLog"),
    ):
        if parts := [part for part in book.linked(*kinds) if part in book.members]:
            yield Finding(code, "error", where.place(), args={"count": f"{len(parts)}+"})
    if parts := [part for part in book.linked("externalLink") if part in book.members]:
        yield _tell_links(len(parts), where)
    yield from _find_files(book, where)
    yield from _find_names(book, where)
    yield from _find_custom(book, where)
    yield from find_unknown(book, where)


_ODS_KNOWN = re.compile(
    r"(?:Object \d+/)?(?:content|styles|meta|settings)\.xml|mimetype|manifest\.rdf|META-INF/.*|(?:Object \d+/)?(?:Thumbnails|Pictures)/.*"
    r"|Configurations2/.*|layout-cache|(?:Basic|Scripts|ObjectReplacements)/.*|.*/"
)


def find_in_ods(body: bytes, where: BookPlace) -> Iterator[Finding]:
    """Report what an .ods carries beside its sheets: documents, programs, pictures and names."""
    book = Workbook(body)
    if any(re.match("(?:Basic|Scripts)/.", name) for name in book.members):
        yield Finding("macro-code", "warning", where.place())
    for name in book.members:
        if re.match(r"(?:Basic|Scripts|Configurations2|META-INF)/|.*/$", name):
            continue
        content = book.read(name)
        if name.lower().endswith(_IMAGES) and (what := find_image_data(content)):
            yield Finding("image-data", "error", where.place(), name_part(name), {"what": what})
        elif content.startswith(_MAGIC):
            yield Finding("embedded-files", "error", where.place(), name_part(name))
        elif not _ODS_KNOWN.fullmatch(name):
            args = {"why": "知らない種類 / an unknown kind"}
            yield Finding("unknown-parts", "warning", where.place(), name_part(name), args)
    told = {_ODS_NAMES[node.tag]: None for node in _read_meta(book).find(*_ODS_NAMES) if not is_nobody(node.text)}
    yield from _tell_names([*told], where)


_ODS_NAMES = {"initial-creator": AUTHOR, "creator": EDITOR}


def _read_meta(book: Workbook) -> XmlNode:
    return make_tree(book.read("meta.xml")) if "meta.xml" in book.members else XmlNode("", {})


def _find_links(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    """Report links to other workbooks; an error where they keep values that no cell shows."""
    parts = [part for part in book.linked("externalLink") if part in book.members]
    trees = [data for part in parts for data in book.tree(part).find("sheetData", "ddeItem", "oleItem")]
    values = [cell.text for data in trees for cell in data.find("cell", "value") if cell.text.strip()]
    if any(book.shown.lacks(value) for value in values):
        yield Finding("external-links", "error", where.place(), args={"count": f"{len(values):,}"})
    elif parts:
        yield _tell_links(len(values), where)


def _find_pivots(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    """Report what pivot tables keep of their sources.

    An error where they keep values that no cell shows, or records of a source that is hidden or gone; a warning for
    records of a source that is there for all to see, as rows that have since been deleted from it may still be there.
    """
    visible = {sheet.name for sheet in book.sheets if not sheet.hidden}
    for part in book.linked("pivotCacheDefinition"):
        records = [each for each in book.linked("pivotCacheRecords", source=part) if each in book.members]
        count = sum(count_elements(book.read(each), "r") for each in records)
        kept = [node for shared in book.tree(part).find("sharedItems") for node in shared.find("s", "n")]
        unseen = {value for node in kept if book.shown.lacks(value := node.attributes.get("v", ""))}
        if not count and not unseen:
            continue
        source = next((node.attributes.get("sheet", "") for node in book.tree(part).find("worksheetSource")), "")
        sheet, cell = _find_pivot_table(book, part)
        severity: Severity = (
            "warning" if source in visible and not unseen and not _has_unseen(book, records) else "error"
        )
        yield Finding("pivot-cache", severity, where.place(sheet, cell), args={"count": f"{count or len(unseen):,}"})


def _has_unseen(book: XlsxBook, records: list[str]) -> bool:
    """Test whether records hold a value that no cell shows."""
    nodes = (node for part in records for node in book.tree(part).find("s", "n"))
    return any(book.shown.lacks(node.attributes.get("v", "")) for node in nodes)


def _find_charts(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    """Report charts that keep values which no cell shows; a warning for numbers of a sheet that is seen."""
    visible = {sheet.name for sheet in book.sheets if not sheet.hidden}
    for part in book.linked("chart", "chartEx"):
        words, numbers = 0, 0
        for node in book.tree(part).find("strRef", "numRef", "multiLvlStrRef", "strDim", "numDim"):
            formula = next((each.text for each in node.find("f")), "")
            sheet = formula.rpartition("!")[0].strip("'").replace("''", "'")
            unseen = [text for text in _list_points(node) if book.shown.lacks(text)]
            plain = sum(_is_number_like(text) for text in unseen) if sheet in visible else 0
            words, numbers = words + len(unseen) - plain, numbers + plain
        if words or numbers:
            drawing = next(
                (source for source, links in book.links.items() if any(link.target == part for link in links)), ""
            )
            severity: Severity = "error" if words else "warning"
            place = where.place(book.sheet_of(drawing))
            yield Finding("chart-cache", severity, place, args={"count": f"{words + numbers:,}"})


def _list_points(node: XmlNode) -> Iterator[str]:
    for point in node.find("pt"):
        yield next((value.text for value in point.find("v")), point.text)


def _is_number_like(text: str) -> bool:
    """Test whether a text is a number or a day, as charts write them."""
    return re.fullmatch(r"[\d\s.,:/%％年月日時分円人件Q第四半期度+-]+(?:E[+-]?\d+)?", text) is not None


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
        *(name for name in book.members if is_foreign(book, name)),
    ]
    for part in dict.fromkeys(embedded):
        if part in book.members:
            yield Finding("embedded-files", "error", where.place(book.sheet_of(part)), name_part(part))
    macros = book.linked("vbaProject", "xlMacrosheet", "xlIntlMacrosheet")
    if macros or any(name.endswith("/vbaProject.bin") for name in book.members):
        yield Finding("macro-code", "warning", where.place())
    for name in book.members:
        if name.lower().endswith(_IMAGES) and (what := find_image_data(book.read(name))):
            yield Finding("image-data", "error", where.place(), name_part(name), {"what": what})


_IMAGES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".webp", ".heic", ".wdp")


def name_part(name: str) -> str:
    """Return a part's file name, or only its suffix where the name may itself tell something."""
    name = posixpath.basename(name)
    return name if name.isascii() else "＊" + posixpath.splitext(name)[1]


_GPS = 0x8825


_PLACE, _NAME = "撮影場所 / the place where it was taken", "撮影者の名前 / the photographer's name"


def find_image_data(body: bytes) -> str:
    """Say what an image's Exif, XMP or words tell of its maker: where it was taken, or by whom; "" if neither.

    TIFF 6.0, section 2; Exif 2.32, 4.6.3 (GPS) and 4.6.4 (Artist); XMP part 2; PNG 11.3.3.
    """
    if body.startswith(b"\xff\xd8"):
        start = body.find(b"Exif\0\0", 0, 1 << 17) + 6
    elif body.startswith(b"\x89PNG"):
        start = body.find(b"eXIf") + 4
    elif body.startswith((b"RIFF", b"\0\0\0")):
        start = body.find(b"Exif\0\0") + 6
    elif body.startswith((b"II*\0", b"MM\0*")):
        start = 0
    else:
        return ""
    tags = _read_tags(body[start:]) if start in (0, *range(10, len(body))) else set()
    if _GPS in tags or re.search(rb"exif:GPS(?:Latitude|Longitude)", body):
        return _PLACE
    named = re.search(rb"<dc:creator>.{0,200}?<rdf:li[^>]*>[^<]|(?:tEXt|iTXt)(?:Author|Artist)\0", body, re.DOTALL)
    return _NAME if tags & _MAKERS or named else ""


_MAKERS = {0x013B, 0x9C9D}
"""Artist, and what Windows calls Authors (XPAuthor)."""


def _read_tags(tiff: bytes) -> set[int]:
    """List the tags of the first directory."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 10:
        return set()
    (at,) = struct.unpack(order + "I", tiff[4:8])
    if at + 2 > len(tiff):
        return set()
    (count,) = struct.unpack(order + "H", tiff[at : at + 2])
    entries = range(at + 2, min(at + 2 + count * 12, len(tiff) - 1), 12)
    return {struct.unpack(order + "H", tiff[n : n + 2])[0] for n in entries}


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


# ---- parts of no use ------------------------------------------------------------------------------------------------

_KNOWN = frozenset({
    "officeDocument", "worksheet", "chartsheet", "dialogsheet", "styles", "theme", "themeOverride", "sharedStrings", "calcChain",
    "core-properties", "extended-properties", "custom-properties", "thumbnail", "drawing", "vmlDrawing", "image", "chart", "chartEx",
    "chartUserShapes", "chartStyle", "chartColorStyle", "printerSettings", "table", "tableSingleCells", "queryTable", "pivotTable",
    "pivotCacheDefinition", "pivotCacheRecords", "slicer", "slicerCache", "timeline", "timelineCache", "comments", "threadedComment",
    "person", "externalLink", "customXml", "customXmlProps", "connections", "xmlMaps", "sheetMetadata", "rdRichValue",
    "rdRichValueStructure", "rdRichValueTypes", "rdRichValueWebImage", "rdArray", "rdSupportingPropertyBag",
    "rdSupportingPropertyBagStructure", "richStyles", "richValueRel", "volatileDependencies", "revisionHeaders", "revisionLog", "usernames",
    "ctrlProp", "control", "activeXControlBinary", "vbaProject", "vbaProjectSignature", "vbaProjectSignatureAgile", "vbaProjectSignatureV3",
    "wordVbaData", "diagramData", "diagramLayout", "diagramQuickStyle", "diagramColors", "diagramDrawing", "oleObject", "package",
    "customProperty", "origin", "signature", "certificate", "classificationlabels", "FeaturePropertyBag", "extensibility", "ui",
    "namedSheetView", "xlMacrosheet", "xlIntlMacrosheet", "powerPivotData", "wsSortMap", "attachedToolbars", "media", "video", "audio", "font",
    "cellImage", "model3d", "documenttask", "xlBinaryIndex", "survey", "webextension", "taskpane", "webextensiontaskpanes", "dictionary",
})  # fmt: skip
"""What relationships lead to parts that are looked at, or hold no data."""
_NO_DATA = re.compile(
    r"\[Content_Types\]\.xml|(?:.*/)?_rels/[^/]*\.rels|.*/|mimetype|xl/(?:workbook|styles|calcChain|metadata)\.(?:xml|bin)"
    r"|xl/(?:theme|printerSettings)/[^/]+|docProps/(?:app|core)\.xml|xl/worksheets/binaryIndex\d+\.bin"
)
"""Parts that nothing needs to lead to."""
_MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"{\\rtf")
_OWN_OLE = re.compile(r"(?i)vbaproject(?:signature\w*)?\.bin$|activex\d*\.bin$|printersettings")


def is_foreign(book: XlsxBook, name: str) -> bool:
    """Test whether a part is a file of its own: a document, a workbook, an archive."""
    return not _OWN_OLE.search(name) and not _NO_DATA.fullmatch(name) and book.read(name).startswith(_MAGIC)


def find_unknown(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    """Report parts that nothing leads to, an error where they may hold data, and those of an unknown kind."""
    kinds: dict[str, set[str]] = {}
    for link in (link for links in book.links.values() for link in links):
        kinds.setdefault(link.target, set()).add(link.kind)
    for name in book.members:
        if _NO_DATA.fullmatch(name) or name.startswith("xl/embeddings/") or is_foreign(book, name):
            continue
        if name not in kinds:
            severity: Severity = "error" if book.read(name).strip() else "warning"
            why = "どこからも使われない / nothing uses it"
        elif not kinds[name] & _KNOWN:
            severity, why = "warning", "知らない種類 / an unknown kind"
        else:
            continue
        yield Finding("unknown-parts", severity, where.place(), name_part(name), {"why": why})
