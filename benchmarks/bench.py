"""Measure everything side by side and write docs/benchmarks.md: `make bench SIZES=100k,1m ROUNDS=3`.

Every contender runs in a process of its own, in turns: round 1 of all, then round 2 of all.  CPU time and peak
memory are the kernel's account of the finished process and its children.  What is written goes to an empty folder, as
a release does: to overwrite what the last run left costs the system time that no run of Entaku costs.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile
from time import perf_counter
from typing import Any

from benchmarks.write_page import put_section, take_section, write_page

ROOT = Path(__file__).parents[1]
DATA = Path("build/bench")
OUT = DATA / "out"
SLOW = 20.0
"""Seconds of CPU from which a contender is run once only."""
LIBRARIES = ("frictionless", "pandera", "pandas", "duckdb", "pyarrow", "python-calamine", "openpyxl", "numpy")


@dataclass(frozen=True)
class Case:
    """One thing to measure: what is compared with each other has the same `group`."""

    group: str
    name: str
    module: str
    arguments: tuple[str, ...]


@dataclass
class Measured:
    """A case and its runs."""

    group: str
    name: str
    cpu: list[float]
    wall: list[float]
    own: list[float]
    """CPU seconds without imports, where the contender tells."""
    megabytes: float = 0.0
    rows: int = 0
    found: int = 0
    failed: str = ""

    @property
    def seconds(self) -> float:
        return median(self.cpu) if self.cpu else 0.0


def list_cases(sizes: Sequence[str]) -> Iterator[Case]:
    """Every case, in the order in which a round runs them."""
    for size in sizes:
        for keys in ("keys", "plain"):
            for kind in ("clean", "bad"):
                for name in _name_checkers(size, keys, kind):
                    yield _case(f"check {size} {keys} {kind}", name, f"{kind}-{size}.csv", keys)
    for name in ("read_pyarrow", "check_entaku", "check_duckdb", "check_pandas", "check_frictionless"):
        yield _case("check 100k keys ruined", name, "ruined-100k.csv", "keys")
    for size in (size for size in sizes if size != "20m"):
        for name in ("check_entaku", "publish_entaku"):
            yield _case(f"publish {size}", name, f"clean-{size}.csv", "keys")
    middle = "1m" if "1m" in sizes else "100k"
    for encoding in ("clean", "cp932"):
        names = ["read_entaku", "read_pandas", "read_csv_module"]
        for name in ["read_pyarrow", *names] if encoding == "clean" else names:
            yield _case(f"read {middle} {encoding}", name, f"{encoding}-{middle}.csv")
    for name in ("read_pyarrow", "write_csv_entaku", "write_csv_module", "cast_only", "stats_entaku", "stats_pandas"):
        yield _case(f"pieces {middle}", name, f"clean-{middle}.csv")
    for name in ("excel_calamine", "read_entaku", "excel_pandas", "excel_openpyxl", "excel_frictionless"):
        yield _case("excel 100k", name, "clean-100k.xlsx")
    for name in ("entaku", "script"):
        yield Case("pipeline", name, "benchmarks.pipeline", (name, str(DATA / "pipeline")))
    for name in ("one", "two"):
        yield Case("days", name, "benchmarks.pipeline", (name, str(DATA / "days")))


def _name_checkers(size: str, keys: str, kind: str) -> list[str]:
    if size == "20m":  # shows that more rows take no more memory
        return ["read_pyarrow", "check_entaku"] if (keys, kind) == ("keys", "clean") else []
    if size == "10m":  # the others take minutes and gigabytes
        return ["read_pyarrow", "check_entaku", "check_duckdb"]
    names = ["read_pyarrow", "check_entaku", "check_duckdb", "check_pandas"]
    names += ["check_frictionless"] if (keys, kind) != ("plain", "bad") else []
    return names + (["check_pandera"] if kind == "clean" or (size, keys) == ("100k", "keys") else [])


def _case(group: str, name: str, file: str, flag: str = "plain") -> Case:
    return Case(group, name, "benchmarks.contenders", (name, str(DATA / file), flag))


def run_case(case: Case) -> tuple[float, float, float, dict[str, Any], str]:
    """CPU seconds, wall seconds, peak megabytes, what it printed, and the last line of its error if it failed."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    began = perf_counter()
    command = [sys.executable, "-m", case.module, *case.arguments]
    with TemporaryFile("w+") as out, TemporaryFile("w+") as errors:
        child = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = perf_counter() - began
        out.seek(0)
        errors.seek(0)
        if child.returncode:
            return 0, wall, 0, {}, (errors.read().strip().splitlines() or ["?"])[-1]
        told = json.loads(out.read().strip().splitlines()[-1])
        return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, told, ""


def measure(cases: Sequence[Case], rounds: int, keep: Callable[[list[Measured]], None]) -> None:
    """Every case, in turns; slow ones once.  `keep` is given what there is after each."""
    measured = {case: Measured(case.group, case.name, [], [], []) for case in cases}
    for turn in range(rounds):
        for case, result in measured.items():
            if result.failed or (result.cpu and result.seconds > SLOW):
                continue
            cpu, wall, megabytes, told, failed = run_case(case)
            print(
                f"{turn + 1}/{rounds}  {case.group:28} {case.name:20} {cpu:8.2f} s {megabytes:7.0f} MB {failed}",
                flush=True,
            )
            if failed:
                result.failed = failed
                continue
            result.cpu.append(cpu)
            result.wall.append(told.get("wall", wall))
            result.own += [told["own"]] if "own" in told else []
            result.megabytes = max(result.megabytes, megabytes)
            result.rows, result.found = int(told["rows"]), int(told["found"])
            keep([one for one in measured.values() if one.cpu or one.failed])


def describe_machine() -> dict[str, str]:
    """What the figures were taken on."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    memory = next(int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line)
    return {
        "processor": f"{cpu}, {os.cpu_count()} cores",
        "memory": f"{memory / 2**20:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def main() -> None:
    """Make the data, measure, write the page.  ONLY=excel measures the groups that begin so, and writes no page."""
    sizes = os.environ.get("SIZES", "100k,1m").split(",")
    only = os.environ.get("ONLY", "")
    os.chdir(ROOT)
    print("generated data ->", DATA, flush=True)
    # In a process of its own: what this one has once held would count as the least peak of all that it starts.
    making = (
        f"from pathlib import Path; from benchmarks.make_data import make_all; make_all(Path({str(DATA)!r}), {sizes!r})"
    )
    subprocess.run([sys.executable, "-c", making], check=True)
    cases = [case for case in list_cases(sizes) if case.group.startswith(only)]
    machine = describe_machine()

    def keep(measured: list[Measured]) -> None:
        results = {"machine": machine, "sizes": sizes, "measured": [asdict(one) for one in measured]}
        if not only:
            (DATA / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False), "utf-8")
            page = ROOT / "docs/benchmarks.md"
            pages = take_section(page.read_text("utf-8")) if page.is_file() else ""
            page.write_text(put_section(write_page(results), pages) if pages else write_page(results), "utf-8")

    measure(cases, int(os.environ.get("ROUNDS", "3")), keep)
    print("" if only else "docs/benchmarks.md")


if __name__ == "__main__":
    main()
