"""Pages of datasets kept from one run to the next, under digests of everything that they show.  Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from entaku.audit.rulebook import Judged
from entaku.catalogue import facets
from entaku.model.ledgers import Request, Showcase
from entaku.model.nouns import EPOCH, Catalogue, Dataset, Lang, Page

ENTRIES = 50
"""Datasets on one page."""
AROUND = 2
"""Pages named on each side of the one that is shown."""


@dataclass(frozen=True, slots=True)
class ListingView:
    """One page of a list."""

    items: tuple[Any, ...]
    total: int
    """How many there are on all pages."""
    number: int
    """This page, from 1."""
    path: str
    pages: tuple[tuple[int, str], ...]
    """The number and path of the first page, the last, and those around this one; empty where there is only one."""
    before: str
    """The path of the page before this; "" on the first."""
    after: str


def cut_listing(path: str, items: Sequence[Any], size: int = ENTRIES) -> list[ListingView]:
    """The pages of a list at the site path `path`; one even where nothing is listed."""
    count = max(1, -(-len(items) // size))
    paths = {number: path if number == 1 else f"{path}page/{number}/" for number in range(1, count + 1)}
    return [
        ListingView(
            items=tuple(items[(number - 1) * size : number * size]),
            total=len(items),
            number=number,
            path=paths[number],
            pages=tuple(
                (other, paths[other])
                for other in paths
                if count > 1 and (other in (1, count) or abs(other - number) <= AROUND)
            ),
            before=paths.get(number - 1, ""),
            after=paths.get(number + 1, ""),
        )
        for number in paths
    ]


class Keep(Protocol):
    """Where pages are kept from one run to the next, by key (`store.Cache` is one); it may forget."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, body: bytes) -> None: ...


def digest_common(catalogue: Catalogue, templates: Mapping[str, str], places: Mapping[str, str], program: str) -> str:
    """What the pages of every dataset show that isn't its own: a page is kept only while this stays the same."""
    told = (
        sorted(templates.items()),
        sorted(places.items()),
        repr(catalogue.office),
        catalogue.version,
        EPOCH,
        program,
    )
    return hashlib.sha256(repr((told, facets.has_samples(catalogue))).encode("utf-8", "backslashreplace")).hexdigest()


def name_kept(dataset: Dataset, lang: Lang) -> str:
    """The key under which its pages in a language are kept."""
    return hashlib.sha256(f"pages {lang} {dataset.spec.pipeline.name}".encode()).hexdigest()


def digest_dataset(catalogue: Catalogue, dataset: Dataset, judged: Judged, common: str) -> str:
    """The digest of what its pages are made from, in any language."""
    releases = [(release.version, release.key, release.created, release.files) for release in dataset.releases]
    name = dataset.spec.pipeline.name
    rows: list[Request | Showcase] = [*facets.list_requests(catalogue, name), *facets.list_showcases(catalogue, name)]
    told = [(row, [_show_answer(other) for other in facets.list_answers(catalogue, row)]) for row in rows]
    own = (
        common,
        dataset.spec.digest,
        dataset.spec.file,
        releases,
        dataset.attempt,
        dataset.checked,
        dataset.due,
        told,
        judged,
    )
    return hashlib.sha256(repr(own).encode("utf-8", "backslashreplace")).hexdigest()


def _show_answer(dataset: Dataset) -> tuple[object, ...]:
    """What the page of another dataset that answers the same request shows of one."""
    return dataset.spec.pipeline.title, [(first.version, first.created) for first in dataset.releases[:1]]


def pack_pages(pages: Iterable[Page], digest: str) -> bytes:
    """Pages as one body: a line of JSON that tells their paths and lengths, then their bodies."""
    pages = list(pages)
    head = json.dumps([digest, [(page.path, len(page.body)) for page in pages]])
    return head.encode() + b"\n" + b"".join(page.body for page in pages)


def unpack_pages(body: bytes | None, digest: str) -> list[Page] | None:
    """What `pack_pages` packed, if it was packed with this digest."""
    if body is None or not body.startswith(f'["{digest}"'.encode()):
        return None
    line, _, rest = body.partition(b"\n")
    pages, start = [], 0
    for path, length in json.loads(line)[1]:
        pages.append(Page(path, rest[start : start + length]))
        start += length
    return pages
