"""The source files that a manifest.json tells of: of tables in parts that have many, in lists of their own.

A list has the SHA-256 of its bytes in its name, and releases share it as they share parts: one more day makes the last
list anew.  It ends with a source file whose SHA-256 begins with one of ENDS: so lists stay the same where files are added or
missing before or after them.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from entaku.model.files import name_sources
from entaku.model.nouns import Checked, Raw
from entaku.release.dumping import NAMES, quote, read_raw

LISTED_FROM = 500
"""Source files from which a table in parts has lists of them."""
ENDS = ("00", "01")
"""How the SHA-256 of the last source file of a list begins: a list has 128 on average."""
MOST = 1024
"""Source files of one list."""

Read = Callable[[str], bytes]
"""Reads a file of a release."""


class SourceLists(NamedTuple):
    """What a manifest tells of source files."""

    raws: list[tuple[str, Raw]]
    """Those that it tells of itself, each with its table."""
    shown: list[dict[str, Any]]
    """The lists of the others, as the manifest has them."""
    files: dict[str, bytes]
    """The lists, by path."""


def has_lists(table: Checked) -> bool:
    """Test whether there are lists of the source files of a table."""
    return table.written.parted is not None and len(table.raws) >= LISTED_FROM


def list_sources(checked: Iterable[Checked]) -> SourceLists:
    """Divide the source files of tables into those of the manifest and those of lists."""
    found = SourceLists([], [], {})
    for table in checked:
        name = table.resource.name
        if not has_lists(table):
            found.raws.extend((name, raw) for raw in table.raws)
            continue
        for raws in _cut(table.raws):
            body = "".join(map(_show, raws)).encode()
            path = name_sources(name, hashlib.sha256(body).hexdigest())
            served = sorted({raw.served for raw in raws})
            found.files[path] = body
            found.shown.append({"resource": name, "path": path, "count": len(raws), "served": served})
    return found


def read_sources(manifest: Mapping[str, Any], read: Read) -> Iterator[tuple[str, Raw]]:
    """Yield all source files that a manifest tells of, each with its table; `read` reads the lists.  Raises KeyError,
    TypeError or ValueError for what isn't one."""
    for shown in manifest["raws"]:
        yield shown["resource"], read_raw(shown)
    for each in manifest.get("sources", ()):
        name, raws = each["resource"], _parse(read(each["path"]))
        if len(raws) != each["count"]:
            raise ValueError(f"{each['path']}: {len(raws)} != {each['count']}")
        yield from ((name, raw) for raw in raws)


def _cut(raws: Sequence[Raw]) -> Iterator[Sequence[Raw]]:
    start = 0
    for end, raw in enumerate(raws, 1):
        if raw.sha256.startswith(ENDS) or end - start == MOST:
            yield raws[start:end]
            start = end
    if start < len(raws):
        yield raws[start:]


def _show(raw: Raw) -> str:
    values = dict(raw.values)
    told = (f'"{name}":{quote(values if name == "values" else getattr(raw, name))}' for name in NAMES)
    return f"{{{','.join(told)}}}\n"


@lru_cache(maxsize=256)
def _parse(body: bytes) -> tuple[Raw, ...]:
    """Return the source files of a list: many releases have the same."""
    shown = json.loads(b"[%b]" % b",".join(body.splitlines()))
    return tuple(map(read_raw, shown))
