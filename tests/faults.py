"""Faults injected into a publish, one a run: the n-th read of a disk fails, the n-th allocation or call finds no memory,
somebody presses Ctrl+C at the n-th call.

As in `killer`, the program knows nothing of this: everything is wrapped in a forked process.  Whatever happens, the
run says so without a traceback, the site is wholly old or wholly new, and the next run ends where a run without a
fault would have.
"""

import errno
import inspect
import io
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Literal

from killer import SITE, Ended, Scenario, differing, judge_store, part, run_again, seclude
from projects import ROOT, copy_tree, snapshot
from pyarrow import parquet

from entaku import __main__ as entaku
from entaku.work.verify import verify_site

try:
    from _testcapi import remove_mem_hooks, set_nomemory  # of CPython's own tests; not installed everywhere
except ImportError:
    set_nomemory = None

Kind = Literal["read", "memory", "allocation", "interrupt"]
PACKAGE = str(ROOT / "entaku") + os.sep


class Fault:
    """Counts what a process does, and lets the `at`-th fail."""

    def __init__(self, at: int | None, kind: Kind, folder: Path) -> None:
        self.at, self.kind, self.folder = at, kind, str(folder)
        self.labels: list[str] = []
        self.count = 0

    def install(self) -> None:
        """Wrap everything.  Only ever called in a process of its own."""
        if self.kind == "read":
            self.watch_reads()
        elif self.kind == "allocation":
            if self.at is not None:
                set_nomemory(self.at, self.at + 1)
        else:
            sys.setprofile(self.watch_call)

    def remove(self) -> None:
        """Let everything work again."""
        sys.setprofile(None)
        if self.kind == "allocation":
            remove_mem_hooks()

    # ---- reads

    def meet(self, label: str) -> None:
        """Count a read, and fail if it is the one."""
        self.count += 1
        self.labels.append(label)
        if self.count == self.at:
            raise OSError(errno.EIO, os.strerror(errno.EIO), label)

    def is_ours(self, path: Any) -> bool:
        return isinstance(path, str | os.PathLike) and str(os.fspath(path)).startswith(self.folder)

    def name(self, path: Any) -> str:
        return os.path.relpath(os.fspath(path), self.folder)

    def watch_reads(self) -> None:
        """Opening a file and each read of it, listing a folder, and opening a Parquet file, which Arrow reads."""
        whole, fault = io.open, self

        class Watched(io.FileIO):
            def readinto(self, buffer: Any) -> int | None:  # type: ignore[override]
                fault.meet(f"read {fault.name(self.name)}")
                return super().readinto(buffer)

            def read(self, size: int | None = -1) -> bytes:  # type: ignore[override]
                fault.meet(f"read {fault.name(self.name)}")
                return super().read(-1 if size is None else size)

            def readall(self) -> bytes:
                fault.meet(f"read {fault.name(self.name)}")
                return super().readall()

        def watched(file: Any, mode: str = "r", buffering: int = -1, *args: Any, **kwargs: Any) -> Any:
            if set(mode) & set("wax+") or not self.is_ours(file):
                return whole(file, mode, buffering, *args, **kwargs)
            self.meet(f"open {self.name(file)}")
            raw = Watched(os.fspath(file), "r")
            if buffering == 0:
                return raw
            reader = io.BufferedReader(raw)
            return reader if "b" in mode else io.TextIOWrapper(reader, *args, **kwargs)

        io.open = watched
        for place, name in ((os, "listdir"), (os, "scandir"), (parquet, "ParquetFile"), (parquet, "read_table")):
            self.wrap(place, name)

    def wrap(self, place: Any, name: str) -> None:
        call = getattr(place, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            if args and self.is_ours(args[0]):
                self.meet(f"{name} {self.name(args[0])}")
            return call(*args, **kwargs)

        setattr(place, name, counted)

    # ---- calls

    def watch_call(self, frame: FrameType, event: str, _: Any) -> None:
        """Fail in the n-th function of the program that is called.

        Memory never ends in a generator, but at the next call: where it is being closed Python itself drops the error.
        """
        if event != "call" or not frame.f_code.co_filename.startswith(PACKAGE):
            return
        self.count += 1
        closing = self.kind == "memory" and frame.f_code.co_flags & inspect.CO_GENERATOR
        if self.at is not None and self.count >= self.at and not closing:
            sys.setprofile(None)
            self.labels.append(f"{frame.f_code.co_filename.removeprefix(PACKAGE)} {frame.f_code.co_qualname}")
            raise MemoryError if self.kind == "memory" else KeyboardInterrupt


# ---- runs


@dataclass(frozen=True)
class Faulted:
    """How a run with a fault ended, how many points it came to, and at which of them the fault was."""

    ended: Ended
    count: int
    labels: tuple[str, ...]


def run_with(scenario: Scenario, kind: Kind, at: int | None, work: Path) -> Faulted:
    """Publish in a forked process with a fault at point `at`; None counts the points."""
    shutil.rmtree(work, ignore_errors=True)
    copy_tree(scenario.project, work)
    fault, log, told = Fault(at, kind, work), work.with_name("log"), work.with_name("told")
    told.unlink(missing_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        code = 99
        try:
            seclude(log)
            words = ["publish", "--project", str(work), "--mirror", str(scenario.mirror), "--lang", "en"]
            scenario.setup()
            signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
            sys.argv = ["entaku", *words]
            fault.install()
            try:
                entaku.run()
            except SystemExit as end:
                code = int(end.code or 0)
            fault.remove()
            told.write_text(json.dumps([fault.count, fault.labels]))
        except BaseException as trouble:
            fault.remove()
            print(f"Traceback: {trouble!r}", flush=True)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    count, labels = json.loads(told.read_text()) if told.exists() else (0, [])
    return Faulted(Ended(os.waitstatus_to_exitcode(status), log.read_text("utf-8")), count, tuple(labels))


def judge(scenario: Scenario, kind: Kind, at: int, work: Path) -> Iterator[str]:
    """Run with a fault, then without; everything that does not hold."""
    run = run_with(scenario, kind, at, work)
    ended = run.ended
    codes = (130,) if kind == "interrupt" else (0, 1)
    if ended.code not in codes or "Traceback" in ended.out:
        yield f"it ended with {ended.code}: {ended.out[-3000:]}"
    if kind == "interrupt" and ended.out.count("Stopped.") != 1:
        yield f"it did not say that it stopped: {ended.out[-800:]}"
    now = snapshot(work)
    yield from judge_store(scenario, now)
    if findings := verify_site(work / "build/site"):
        yield f"verify finds {findings[:3]}"
    for path, body in part(now, SITE).items():
        whole = [part(files, SITE).get(path) for files in (scenario.before, scenario.after)]
        if path.startswith("datasets/") and path.endswith((".csv", ".parquet")) and body not in whole:
            yield f"a table that is neither old nor new: {path}"
    for path in part(scenario.before, SITE):
        if path.startswith("datasets/") and path.endswith((".csv", ".parquet")) and SITE + path not in now:
            yield f"gone from the site: {path}"
    if ended.code == 0 and part(now, SITE) != part(scenario.after, SITE):
        differ = differing(part(now, SITE), part(scenario.after, SITE))
        yield f"it says that all went well, but the site differs: {differ[:5]}"
    yield from run_again(scenario, work)
