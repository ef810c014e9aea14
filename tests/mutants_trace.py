"""Which test runs which lines of the program, as coverage.py sees it."""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mutants_copy import ROOT, Copy

KEPT = ROOT / "build" / "mutants" / "trace.json"


@dataclass(frozen=True)
class Traced:
    """What is known of a test, or of a fixture that tests share (`@file::name`)."""

    seconds: float
    shared: tuple[str, ...]
    """The fixtures it shares with others."""
    lines: Mapping[str, int]
    """By module, a bit for each line."""

    def touches(self, path: str, lines: range | None = None) -> bool:
        """Whether it runs any of the lines of a module, or any at all."""
        found = self.lines.get(path, 0)
        return bool(found if lines is None else found >> lines.start & (1 << len(lines)) - 1)


def read_trace(copy: Copy, beginnings: Sequence[str]) -> dict[str, Traced]:
    """What is known of all tests that pass and whose file, below `tests`, has one of the beginnings; of those whose
    file or a module that they run has changed it is found out anew, in a copy of the project.  It is written down
    after each folder of tests, so that a run that was ended goes on."""

    def wanted(file: str) -> bool:
        return not file or file.startswith(tuple(f"tests/{beginning}" for beginning in beginnings))

    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.is_file() else {"hashes": {}, "told": {}}
    hashes = hash_modules()
    changed = {path for path in {*hashes, *kept["hashes"]} if hashes.get(path) != kept["hashes"].get(path)}
    tests = {path for path in hashes if path.startswith("tests/") and Path(path).name.startswith("test_")}
    if any(path.startswith("tests/") and path not in tests and path in hashes for path in changed):
        kept["told"] = {}
    stale = find_stale(kept["told"], changed) & tests | changed & tests if kept["told"] else tests
    told = {name: each for name, each in kept["told"].items() if file_of(name) in tests - stale | {""}}
    for folder, files in group_files(filter(wanted, stale)):
        print(f"Finding out which lines the tests of {len(files)} files in {folder} run", flush=True)
        out = copy.out.with_name("told.json")
        copy.run(files, Tracer(copy.root, out), 3 * 3600)
        told |= json.loads(out.read_text("utf-8"))
        stale = stale - {*files}
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        known = {path: each for path, each in hashes.items() if path not in stale}
        KEPT.write_text(json.dumps({"hashes": known, "told": told}), "utf-8")
    return {
        name: Traced(seconds, tuple(shared), {path: int(mask, 16) for path, mask in lines.items()})
        for name, (seconds, shared, lines) in told.items()
        if wanted(file_of(name))
    }


def group_files(files: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Test files by their folder, the folders with the fewest first."""
    found: dict[str, list[str]] = {}
    for file in sorted(files):
        found.setdefault(file.rpartition("/")[0], []).append(file)
    return sorted(found.items(), key=lambda each: len(each[1]))


def hash_modules() -> dict[str, str]:
    """The hash of each module of the program and its tests, without those that make mutants."""
    files = sorted(path for top in ("entaku", "tests") for path in (ROOT / top).rglob("*.py"))
    hashes = {path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return {path: each for path, each in hashes.items() if not path.startswith(("tests/mutants", "tests/mutate"))}


def find_stale(told: Mapping[str, Sequence[Any]], changed: set[str]) -> set[str]:
    """The test files of which a test, or a fixture that it shares, runs a module that has changed."""
    stale = {name for name, (_, _, lines) in told.items() if changed & lines.keys()}
    return {file_of(name) for name, (_, shared, _) in told.items() if name in stale or stale.intersection(shared)}


def file_of(name: str) -> str:
    """The file of a test or a fixture; "" if it is for all files."""
    return name.lstrip("@").partition("::")[0]


class Tracer:
    """A plugin of pytest that writes down the seconds and lines of every test that passes, and of shared fixtures."""

    def __init__(self, copy: Path, out: Path) -> None:
        import coverage

        self.copy, self.out, self.now = copy, out, ""
        self.seconds: dict[str, float] = {}
        self.shared: dict[str, list[str]] = {}
        self.unfit: set[str] = set()
        self.cover = coverage.Coverage(data_file=None, source=[f"{copy}/entaku"], config_file=False)
        self.cover.start()

    def _time(self, name: str) -> Iterator[None]:
        """Until the next step, what is run is on account of `name`."""
        before, start, others = self.now, time.perf_counter(), sum(self.seconds.values())
        self.now = name
        self.cover.switch_context(name)
        yield
        spent = time.perf_counter() - start - (sum(self.seconds.values()) - others)
        self.seconds[name] = self.seconds.get(name, 0.0) + spent
        self.now = before
        self.cover.switch_context(before)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        timing = self._time(item.nodeid)
        next(timing)
        result = yield
        next(timing, None)
        wanted = getattr(item, "fixturenames", ())
        names = [f"@{node.nodeid}::{name}" for node in item.listchain() for name in wanted]
        self.shared[item.nodeid] = [name for name in names if name in self.seconds]
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Iterator[None]:
        if fixturedef.scope == "function":
            return (yield)
        timing = self._time(f"@{request.node.nodeid}::{fixturedef.argname}")
        next(timing)
        result = yield
        next(timing, None)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self.unfit.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self.cover.stop()
        data = self.cover.get_data()
        lines: dict[str, dict[str, int]] = {}
        for file in data.measured_files():
            path = Path(file).relative_to(self.copy).as_posix()
            for line, contexts in data.contexts_by_lineno(file).items():
                for context in filter(None, contexts):
                    masks = lines.setdefault(context, {})
                    masks[path] = masks.get(path, 0) | 1 << line
        told = {
            name: (round(seconds, 4), self.shared.get(name, []), {path: hex(mask) for path, mask in lines.get(name, {}).items()})
            for name, seconds in self.seconds.items()
            if name not in self.unfit
        }  # fmt: skip
        self.out.write_text(json.dumps(told), "utf-8")
