"""The pages of datasets as an earlier run made them, in the cache.

All pages of a dataset are one part, and those of each version but the newest are parts of their own: another release of a
dataset changes only the last two (one is no longer the newest, the other stands beside it), so that its pages cost the same
whether it has three versions or a thousand.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from entaku.model.kept import Keep, KeptPage
from entaku.model.nouns import EPOCH, LANGS, Finding, Page
from entaku.model.page_groups import Staying, leave
from entaku.site.datasets import Subject
from entaku.site.kept import PartName, Parts, digest_release, digest_shown, make_digest
from entaku.site.pages import PREFIX, place_version
from entaku.site.releases import show_head
from entaku.site.render import Common


class EarlierPages:
    """Finds the pages that are still right, and keeps those that are made anew."""

    def __init__(self, common: str, parts: Parts, keep: Keep | None, render: Callable[[Subject], list[Page]]) -> None:
        """`common`: of `digest_common`; `render`: makes all pages of a dataset, where their bytes are no longer kept."""
        self._common, self._parts, self._keep, self._render = common, parts, keep, render
        self._digests: dict[str, str] = {}
        self._versions: dict[str, dict[str, str]] = {}

    def recall(self, subject: Subject, stays: Staying = leave) -> list[Page] | None:
        """Return all pages of a dataset that is unchanged, as one where they stay; None of any other."""
        digest = self._digests[subject.name] = digest_dataset(subject, self._common)
        group, name = self._parts.find_group(PartName("group of pages", subject.name), digest), subject.name
        if group is not None and stays(group):
            return [group]
        pages = self._parts.recall(PartName("pages", name), digest, lambda: self._read(subject, digest))
        if pages is not None:
            kept = [page for page in pages if isinstance(page, KeptPage)]
            self._parts.note_group(PartName("group of pages", name), digest, kept)
        return pages

    def choose(self, subject: Subject) -> Subject:
        """Return a dataset that is to be rendered with the versions whose pages needn't be."""
        versions = self._digest_versions(subject) if self._keep is not None else ()
        return replace(subject, kept=frozenset(each for each in versions if self._find(subject, each) is not None))

    def add(self, subject: Subject, made: Sequence[Page | Finding]) -> Iterator[Page | Finding]:
        """Yield what was made of a dataset and the pages of its other versions; they are kept if there is no finding.

        They are kept first: the gate knows then what it has found in them, and need not look at them once more.
        """
        old = [page for version in sorted(subject.kept) for page in self._find(subject, version) or ()]
        self._put(subject, made, old)
        yield from made
        yield from old

    def _put(self, subject: Subject, made: Sequence[Page | Finding], old: Sequence[Page]) -> None:
        """Keep what was made of a dataset, if there is no finding."""
        sound = [each for each in made if isinstance(each, Page)]
        if self._keep is None or len(sound) < len(made):
            return
        digest, versions = self._digests[subject.name], self._digest_versions(subject)
        places = {prefix + place_version(subject.name, each): each for each in versions for prefix in PREFIX.values()}
        packs: dict[str, list[Page]] = {}
        for page in sound:
            packs.setdefault(places.get(page.path.rpartition("/")[0] + "/", ""), []).append(page)
        for version, pages in packs.items():
            self._keep.put(name_kept(subject.name, version), pack_pages(pages, versions.get(version, digest)))
            if version:
                self._parts.note(PartName("pages", subject.name, version), versions[version], pages)
        self._parts.note(PartName("pages", subject.name), digest, [*sound, *old])

    def _find(self, subject: Subject, version: str) -> list[Page] | None:
        """Return the pages of a version; None if it has changed or they aren't kept."""
        digest = self._digest_versions(subject)[version]

        def make() -> list[Page]:
            return self._unpack(subject, version, digest) or self._render(replace(subject, kept=frozenset()))

        return self._parts.recall(PartName("pages", subject.name, version), digest, make)

    def _read(self, subject: Subject, digest: str) -> list[Page]:
        """Return all pages of a dataset with their bytes."""
        packs = [self._unpack(subject, "", digest)]
        packs += [self._unpack(subject, version, own) for version, own in self._digest_versions(subject).items()]
        whole = [page for pages in packs for page in pages or ()]
        return whole if None not in packs else self._render(subject)

    def _unpack(self, subject: Subject, version: str, digest: str) -> list[Page] | None:
        return unpack_pages(self._keep.get(name_kept(subject.name, version)) if self._keep else None, digest)

    def _digest_versions(self, subject: Subject) -> dict[str, str]:
        found = self._versions.get(subject.name)
        if found is None:
            found = self._versions[subject.name] = digest_versions(subject, self._common)
        return found


# ---- digests ------------------------------------------------------------------------------------------------------


def digest_common(common: Common, program: str) -> str:
    """Return the digest of what the pages of all datasets share; a page is valid only while it stays the same."""
    told = (
        sorted(common.texts.items()),
        sorted(common.assets.items()),
        repr(common.office),
        common.version,
        common.samples,
        bool(common.cards),
        EPOCH,
        program,
    )
    return make_digest(told)


def name_kept(dataset: str, version: str) -> str:
    """Return the cache key of the pages of a version, or with "" of all other pages of a dataset."""
    return make_digest(f"pages {dataset} {version}")


def digest_dataset(subject: Subject, common: str) -> str:
    """Return the digest of what a dataset's pages are made from, in all languages."""
    own = (
        common,
        digest_shown(subject.dataset),
        sorted(subject.requests.items()),
        sorted(subject.showcases.items()),
        subject.judged,
        subject.ruled,
        subject.tombstones,
        sorted(subject.retirement.items()),
    )
    return make_digest(own)


def digest_versions(subject: Subject, common: str) -> dict[str, str]:
    """Return the digest of what the page of each version but the newest is made from: the version, the one before it and
    the one after it, and what is said of the dataset in `HeadView`."""
    dataset = subject.dataset
    titles = {table.name: table.resource.title for release in dataset.releases for table in release.resources}
    heads = [show_head(subject, lang) for lang in LANGS]
    shared = make_digest((common, dataset.spec.digest, heads, sorted(titles.items()), subject.tombstones))
    shown = [(digest_release(release), release is dataset.current) for release in dataset.releases]
    return {
        release.version: make_digest((shared, shown[max(n - 1, 0) : n + 2], n == 0))
        for n, release in enumerate(dataset.releases[:-1])
    }


# ---- packs --------------------------------------------------------------------------------------------------------


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
