"""In which order the disk is asked to keep things, and what the store refuses: a crash at any moment loses nothing."""

import ctypes
import errno
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from entaku.model.body import make_body
from entaku.model.nouns import Answer, History, Refused
from entaku.store import flushing
from entaku.store.cache import Cache
from entaku.store.disk import (
    LIBC,
    exchange,
    hold,
    replace_files,
    safe_suffix,
    say_why,
    show_path,
    write_project,
)
from entaku.store.projects import read_project
from entaku.store.site import MARK, mend_site, publish_site
from entaku.store.store import Store
from entaku.store.units import UnitFolders

WHEN = "2026-11-23T04:40:41Z"
FILES = {"datapackage.json": b"{}", "data/x.csv": b"a\n1\n"}


class Disk:
    """What was asked of the disk, in order: (what, path below the test's folder, bytes that the disk had then)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.events: list[tuple[str, str, int]] = []
        self.full: dict[int, dict[str, int]] = {}
        """By the place of a flush of the whole disk: the files that the folder had then, with their sizes."""

    def note(self, what: str, path: Path) -> None:
        name = path.relative_to(self.root).as_posix()
        size = path.stat().st_size if path.is_file() else 0
        if what == "syncfs":
            files = [each for each in path.rglob("*") if each.is_file()]
            self.full[len(self.events)] = {each.relative_to(path).as_posix(): each.stat().st_size for each in files}
        self.events.append((what, name, size))

    def list(self) -> list[str]:
        return [f"{what} {name}" for what, name, _ in self.events]

    def find(self, what: str, ends: str) -> int:
        """The place of the one event of this kind, about a path that ends so."""
        (found,) = [n for n, (kind, name, _) in enumerate(self.events) if kind == what and name.endswith(ends)]
        return found


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk(tmp_path)

    def wrap(what: str, real: Callable[..., Any], at: int) -> Callable[..., Any]:
        def do(*given: Any, **more: Any) -> Any:
            result = real(*given, **more)
            disk.note(what, Path(os.fsdecode(given[at])))
            return result

        return do

    def fsync(handle: int) -> None:
        disk.note("fsync", Path(f"/proc/self/fd/{handle}").readlink())

    def syncfs(handle: int) -> int:
        disk.note("syncfs", Path(f"/proc/self/fd/{handle}").readlink())
        return 0

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "sync", lambda: disk.events.append(("sync", "all disks", 0)))
    for name in ("rename", "replace", "link"):
        monkeypatch.setattr(os, name, wrap("name", getattr(os, name), 1))
    monkeypatch.setattr(LIBC, "syncfs", syncfs, raising=False)
    if hasattr(LIBC, "renameat2"):
        monkeypatch.setattr(LIBC, "renameat2", wrap("name", LIBC.renameat2, 3))
    return disk


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "s")


def test_a_history_is_on_the_disk_before_it_has_its_name_and_its_name_after(disk: Disk, store: Store) -> None:
    (store.root / ".new").mkdir(parents=True)
    (store.root / "d").mkdir()
    store.write_history("d", History(("1",), "k"))
    (first, renamed, last) = disk.events
    size = (store.root / "d/releases.json").stat().st_size
    assert (first[0], first[1].startswith("s/.new/"), first[2]) == ("fsync", True, size)
    assert [renamed[:2], last[:2]] == [("name", "s/d/releases.json"), ("fsync", "s/d")]


def test_new_folders_are_on_the_disk_in_the_folders_above(disk: Disk, store: Store) -> None:
    store.write_history("d", History())
    assert disk.list()[:3] == ["fsync .", "fsync s", "fsync s"]
    disk.events.clear()
    store.write_release("d", "1", FILES)
    assert {"fsync s/.new", "fsync s/d"} <= set(disk.list())


def test_raw_bytes_and_their_ledger_are_on_the_disk(disk: Disk, store: Store) -> None:
    entry = store.archive("d", Answer("https://a.example.jp/x.csv", 200, "live", make_body(b"a,b\n")), {}, WHEN)
    renamed = disk.find("name", f"{entry.sha256}.csv")
    assert disk.events[renamed - 1][0] == "fsync" and disk.events[renamed - 1][2] == 4
    assert disk.events[renamed + 1][:2] == ("fsync", "s/d/raw")
    written = disk.find("fsync", "ledger.jsonl")
    assert written > renamed and disk.events[written][2] == (store.root / "d/raw/ledger.jsonl").stat().st_size > 0
    assert disk.events[written + 1][:2] == ("fsync", "s/d/raw")
    disk.events.clear()
    store.archive("d", Answer("https://a.example.jp/x.csv", 304, "live"), {}, WHEN)
    assert disk.list() == ["fsync s/d/raw/ledger.jsonl"]


def test_all_of_a_release_is_written_then_flushed_once_then_named(disk: Disk, store: Store) -> None:
    write_release(store)
    renamed, flushed = disk.find("name", "s/d/releases/1"), disk.find("syncfs", "s/.new/d@desk")
    assert flushed < renamed and disk.events[renamed + 1][:2] == ("fsync", "s/d/releases")
    assert disk.full[flushed] == {"table.csv": 20, "table.parquet": 4, "datapackage.json": 2, "data/x.csv": 4}
    assert not [name for what, name, _ in disk.events if what == "fsync" and "desk/" in name]


def test_where_the_system_has_no_such_flush_every_file_and_folder_is_flushed(
    disk: Disk, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flushing, "can_flush_disk", lambda *_: False)
    write_release(store)
    renamed = disk.find("name", "s/d/releases/1")
    before = disk.events[:renamed]
    for name, size in (("table.csv", 20), ("table.parquet", 4), ("datapackage.json", 2), ("data/x.csv", 4)):
        assert ("fsync", f"s/.new/d@desk/{name}", size) in before
    files = max(n for n, (_, name, size) in enumerate(before) if size)
    folders = [name for _, name, _ in before[files:]]
    assert {"s/.new/d@desk", "s/.new/d@desk/data"} <= set(folders)
    assert disk.events[renamed + 1][:2] == ("fsync", "s/d/releases")


REVISION = {"SHA256SUMS.r2": b"sums", "datapackage.r2.json": b"{}", "manifest.r2.json": b"[]"}


def test_the_checksums_of_a_revision_come_last_and_those_that_a_crash_left_go_first(
    disk: Disk, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write_release("d", "1", FILES)
    store.write_history("d", History(("1",), "k"))
    folder = store.release_path("d", "1")
    store.write_revision("d", "1", 2, REVISION)
    named = [name.rpartition("/")[2] for what, name, _ in disk.events if what == "name"]
    assert named[-3:] == ["datapackage.r2.json", "manifest.r2.json", "SHA256SUMS.r2"]
    assert {name: (folder / name).read_bytes() for name in REVISION} == REVISION

    def stop(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    disk.events.clear()
    with monkeypatch.context() as patch, pytest.raises(Refused):
        patch.setattr("entaku.store.histories.write_whole", stop)
        store.write_revision("d", "1", 2, REVISION)
    assert not (folder / "SHA256SUMS.r2").exists() and disk.list() == ["fsync s/d/releases/1"]
    store.write_revision("d", "1", 2, REVISION)
    store.write_history("d", History(("1",), "k", revisions={"1": 2}))
    with pytest.raises(Refused, match="release-exists"):
        store.write_revision("d", "1", 2, REVISION)


def test_a_flush_that_fails_names_no_release(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flushing, "can_flush_disk", lambda *_: True)

    def fail(_: int) -> int:
        ctypes.set_errno(errno.ENOSPC)
        return -1

    monkeypatch.setattr(LIBC, "syncfs", fail, raising=False)
    with pytest.raises(Refused) as told:
        write_release(store)
    assert told.value.finding.code == "cannot-write" and "No space" in told.value.finding.args["why"]
    assert not (store.root / "d/releases/1").exists()


@pytest.mark.parametrize(
    ("system", "release", "can"),
    [
        ("linux", "5.8.0-45-generic", True), ("linux", "6.1", True), ("linux", "10.0.1", True),
        ("linux", "5.7.19", False), ("linux", "4.18.0-477.el8", False), ("linux", "", False),
        ("darwin", "23.1.0", False),
    ],
)  # fmt: skip
def test_a_disk_is_flushed_at_once_only_where_that_tells_what_was_not_written(
    system: str, release: str, can: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LIBC, "syncfs", lambda _: 0, raising=False)
    assert flushing.can_flush_disk(system, release) == can


def write_release(store: Store) -> None:
    with store.desk("d") as desk:
        desk.open("table.csv").write(b"a\n" * 10)
        desk.open("table.parquet").write(b"PAR1")
        store.write_release("d", "1", FILES, desk)


def test_what_another_process_made_here_is_flushed_with_its_release(disk: Disk, store: Store, tmp_path: Path) -> None:
    folders = UnitFolders(tmp_path / "units")
    folders.begin()
    for key, sync in (("near", False), ("far", True)):
        disk.events.clear()
        with folders.desk() as desk:
            desk.open("table.csv").write(b"a\n" * 10)
            folders.keep(key, desk, sync=sync)
        assert [size for what, name, size in disk.events if what == "fsync" and size] == [20] * sync
    with store.desk("d") as desk:
        desk.adopt(folders.locate("near"), {"table.csv": sha256(b"a\n" * 10).hexdigest()})
        store.write_release("d", "1", FILES, desk)
    assert disk.find("syncfs", "s/.new/d@desk") < disk.find("name", "s/d/releases/1")
    assert disk.full[disk.find("syncfs", "s/.new/d@desk")]["table.csv"] == 20


def test_without_a_desk_too(disk: Disk, store: Store) -> None:
    store.write_release("d", "1", {"data/x.csv": b"a\n1\n"})
    renamed = disk.find("name", "s/d/releases/1")
    before = disk.list()[:renamed]
    written = before.index("fsync s/.new/d@1/data/x.csv")
    assert {"fsync s/.new/d@1", "fsync s/.new/d@1/data"} <= set(before[written:])
    assert disk.events[renamed + 1][:2] == ("fsync", "s/d/releases")


def test_the_whole_disk_is_flushed_before_the_site_changes_names(disk: Disk, tmp_path: Path) -> None:
    site = tmp_path / "site"
    publish_site(site, {"index.html": b"1"}, {})
    assert disk.list() == ["syncfs .site.new", "name site", "fsync ."]
    disk.events.clear()
    publish_site(site, {"index.html": b"2"}, {})
    flushed, exchanged = disk.find("syncfs", ".site.new"), disk.find("name", "site")
    assert flushed < exchanged and disk.list()[-1] == "fsync ."
    assert (site / "index.html").read_bytes() == b"2" and (tmp_path / ".site.old/index.html").read_bytes() == b"1"


def test_where_one_disk_cannot_be_flushed_all_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(LIBC, "syncfs", lambda _: -1, raising=False)
    monkeypatch.setattr(os, "sync", lambda: asked.append("sync"))
    publish_site(tmp_path / "site", {"index.html": b"1"}, {})
    assert asked == ["sync"]


def test_what_is_mended_is_on_the_disk(disk: Disk, store: Store, tmp_path: Path) -> None:
    store.archive("d", Answer("https://a.example.jp/x.csv", 404, "live"), {}, WHEN)
    store.write_release("d", "1", FILES)
    ledger = store.root / "d/raw/ledger.jsonl"
    size = ledger.stat().st_size
    with ledger.open("ab") as file:
        file.write(b'{"when')
    disk.events.clear()
    with Store(store.root).lock():
        pass
    assert ("fsync", "s/d/raw/ledger.jsonl", size) in disk.events
    aside = disk.find("name", "s/.aside/d@1")
    assert disk.events[aside + 1][:2] == ("fsync", "s/d/releases")


def test_a_site_that_is_put_back_is_on_the_disk(disk: Disk, tmp_path: Path) -> None:
    publish_site(tmp_path / ".site.old", {"index.html": b"1"}, {})
    disk.events.clear()
    (told,) = mend_site(tmp_path / "site")
    assert told.code == "site-put-back" and disk.list() == ["name site", "fsync ."]


def test_a_new_file_of_the_project_is_whole_before_it_has_its_name(disk: Disk, tmp_path: Path) -> None:
    write_project(tmp_path, "pipelines/x.yaml", b"name: x\n")
    (flushed, named) = disk.events
    assert (flushed[0], flushed[2], named[:2]) == ("fsync", 8, ("name", "pipelines/x.yaml"))


def test_what_may_be_deleted_waits_for_no_disk(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "c/ab").mkdir(parents=True)
    (tmp_path / "c/.new").mkdir()
    Cache(tmp_path / "c").put("abc", b"x")
    with Cache(tmp_path / "c").write("abd") as file:
        file.write(b"y")
    assert [what for what, _, _ in disk.events] == ["name", "name"]
    assert Cache(tmp_path / "c").get("abd") == b"y"


def test_files_that_are_no_longer_wanted_go_and_so_does_their_folder(tmp_path: Path) -> None:
    folder = tmp_path / "failing" / "d"
    replace_files(folder, {"a.csv": b"1", "b.csv": b"2"})
    (folder / "sub").mkdir()
    replace_files(folder, {"b.csv": b"3"})
    assert sorted(path.name for path in folder.iterdir()) == ["b.csv", "sub"]
    assert (folder / "b.csv").read_bytes() == b"3"
    replace_files(folder, {})
    assert not folder.exists()


@pytest.mark.parametrize("line", [b"1", b"null", b'"text"', b"[]", b'["when"]', b"true"])
def test_a_ledgers_line_that_is_no_object_is_told(store: Store, line: bytes) -> None:
    store.archive("d", Answer("https://a.example.jp/x.csv", 404, "live"), {}, WHEN)
    path = store.root / "d/raw/ledger.jsonl"
    good = path.read_bytes()
    for tail in (line + b"\n", line, line + b"\n" + good):
        path.write_bytes(good + tail)
        with pytest.raises(Exception, match="store-broken") as refused:
            Store(store.root).ledger("d")
        finding = refused.value.finding  # type: ignore[attr-defined]
        assert finding.place.line == 2 and finding.args["why"].startswith("not an entry")


def test_the_mark_of_a_site_is_told_apart(tmp_path: Path) -> None:
    publish_site(tmp_path / "site", {"SHA256SUMS": b"x"}, {})
    assert (tmp_path / "site" / MARK).read_bytes().count(b"SHA256SUMS") == 1


# ---- what is not there yet ---------------------------------------------------------------------------------------


def test_a_store_that_is_not_there_has_no_datasets(tmp_path: Path) -> None:
    assert Store(tmp_path / "none").list_datasets() == ()
    (tmp_path / "s" / "d").mkdir(parents=True)
    (tmp_path / "s" / ".aside").mkdir()
    (tmp_path / "s" / "file").write_text("")
    assert Store(tmp_path / "s").list_datasets() == ("d",)


def test_a_desk_on_which_nothing_is_written_yet_has_a_place_for_spills(store: Store) -> None:
    with store.desk("d") as desk:
        spill = desk.make_spill()
        spill.write(3, b"ab")
        spill.write(3, b"c")
        assert (spill.read(3), spill.read(1)) == (b"abc", b"")


@pytest.mark.parametrize(
    ("etag", "changed", "body"),
    [("e1", "", b"1"), ("", "Mon", b"1"), ("e2", "Mon", b"2"), ("e1", "Tue", b"2"), ("", "", b"2"), ("x", "y", b"2")],
)
def test_a_304_means_the_newest_bytes_that_have_its_validator(
    store: Store, etag: str, changed: str, body: bytes
) -> None:
    url = "https://a.example.jp/x.csv"
    made = [
        store.archive("d", Answer(url, 200, "live", make_body(each), *rest), {}, WHEN)
        for each, *rest in ((b"1", "e1", "Mon"), (b"2", "e2", "Tue"))
    ]
    store.archive("d", Answer(f"{url}?other", 200, "live", make_body(b"3"), "e1", "Mon"), {}, WHEN)
    kept = store.archive("d", Answer(url, 304, "live", None, etag, changed), {}, "2026-12-01T00:00:00Z")
    assert store.raw("d", kept.sha256) == body
    wanted = made[int(body) - 1]
    assert (kept.bytes, kept.etag, kept.last_modified) == (1, etag or wanted.etag, changed or wanted.last_modified)


def test_what_is_mended_of_a_site_is_a_notice(tmp_path: Path) -> None:
    publish_site(tmp_path / ".site.old", {"index.html": b"1"}, {})
    (tmp_path / ".site.new").mkdir()
    told = mend_site(tmp_path / "site")
    assert [(one.code, one.severity) for one in told] == [("site-put-back", "notice"), ("site-cleared", "notice")]
    assert (tmp_path / "site/index.html").is_file() and not (tmp_path / ".site.new").exists()
    assert mend_site(tmp_path / "site") == ()


def test_a_file_of_the_project_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.yaml").write_text("x")
    (tmp_path / "b.yaml").mkdir()
    (tmp_path / "c.yaml").symlink_to("/etc/hostname")
    assert read_project(tmp_path, "*.yaml") == {"a.yaml": b"x"}
    (tmp_path / "0.yaml").symlink_to("a.yaml")
    (tmp_path / "z.yaml").write_text("z")
    assert list(read_project(tmp_path, "*.yaml").items()) == [("0.yaml", b"x"), ("a.yaml", b"x"), ("z.yaml", b"z")]
    assert read_project(tmp_path, "nowhere/*.yaml") == read_project(tmp_path, "a.yaml/*") == {}

    def fail(_: Path) -> bytes:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr("entaku.store.projects.read_bytes", fail)
    with pytest.raises(Exception, match="file-unreadable"):
        read_project(tmp_path, "*.yaml")


def test_paths_are_shown_from_here_where_they_are_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert show_path(tmp_path / "a" / "b.csv") == show_path(Path("a/b.csv")) == "a/b.csv"
    assert show_path(Path("/nowhere/b.csv")) == "/nowhere/b.csv"


def test_a_lock_tells_whether_its_last_holder_came_to_its_end(tmp_path: Path) -> None:
    lock = tmp_path / "new" / "lock"
    with hold(lock) as cut:
        assert (cut, lock.read_bytes()) == (False, b"running\n")
        with pytest.raises(Refused) as refused, hold(lock):
            pass
        assert refused.value.finding.code == "locked" and refused.value.finding.value.endswith("new/lock")
        assert lock.read_bytes() == b"running\n"
    assert lock.read_bytes() == b""
    lock.write_bytes(b"running\n")
    with hold(lock) as cut:
        assert cut
    with pytest.raises(KeyError), hold(lock):
        raise KeyError
    with hold(lock) as cut:
        assert not cut


HOLDER = """
import os, sys
from pathlib import Path
from entaku.store.disk import hold
with hold(Path(sys.argv[1])):
    if not os.fork():
        print("alive", flush=True)
        sys.stdin.read()
        os._exit(0)
    os._exit(1)
"""


def test_a_lock_ends_with_its_process_though_a_child_of_it_lives_on(tmp_path: Path) -> None:
    """As where a publish was killed while one of its workers is busy."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "lock")]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    assert holder.stdin is not None and holder.stdout is not None
    try:
        assert holder.wait(60) == 1
        assert select.select([holder.stdout], [], [], 20)[0] and holder.stdout.readline() == b"alive\n"
        with hold(tmp_path / "lock") as cut:
            assert cut
        holder.stdin.close()
        assert holder.stdout.read() == b""
    finally:
        with suppress(ProcessLookupError):
            os.killpg(holder.pid, signal.SIGKILL)


def test_a_store_is_not_whole_until_it_is_restored(store: Store) -> None:
    store.begin_restore("バックアップ/昨日")
    assert store.find_restoring() == "バックアップ/昨日"
    with pytest.raises(Refused) as refused, store.lock():
        pass
    finding = refused.value.finding
    assert (finding.code, finding.value) == ("restore-unfinished", "バックアップ/昨日")
    assert Path(finding.args["file"]).read_text("utf-8") == "バックアップ/昨日\n"
    with store.lock(restoring=True):
        store.end_restore()
    assert store.find_restoring() == ""
    with store.lock() as told:
        assert told == ()


@pytest.mark.parametrize(
    ("url", "suffix"),
    [
        ("https://a.jp/x.CSV?y=1", ".csv"),
        ("https://a.jp/x", ""),
        ("https://a.jp/x.c%20v", ""),
        ("https://[a.jp/x.csv", ""),
    ],
)
def test_a_suffix_is_that_of_the_path_if_it_is_safe(url: str, suffix: str) -> None:
    assert safe_suffix(url) == suffix


def count_open() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_body_from_the_cache_is_closed_with_its_file(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put("abc", b"x" * 100)
    before = count_open()
    body = cache.open("abc")
    assert body is not None and body.read() == b"x" * 100
    assert count_open() == before + 1
    body.close()
    assert count_open() == before


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (errno.ENOSPC, "空き容量がありません"), (errno.EDQUOT, "割り当ての容量を使い切りました"), (errno.EROFS, "読み取り専用の場所です"),
        (errno.EACCES, "権限がありません"), (errno.EPERM, "権限がありません"), (errno.ENOENT, "ありません"), (errno.EISDIR, "フォルダーです"),
        (errno.ENOTDIR, "途中にフォルダーではないものがあります"), (errno.ENAMETOOLONG, "名前が長すぎます"), (errno.EIO, "装置の故障かもしれません"),
    ],
)  # fmt: skip
def test_why_a_disk_refuses_is_said_in_both_languages(number: int, why: str) -> None:
    assert say_why(OSError(number, os.strerror(number))) == f"{why} / {os.strerror(number)}"
    assert say_why(OSError(errno.EXDEV, "across")) == "across" and say_why(OSError()) == "OSError"


def test_an_exchange_that_fails_is_an_error_and_one_that_the_disk_does_not_know_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    assert exchange(tmp_path / "a", tmp_path / "b") and (tmp_path / "a" / "b").exists()
    with pytest.raises(FileNotFoundError):
        exchange(tmp_path / "a", tmp_path / "none")
    for number, known in ((errno.EINVAL, True), (errno.ENOSYS, True), (errno.ENOTSUP, True), (errno.EBUSY, False)):
        monkeypatch.setattr(sys.modules[exchange.__module__], "LIBC", SimpleNamespace(renameat2=lambda *_: -1))
        monkeypatch.setattr("ctypes.get_errno", lambda number=number: number)
        if known:
            assert exchange(tmp_path / "a", tmp_path / "b") is False
        else:
            with pytest.raises(OSError, match="busy"):
                exchange(tmp_path / "a", tmp_path / "b")


def test_raw_bytes_that_cannot_be_listed_are_a_fault_of_the_store(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = make_body(b"x")
    entry = store.archive("d", Answer("https://a.example.jp/x.csv", 200, "live", body), {}, WHEN)

    def fail(_: Path) -> None:
        raise PermissionError(errno.EACCES, "no")

    other = Store(store.root)
    monkeypatch.setattr("entaku.store.store.os.scandir", fail)
    with pytest.raises(Refused) as refused:
        other.open_raw("d", entry.sha256)
    assert refused.value.finding.code == "store-broken"
