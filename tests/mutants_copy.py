"""A copy of the project, and processes in it that run tests without importing again what takes long."""

import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LEFT_OUT = (".*", "build", "datapackages", "__pycache__", "node_modules", "*.egg-info")


class Copy:
    """The project once more, in `folder`/copy."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "copy"
        self.out = folder / "out"
        self._begun = folder / "begun"
        self._make()

    def _make(self) -> None:
        shutil.copytree(ROOT, self.root, ignore=shutil.ignore_patterns(*LEFT_OUT))
        if (ROOT / "build" / "vendor").is_dir():
            shutil.copytree(ROOT / "build" / "vendor", self.root / "build" / "vendor")
        self._whole = self._look()

    def _look(self) -> dict[Path, tuple[int, int]]:
        files = (path for path in self.root.rglob("*") if "__pycache__" not in path.parts and path.is_file())
        return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in files}

    @contextmanager
    def changed(self, path: str, body: bytes) -> Iterator[None]:
        """For a while another text of a module."""
        if self._look() != self._whole:  # a mutant has done harm
            shutil.rmtree(self.root)
            self._make()
        target = self.root / path
        before, stat = target.read_bytes(), target.stat()
        _write_source(target, body)
        try:
            yield
        finally:
            _write_source(target, before)
            os.utime(target, ns=(stat.st_mtime_ns, stat.st_mtime_ns))

    def run(self, files: Iterable[str], plugin: object, seconds: float, *options: str) -> int | None:
        """pytest's exit code over test files, in a process of its own; None if there was not time enough."""
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir()
        if not (child := os.fork()):
            code = 99
            try:
                self._become_tester()
                given = [f"--rootdir={self.root}", f"-c{self.root}/pyproject.toml", f"--basetemp={self.out}/pytest"]
                paths = [f"{self.root}/{file}" for file in files]
                code = int(pytest.main([*given, "-q", "-pno:cacheprovider", "-pno:xdist", *options, *paths], [plugin]))
            finally:
                os._exit(code)
        until = time.monotonic() + seconds
        while not (done := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < until:
            time.sleep(0.02)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        if not done[0]:
            os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(done[1]) if done[0] else None

    def _become_tester(self) -> None:
        """Be in a folder where little can be harmed, with the copy's modules before any others."""
        os.setsid()
        os.chdir(self.out)
        sys.dont_write_bytecode = False  # else all modules are compiled for each mutant
        # With CI set, Hypothesis takes the same examples each time.
        os.environ |= {"PYTHONPATH": str(self.root), "TMPDIR": str(self.out), "CI": "1"}
        tempfile.tempdir = None
        sys.path[:0] = [str(self.root), str(self.root / "tests")]
        words = os.open(self.out / "words.txt", os.O_CREAT | os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(words, stream)
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))

    def ask(self, tests: Sequence[str], seconds: float, *options: str) -> list[str] | None:
        """Those of the tests that fail, or that the process ends in; "import" if none even begins; None if there was not time enough (then
        `read_begun` has the test that didn't end)."""
        chosen = Chosen(tests, self.out.with_name("failed"), self._begun)
        code = self.run(dict.fromkeys(name.partition("::")[0] for name in tests), chosen, seconds, *options)
        failed = chosen.told.read_text("utf-8").splitlines()
        return None if code is None else failed or ([] if code in (0, 5) else [self.read_begun() or "import"])

    def read_begun(self) -> str:
        """The test that was begun last; "" before the first."""
        return self._begun.read_text("utf-8")


class Chosen:
    """A plugin of pytest: only these tests, in this order; those that fail are written down."""

    def __init__(self, tests: Sequence[str], told: Path, begun: Path) -> None:
        self.order = {name: n for n, name in enumerate(tests)}
        self.told, self.begun = told, begun
        told.write_text("")
        begun.write_text("")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        some = [each for each in items if each.nodeid in self.order]
        items[:] = sorted(some, key=lambda each: self.order[each.nodeid])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.begun.write_text(nodeid, "utf-8")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            with self.told.open("a") as file:
                file.write(f"{report.nodeid}\n")


def _write_source(path: Path, body: bytes) -> None:
    """Write a module, and see to it that what was compiled of it before is not taken for it."""
    path.write_bytes(body)
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
        compiled.unlink()
