"""What is kept of each dataset from one run to the next: its parts of the feeds and its pages, as they passed the gate.

A part is a value with Pages in it.  It is kept under the digest of all that it was made from; of its pages only their
SHA-256, size and the addresses they refer to are kept: a page is made again where its bytes are wanted.
"""

import hashlib
import io
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from entaku.catalogue import facets
from entaku.model.bundles import Bundles
from entaku.model.kept import Keep, KeptPage, OwnPickler, OwnUnpickler
from entaku.model.nouns import EPOCH, Catalogue, Dataset, Finding, Page, Release

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


NO_MEANS = Means()


class PartName(NamedTuple):
    """What a part is kept under."""

    kind: str
    dataset: str
    more: str = ""


class Parts:
    """The parts that are kept; without a cache every part is made."""

    def __init__(
        self, keep: Keep | None = None, shared: str = "", review: Review | None = None, datasets: Iterable[str] = ()
    ) -> None:
        """`shared`: the digest of what all parts are made from; `review`: the gate, which a kept page has passed;
        `datasets`: the names of all there are."""
        self._shared, self._review = shared, review
        self._keep = Bundles(keep, datasets) if keep is not None else None
        self._digests: dict[str, str] = {}

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
        name = dataset.spec.pipeline.name
        digest = self._digests.get(name)
        if digest is None:
            digest = self._digests[name] = make_digest(
                (self._shared, digest_shown(dataset), *_list_near(catalogue, dataset))
            )
        digest = make_digest((digest, more)) if more else digest
        part = PartName(kind, name)
        kept = self.recall(part, digest, make)
        return self.note(part, digest, make()) if kept is None else kept

    def recall(self, name: PartName, digest: str, make: Callable[[], Part]) -> Part | None:
        """Return the part kept under `name` if it has this digest; `make` makes it again where a page's bytes are wanted."""
        body = self._keep.get(*name) if self._keep is not None else None
        if body is None or not body.startswith(digest.encode()):
            return None
        with io.BytesIO(body[len(digest) :]) as file:
            return cast(Part, _Unpacker(file, make, partial(self._forget, name)).load())

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
                self._keep.put(*name, digest.encode() + file.getvalue())
        return part

    def finish(self) -> None:
        """Keep for the next run what was noted last."""
        if self._keep is not None:
            self._keep.finish()


NO_PARTS = Parts()


class _Packer(OwnPickler):
    """Packs a value, in which each Page is replaced by what is kept of it."""

    def __init__(self, file: io.BytesIO, review: Review) -> None:
        super().__init__(file)
        self._review, self.sound = review, True
        self.bodies: dict[str, bytes] = {}

    def reducer_override(self, thing: Any) -> Any:
        """Return what is kept of a Page, for `_Unpacker.open_page`; what OwnPickler does for anything else."""
        if not isinstance(thing, Page):
            return super().reducer_override(thing)
        if isinstance(thing, KeptPage):  # it has passed the gate, and its bytes are kept where it came from
            return KeptPage, (thing.path, thing.sha256, thing.size, thing.targets)
        body = self.bodies[thing.path] = thing.body
        findings, targets = self._review(thing)
        self.sound = self.sound and not findings
        return KeptPage, (thing.path, hashlib.sha256(body).hexdigest(), len(body), tuple(targets))


class _Unpacker(OwnUnpickler):
    """Unpacks a value in which pages stand for what is kept of them."""

    def __init__(self, file: io.BytesIO, make: Callable[[], object], forget: Callable[[], None]) -> None:
        super().__init__(file)
        self._make, self._forget = make, forget
        self._bodies: Mapping[str, bytes] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Return what makes a page whose bytes are made when they are wanted; a class of this program otherwise."""
        found = super().find_class(module, name)
        return self.open_page if found is KeptPage else found

    def open_page(self, path: str, sha256: str, size: int, targets: tuple[str, ...]) -> KeptPage:
        """Return a page whose bytes are made when they are wanted."""
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
