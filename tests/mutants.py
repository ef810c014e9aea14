"""Small changes of the program, picked by a seed, that some test must notice: `make mutants`.

Each mutant is put into a copy of the project and meets the tests that run its line, the quickest first, in a process
forked from one that has imported what takes long.  Which test runs which line is found out once (`build/mutants`).
Prints the mutants that no test noticed and that are not in `mutants_equivalent.txt`.  A run that was ended goes on
where it was if no module and no test has changed since (`build/mutants/results`).
"""

import argparse
import ast
import hashlib
import importlib
import json
import multiprocessing
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mutants_copy import ROOT, Copy
from mutants_trace import KEPT, Traced, file_of, hash_modules, read_trace
from mutate import Mutant, list_mutants

ROOMS = ("check", "table", "release", "store", "fetch", "audit", "formats")
"""The folders below `entaku` from which mutants are picked if no others are named."""
EQUIVALENT = Path(__file__).with_name("mutants_equivalent.txt")
SLOW = 30.0
"""Seconds from which a test is not asked."""
FIRST = (60, 4)
"""So many tests of so many files are asked before the files of all others are imported."""
HEAVY = (
    "frictionless", "frictionless.formats", "hypothesis", "jinja2", "jsonschema", "openpyxl", "pandas", "pyarrow.compute",
    "pyarrow.csv", "pyarrow.parquet", "pydantic", "python_calamine", "requests", "yaml",
)  # fmt: skip


@dataclass(frozen=True)
class Job:
    """A mutant, the module it is in and the tests that it meets."""

    path: str
    mutant: Mutant
    tests: tuple[str, ...]
    seconds: float
    left: int
    """Tests that there is no time for."""

    @property
    def place(self) -> str:
        return f"{self.path}:{self.mutant.lines.start}"

    @property
    def name(self) -> str:
        return f"{self.place} {self.mutant.start} {self.mutant.describe()}"


@dataclass(frozen=True)
class Result:
    """What came of a mutant."""

    job: Job
    killer: str
    """The test that noticed, or "time-out"; "" if none did."""
    seconds: float


# ---- which mutants, and which tests ---------------------------------------------------------------------------------


def pick_mutants(rooms: Iterable[str], count: int, seed: int) -> list[tuple[str, Mutant]]:
    """Mutants of `count` lines of the rooms, each line as likely as any other.

    A change of the program changes the pick of the lines that it changes, and of few others.
    """
    lines: dict[tuple[str, int], list[tuple[str, Mutant]]] = {}
    for path in sorted({path for room in rooms for path in (ROOT / "entaku" / room).rglob("*.py")}):
        for mutant in list_mutants(path.read_bytes()) if "words" not in split_name(path.name) else ():
            name = path.relative_to(ROOT).as_posix()
            said = f"{seed} {name} {mutant.describe()}"
            lines.setdefault((name, mutant.lines.start), []).append((hashlib.sha256(said.encode()).hexdigest(), mutant))
    picked = []
    for (name, _), mutants in lines.items():
        digest, mutant = min(mutants, key=lambda each: each[0])
        whole = hashlib.sha256("".join(sorted(each for each, _ in mutants)).encode()).hexdigest()
        picked.append((whole, digest, name, mutant))
    picked.sort(key=lambda each: each[:2])
    return [(name, mutant) for _, _, name, mutant in picked[:count]]


def pick(given: argparse.Namespace) -> list[tuple[str, Mutant]]:
    """The mutants of the lines that are named, else those of the seed."""
    named = [each for place in given.at for each in list_at(place)]
    return named or pick_mutants(given.rooms, given.count, given.seed)


def list_at(place: str) -> list[tuple[str, Mutant]]:
    """All mutants of `path:line` or `path:first-last`."""
    path, _, lines = place.partition(":")
    first, _, last = lines.partition("-")
    wanted = range(int(first), int(last or first) + 1)
    return [(path, each) for each in list_mutants((ROOT / path).read_bytes()) if each.lines.start in wanted]


def make_job(path: str, mutant: Mutant, trace: Mapping[str, Traced], budget: float) -> Job:
    """The tests that run the mutant's lines; of code that runs only when it is imported, those that run
    anything of the module or of one that imports it."""
    found: list[str] = []
    own = () if mutant.imported else (mutant.lines, *mutant.around)
    for lines in (*own, None):
        found = found or list_touching(trace, lambda each, lines=lines: each.touches(path, lines))  # type: ignore[misc]
    if not list_touching(trace, lambda each: any(each.touches(path, lines) for lines in own)):
        users = find_users(path)
        found = list(dict.fromkeys([*found, *list_touching(trace, lambda each: any(map(each.touches, users)))]))
    costs = {name: sum(trace[each].seconds for each in trace[name].shared) for name in found}
    words = split_name(path)
    far = {file: not words & split_name(file) for file in set(map(file_of, found))}
    found.sort(key=lambda name: trace[name].seconds)
    turns = Counter[str]()
    order = {}
    for name in found:  # the quickest of each file, then the second of each: what one file doesn't notice another may
        file, cost = file_of(name), costs[name]
        order[name] = (far[file], cost, file if cost else "", 0 if cost else turns[file])
        turns[file] += not cost
    found.sort(key=order.__getitem__)
    taken, paid, seconds = [], set[str](), 0.0
    for name in found:
        unpaid = set(trace[name].shared) - paid
        cost = trace[name].seconds + sum(trace[each].seconds for each in unpaid)
        if cost < SLOW and seconds + cost <= budget:
            taken.append(name)
            paid |= unpaid
            seconds += cost
    return Job(path, mutant, tuple(taken), seconds, len(found) - len(taken))


def split_name(path: str) -> set[str]:
    """The words that a file is called by."""
    return {*re.split(r"[/_.]", path)} - {"entaku", "tests", "test", "py"}


def list_touching(trace: Mapping[str, Traced], touches: Callable[[Traced], bool]) -> list[str]:
    """The tests that touch something themselves or by a fixture."""
    those = {name for name, each in trace.items() if touches(each)}
    return [
        name for name, each in trace.items() if name[0] != "@" and (name in those or not those.isdisjoint(each.shared))
    ]


def find_users(path: str) -> list[str]:
    """The modules that import a module."""
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return [user for user, names in list_imports().items() if name in names]


@cache
def list_imports() -> dict[str, set[str]]:
    """By module, what it imports from and what it imports from there."""
    found = {}
    for user in sorted((ROOT / "entaku").rglob("*.py")):
        nodes = [node for node in ast.walk(ast.parse(user.read_bytes())) if isinstance(node, ast.ImportFrom)]
        names = {name for node in nodes for name in (node.module, *(f"{node.module}.{one.name}" for one in node.names))}
        found[user.relative_to(ROOT).as_posix()] = {name for name in names if name}
    return found


# ---- the run --------------------------------------------------------------------------------------------------------


def meet(job: Job, copy: Copy) -> Result:
    """What the tests say of a mutant in a copy: first a few, then all."""
    count, files = FIRST
    near = list(dict.fromkeys(map(file_of, job.tests)))[:files]
    first = [name for name in job.tests if file_of(name) in near][:count]
    start = time.monotonic()
    body = job.mutant.apply((copy.root / job.path).read_bytes())
    with copy.changed(job.path, body):
        for names in filter(None, (first, [name for name in job.tests if name not in set(first)])):
            failed = copy.ask(names, 20 + 4 * job.seconds, "-x")
            if failed is None or failed:
                return Result(job, failed[0] if failed else "time-out", time.monotonic() - start)
    return Result(job, "", time.monotonic() - start)


def meet_all(jobs: Sequence[Job], folders: Sequence[Path], kept: Path) -> list[Result]:
    """What came of each job, one worker a folder; what came of it before is not asked again."""
    known = dict(map(json.loads, kept.read_text("utf-8").splitlines())) if kept.is_file() else {}
    results = [Result(job, known[job.name], 0.0) for job in jobs if job.name in known]
    left = [job for job in jobs if job.name not in known]
    if results:
        print(f"{len(results)} of {len(jobs)} are known from before", flush=True)
    kept.parent.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("fork")
    free = context.SimpleQueue()
    for folder in folders:
        free.put(folder)
    with (
        kept.open("a", encoding="utf-8") as file,
        ProcessPoolExecutor(len(folders), context, _start_worker, (free,)) as pool,
    ):
        for done in as_completed([pool.submit(_meet, job) for job in left]):
            result = done.result()
            results.append(result)
            print(json.dumps((result.job.name, result.killer)), file=file, flush=True)
            said = f"killed by {result.killer}" if result.killer else "survived"
            what = f"{result.job.place} {result.job.mutant.describe()[:150]}"
            print(f"{len(results):4} {what}  {said}, {result.seconds:.0f} s", flush=True)
    return results


_copies: list[Copy] = []


def _start_worker(free: "multiprocessing.SimpleQueue[Path]") -> None:
    _copies.append(Copy(free.get()))


def _meet(job: Job) -> Result:
    return meet(job, _copies[0])


def find_unsound(results: Sequence[Result], copy: Copy) -> set[str]:
    """Tests that killed a mutant and fail without any."""
    return set(copy.ask(sorted({result.killer for result in results if "::" in result.killer}), 3600) or ())


def tell(results: Sequence[Result], unsound: set[str]) -> int:
    """Print the survivors; their number."""
    known = [line.rsplit(" | ", 1)[0] for line in EQUIVALENT.read_text("utf-8").splitlines() if line[:1] not in "# "]
    sound = [result for result in results if result.killer not in unsound]
    equivalent = [result for result in sound if not result.killer and result.job.mutant.describe() in known]
    alive = sorted(
        (each for each in sound if not each.killer and each not in equivalent), key=lambda each: each.job.place
    )
    print("\nSurvivors:")
    for result in alive:
        met = f"{len(result.job.tests)} tests" + (f", {result.job.left} too slow" if result.job.left else "")
        print(f"{result.job.place}\t{result.job.mutant.describe()}\t({met})")
    for name in sorted(unsound):
        print(f"not counted, as it fails without any mutant: {name}")
    kinds = Counter(result.killer if "::" not in result.killer else "test" for result in sound)
    print(f"{kinds['time-out']} by time-out, {kinds['import']} on import, {len(equivalent)} accepted as equivalent")
    print(f"{sum(map(bool, (each.killer for each in sound)))} killed, {len(alive)} survived")
    return len(alive)


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--count", type=int, default=300)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--rooms", type=lambda text: text.split(","), default=list(ROOMS), help="folders below entaku")
    ask.add_argument("--workers", type=int, default=2)
    ask.add_argument("--budget", type=float, default=40, help="seconds of tests that one mutant meets at most")
    ask.add_argument(
        "--tests",
        type=lambda text: text.split(","),
        default=[""],
        help="only test files that begin so, as work/test_p,table",
    )
    ask.add_argument("--only", type=lambda text: slice(*map(int, text.split("-"))), default=slice(None), metavar="0-30")
    ask.add_argument("--at", action="append", default=[], metavar="FILE:LINE", help="all mutants of a line instead")
    ask.add_argument("--list", action="store_true", help="name the mutants and run nothing")
    given = ask.parse_args()
    if given.list:
        for n, (path, mutant) in enumerate(pick(given)):
            print(f"{n:4} {path}:{mutant.lines.start} {mutant.describe()}")
        return 0
    for name in HEAVY:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Copy(Path(folder) / "0")
        trace = read_trace(copy, given.tests)
        jobs = [make_job(path, mutant, trace, given.budget) for path, mutant in pick(given)[given.only]]
        state = hashlib.sha256(repr((sorted(hash_modules().items()), given.budget, given.tests)).encode()).hexdigest()
        kept = KEPT.with_name("results") / f"{state[:16]}.jsonl"
        results = meet_all(jobs, [Path(folder) / str(n + 1) for n in range(given.workers)], kept)
        unsound = find_unsound(results, copy)
    return int(tell(results, unsound) > 0)


if __name__ == "__main__":
    sys.exit(main())
