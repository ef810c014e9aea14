"""Pages and feeds of the site packed beside themselves, where `site.packed` asks for it: servers send them as they are."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from importlib import metadata

from entaku.formats.heavy import pa
from entaku.model.brand import PackKind
from entaku.model.kept import Keep, KeptPage
from entaku.model.long_pages import LongPage
from entaku.model.nouns import Page
from entaku.model.page_groups import PageGroup

CODECS: dict[PackKind, tuple[str, int]] = {"gz": ("gzip", 6), "br": ("brotli", 8)}
"""How each kind is packed, by the libraries that pyarrow brings along: on any machine the bytes are the same.

At 11, the most, brotli's files are a tenth smaller, for forty times the time: pages change with the data, often daily.
"""
SUFFIXES = (".html", ".json", ".jsonld", ".ttl", ".rdf", ".xml", ".atom", ".ics", ".md", ".txt", ".css", ".js", ".svg")
"""Ends of the names of text.  CKAN's answers without arguments have none: servers refuse other names beside theirs."""
LEAST = 1000
"""Bytes of a page that is worth it: what is shorter takes one packet either way."""
PIECES = "api/3/pieces/"
"""Where what nginx puts together is, which is never sent as it is."""


def pack_pages(pages: Iterable[Page], kinds: Sequence[PackKind], keep: Keep) -> Iterator[Page]:
    """Yield every page, and after each page of text the same packed in each of the `kinds`.

    Of a packed page its hash and size are kept, by what it is made of; it is packed again only where the site hasn't it.
    """
    for page in pages:
        yield page
        if not kinds or isinstance(page, PageGroup) or not page.path.endswith(SUFFIXES) or page.path.startswith(PIECES):
            continue
        size = page.size if isinstance(page, KeptPage | LongPage) else len(page.body)
        if size >= LEAST:
            digest = page.sha256 if isinstance(page, KeptPage | LongPage) else hashlib.sha256(page.body).hexdigest()
            yield from (pack_page(page, digest, kind, keep) for kind in kinds)


def pack_page(page: Page, digest: str, kind: PackKind, keep: Keep) -> KeptPage:
    """Return a page, which has this SHA-256, packed."""
    key = hashlib.sha256(f"packed {kind} {CODECS[kind]} {find_version()} {digest}".encode()).hexdigest()
    make: Callable[[], bytes] = partial(pack, page, kind)
    told = keep.get(key)
    if told is None:
        body = make()
        told = json.dumps([hashlib.sha256(body).hexdigest(), len(body)]).encode()
        keep.put(key, told)
        make = partial(bytes, body)
    sha256, size = json.loads(told)
    return KeptPage(f"{page.path}.{kind}", sha256, size, (), make)


def pack(page: Page, kind: PackKind) -> bytes:
    """Pack a page."""
    packed: bytes = pa.Codec(*CODECS[kind]).compress(page.body, asbytes=True)
    return packed


@cache
def find_version() -> str:
    """Return the version of the library, from which the bytes follow."""
    return metadata.version("pyarrow")
