"""Find what looks personal in a workbook outside its cells: text boxes, headers, lists, links, properties, other parts.

All text of every part that is XML is looked through, whether the part is known or not; cells are screened as tables.
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from entaku.audit.hidden import BookPlace
from entaku.audit.numbers import flatten
from entaku.audit.personal import find_in_texts
from entaku.audit.persons import are_surnames
from entaku.formats.heavy import late_compile
from entaku.formats.limits import LimitError
from entaku.formats.ole import OldBook, Ole, read_properties
from entaku.formats.xlsx import XlsxBook
from entaku.formats.xml import XmlNode, make_tree
from entaku.formats.zips import BrokenError
from entaku.model.nouns import Finding

HEADER, CHOICES, LINKS, CHARTS, SHAPES, NAMES, PROPERTIES, CUSTOM, PEOPLE, SETTINGS, FORMULAS, OTHER = (
    "ヘッダー・フッター / headers and footers",
    "入力規則の選択肢や案内 / lists and prompts of data validation",
    "ハイパーリンク / hyperlinks",
    "グラフ / charts",
    "図形や文字の箱 / shapes and text boxes",
    "名前の定義 / defined names",
    "ファイルの情報 / file properties",
    "customXml / custom XML",
    "コメントを書いた人 / people of comments",
    "シートの設定 / settings of a sheet",
    "数式の中 / formulas",
    "そのほかの部品 / other parts",
)
"""Where a text stands."""

Said = Iterable[tuple[str, str, str]]
"""Where each text stands, its sheet, and the text."""

WHATS = {
    "my-number": "個人番号 / My Number",
    "card-number": "カード番号 / card numbers",
    "phone-number": "電話番号 / phone numbers",
    "e-mail": "メールアドレス / e-mail addresses",
    "identifier": "個人を表す番号 / identifiers of persons",
    "birth-date": "生年月日 / birth dates",
    "person-name": "人の名前 / names of people",
}
SECRET = late_compile(
    r"部外秘|社外秘|取扱(?:厳重)?注意|厳秘|極秘|機密性[23]|[庁内部]限り|未公表|公表前|外部提供禁止|confidential|internal use only|do not distribute",
    re.IGNORECASE,
)


def tell_texts(said: Said, where: BookPlace) -> Iterator[Finding]:
    """Report texts that look personal or are marked as secret: one finding for each kind and place."""
    groups: dict[tuple[str, str], dict[str, None]] = {}
    for spot, sheet, text in said:
        if text.strip():
            groups.setdefault((spot, sheet), {})[text] = None
    for (spot, sheet), texts in groups.items():
        hits = [(WHATS[hit.code], hit.severity, len(hit.values)) for hit in find_in_texts(texts)]
        hits += [("秘密の印 / marks of secrecy", "error", n)] if (n := sum(map(is_secret, texts))) else []
        if spot == CHOICES and are_surnames(texts):
            hits.append((WHATS["person-name"], "error", len(texts)))
        for what, severity, count in hits:
            yield Finding(
                "outside-text", severity, where.place(sheet), "", {"where": spot, "what": what, "count": str(count)}
            )


def is_secret(text: str) -> bool:
    """Test whether a text is marked as not meant for the public."""
    return SECRET.search(flatten(text)) is not None


# ---- .xls -------------------------------------------------------------------------------------------------------

_OLD_SPOTS = {"header": HEADER, "name": NAMES, "choices": CHOICES, "link": LINKS, "shape": SHAPES, "chart": CHARTS}
_OLD_PATH = late_compile(r"(?i)(?<![a-z])[a-z]:\\|\\\\[^\\?]|[\\/]users[\\/]")
_OLD_PROPERTIES = {"\x05SummaryInformation": (2, 3, 5, 6), "\x05DocumentSummaryInformation": (2,)}
"""Title, subject, keywords and comments; category."""


def find_in_xls(ole: Ole, book: OldBook, where: BookPlace) -> Iterator[Finding]:
    """Report what the records of an .xls other than cells tell, and its properties."""
    said = [
        (_OLD_SPOTS[kind], sheet.name, text)
        for sheet in book.sheets
        for kind, data in sheet.texts
        for text in find_words(data)
    ]
    said += [(_OLD_SPOTS[kind], "", text) for kind, data in book.texts for text in find_words(data)]
    for name, numbers in _OLD_PROPERTIES.items():
        texts = read_properties(ole.read(name))
        said += [(PROPERTIES, "", texts[number]) for number in numbers if number in texts]
    yield from tell_texts(said, where)
    paths = sum(spot == LINKS and _OLD_PATH.search(text) is not None for spot, _, text in said)
    if paths:
        yield Finding("local-links", "error", where.place(), args={"count": str(paths)})


_RUN = late_compile("[ -~ぁ-んァ-ヶー一-龥々〆、。・\uff01-\uff5e「」\u3000]{3,}")
_BYTES = late_compile(rb"[ -~]{6,}")


def find_words(data: bytes) -> Iterator[str]:
    """Yield what may be words in a record, whatever its fields: in UTF-16 from either byte on, or in single bytes."""
    for start in (0, 1):
        yield from _RUN.findall(data[start : len(data) - (len(data) - start) % 2].decode("utf-16-le", "replace"))
    yield from (run.decode() for run in _BYTES.findall(data))


# ---- .xlsx ------------------------------------------------------------------------------------------------------

_SPOTS = {
    "drawing": SHAPES, "vmlDrawing": SHAPES, "chartUserShapes": SHAPES, "diagramData": SHAPES, "diagramDrawing": SHAPES,
    "ctrlProp": SHAPES, "chart": CHARTS, "chartEx": CHARTS, "core-properties": PROPERTIES, "extended-properties": PROPERTIES,
    "custom-properties": PROPERTIES, "customXml": CUSTOM, "person": PEOPLE, "theme": "", "styles": "", "sharedStrings": "",
    "worksheet": "", "calcChain": "", "externalLink": "", "pivotCacheRecords": "", "comments": "", "threadedComment": "",
    "officeDocument": "", "revisionLog": "",
}  # fmt: skip
"""Where the text of a part stands, by the relationship that leads to it; "" for those that others look at."""
_ATTRIBUTES = frozenset({
    "v", "prompt", "promptTitle", "error", "errorTitle", "title", "descr", "name", "tooltip", "display", "displayName", "userId", "caption",
    "text", "author", "comment", "description", "help", "url", "value", "label", "alt", "string", "c", "user", "refreshedBy", "location",
    "connection", "command", "href",
})  # fmt: skip
"""Attributes that hold words."""
_AUTHORS = frozenset(
    {"creator", "lastModifiedBy", "Manager", "Company", "Application", "AppVersion", "created", "modified"}
)
"""Properties that `author-names` tells, or that programs write."""


def find_in_xlsx(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    """Report what the parts of an .xlsx other than cells tell.  Raises BrokenError or LimitError."""
    yield from tell_texts(_list_texts(book), where)
    yield from _find_paths(book, where)


def _list_texts(book: XlsxBook) -> Said:
    for each in book.sheets:
        xml = book.read(each.part)
        for spot, text in (*_list_settings(xml), *_list_formulas(xml)):
            yield spot, each.name, text
    for _, formula in book.names():
        for text in list_constants(formula):
            yield NAMES, "", text
    kinds = {link.target: link.kind for links in book.links.values() for link in links if not link.outside}
    for part in book.members:
        spot = _SPOTS.get(kinds.get(part, ""), OTHER)
        if spot and part.lower().endswith((".xml", ".vml")) and part != "[Content_Types].xml":
            sheet = book.sheet_of(part)
            for text in list_words(_parse(book, part)):
                yield spot, sheet, text
    for source, links in book.links.items():
        for link in links:
            if link.outside and link.target.lower().startswith(("mailto:", "tel:")):
                text = unquote(link.target.partition(":")[2].partition("?")[0])
                if not book.sheets or book.shown.lacks(text):
                    yield LINKS, next((sheet.name for sheet in book.sheets if sheet.part == source), ""), text


def find_in_xlsb(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    """Report what the parts of an .xlsb tell that are XML."""
    yield from tell_texts(_list_texts(book), where)
    yield from _find_paths(book, where)


def _parse(book: XlsxBook, part: str) -> XmlNode:
    """Parse a part; one that isn't XML has no words."""
    try:
        return book.tree(part)
    except BrokenError:
        return XmlNode("", {})


def list_words(root: XmlNode) -> Iterator[str]:
    """Yield the text of each paragraph or other smallest element, and of attributes that hold words."""
    if root.tag in _AUTHORS:
        return
    yield from (value for name, value in root.attributes.items() if name in _ATTRIBUTES and len(value) > 1)
    if root.tag in ("p", "rich", "si", "is") or not root.children:
        yield root.text
        children = (child for child in root.children if child.children or child.attributes)
        yield from (
            value
            for child in children
            for node in _walk(child)
            for name, value in node.attributes.items()
            if name in _ATTRIBUTES
        )
        return
    if text := "".join(root.words).strip():
        yield text
    for child in root.children:
        yield from list_words(child)


def _walk(root: XmlNode) -> Iterator[XmlNode]:
    yield root
    for child in root.children:
        yield from _walk(child)


_SETTINGS = {"headerFooter": HEADER, "dataValidations": CHOICES, "hyperlinks": LINKS}
_CODES = late_compile(r'&(?:"[^"]*"|K[0-9A-Fa-f+-]{6}|\d{1,3}|[LCRPNDTGFAZBIUESXYH&])')
"""Codes of headers and footers (ECMA-376 part 1, 18.3.1.46)."""


def _list_settings(xml: bytes) -> Iterator[tuple[str, str]]:
    """Yield the texts of what follows a sheet's cells, where they are told what they are."""
    for child in read_settings(xml).children:
        spot = _SETTINGS.get(child.tag, SETTINGS)
        if spot == HEADER:
            yield from ((HEADER, piece) for node in child.children for piece in [_CODES.sub(" ", node.text)])
            continue
        for node in _walk(child):
            if node.tag in ("formula1", "formula2", "formula", "f"):
                choices = [piece for text in list_constants(node.text) for piece in text.split(",")]
                yield from (
                    (CHOICES if spot == CHOICES or "Validation" in child.tag else spot, each.strip())
                    for each in choices
                )
            else:
                yield from ((spot, value) for name, value in node.attributes.items() if name in _ATTRIBUTES)


_SETTINGS_AT = late_compile(rb"<(?:/(\w+:)?sheetData\s*>|(\w+:)?sheetData\s*/>)")


def read_settings(xml: bytes) -> XmlNode:
    """Parse what follows the cells of a sheet."""
    match = _SETTINGS_AT.match(xml, max(0, xml.rfind(b"<", 0, xml.rfind(b"sheetData"))))
    root = re.search(rb"<((?:\w+:)?\w+)[\s>]", xml[: 1 << 16].partition(b"?>")[2] or xml[: 1 << 16])
    if match is None or root is None:
        return XmlNode("", {})
    try:
        tree = make_tree(b"<" + root[1] + b">" + xml[match.end() :])
    except (BrokenError, LimitError):
        return XmlNode("", {})
    return tree.children[0] if tree.children else tree


_FORMULA = late_compile(rb"<(?:\w+:)?f(?:\s[^>]*)?>([^<]*&quot;[^<]*|[^<]*\"[^<]*)</")


def _list_formulas(xml: bytes) -> Iterator[tuple[str, str]]:
    if b"</f>" not in xml and b":f>" not in xml:
        return
    for formula in set(_FORMULA.findall(xml)):
        text = formula.decode("utf-8", "replace").replace("&quot;", '"').replace("&amp;", "&").replace("&lt;", "<")
        yield from ((FORMULAS, constant) for constant in list_constants(text))


_QUOTED = late_compile(r'"((?:[^"]|"")*)"')


def list_constants(formula: str) -> Iterator[str]:
    """Yield the texts that a formula holds, and the number that it is."""
    for match in _QUOTED.finditer(formula):
        if match[1].strip():
            yield match[1].replace('""', '"').removeprefix("mailto:")
    if re.fullmatch(r"=?\s*[\d.]{8,}\s*", formula):
        yield formula.strip("= ")
    elif formula.startswith(("{", "={")):
        yield from re.findall(r"\d{8,}", formula)


_PATH = late_compile(r"(?i)^(?:file:|[a-z]:[\\/]|\\\\[^\\]|//[^/])")
_USER = late_compile(r"(?i)(?:[\\/]|^)(?:users|documents and settings|home)[\\/]([^\\/]+)[\\/]")


def _find_paths(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    """Report links to files of a person's machine or of an office's servers; not which they are."""
    counts: dict[str, int] = {}
    for source, links in book.links.items():
        sheet = next((sheet.name for sheet in book.sheets if sheet.part == source), "")
        for link in links:
            target = unquote(link.target)
            if link.outside and (_USER.search(target) or (link.kind == "hyperlink" and is_local(target))):
                counts[sheet] = counts.get(sheet, 0) + 1
    for each in book.sheets:
        xml = book.read(each.part)
        constants = [text for _, text in _list_formulas(xml)] if b"HYPERLINK" in xml else []
        if found := sum(map(is_local, constants)):
            counts[each.name] = counts.get(each.name, 0) + found
    for name, count in counts.items():
        yield Finding("local-links", "error", where.place(name), args={"count": str(count)})


def is_local(target: str) -> bool:
    """Test whether a link leads to a file of somebody's machine or of an office's server."""
    return _PATH.search(target) is not None or _USER.search(target) is not None
