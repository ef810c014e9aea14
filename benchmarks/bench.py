"""Measure what users run, beside other tools on the same files, and write docs/benchmarks.md: `make bench SIZES=100k,1m`.

Every run is a whole process, started in turns: round 1 of all, then round 2 of all.  CPU time and peak memory are the
kernel's account of the finished process with its children.  ROUNDS=3 and LIMIT=300 (seconds of CPU, for other tools)
are what they are if not told otherwise; ONLY=id,daily measures these cases and writes no page.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_CPU, setrlimit
from statistics import median
from tempfile import TemporaryDirectory, TemporaryFile
from time import perf_counter

from benchmarks.contenders import CONTENDERS
from benchmarks.page import Measured, Table, write_page
from benchmarks.projects import CASES, ROOT, Case

SLOW = 60.0
"""Seconds of CPU from which another tool is run once only."""
LIMIT = int(os.environ.get("LIMIT", "300"))
"""Seconds of CPU that another tool may take."""
LIBRARIES = "frictionless duckdb pandera pandas pointblank polars pyarrow python-calamine numpy".split()
SKIPPED = {
    "xlsx": {"DuckDB": "reads workbooks only with an extension"},
    "daily": {"DuckDB": "reads cp932 only with an extension"},
}
"""What isn't measured, by case and contender, and why."""


@dataclass(frozen=True)
class Step:
    """A command to be measured in a project."""

    name: str
    command: tuple[str, ...]
    fresh: bool = True
    """The store and all that was built are gone before it."""
    later: bool = False
    """The project's files have changed before it."""


@dataclass(frozen=True)
class Run:
    """What the kernel told of a finished process."""

    cpu: float
    wall: float
    megabytes: float
    code: int
    out: str


def list_steps(case: Case) -> Iterator[Step]:
    """What is measured of a case, in the order of a round."""
    entaku = (sys.executable, "-m", "entaku")
    yield Step("entaku check", (*entaku, "check"))
    yield Step("entaku publish", (*entaku, "publish"))
    if case.name in ("daily", "many"):
        yield Step("the same, nothing changed", (*entaku, "publish"), fresh=False)
        what = "one more day" if case.name == "daily" else "one changed"
        yield Step(f"the same, {what}", (*entaku, "publish"), fresh=False, later=True)
    for name in CONTENDERS:
        yield Step(name, (sys.executable, "-m", "benchmarks.contenders", name, "pipelines/files"))


def run(command: tuple[str, ...], folder: Path, limit: int = RLIM_INFINITY) -> Run:
    """One process from its start to its end, or until it has taken `limit` seconds of CPU."""
    began = perf_counter()
    with TemporaryFile() as out:
        child = subprocess.Popen(
            command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=out, stderr=subprocess.STDOUT,
            preexec_fn=lambda: setrlimit(RLIMIT_CPU, (limit, limit)),
        )  # fmt: skip
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode("utf-8", "replace")
    cpu = usage.ru_utime + usage.ru_stime
    return Run(cpu, perf_counter() - began, usage.ru_maxrss / 1024, child.returncode, text)


def make_project(case: Case, size: int, folder: Path, later: bool = False) -> None:
    """Write the project, in a process of its own: what this one has held would count as the least peak of its children."""
    arguments = [case.name, str(size), str(folder), *(["later"] if later else [])]
    subprocess.run([sys.executable, "-m", "benchmarks.projects", *arguments], check=True, cwd=ROOT)


def clear(project: Path) -> None:
    """Take away what runs have left, but for the scripts of others."""
    shutil.rmtree(project / "datapackages", ignore_errors=True)
    shutil.rmtree(project / "pipelines" / "files" / "out", ignore_errors=True)
    for path in (project / "build").glob("*"):
        if path.name != "vendor":
            shutil.rmtree(path, ignore_errors=True)


def measure(case: Case, size: int, rounds: int, skipped: Mapping[str, str]) -> list[Measured]:
    """Every step of a case in one size, in turns."""
    steps = {step: Measured(step.name, note=skipped.get(step.name, "")) for step in list_steps(case)}
    with TemporaryDirectory(prefix="entaku-bench-") as home:
        project, later = Path(home) / "project", False
        make_project(case, size, project)
        for turn in range(rounds):
            for step, result in steps.items():
                if step.name in CONTENDERS and (result.note or (turn and median(result.cpu) > SLOW)):
                    continue
                if step.later != later:
                    later = step.later
                    make_project(case, size, project, later)
                if step.fresh:
                    clear(project)
                measure_step(step, project, result)
                shown = f"{result.cpu[-1]:8.2f} s {result.megabytes:6.0f} MB" if result.cpu else ""
                print(f"{turn + 1}/{rounds} {case.name:10} {size:>9,} {step.name:25} {shown} {result.note}", flush=True)
    return list(steps.values())


def measure_step(step: Step, project: Path, result: Measured) -> None:
    """One run of a step, added to its result."""
    theirs = step.name in CONTENDERS
    told = run(step.command, project, LIMIT if theirs else RLIM_INFINITY)
    last = (told.out.strip().splitlines() or ["?"])[-1]
    if theirs and told.code:
        result.note = f"not done in {LIMIT} s of CPU" if told.cpu > LIMIT - 1 else f"failed: {last}"
        return
    result.cpu.append(told.cpu)
    result.wall.append(told.wall)
    result.megabytes = max(result.megabytes, told.megabytes)
    result.found = int(last) if theirs else count_failing(project)
    if not theirs and told.code != bool(result.found):
        result.note = f"exit code {told.code}"
        print(told.out[-2000:])


def count_failing(project: Path) -> int:
    """How many rows in error Entaku has told its owner."""
    return sum(path.read_bytes().count(b"\n") - 1 for path in (project / "build" / "failing").glob("*/*.csv"))


def describe_machine() -> dict[str, str]:
    """What the figures were taken on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    processor = next((line.partition(":")[2].strip() for line in lines if "model name" in line), platform.processor())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": f"{processor}, {os.cpu_count()} cores", "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}", "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }  # fmt: skip


def read_size(text: str) -> int:
    """10k, 100k, 1m, 10m as a number."""
    return int(text.lower().replace("k", "000").replace("m", "000000"))


def guess_slow(before: list[Measured], grown: float) -> dict[str, str]:
    """Which tools are not asked, going by what they took of a smaller size, and why."""
    guesses = {one.name: median(one.cpu) * grown / 60 for one in before if one.cpu and one.name in CONTENDERS}
    missed = {one.name: one.note for one in before if not one.cpu}
    return missed | {
        name: f"skipped: about {minutes:.0f} minutes, going by the smaller size"
        for name, minutes in guesses.items()
        if minutes * 60 > LIMIT
    }


def main() -> None:
    """Measure all cases and write the page after each."""
    sizes = sorted(map(read_size, os.environ.get("SIZES", "100k,1m").split(",")))
    rounds, only = int(os.environ.get("ROUNDS", "3")), os.environ.get("ONLY", "")
    tables: list[Table] = []
    for case in CASES:
        if only and case.name not in only.split(","):
            continue
        before: list[Measured] = []
        for n, size in enumerate(case.list_sizes(sizes)):
            slow = guess_slow(before, size / sizes[n - 1])
            before = measure(case, size, rounds, slow | SKIPPED.get(case.name, {}))
            tables.append(Table(case, size, before))
            if not only:
                page = write_page(tables, rounds, LIMIT, describe_machine())
                (ROOT / "docs" / "benchmarks.md").write_text(page, "utf-8")


if __name__ == "__main__":
    main()
