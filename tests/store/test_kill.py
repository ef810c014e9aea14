"""Whatever ends a publish, the public sees the old site or the new one, and the next run does the rest.

A sample of points, some of it in the sweeps; `python -m tests.kill --points 500` takes many more.
"""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from killer import (
    SITE,
    STORE,
    Scenario,
    kill_at,
    make_scenarios,
    part,
    publish_in_child,
    run_out_at,
    start_in_child,
    wait_for,
)  # fmt: skip
from projects import copy_tree, snapshot
from serving import hammer

from entaku.store.store import Store


@pytest.fixture(scope="module")
def update(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    (scenario,) = make_scenarios(tmp_path_factory.mktemp("kill"), "update")
    return scenario


@pytest.fixture(scope="module")
def revision(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    (scenario,) = make_scenarios(tmp_path_factory.mktemp("kill"), "revision")
    return scenario


def find_point(scenario: Scenario, *words: str) -> int:
    """The first boundary after all those that name each of `words`, in their order."""
    at = 0
    for word in words:
        at = next(n for n, label in enumerate(scenario.points) if n >= at and word in label) + 1
    return at


@pytest.mark.parametrize(
    "words",
    [
        ("half of daily/raw/ledger.jsonl",),
        pytest.param(("replace", "daily/raw/"), marks=pytest.mark.sweep),
        pytest.param(("half of .new/lifts@desk/datapackage.json",), marks=pytest.mark.sweep),
        ("half of .new/lifts@desk/schedule.csv",),
        pytest.param(("half of .new/lifts@desk/schedule.parquet",), marks=pytest.mark.sweep),
        ("half of .new/lifts@desk/SHA256SUMS",),
        pytest.param(("half of .new/lifts@desk/SHA256SUMS", "flush_disk"), marks=pytest.mark.sweep),
        ("rename", "releases/2026.06.29", "half of"),
        ("exchange",),
        pytest.param(("exchange", "rename"), marks=pytest.mark.sweep),
    ],
)
def test_a_killed_run_leaves_all_as_it_was_and_the_next_ends_well(
    update: Scenario, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert list(kill_at(update, find_point(update, *words), tmp_path / "work")) == []


@pytest.mark.parametrize(
    "words",
    [
        ("replace", "datapackage.r2.json"),
        pytest.param(("replace", "manifest.r2.json"), marks=pytest.mark.sweep),
        pytest.param(("replace", "SHA256SUMS.r2"), marks=pytest.mark.sweep),
        ("replace", "SHA256SUMS.r2", "half of"),
        pytest.param(("replace", "SHA256SUMS.r2", "releases.json"), marks=pytest.mark.sweep),
        ("exchange",),
    ],
)
def test_a_killed_revision_leaves_the_version_as_it_was(
    revision: Scenario, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert list(kill_at(revision, find_point(revision, *words), tmp_path / "work")) == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errno.ENOSPC, ("write daily/raw/",)),
        (errno.ENOSPC, ("write .new/lifts@desk/schedule.csv",)),
        pytest.param(errno.ENOSPC, ("write .new/lifts@desk/schedule.parquet",), marks=pytest.mark.sweep),
        (errno.ENOSPC, ("publish_site",)),
        (errno.EROFS, ("pwrite",)),
    ],
)
def test_a_full_or_read_only_disk_is_told_and_harms_nothing(
    update: Scenario, tmp_path: Path, error: int, words: tuple[str, ...]
) -> None:
    assert list(run_out_at(update, find_point(update, *words), tmp_path / "work", error)) == []


def test_of_two_at_once_one_publishes_and_the_other_says_why_not(update: Scenario, tmp_path: Path) -> None:
    work = tmp_path / "work"
    copy_tree(update.project, work)
    with Store(work / "datapackages").lock():
        refused = publish_in_child(work, update.mirror, killer=False)
    assert refused.code == 1 and "another entaku is running" in refused.out
    logs = [tmp_path / f"{n}.log" for n in range(3)]
    children = [start_in_child(work, update.mirror, log, None, lambda: None, False) for log in logs]
    ended = [wait_for(child, log) for child, log in zip(children, logs, strict=True)]
    assert {each.code for each in ended} <= {0, 1} and 0 in {each.code for each in ended}
    assert all("another entaku is running" in each.out for each in ended if each.code)
    for folder in (SITE, STORE):
        assert part(snapshot(work), folder) == part(update.after, folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 20 MB, where we may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=20m", "none", str(folder)]
    if os.geteuid() != 0 or not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_really_is_full(update: Scenario, small_disk: Path) -> None:
    work = small_disk / "p"
    copy_tree(update.project, work, ("build", "datapackages"))
    size = shutil.disk_usage(small_disk).used + (100 << 10)
    subprocess.run(["mount", "-o", f"remount,size={size}", str(small_disk)], check=True)
    ended = publish_in_child(work, update.mirror, killer=False)
    assert ended.code == 1 and "No space left on device" in ended.out and "Traceback" not in ended.out
    assert not (work / "build/site").exists()
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    assert publish_in_child(work, update.mirror, killer=False).code == 0
    assert (work / "build/site/index.html").is_file()


def test_readers_see_one_release_at_a_time_while_it_is_published_again_and_again(tmp_path: Path) -> None:
    tally = hammer(tmp_path, 300, releases=3)
    assert tally.wrong == [] and tally.requests >= 300 and len(tally.releases) >= 3
