"""Ends a publish with SIGKILL at the N-th thing it does to the disk, and says what must hold afterwards.

The program knows nothing of this: in a forked process the calls that write, rename, flush or remove are wrapped
before `entaku publish` runs.  A write is cut in the middle, too.  Instead of being killed, a run may find the disk
full, or read-only, from some point on.
"""

import errno
import io
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from projects import LIFTS, copy_tree, lifts, make_project, put, put_sample, snapshot
from projects import run as publish_here

from entaku.fetch.network import Network
from entaku.model.files import REVISED
from entaku.release import making
from entaku.site import site
from entaku.store import flushing
from entaku.store import site as store_site
from entaku.table import parts as table
from entaku.work import build, cli, publish
from entaku.work import dataset as run
from entaku.work import open as cli_setting
from entaku.work.verify import verify_site

DISK = ("fsync", "rename", "replace", "mkdir", "unlink", "remove", "rmdir", "link", "utime", "ftruncate", "pwrite")
WRITES = ("open", "write", "half", "fsync", "flush_disk", "mkdir", "link", "pwrite")
STAGES = (
    (run, "ask_source"), (run, "make_next"), (making, "make_release"), (publish, "take_turns"),
    (publish, "publish_catalogue"), (store_site, "publish_site"), (store_site, "mend_site"), (store_site, "exchange"),
    (store_site, "sync_disk"), (flushing, "flush_disk"),
)  # fmt: skip
DAILY = """\
name: daily
title: 日報
description: 試験用
publisher: office
license: CC-BY-4.0
frequency: daily
resources:
  - name: prices
    title: 値段
    source:
      url: https://office.example.org/{date:%Y%m%d}.csv
      for: {date: {from: 2026-06-22, until: 2026-06-24}}
      missing: closed-day
    tidy: [{sort: [date]}]
    schema:
      primaryKey: [date, item]
      fields: [{name: date, type: date}, {name: item}, {name: price, type: integer}]
"""


WARM = (build, site, table)
"""What a run imports as it goes; imported here, once, for all the forked ones."""


@cache
def warm_up() -> None:
    """Publish something here once: what that loads is there in every forked process, which would load it anew."""
    with TemporaryDirectory() as folder:
        project = make_project(Path(folder) / "p")
        put_sample(project, lifts("A-1,2026/6/3"))
        publish_here(project)


# ---- killing ----------------------------------------------------------------------------------------------------


class Killer:
    """Counts the boundaries that a process comes to, and ends it at one of them; or, with the `error` of a full or
    read-only disk, lets nothing be written from there on."""

    def __init__(self, at: int | None, error: int = 0) -> None:
        self.at, self.labels = at, list[str]()
        self.error = error
        self.home = os.getpid()

    def boundary(self, label: str) -> None:
        if os.getpid() != self.home:
            return
        self.labels.append(label)
        if self.error and self.at is not None and len(self.labels) >= self.at:
            kind = label.split(" ")[0]
            if kind in WRITES or (self.error == errno.EROFS and kind in DISK):
                raise OSError(self.error, os.strerror(self.error))
        elif len(self.labels) == self.at:
            os.kill(self.home, signal.SIGKILL)

    def wrap(self, place: Any, name: str) -> None:
        """Put a boundary before every call of `place.name`."""
        call = getattr(place, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.boundary(f"{name} {_name(args)}")
            return call(*args, **kwargs)

        setattr(place, name, counted)

    def install(self) -> None:
        """Wrap everything.  Only ever called in a process of its own."""
        for name in DISK:
            self.wrap(os, name)
        for place, name in STAGES:
            self.wrap(place, name)
        whole = io.open

        def watched(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            if not set(mode) & set("wax+"):
                return whole(file, mode, *args, **kwargs)
            self.boundary(f"open {mode} {_name((file,))}")
            return Torn(whole(file, mode, *args, **kwargs), self, _name((file,)))

        io.open = watched  # type: ignore[assignment]


class Torn:
    """A file whose writes reach the disk in two halves, with a boundary before, between and after."""

    def __init__(self, file: Any, killer: Killer, name: str) -> None:
        self._file, self._killer, self._name = file, killer, name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> "Torn":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, body: Any) -> int:
        half = len(body) // 2
        self._killer.boundary(f"write {self._name}")
        self._file.write(body[:half])
        self._file.flush()
        self._killer.boundary(f"half of {self._name}")
        self._file.write(body[half:])
        self._file.flush()
        return len(body)

    def truncate(self, size: int | None = None) -> int:
        self._killer.boundary(f"truncate {self._name}")
        return int(self._file.truncate(size))


def _name(args: tuple[Any, ...]) -> str:
    named = [str(os.fspath(arg)) for arg in args[:2] if isinstance(arg, str | os.PathLike)]
    return " -> ".join("/".join(Path(each).parts[-3:]) for each in named)


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code (-9 if killed), what it printed, the boundaries it came to."""

    code: int
    out: str
    labels: tuple[str, ...] = ()


def publish_in_child(
    project: Path,
    mirror: Path,
    at: int | None = None,
    before: Callable[[], None] = lambda: None,
    *,
    killer: bool = True,
    error: int = 0,
    verb: tuple[str, ...] = (),
) -> Ended:
    """`entaku publish`, or another command, in a forked process without a network, ended at boundary `at`."""
    log = project.with_name(f"{project.name}.log")
    return wait_for(start_in_child(project, mirror, log, at, before, killer, error, verb), log)


def seclude(log: Path) -> None:
    """Send what a forked process prints to `log`, and leave it no network."""
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
    cli_setting.Network = lambda **_: Network(knock=lambda *_: "no network")  # type: ignore[misc,assignment]


def start_in_child(
    project: Path,
    mirror: Path,
    log: Path,
    at: int | None,
    before: Callable[[], None],
    killer: bool,
    error: int = 0,
    verb: tuple[str, ...] = (),
) -> int:
    """The process's id."""
    sys.stdout.flush()
    sys.stderr.flush()
    warm_up()
    child = os.fork()
    if child == 0:
        code = 99
        try:
            seclude(log)
            before()
            counting = Killer(at, error)
            if killer:
                counting.install()
            words = verb or ("publish", "--mirror", str(mirror))
            code = cli.main([*words, "--project", str(project), "--lang", "en"])
            print("\nlabels " + json.dumps(counting.labels), flush=True)
        except BaseException as trouble:
            print(f"Traceback: {trouble!r}", flush=True)
        finally:
            os._exit(code)
    return child


def wait_for(child: int, log: Path) -> Ended:
    """How a process ended."""
    _, status = os.waitpid(child, 0)
    out, _, labels = log.read_text("utf-8").partition("\nlabels ")
    return Ended(os.waitstatus_to_exitcode(status), out, tuple(json.loads(labels)) if labels else ())


# ---- what must hold ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scenario:
    """A project before a run, the mirror of that run, and what it is like afterwards if nothing goes wrong."""

    name: str
    project: Path
    mirror: Path
    before: dict[str, bytes] = field(repr=False)
    after: dict[str, bytes] = field(repr=False)
    code: int
    points: tuple[str, ...] = field(repr=False)
    setup: Callable[[], None] = field(repr=False, default=lambda: None)
    gap: bool = False
    """Whether the site may be missing for a moment: only where folders can't be exchanged."""


def part(files: dict[str, bytes], folder: str) -> dict[str, bytes]:
    """The files below `folder`, without locks and what was set aside."""
    return {
        path.removeprefix(folder): body
        for path, body in files.items()
        if path.startswith(folder) and not path.startswith((f"{folder}.lock", f"{folder}.aside/"))
    }


SITE, STORE = "build/site/", "datapackages/"


def no_exchange() -> None:
    """As on a disk or system that can't exchange names."""
    store_site.exchange = lambda one, other: False  # type: ignore[assignment]


def stop_clock() -> None:
    """A revision is dated by the clock: the next run makes the same one."""
    cli_setting.read_clock = lambda: datetime(2026, 7, 1, tzinfo=UTC)


def make_scenarios(folder: Path, *names: str) -> list[Scenario]:
    """From nothing; an update; an update of which one dataset is held; an update where names can't be exchanged; a
    corrected title.  All of them, or those named."""
    one, two, bad = folder / "one", folder / "two", folder / "bad"
    for mirror in (one, two, bad):
        day = "2026-06-25" if mirror is one else "2026-06-29"
        rows = {"one": ["A-1,2026/6/3"], "two": ["A-1,2026/6/3", "A-2,2026/6/12"], "bad": ["A-1,2026/6/31"]}
        put(mirror, lifts(*rows[mirror.name]), day=day)
        for date, price in (("22", 100), ("23", 110), ("24", 120 if mirror is one else 125)):
            body = f"item,price\nだいこん,{price}\nねぎ,{price * 2}\n"
            put(mirror, body, f"https://office.example.org/202606{date}.csv", day)
    blank = make_project(folder / "blank", lifts=LIFTS, daily=DAILY)
    started = folder / "started"
    copy_tree(blank, started)
    assert publish_in_child(started, one, killer=False).code == 0
    corrected = folder / "corrected"
    copy_tree(started, corrected)
    yaml = corrected / "pipelines/lifts.yaml"
    yaml.write_text(yaml.read_text("utf-8").replace("昇降機の点検", "エレベーターの点検"), "utf-8")
    makers: dict[str, Callable[[], Scenario]] = {
        "first": lambda: measure(folder, "first", blank, two),
        "update": lambda: measure(folder, "update", started, two),
        "held": lambda: measure(folder, "held", started, bad),
        "two-steps": lambda: measure(folder, "two-steps", started, two, no_exchange, gap=True),
        "revision": lambda: measure(folder, "revision", corrected, one, stop_clock),
    }
    return [make() for name, make in makers.items() if name in (names or makers)]


def measure(
    folder: Path, name: str, project: Path, mirror: Path, setup: Callable[[], None] = lambda: None, gap: bool = False
) -> Scenario:
    """Run it once to its end, counting."""
    copy = folder / f"{name}-measured"
    copy_tree(project, copy)
    ended = publish_in_child(copy, mirror, before=setup)
    assert ended.labels, ended.out
    return Scenario(name, project, mirror, snapshot(project), snapshot(copy), ended.code, ended.labels, setup, gap)


def kill_at(scenario: Scenario, at: int, work: Path) -> Iterator[str]:
    """Kill a run at boundary `at`, then run again; everything that does not hold."""
    shutil.rmtree(work, ignore_errors=True)
    copy_tree(scenario.project, work)
    ended = publish_in_child(work, scenario.mirror, at, scenario.setup)
    if ended.code != -signal.SIGKILL:
        yield f"it was not killed but ended with {ended.code}: {ended.out[-500:]}"
        return
    yield from judge_crash(scenario, snapshot(work))
    yield from run_again(scenario, work)


def run_out_at(scenario: Scenario, at: int, work: Path, error: int) -> Iterator[str]:
    """Let the disk be full or read-only from boundary `at` on, then run again; everything that does not hold."""
    shutil.rmtree(work, ignore_errors=True)
    copy_tree(scenario.project, work)
    ended = publish_in_child(work, scenario.mirror, at, scenario.setup, error=error)
    if ended.code != 1 or "can't be written" not in ended.out or os.strerror(error) not in ended.out:
        yield f"it ended with {ended.code}: {ended.out[-800:]}"
    if "Traceback" in ended.out:
        yield f"a traceback: {ended.out[-800:]}"
    yield from judge_crash(scenario, snapshot(work))
    yield from run_again(scenario, work)


def run_again(scenario: Scenario, work: Path) -> Iterator[str]:
    """The run after; what of it does not hold."""
    locked = (work / "datapackages/.lock").is_file() and (work / "datapackages/.lock").read_bytes() != b""
    again = publish_in_child(work, scenario.mirror, None, scenario.setup, killer=False)
    if again.code != scenario.code or "Traceback" in again.out:
        yield f"next run: ended with {again.code}: {again.out[-800:]}"
    if locked and "the last run was cut short" not in again.out:
        yield f"next run: it did not tell that the last run was cut short: {again.out[-800:]}"
    now = snapshot(work)
    for folder in (SITE, STORE):
        differ = differing(part(now, folder), part(scenario.after, folder))
        if differ:
            yield f"next run: {folder} differs from a run without a crash: {differ[:5]}"
    left = [path for path in now if re.match(r"build/\.site\.new/|datapackages/\.new/|build/cache/\.new/", path)]
    if left:
        yield f"next run: left {left[:3]}"
    if findings := verify_site(work / "build/site"):
        yield f"next run: verify finds {findings[:3]}"


def judge_crash(scenario: Scenario, now: dict[str, bytes]) -> Iterator[str]:
    """What does not hold right after the kill."""
    site = part(now, SITE)
    whole = [part(files, SITE) for files in (scenario.before, scenario.after)]
    if site not in whole and not (scenario.gap and not site and part(now, "build/.site.old/")):
        yield f"mixed site: {differing(site, whole[0])[:3]} / {differing(site, whole[1])[:3]}"
    yield from judge_store(scenario, now)


def judge_store(scenario: Scenario, now: dict[str, bytes]) -> Iterator[str]:
    """What of the store does not hold after a run that went wrong."""
    before, store = part(scenario.before, STORE), part(now, STORE)
    for path, body in before.items():
        if "/raw/" in path and not store.get(path, b"").startswith(body):
            yield f"lost raw file: {path}"
        if "/releases/" in path and store.get(path) != body:
            yield f"changed release: {path}"
    for path, body in store.items():
        if path.endswith("ledger.jsonl"):
            folder = path.removesuffix("ledger.jsonl")
            raws = {sha256(one).hexdigest() for name, one in store.items() if name.startswith(folder)}
            for line in body.splitlines()[: body.count(b"\n")]:
                entry = json.loads(line)
                if entry["sha256"] and entry["sha256"] not in raws:
                    yield f"lost raw file: {entry['sha256']} of {path}"
        if path.endswith("releases.json"):
            dataset = path.split("/")[0]
            history = json.loads(body)
            for version in history["versions"]:
                release, newest = f"{dataset}/releases/{version}/", history.get("revisions", {}).get(version, 1)
                mine, wanted = part(store, release), part(part(scenario.after, STORE), release)
                if up_to(mine, newest) != up_to(wanted, newest):
                    yield f"changed release: {release}"


def up_to(files: dict[str, bytes], revision: int) -> dict[str, bytes]:
    """The files of a release without those of later revisions, which a crash may have left."""
    return {path: body for path, body in files.items() if revision_of(path) <= revision}


def revision_of(path: str) -> int:
    match = REVISED.fullmatch(path)
    return int(match[2]) if match else 1


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return sorted(path for path in {*one, *other} if one.get(path) != other.get(path))
