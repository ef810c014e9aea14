"""The order in which a site is put into a store of objects, where nothing can be replaced at once.  Pure.

A reader must meet no link that leads nowhere.  So what is new goes first: no page that is there links to it.  Then each
dataset is replaced, its data before what describes them and its page last; then what lists datasets, and where readers
begin; then the checksums.  What has gone is removed after that.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from entaku.model.files import MANIFEST, ROOT, SUMS, WITHDRAWN, name_signature
from entaku.model.serving import VERSION

Chain = tuple[str, ...]
"""Paths that are put one after the other."""
LAST = (WITHDRAWN, MANIFEST, SUMS, ROOT, name_signature(ROOT))
"""What vouches for the others, in its order."""
FRONT = ("robots.txt", "sitemap.xml", "en/index.html", "index.html")
"""Where readers begin."""
GRACE_DAYS = 1
"""Days that a file stays which pages named until now, and which a reader may still have before him."""
_DATASET = re.compile(r"(?:en/)?datasets/([^/]+)/.+")
_ASSET = re.compile("(?:assets|search)/.+")
_LISTING = re.compile(rf"datasets/([^/]+)/({VERSION})/SHA256SUMS(?:[.]r[0-9]+)?")


class VersionName(NamedTuple):
    """A version by the name that its dataset has in its address."""

    dataset: str
    version: str


@dataclass(frozen=True)
class Held:
    """What a store of objects holds of a site."""

    files: Mapping[str, str] = field(default_factory=dict)
    """By path a mark of content and headers; "" where an upload was cut and it is one of two."""
    leaving: Mapping[str, str] = field(default_factory=dict)
    """Paths that the site has no more, with the day since when: they are removed later."""
    stray: frozenset[str] = frozenset()
    """Paths that may be there or not, as an upload was cut, and that the site before it had not."""
    withdrawn: str = ""
    """A digest of what was withdrawn before."""


@dataclass(frozen=True)
class UploadPlan:
    """What is to be done to a store of objects so that it holds a site."""

    stages: tuple[tuple[Chain, ...], ...]
    """Each begins when the one before is through; the chains of a stage may be put at the same time."""
    removed: tuple[str, ...]
    """Removed at the end."""
    leaving: Mapping[str, str]
    """Removed another day."""

    @property
    def paths(self) -> list[str]:
        """List everything that is put."""
        return [path for stage in self.stages for chain in stage for path in chain]


def plan_upload(site: Mapping[str, str], held: Held, today: date, withdrawn: str = "") -> UploadPlan:
    """Plan how a store that holds `held` comes to hold `site` (path -> mark); `withdrawn`: a digest of what was
    withdrawn until now."""
    changed = [path for path, mark in site.items() if held.files.get(path) != mark]
    gone = sorted((held.files.keys() | held.leaving.keys() | held.stray) - site.keys())
    leaving = {
        path: held.leaving.get(path, today.isoformat())
        for path in gone
        if _ASSET.fullmatch(path) and path not in held.stray and withdrawn == held.withdrawn
    }
    leaving = {path: day for path, day in leaving.items() if (today - date.fromisoformat(day)).days < GRACE_DAYS}
    return UploadPlan(order_paths(changed, held.files), tuple(path for path in gone if path not in leaving), leaving)


def order_paths(changed: Iterable[str], there: Collection[str]) -> tuple[tuple[Chain, ...], ...]:
    """Order the paths that have changed; `there` are those that the store has from before."""
    stages: list[list[str]] = [[] for _ in range(5)]
    datasets: dict[str, list[str]] = {}
    last = []
    for path in sorted(changed):
        dataset = _DATASET.fullmatch(path)
        if path in LAST:
            last.append(path)
        elif path in FRONT:
            stages[4].append(path)
        elif path in there:
            if dataset:
                datasets.setdefault(dataset[1], []).append(path)
            else:
                stages[3].append(path)
        elif not dataset and not _ASSET.fullmatch(path):
            stages[2].append(path)
        else:
            stages[int(path.endswith(".html"))].append(path)
    chains = [tuple(sorted(paths, key=_rank)) for _, paths in sorted(datasets.items())]
    singles: list[list[Chain]] = [[(path,) for path in stage] for stage in stages[:4]]
    end = (*sorted(stages[4], key=FRONT.index), *sorted(last, key=LAST.index))
    ordered = [*singles[:3], chains, singles[3], [end] if end else []]
    return tuple(tuple(stage) for stage in ordered if stage)


def _rank(path: str) -> tuple[int, int, str]:
    """Rank a file of a dataset: tables, then what describes them, then pages, the outermost last."""
    kind = 0 if path.endswith((".csv", ".parquet")) else 2 if path.endswith(".html") else 1
    return kind, -path.count("/"), path


def find_lost_versions(site: Mapping[str, str], held: Held, excused: Collection[VersionName]) -> list[VersionName]:
    """List the versions that a store holds and a site has no more, or with other checksums, though they are not
    `excused` by a withdrawal or a new history."""
    lost = []
    for path, mark in held.files.items():
        found = _LISTING.fullmatch(path)
        if not found or VersionName(found[1], found[2]) in excused:
            continue
        if path not in site or (mark and mark.partition(" ")[0] != site[path].partition(" ")[0]):
            lost.append(VersionName(found[1], found[2]))
    return sorted(set(lost))
