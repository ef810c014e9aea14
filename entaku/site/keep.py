"""A cache of datasets' pages from one run to the next, under digests of everything that they show.  Pure."""

import hashlib
import json
from collections.abc import Sequence
from typing import Protocol

from entaku.model.nouns import EPOCH, Page
from entaku.site.datasets import Subject
from entaku.site.render import Common


class Keep(Protocol):
    """A cache of bytes by key (`store.Cache` is one); entries may be evicted at any time."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, body: bytes) -> None: ...


def digest_common(common: Common, program: str) -> str:
    """Return the digest of what the pages of all datasets share; a page is valid only while it stays the same."""
    told = (
        sorted(common.texts.items()),
        sorted(common.assets.items()),
        repr(common.office),
        common.version,
        common.samples,
        EPOCH,
        program,
    )
    return _digest(told)


def name_kept(dataset: str) -> str:
    """Return the cache key of a dataset's pages."""
    return _digest(f"pages {dataset}")


def digest_dataset(subject: Subject, common: str) -> str:
    """Return the digest of what a dataset's pages are made from, in all languages."""
    dataset = subject.dataset
    releases = [(release.version, release.key, release.created, release.files) for release in dataset.releases]
    own = (
        common,
        dataset.spec.digest,
        dataset.spec.file,
        releases,
        dataset.attempt,
        dataset.checked,
        dataset.due,
        sorted(subject.requests.items()),
        sorted(subject.showcases.items()),
        subject.judged,
    )
    return _digest(own)


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode("utf-8", "backslashreplace")).hexdigest()


def pack_pages(pages: Sequence[Page], digest: str) -> bytes:
    """Pack pages into one body: a line of JSON with the digest, paths and lengths, then the pages' bodies."""
    head = json.dumps([digest, [(page.path, len(page.body)) for page in pages]])
    return head.encode() + b"\n" + b"".join(page.body for page in pages)


def unpack_pages(body: bytes | None, digest: str) -> list[Page] | None:
    """Return the pages from a body of `pack_pages`; None if it was packed with another digest."""
    if body is None or not body.startswith(f'["{digest}"'.encode()):
        return None
    line, _, rest = body.partition(b"\n")
    pages, start = [], 0
    for path, length in json.loads(line)[1]:
        pages.append(Page(path, rest[start : start + length]))
        start += length
    return pages
