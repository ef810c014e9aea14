"""Pages of datasets kept from one run to the next, under digests of everything that they show.  Pure."""

import hashlib
import json
from collections.abc import Sequence
from typing import Protocol

from entaku.model.nouns import EPOCH, Page
from entaku.site.datasets import Subject
from entaku.site.render import Common


class Keep(Protocol):
    """Where pages are kept from one run to the next, by key (`store.Cache` is one); it may forget."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, body: bytes) -> None: ...


def digest_common(common: Common, program: str) -> str:
    """What the pages of every dataset show that isn't its own: a page is kept only while this stays the same."""
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
    """The key under which the pages of a dataset are kept."""
    return _digest(f"pages {dataset}")


def digest_dataset(subject: Subject, common: str) -> str:
    """The digest of what its pages are made from, in all languages."""
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
    """Pages as one body: a line of JSON that tells their paths and lengths, then their bodies."""
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
