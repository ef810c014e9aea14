"""What is kept of each dataset from one run to the next: its parts of the feeds and its pages, as they passed the gate.

A part is a value with Pages in it.  It is kept under the digest of all that it was made from; of its pages only their
SHA-256, size and the addresses they refer to are kept: a page is made again where its bytes are wanted.
"""

import hashlib
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from entaku.catalogue import facets
from entaku.model.bundles import Bundles
from entaku.model.kept import Keep, KeptPage, OwnPickler, OwnUnpickler, pack, unpack
from entaku.model.nouns import EPOCH, Catalogue, Dataset, Finding, Page, Release
from entaku.model.page_groups import PageGroup, Staying, group_pages, leave

Part = TypeVar("Part")
Task = TypeVar("Task")
Made = TypeVar("Made")
Review = Callable[[Page], tuple[Collection[Finding], Collection[str]]]
"""Returns the findings on a page, and the paths of the site that it refers to."""


class Spreading(Protocol):
    """A function like `map`, which keeps the order of tasks; it may run several at a time in other processes."""

    def __call__(self, function: Callable[[Task], Made], tasks: Iterable[Task], /) -> Iterable[Made]: ...


@dataclass(frozen=True, slots=True)
class Means:
    """What a run provides for making a site: a cache, the digest of the program, a way to run tasks."""

    keep: Keep | None = None
    """Cache of the pages of unchanged datasets; None to render all."""
    program: str = ""
    """Digest of the program's source: pages cached under another one are rendered anew."""
    spread: Spreading = map
    stays: Staying = leave
    """Tests whether the site before the last has the very pages of a group; then they stay."""


NO_MEANS = Means()


class PartName(NamedTuple):
    """What a part is kept under."""

    kind: str
    dataset: str
    more: str = ""


STAYED = PageGroup((), (), (), {})
"""What stands in a part for a page that stays."""
GROUP = "all pages"
SIZE = 4
"""Bytes that tell the length of what is kept of a part's pages."""
Told = tuple[str, str, int, tuple[str, ...]]
"""What is kept of a page: its path, SHA-256 and size, and the paths of the site that it refers to."""


class Parts:
    """The parts that are kept; without a cache every part is made."""

    def __init__(
        self, keep: Keep | None = None, shared: str = "", review: Review | None = None, datasets: Iterable[str] = (),
        grouped: Collection[str] = (),
    ) -> None:  # fmt: skip
        """`shared`: the digest of what all parts are made from; `review`: the gate, which a kept page has passed;
        `datasets`: the names of all there are; `grouped`: the kinds of parts of which each page is published as it is."""
        self._shared, self._review = shared, review
        self._keep = Bundles(keep, datasets) if keep is not None else None
        self._digests: dict[str, str] = {}
        self._kinds, self._odd, self._staying = frozenset(grouped), set[str](), set[str]()
        self._stays: Staying = leave

    def describe(
        self, kind: str, catalogue: Catalogue, dataset: Dataset, make: Callable[[], Part], more: str = ""
    ) -> Part:
        """Return a dataset's part of one kind, made by `make` or kept.

        A part is made of the dataset, its tombstones and requests, the address of what replaces it, what is `shared`,
        and what has the digest `more`; of nothing else of the catalogue.  It is not kept if the gate finds anything in
        one of its pages.
        """
        if self._keep is None:
            return make()
        name, digest = dataset.spec.pipeline.name, self._digest(catalogue, dataset)
        part = PartName(kind, name)
        stays = STAYED if name in self._staying and kind in self._kinds else None
        if more:
            digest = make_digest((digest, more))
            stays = self._stay_alone(part, digest) if kind in self._kinds else None
        kept = self.recall(part, digest, make, stays)
        if kept is None:
            made = self._make(part, digest, make)
            kept = (self.recall(part, digest, make, stays) or made) if stays is not None else made
        if more and kind in self._kinds and stays is None and (body := self._find(part, digest)) is not None:
            self._note_told(name_group(part), digest, _list_told(body))
        return kept

    def _stay_alone(self, part: PartName, digest: str) -> PageGroup | None:
        """Return the pages of a part that is made of more than the dataset, if they stay."""
        group = self.find_group(name_group(part), digest)
        return group if group is not None and self._stays(group) else None

    def _digest(self, catalogue: Catalogue, dataset: Dataset) -> str:
        name = dataset.spec.pipeline.name
        digest = self._digests.get(name)
        if digest is None:
            told = (self._shared, digest_shown(dataset), *_list_near(catalogue, dataset))
            digest = self._digests[name] = make_digest(told)
        return digest

    def _make(self, part: PartName, digest: str, make: Callable[[], Part]) -> Part:
        """Make a part and keep it; note a dataset of which a part can't be kept."""
        sound = part.dataset not in self._odd
        self._odd.add(part.dataset)
        made = self.note(part, digest, make())
        if sound and self._find(part, digest) is not None:
            self._odd.remove(part.dataset)
        return made

    def recall(
        self, name: PartName, digest: str, make: Callable[[], Part], stays: PageGroup | None = None
    ) -> Part | None:
        """Return the part kept under `name` if it has this digest; `make` makes it again where a page's bytes are wanted.
        Pages that stay are in it as one, in the place of the first of them, with STAYED for each other."""
        body = self._find(name, digest)
        if body is None:
            return None
        size = int.from_bytes(body[:SIZE])
        pages = cast("list[Told]", unpack(body[SIZE : SIZE + size])) if stays is None else stays
        with io.BytesIO(body[SIZE + size :]) as file:
            return cast(Part, _Unpacker(file, _PartPages(pages, make, partial(self._forget, name))).load())

    def _find(self, name: PartName, digest: str) -> bytes | None:
        body = self._keep.get(*name) if self._keep is not None else None
        return body[len(digest) :] if body is not None and body.startswith(digest.encode()) else None

    # ---- all pages of a dataset as one ----

    def stay(self, catalogue: Catalogue, stays: Staying) -> Iterator[PageGroup]:
        """Yield the pages of each dataset of whose parts all pages stay, as one; its parts have them no more."""
        self._stays = stays
        for dataset in catalogue.datasets if self._keep is not None and stays is not leave else ():
            name = dataset.spec.pipeline.name
            group = self.find_group(PartName(GROUP, name), self._digest(catalogue, dataset))
            if group is not None and stays(group):
                self._staying.add(name)
                yield group

    def find_group(self, name: PartName, digest: str) -> PageGroup | None:
        """Return the pages that are kept under `name` as one, if they have this digest."""
        body = self._find(name, digest)
        return PageGroup(*cast(Any, unpack(body))) if body is not None else None

    def note_group(self, name: PartName, digest: str, pages: Iterable[KeptPage]) -> None:
        """Keep pages as one."""
        if self._keep is not None and self._find(name, digest) is None:
            group = group_pages(pages)
            told = (group.paths, group.hashes, group.sizes, group.targets)
            self._keep.put(*name, digest.encode() + pack(told))

    def group(self) -> None:
        """Keep the pages of all parts of each dataset as one, but of those that have a part that can't be kept."""
        for name, digest in self._digests.items():
            if name not in self._odd and self._find(PartName(GROUP, name), digest) is None:
                bodies = [self._find(PartName(kind, name), digest) for kind in sorted(self._kinds)]
                told = [each for body in bodies if body is not None for each in _list_told(body)]
                self._note_told(PartName(GROUP, name), digest, told)

    def _note_told(self, name: PartName, digest: str, told: Iterable[Told]) -> None:
        self.note_group(name, digest, (KeptPage(*each, bytes) for each in told))

    def _forget(self, name: PartName) -> None:
        if self._keep is not None:
            self._keep.remove(*name)

    def note(self, name: PartName, digest: str, part: Part) -> Part:
        """Keep a part, and return it."""
        if self._keep is not None and self._review is not None:
            file = io.BytesIO()
            packer = _Packer(file, self._review)
            packer.dump(part)
            if packer.sound:
                told = pack(packer.told)
                self._keep.put(*name, digest.encode() + len(told).to_bytes(SIZE) + told + file.getvalue())
        return part

    def finish(self) -> None:
        """Keep for the next run what was noted last."""
        if self._keep is not None:
            self._keep.finish()


NO_PARTS = Parts()


def name_group(part: PartName) -> PartName:
    """Return what the pages of a part alone are kept under as one."""
    return PartName(f"{GROUP} of {part.kind}", part.dataset)


def _list_told(body: bytes) -> list[Told]:
    return cast("list[Told]", unpack(body[SIZE : SIZE + int.from_bytes(body[:SIZE])]))


class _Packer(OwnPickler):
    """Packs a value, in which each Page is replaced by what is kept of it."""

    def __init__(self, file: io.BytesIO, review: Review) -> None:
        super().__init__(file)
        self._review, self.sound = review, True
        self.bodies: dict[str, bytes] = {}
        self.told: list[Told] = []

    def reducer_override(self, thing: Any) -> Any:
        """Return what is kept of a Page, for `_Unpacker.open_page`; what OwnPickler does for anything else."""
        if not isinstance(thing, Page):
            return super().reducer_override(thing)
        if isinstance(thing, KeptPage):  # it has passed the gate, and its bytes are kept where it came from
            self.told.append((thing.path, thing.sha256, thing.size, thing.targets))
        else:
            body = self.bodies[thing.path] = thing.body
            findings, targets = self._review(thing)
            self.sound = self.sound and not findings
            self.told.append((thing.path, hashlib.sha256(body).hexdigest(), len(body), tuple(targets)))
        return KeptPage, (len(self.told) - 1,)


class _Unpacker(OwnUnpickler):
    """Unpacks a value in which pages stand for what is kept of them."""

    def __init__(self, file: io.BytesIO, pages: "_PartPages") -> None:
        super().__init__(file)
        self._pages = pages

    def find_class(self, module: str, name: str) -> Any:
        """Return what makes a page whose bytes are made when they are wanted; a class of this program otherwise."""
        found = super().find_class(module, name)
        return self._pages.open_page if found is KeptPage else found


class _PartPages:
    """Makes the pages of a part.  They refer to it: an unpickler, which refers to all that it has made, would be in
    memory with them until cycles are looked for."""

    def __init__(
        self, told: Sequence[Told] | PageGroup, make: Callable[[], object], forget: Callable[[], None]
    ) -> None:
        """`told`: what is kept of the pages, or these as one where they stay."""
        self._told, self._make, self._forget = told, make, forget
        self._bodies: Mapping[str, bytes] = {}

    def open_page(self, number: int) -> Page:
        """Return a page whose bytes are made when they are wanted."""
        if isinstance(self._told, PageGroup):
            return STAYED if number else self._told
        path, sha256, size, targets = self._told[number]
        return KeptPage(path, sha256, size, targets, partial(self._read, path, sha256))

    def _read(self, path: str, sha256: str) -> bytes:
        if not self._bodies:
            packer = _Packer(io.BytesIO(), lambda _: ((), ()))
            packer.dump(self._make())
            self._bodies = packer.bodies
        body = self._bodies.get(path, b"")
        if hashlib.sha256(body).hexdigest() != sha256:  # it was made of more than its digest tells
            self._forget()
            raise AssertionError(path)
        return body


def _list_near(catalogue: Catalogue, dataset: Dataset) -> tuple[object, ...]:
    """List what is shown of the catalogue around a dataset."""
    name = dataset.spec.pipeline.name
    gone = (*catalogue.tombstones, *catalogue.expired)
    requests = facets.list_requests(catalogue, name) if catalogue.requests else ()
    return (
        [each for each in gone if each.dataset == name],
        tuple(requests),
        facets.address_replacement(catalogue, dataset, ""),
    )


def digest_shared(catalogue: Catalogue, program: str) -> str:
    """Return the digest of what the parts of all datasets share."""
    return make_digest((repr(catalogue.office), catalogue.version, EPOCH, program))


def digest_shown(dataset: Dataset) -> str:
    """Return the digest of what is shown of a dataset."""
    own = (
        dataset.spec.digest, dataset.spec.file, [digest_release(release) for release in dataset.releases], dataset.attempt, dataset.checked, dataset.due, dataset.retired,
    )  # fmt: skip
    return make_digest(own)


def digest_release(release: Release) -> tuple[object, ...]:
    """Return what stands for all that is shown of a release."""
    return release.version, release.home, release.key, release.created, release.files, sorted(release.kept)


def make_digest(value: object) -> str:
    """Return the SHA-256 of a value's text."""
    return hashlib.sha256(repr(value).encode("utf-8", "backslashreplace")).hexdigest()
