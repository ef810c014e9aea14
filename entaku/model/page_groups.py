"""The pages of a dataset that are as they were, as one value: they pass all stages of a publication together."""

from collections.abc import Callable, Iterable, Mapping

from entaku.model.kept import KeptPage
from entaku.model.long_pages import LongPage
from entaku.model.nouns import Page


class PageGroup(Page):
    """Pages that the site before the last has with these very bytes, so that none of them is looked at alone."""

    __slots__ = ("hashes", "paths", "sizes", "targets")
    paths: tuple[str, ...]
    hashes: tuple[str, ...]
    """The SHA-256 of each."""
    sizes: tuple[int, ...]
    targets: Mapping[str, str]
    """The paths of the site that they refer to, beside their own, each with the first page that does."""

    def __init__(
        self, paths: tuple[str, ...], hashes: tuple[str, ...], sizes: tuple[int, ...], targets: Mapping[str, str]
    ) -> None:
        own = (("paths", paths), ("hashes", hashes), ("sizes", sizes), ("targets", targets))
        for name, value in (("path", ""), ("body", b""), *own):
            object.__setattr__(self, name, value)


def group_pages(pages: Iterable[KeptPage]) -> PageGroup:
    """Return some pages as a group."""
    every, targets = tuple(pages), dict[str, str]()
    for page in every:
        for target in page.targets:
            targets.setdefault(target, page.path)
    paths = tuple(page.path for page in every)
    for path in paths:
        targets.pop(path, None)
    return PageGroup(paths, tuple(page.sha256 for page in every), tuple(page.size for page in every), targets)


Outputs = Iterable[tuple[str, bytes | KeptPage | LongPage]]
"""The files of a site, by path."""
Staying = Callable[[PageGroup], bool]
"""Tests whether the site before the last has the very pages of a group; then they stay."""


def leave(_: PageGroup) -> bool:
    """Let no pages stay: there is no site before the last."""
    return False
