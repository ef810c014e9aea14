"""What all feeds of a large catalogue cost: `make bench-feeds SIZE=1000 COPIES=10`.

A project of SIZE datasets of 50 rows is generated and published as a user would.  Then a process of its own loads what
is published as `entaku publish` does before it makes the site, copies each dataset COPIES times under other names, so
that no two of them have anything in common in memory, and makes every file of every feed, with nothing kept from an
earlier run.  Memory and garbage are looked after as the command does.  The files are counted and discarded, as a
site's are written one by one.  CPU time is user and system time of that process from its start to its end, memory its
most; pages, copies of releases and the disk are no part of it.

`python -m benchmarks.feeds PROJECT COPIES [SUMS]` does so with a project that is published already, and writes the
SHA-256 of every file to SUMS, to compare two states of the program: hashing takes a few seconds more.
"""

import gc
import hashlib
import os
import resource
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from benchmarks.bench import make_project, run
from benchmarks.scale import MANY, PUBLISH
from entaku.model.kept import pack, unpack
from entaku.model.long_pages import LongPage
from entaku.model.nouns import Catalogue, Dataset, Finding, Release, Spec
from entaku.site import stream_feeds
from entaku.work.comparing import add_comparisons
from entaku.work.following import add_following
from entaku.work.load import load_catalogue, read_specs
from entaku.work.open import make_setting, open_cache
from entaku.work.setting import digest_program
from entaku.work.speak import Speaker

NAMES = b"dataset-"
"""How the names of the generated datasets begin; those of a copy begin otherwise, with as many bytes."""
COPIES = 10
"""Copies, at most: they differ in one digit."""


def load(project: Path) -> Catalogue:
    """Load what is published of a project, with all that its site tells of it."""
    office, specs, _ = read_specs(project, open_cache(project), digest_program())
    assert office is not None, project
    setting = make_setting(Namespace(project=project), office, Speaker("en", sys.stdout, sys.stderr))
    catalogue, _ = load_catalogue(setting, office, specs)
    catalogue, _ = add_following(setting, add_comparisons(setting, catalogue))
    return catalogue


def copy_datasets(datasets: tuple[Dataset, ...], copies: int) -> Iterator[Dataset]:
    """Yield copies of datasets, sorted by name, whose specs and releases have no value in common in memory."""
    packed = [(dataset, pack((dataset.spec, dataset.releases))) for dataset in datasets]
    for n in range(copies):
        for dataset, body in packed:
            spec, releases = cast(
                tuple[Spec, tuple[Release, ...]], unpack(body.replace(NAMES, NAMES[:-2] + b"%d-" % n))
            )
            yield replace(dataset, spec=spec, releases=releases)


def measure(project: Path, copies: int, sums: Path | None = None) -> None:
    """Make every feed of a catalogue of this many copies, and print what that took."""
    catalogue = load(project)
    catalogue = replace(catalogue, datasets=tuple(copy_datasets(catalogue.datasets, copies)))
    loaded, files, size = read_clock(), 0, 0
    with (sums or Path(os.devnull)).open("w", encoding="utf-8") as told:
        for each in stream_feeds(catalogue):
            if isinstance(each, Finding):
                raise RuntimeError(f"{each.code} {each.value} {dict(each.args)}")
            files += 1
            digest = hashlib.sha256()
            for piece in each.list_pieces() if isinstance(each, LongPage) else (each.body,):
                size += len(piece)
                if sums:
                    digest.update(piece)
            if sums:
                told.write(f"{digest.hexdigest()}  {each.path}\n")
    print(
        f"{len(catalogue.datasets):,} datasets: {files:,} files, {size / 1e6:,.0f} MB; "
        f"{read_clock():.1f} s of CPU ({loaded:.1f} s of them until the catalogue is loaded and copied), "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB of memory"
    )


def read_clock() -> float:
    """Return the seconds of CPU that this process has taken since its start."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Publish a project and measure its feeds; or measure those of the project that is named."""
    if len(sys.argv) > 1:
        from entaku.__main__ import YOUNG, keep_memory

        keep_memory()
        gc.freeze()
        gc.set_threshold(YOUNG)
        measure(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
        return
    size, copies = (int(os.environ.get(name, most)) for name, most in (("SIZE", 1000), ("COPIES", COPIES)))
    if not 0 < copies <= COPIES:
        raise SystemExit(f"COPIES={copies}: 1 to {COPIES}")
    with TemporaryDirectory(prefix="entaku-feeds-", dir=os.environ.get("SCALE_DIR")) as home:
        project = Path(home) / "project"
        make_project(MANY, size, project)
        for command in (PUBLISH, (sys.executable, "-m", "benchmarks.feeds", str(project), str(copies))):
            told = run(command, project)
            if told.code:
                raise RuntimeError(f"{' '.join(command)}: exit code {told.code}\n{told.out[-2000:]}")
    print(told.out.strip())


if __name__ == "__main__":
    main()
