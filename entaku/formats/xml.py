"""Parser of untrusted XML: no document types, and a bounded number of elements and levels."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from entaku.formats import limits
from entaku.formats.limits import LimitError
from entaku.formats.zips import BrokenError

OnStart = Callable[[str, dict[str, str]], None]


@dataclass
class XmlNode:
    """An element by its local name; namespaces and prefixes are left out."""

    tag: str
    attributes: dict[str, str]
    children: "list[XmlNode]" = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def find(self, *tags: str) -> "Iterator[XmlNode]":
        """Yield every element with one of the names, this one included, in document order."""
        if self.tag in tags:
            yield self
        for child in self.children:
            yield from child.find(*tags)

    @property
    def text(self) -> str:
        """Join all text of this element and its descendants."""
        return "".join(self.words) + "".join(child.text for child in self.children)


def walk_xml(
    xml: bytes,
    on_start: OnStart,
    on_end: Callable[[str], None],
    on_text: Callable[[str], None],
    most: int = 0,
) -> None:
    """Call the handlers for every element of `xml`, by local name.

    Raises BrokenError for malformed XML or a document type, LimitError for too many elements or levels.
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
        raise BrokenError(f"XML の形が壊れています / XML: {error}") from None


def count_elements(xml: bytes, tag: str) -> int:
    """Count the elements with a local name."""
    count = 0

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal count
        count += name == tag

    walk_xml(xml, start, lambda _: None, lambda _: None)
    return count


def make_tree(xml: bytes) -> XmlNode:
    """Parse a small part to a tree; of attributes only the local names are kept."""
    root = XmlNode("", {})
    open_nodes = [root]

    def start(tag: str, attributes: dict[str, str]) -> None:
        node = XmlNode(tag, {name.rpartition(":")[2]: value for name, value in attributes.items()})
        open_nodes[-1].children.append(node)
        open_nodes.append(node)

    def end(_: str) -> None:
        open_nodes.pop()

    def text(words: str) -> None:
        open_nodes[-1].words.append(words)

    walk_xml(xml, start, end, text, limits.TREE)
    return root
