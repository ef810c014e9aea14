"""The parts of a workbook and what they lead to (ECMA-376 part 2, 6.5: relationships)."""

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from xml.parsers import expat
from zipfile import ZipInfo

from entaku.formats import limits
from entaku.formats.limits import LimitError
from entaku.formats.zips import BrokenError, Workbook

OnStart = Callable[[str, dict[str, str]], None]


@dataclass
class Node:
    """An element by its local name; namespaces and prefixes are left out."""

    tag: str
    attributes: dict[str, str]
    children: "list[Node]" = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def find(self, *tags: str) -> "Iterator[Node]":
        """Every element below (or this one) of one of the names, in the order of the text."""
        if self.tag in tags:
            yield self
        for child in self.children:
            yield from child.find(*tags)

    @property
    def text(self) -> str:
        """All text below."""
        return "".join(self.words) + "".join(child.text for child in self.children)


def walk_xml(
    xml: bytes,
    on_start: OnStart,
    on_end: Callable[[str], None],
    on_text: Callable[[str], None],
    most: int = 0,
) -> None:
    """Tell every element of `xml` by its local name.

    Raises BrokenError for what is no XML or has a document type, LimitError for too many elements or levels.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    count = depth = 0
    most = most or limits.NODES

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count, depth
        count += 1
        depth += 1
        if count > most:
            raise LimitError("XML の要素 / XML elements", most)
        if depth > limits.DEPTH:
            raise LimitError("XML の深さ / levels of XML", limits.DEPTH)
        on_start(name.rpartition(":")[2], attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        on_end(name.rpartition(":")[2])

    def refuse(*_: object) -> None:
        raise BrokenError("DTD（実体の宣言） / a document type with entities")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = on_text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise BrokenError(f"XML: {error}") from None


def count_elements(xml: bytes, tag: str) -> int:
    """How many elements of a name there are."""
    count = 0

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal count
        count += name == tag

    walk_xml(xml, start, lambda _: None, lambda _: None)
    return count


def make_tree(xml: bytes) -> Node:
    """The whole of a small part; of attributes only the local names are kept."""
    root = Node("", {})
    open_nodes = [root]

    def start(tag: str, attributes: dict[str, str]) -> None:
        node = Node(tag, {name.rpartition(":")[2]: value for name, value in attributes.items()})
        open_nodes[-1].children.append(node)
        open_nodes.append(node)

    def end(_: str) -> None:
        open_nodes.pop()

    def text(words: str) -> None:
        open_nodes[-1].words.append(words)

    walk_xml(xml, start, end, text, limits.TREE)
    return root


@dataclass(frozen=True)
class Link:
    """A relationship of a part: the last word of its type, and the part or outside address it leads to."""

    kind: str
    id: str
    target: str
    outside: bool


@dataclass(frozen=True)
class Sheet:
    name: str
    part: str
    hidden: bool


class Package:
    """The parts of a workbook."""

    def __init__(self, body: bytes) -> None:
        self._book = Workbook(body)
        self.members: dict[str, ZipInfo] = self._book.members

    def read(self, part: str) -> bytes:
        """A part's bytes; none where it is not there."""
        if part not in self.members:
            return b""
        return self._book.read(part)

    def tree(self, part: str) -> Node:
        body = self.read(part)
        return make_tree(body) if body.strip() else Node("", {})

    @cached_property
    def links(self) -> dict[str, list[Link]]:
        """Every part's relationships; the package's own under ""."""
        links: dict[str, list[Link]] = {}
        for name in self.members:
            folder, _, file = name.rpartition("_rels/")
            if not name.endswith(".rels") or (folder and not folder.endswith("/")):
                continue
            source = folder + file.removesuffix(".rels")
            links[source] = [_read_link(node, folder) for node in self.tree(name).find("Relationship")]
        return links

    def linked(self, *kinds: str, source: str | None = None) -> list[str]:
        """The parts that relationships of these kinds lead to, from `source` or from anywhere, each once."""
        every = chain.from_iterable(self.links.values()) if source is None else self.links.get(source, [])
        return list(dict.fromkeys(link.target for link in every if link.kind in kinds and not link.outside))

    @cached_property
    def book(self) -> Node:
        return self.tree("xl/workbook.xml")

    @cached_property
    def sheets(self) -> list[Sheet]:
        """Every sheet, with its XML part."""
        targets = {link.id: link.target for link in self.links.get("xl/workbook.xml", ())}
        return [
            Sheet(
                node.attributes.get("name", ""),
                targets.get(node.attributes.get("id", ""), ""),
                node.attributes.get("state", "visible") in ("hidden", "veryHidden"),
            )
            for sheets in self.book.find("sheets")
            for node in sheets.find("sheet")
        ]

    def sheet_of(self, part: str) -> str:
        """The name of the sheet that leads to a part; "" if none does."""
        for sheet in self.sheets:
            if any(link.target == part for link in self.links.get(sheet.part, ())):
                return sheet.name
        return ""


def _read_link(node: Node, folder: str) -> Link:
    outside = node.attributes.get("TargetMode") == "External"
    target = node.attributes.get("Target", "")
    part = target if outside else posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")
    return Link(node.attributes.get("Type", "").rpartition("/")[2], node.attributes.get("Id", ""), part, outside)
