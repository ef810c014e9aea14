"""The parts of a workbook and what they lead to (ECMA-376 part 2, 6.5: relationships)."""

import posixpath
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from zipfile import ZipInfo

from entaku.unpack import Workbook
from entaku.unpack_xml import Node, make_tree


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
