"""What several test modules share: the repository's own catalogue, published once, and its wheel, built once.

With ENTAKU_ORACLE=1 frictionless-py checks, after the last test, every table that the tests checked.

What publishes projects or starts browsers is imported by whoever asks for it: else the tests of one room would wait for
the whole program.
"""

from __future__ import annotations

import fcntl
import gc
import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from entaku.__main__ import YOUNG

if TYPE_CHECKING:
    from recording import Recorder

    from entaku.work.outcome import Result

ROOT = Path(__file__).parents[1]

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

gc.disable()  # until all tests are collected: what is imported and collected stays

LONGEST = (
    "test_pairs",
    "test_standards",
    "test_published",
    "test_kill",
    "test_faults",
    "test_fault_points",
    "test_harvest",
    "test_pages",
)
"""Files whose projects take long to publish: begun last, they would be all that some process has left."""

RECORDER: Recorder | None = None
if os.environ.get("ENTAKU_ORACLE"):
    from recording import Recorder, start

    RECORDER = Recorder()
    assert "PYTEST_XDIST_WORKER" not in os.environ, "ENTAKU_ORACLE wants one process: pytest without -n"
    start(RECORDER)  # before the tests import what it watches


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first."""
    items.sort(key=lambda item: item.path.stem not in LONGEST)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Look for garbage as the program itself does: seldom, and not among what was collected."""
    gc.freeze()
    gc.set_threshold(YOUNG)
    gc.enable()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Compare what was recorded."""
    if RECORDER is None:
        return
    print()
    tally, rules, failed = RECORDER.compare()
    print(f"{len(RECORDER.cases)} cases, {tally.errors} errors, {failed} that frictionless-py could not check")
    print(f"{tally.spots} differ in type, row, field or cell; {tally.details} tables differ in details or order")
    print("left out:", dict(RECORDER.left_out), "come or go with the standard:", dict(+rules))
    if tally.spots:
        session.exitstatus = 1


def copy_project(folder: Path) -> Path:
    """What a fresh clone holds of the catalogue."""
    folder.mkdir()
    for name in ("catalogue.yaml", "requests.csv", "showcases.csv", "logo.svg"):
        shutil.copy(ROOT / name, folder)
    for name in ("pipelines", "codes", "site_templates"):
        shutil.copytree(ROOT / name, folder / name)
    if (ROOT / "build" / "vendor").is_dir():  # what `make` bundled
        shutil.copytree(ROOT / "build" / "vendor", folder / "build" / "vendor")
    return folder


def make_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Any]) -> Any:
    """What `make` returned of a new folder, made by the worker that asks first; the others wait for it."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    told = folder / "result.pickle"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            shutil.rmtree(folder / "p", ignore_errors=True)
            told.write_bytes(pickle.dumps(make(folder / "p")))
    return pickle.loads(told.read_bytes())


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The project's folder, and what publishing it from samples gave, once for all workers.  Not to be changed."""
    from projects import run

    def publish(folder: Path) -> tuple[Path, Result]:
        return folder, run(copy_project(folder))

    made: tuple[Path, Result] = make_once(tmp_path_factory, "published", publish)
    return made


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this clone, built once for all workers."""
    from shipping import build_wheel

    made: Path = make_once(tmp_path_factory, "wheel", build_wheel)
    return made


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A Chromium for `browser.visit`; skips where there is none."""
    from browser import start_chromium

    with start_chromium() as browser:
        yield browser
