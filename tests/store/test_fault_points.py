"""Whatever fails within a run, it is told without a traceback, the public sees whole releases, and the next run mends
the rest: reads, allocations, calls without memory, Ctrl+C, and rot of any file.

A sample of points, some of it in the sweeps; `make faults` takes all reads, kinds of files and ways of rot, and hundreds of the others.
"""

import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from faults import Kind, judge, run_with, set_nomemory
from killer import Scenario, measure, publish_in_child
from projects import ROOT, lifts, make_project, put
from rot import KINDS, WAYS, judge_rot

from entaku.model.nouns import Entry, Place, Refused
from entaku.store import Store, disk
from entaku.store import ledger as ledgers
from entaku.store.ledger import Ledger
from entaku.work.outcome import tell_trouble

ALL = bool(os.environ.get("ENTAKU_FAULTS"))
DAYS = ("2026-06-25", "2026-06-26", "2026-06-27")


@pytest.fixture(scope="module")
def update(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """A table of two releases, to which a third comes."""
    folder = tmp_path_factory.mktemp("faults")
    project = make_project(folder / "p")
    for n, day in enumerate(DAYS, 1):
        put(folder / day, lifts(*(f"A-{each},2026/6/{each}" for each in range(1, n + 1))), day=day)
    for day in DAYS[:-1]:
        assert publish_in_child(project, folder / day, killer=False).code == 0
    return measure(folder, "update", project, folder / DAYS[-1], read_everything)


def read_everything() -> None:
    """Let a run read all of the site and the store again, not the day's share."""
    disk.SHARE_LEAST = 10_000


@pytest.fixture(scope="module")
def labels(update: Scenario, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """All reads of the run, in order."""
    run = run_with(update, "read", None, tmp_path_factory.mktemp("count") / "work")
    assert run.ended.code == 0 and run.count > 500
    return run.labels


READS = [
    ("scandir pipelines",),
    pytest.param(("read datapackages/lifts/raw/ledger.jsonl",), marks=pytest.mark.sweep),
    ("read datapackages/lifts/releases/2026.06.26/profile.json", "read datapackages/lifts/raw/"),
    pytest.param(("read build/site/SHA256SUMS",), marks=pytest.mark.sweep),
    # what is said of a file's quality is not kept if the file could not be read
    ("open datapackages/lifts/releases/2026.06.27/schedule.csv", "open datapackages/lifts/raw/"),
]


@pytest.mark.parametrize("words", READS)
def test_a_read_that_fails(update: Scenario, labels: tuple[str, ...], tmp_path: Path, words: tuple[str, ...]) -> None:
    at = 0
    for word in words:
        at = next(n for n, label in enumerate(labels) if n >= at and word in label) + 1
    assert list(judge(update, "read", at, tmp_path / "work")) == []


if ALL:

    def test_every_read_that_fails(update: Scenario, labels: tuple[str, ...], tmp_path: Path) -> None:
        wrong = {}
        for at, label in enumerate(labels, 1):
            if found := list(judge(update, "read", at, tmp_path / "work")):
                wrong[f"{at} {label}"] = found
        assert wrong == {}


CALLS = [
    ("memory", 0.5), ("interrupt", 0.8),
    *(pytest.param(*one, marks=pytest.mark.sweep) for one in (("memory", 0.12), ("memory", 0.9), ("interrupt", 0.3))),
]  # fmt: skip
"""When in a run's calls of functions of its own."""


@pytest.fixture(scope="module")
def calls(update: Scenario, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many there are."""
    run = run_with(update, "memory", None, tmp_path_factory.mktemp("count") / "work")
    assert run.ended.code == 0 and run.count > 10_000
    return run.count


@pytest.mark.parametrize(("kind", "when"), CALLS)
def test_memory_that_ends_and_ctrl_c_at_any_call(
    update: Scenario, calls: int, tmp_path: Path, kind: Kind, when: float
) -> None:
    assert list(judge(update, kind, int(calls * when), tmp_path / "work")) == []


if ALL:

    @pytest.mark.parametrize("kind", ["memory", "interrupt"])
    def test_memory_that_ends_and_ctrl_c_at_many_calls(
        update: Scenario, calls: int, tmp_path: Path, kind: Kind
    ) -> None:
        points = sorted(random.Random(14).sample(range(1, calls), 200))
        wrong = {at: found for at in points if (found := list(judge(update, kind, at, tmp_path / "work")))}
        assert wrong == {}


ALLOCATIONS = 3_000_000
"""About as many as a run makes."""


@pytest.mark.skipif(set_nomemory is None, reason="this Python has no _testcapi")
@pytest.mark.parametrize("count", [2, *([200] if ALL else [])])
def test_an_allocation_that_fails(update: Scenario, tmp_path: Path, count: int) -> None:
    """Of any object, in any library."""
    chance = random.Random(count)
    points = sorted(int(ALLOCATIONS ** chance.uniform(0.5, 1)) for _ in range(count))
    wrong = {at: found for at in points if (found := list(judge(update, "allocation", at, tmp_path / "work")))}
    assert wrong == {}


ROTS = [
    ("ledger", "cut", 1), ("raw", "flip", 1), ("schedule.csv of the release", "zero", 1),
    *(
        pytest.param(*one, marks=pytest.mark.sweep)
        for one in (
            ("ledger", "flip", 5), ("manifest.json of an old release", "flip", 2), ("other file of the site", "cut", 1)
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "way", "seed"), ROTS)
def test_rot(update: Scenario, tmp_path: Path, kind: str, way: str, seed: int) -> None:
    assert list(judge_rot(update, kind, way, seed, tmp_path / "work")) == []


if ALL:

    @pytest.mark.parametrize("kind", KINDS)
    def test_rot_of_every_kind(update: Scenario, tmp_path: Path, kind: str) -> None:
        wrong = {}
        for way in WAYS:
            for seed in range(1 if way in ("gone", "empty") else 5):
                if found := list(judge_rot(update, kind, way, seed, tmp_path / "work")):
                    wrong[f"{way} {seed}"] = found
        assert wrong == {}


# ---- the command itself


@pytest.mark.parametrize("seconds", [0.25, 0.8, *(pytest.param(one, marks=pytest.mark.sweep) for one in (0.1, 0.5))])
def test_ctrl_c_while_the_command_is_loading(tmp_path: Path, seconds: float) -> None:
    """From when Python itself has started."""
    project = make_project(tmp_path / "p")
    put(tmp_path / "mirror", lifts(*(f"A-{n},2026/6/1" for n in range(20_000))), day=DAYS[0])
    command = [sys.executable, "-X", "importtime", "-m", "entaku", "publish", "--project", str(project), "--mirror", str(tmp_path / "mirror")]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.rstrip().endswith("runpy"):  # it begins to load the program
            break
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    said = "".join(line + "\n" for line in said.splitlines() if not line.startswith("import time:"))
    assert (process.returncode, out) == (130, "")
    assert said.count("中止しました") == 1 and said.count("\n") == 1
    with Store(project / "datapackages").lock() as findings:
        assert [finding.code for finding in findings] in ([], ["run-cut-short"])


@pytest.mark.parametrize("told", ["finding", "trouble"])
def test_ctrl_c_between_closing_a_folder_and_noting_it(
    told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """shutil.rmtree() then closes it again, and its OSError hides the KeyboardInterrupt."""
    (tmp_path / "old" / "inner").mkdir(parents=True)
    close = os.close

    def close_interrupted(handle: int) -> None:
        close(handle)
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "close", close_interrupted)
    if told == "finding":
        with pytest.raises(KeyboardInterrupt), disk.telling(tmp_path):
            shutil.rmtree(tmp_path / "old")
        return
    with pytest.raises(OSError) as failed:
        shutil.rmtree(tmp_path / "old", ignore_errors=True)
    with pytest.raises(KeyboardInterrupt):
        tell_trouble(Place(), "lifts", failed.value)


def test_a_machine_without_memory_says_so_in_a_line(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (60 << 20, 60 << 20))

    command = [sys.executable, "-m", "entaku", "publish", "--project", str(tmp_path)]
    done = subprocess.run(command, preexec_fn=limit, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert "メモリーが足りません" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("many", [1, 1000])
def test_every_changed_letter_of_a_ledger_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """Lines of before there were checksums are read as they are; of `many` or more all at once."""
    monkeypatch.setattr(ledgers, "MANY", many)
    ledger = tmp_path / "ledger.jsonl"
    first = Entry("2026-06-25T00:00:00Z", "https://x.example/日報.csv", {"市場": "1"}, "live", 200, "a" * 64, 9)
    Ledger(ledger).append(first)
    Ledger(ledger).append(replace(first, when="2026-06-26T00:00:00Z"))
    whole = ledger.read_bytes()
    count = whole.index(b"\n")
    for at in range(count):
        ledger.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(Refused) as refused:
            Ledger(ledger).list_entries()
        assert (refused.value.finding.code, refused.value.finding.place.line) == ("store-broken", 1)
    old = re.sub(rb',"sum":"[0-9a-f]{8}"', b"", whole)
    assert len(old) == len(whole) - 2 * 17
    ledger.write_bytes(old)
    assert Ledger(ledger).list_entries()[0] == first
    ledger.write_bytes(old.replace(b',"url"', b'\n"url"', 1))  # which together would be one object again
    with pytest.raises(Refused):
        Ledger(ledger).list_entries()
