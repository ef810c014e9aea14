"""Small changes of the program, picked by a seed, that some test must notice: `make mutants`.

Each mutant is put into a copy of the project and meets the tests that run its line, the quickest first, in a process
forked from one that has imported what takes long.  Which test runs which line is found out once (`build/mutants`).
Prints the mutants that no test noticed; those of `mutants_equivalent.txt` are left out.  A mutant is killed by a test
that fails, and that passes without it; or by one that doesn't end in minutes, when it is asked again alone.  A run that
was ended goes on where it was if no module and no test has changed since (`build/mutants/results`); else the test that
killed a mutant before is asked first.
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
STAGES = (("audit", "catalogue", "check", "fetch", "formats", "model", "release", "spec", "store", "table"), ("work",))
"""Beginnings of the test files that are asked, and of those that are asked of what is left then.  Those of sites, with
their browsers, are not: that they notice what no other test does is no way to find out about a room."""
EQUIVALENT = Path(__file__).with_name("mutants_equivalent.txt")
SLOW = 30.0
"""Seconds from which a test is not asked."""
LISTED = 3.0
"""Seconds of tests that a mutant meets at most that is listed as equivalent."""
ALONE = 6 * SLOW
"""Seconds within which a test must end that is asked alone, on however busy a machine."""
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

    @property
    def said(self) -> str:
        """What it is called whatever changes above it."""
        return describe(self.path, self.mutant)


@dataclass(frozen=True)
class Result:
    """What came of a mutant."""

    job: Job
    killer: str
    """The test that noticed, "import" where none even begins, "time-out"; "" if none did."""
    seconds: float


def describe(path: str, mutant: Mutant) -> str:
    """What a mutant is called whatever changes above it."""
    return f"{path.removeprefix('entaku/')} | {mutant.describe()}"


@cache
def read_equivalent() -> set[str]:
    """What the mutants are called that no test can notice."""
    lines = EQUIVALENT.read_text("utf-8").splitlines()
    return {line.rsplit(" | ", 1)[0] for line in lines if line[:1] not in "# "}


def is_equivalent(path: str, mutant: Mutant) -> bool:
    """Test whether a mutant is listed as one that no test can notice."""
    return describe(path, mutant) in read_equivalent()


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
    """The tests that run the mutant's lines; of code that runs only when it is imported, those that run anything of the
    module or of one that imports it, and those of files that import it.  Of a mutant that is listed as equivalent only
    a few."""
    budget = min(budget, LISTED) if is_equivalent(path, mutant) else budget
    found: list[str] = []
    own = () if mutant.imported else (mutant.lines, *mutant.around)
    for lines in (*own, None):
        found = found or list_touching(trace, lambda each, lines=lines: each.touches(path, lines))  # type: ignore[misc]
    if not list_touching(trace, lambda each: any(each.touches(path, lines) for lines in own)):
        users = find_users(path)
        touching = list_touching(trace, lambda each: any(map(each.touches, users)))
        readers = [name for name in trace if name[0] != "@" and file_of(name) in users]
        found = list(dict.fromkeys([*found, *touching, *readers]))
    costs = {name: sum(trace[each].seconds for each in trace[name].shared) for name in found}
    words = split_name(path)
    far = {file: not words & split_name(file) for file in set(map(file_of, found))}
    inside = set(list_touching(trace, lambda each: each.touches(path, mutant.lines)))  # of a table: its functions
    found.sort(key=lambda name: trace[name].seconds)
    turns = Counter[str]()
    order = {}
    for name in found:  # the quickest of each file, then the second of each: what one file doesn't notice another may
        file, cost = file_of(name), costs[name]
        order[name] = (name not in inside, far[file], cost, file if cost else "", 0 if cost else turns[file])
        turns[file] += not cost
    found.sort(key=order.__getitem__)
    quickest = sorted(
        found, key=lambda name: (name not in inside, far[file_of(name)], costs[name] + trace[name].seconds)
    )
    taken, paid, seconds = dict[str, None](), set[str](), 0.0
    for names, most in ((found, budget / 2), (quickest, budget)):
        for name in names:
            unpaid = set(trace[name].shared) - paid
            cost = trace[name].seconds + sum(trace[each].seconds for each in unpaid)
            if name not in taken and cost < SLOW and seconds + cost <= most:
                taken[name] = None
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
    """The modules, and the files of tests, that import a module."""
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return [user for user, names in list_imports().items() if name in names]


@cache
def list_imports() -> dict[str, set[str]]:
    """By module, what it imports from and what it imports from there."""
    found = {}
    for user in sorted(path for top in ("entaku", "tests") for path in (ROOT / top).rglob("*.py")):
        nodes = [node for node in ast.walk(ast.parse(user.read_bytes())) if isinstance(node, ast.ImportFrom)]
        names = {name for node in nodes for name in (node.module, *(f"{node.module}.{one.name}" for one in node.names))}
        found[user.relative_to(ROOT).as_posix()] = {name for name in names if name}
    return found


# ---- the run --------------------------------------------------------------------------------------------------------


def meet(job: Job, copy: Copy, killer: str = "") -> Result:
    """What the tests say of a mutant in a copy: first the one that noticed it before, then a few, then all."""
    count, files = FIRST
    near = list(dict.fromkeys(map(file_of, job.tests)))[:files]
    first = [name for name in job.tests if file_of(name) in near][:count]
    rest = [name for name in job.tests if name not in set(first)]
    start = time.monotonic()
    body = job.mutant.apply((copy.root / job.path).read_bytes())
    with copy.changed(job.path, body):
        for names in filter(None, ([killer] if killer in job.tests else [], first, rest)):
            if told := find_killer(copy, names, 20 + 4 * job.seconds):
                return Result(job, told, time.monotonic() - start)
    return Result(job, "", time.monotonic() - start)


def find_killer(copy: Copy, names: Sequence[str], seconds: float) -> str:
    """The first of the tests that fails, or "time-out" if one doesn't end even when it is asked alone."""
    while names:
        failed = copy.ask(names, seconds, "-x")
        if failed is not None:
            return failed[0] if failed else ""
        begun = copy.read_begun() or names[0]
        alone = copy.ask([begun], ALONE)
        if alone is None or alone:
            return alone[0] if alone else "time-out"
        names = names[names.index(begun) + 1 :]
    return ""


def meet_all(jobs: Sequence[Job], folders: Sequence[Path], kept: Path) -> list[Result]:
    """What came of each job, one worker a folder.  One that was killed before, or met the same tests, is not asked."""
    before = read_killers(kept.parent)
    rows = list(map(json.loads, kept.read_text("utf-8").splitlines())) if kept.is_file() else []
    met = {job.name: hashlib.sha256(repr(job.tests).encode()).hexdigest()[:16] for job in jobs}
    known = {name: killer for name, killer, tests in rows if killer or tests == met.get(name)}
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
        for done in as_completed([pool.submit(_meet, job, before.get(job.said, "")) for job in left]):
            result = done.result()
            results.append(result)
            print(json.dumps((result.job.name, result.killer, met[result.job.name])), file=file, flush=True)
            said = f"killed by {result.killer}" if result.killer else "survived"
            what = f"{result.job.place} {result.job.mutant.describe()[:150]}"
            print(f"{len(results):4} {what}  {said}, {result.seconds:.0f} s", flush=True)
    return results


def read_killers(folder: Path) -> dict[str, str]:
    """By `Job.said`, the test that killed a mutant the last time; "" if none did."""
    lines = [line for path in sorted(folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime)
             for line in path.read_text("utf-8").splitlines()]  # fmt: skip
    return {re.sub(r"^entaku/(\S+):\d+ \d+ ", r"\1 | ", name): killer for name, killer, _ in map(json.loads, lines)}


_copies: list[Copy] = []


def _start_worker(free: "multiprocessing.SimpleQueue[Path]") -> None:
    _copies.append(Copy(free.get()))


def _meet(job: Job, killer: str) -> Result:
    return meet(job, _copies[0], killer)


def is_settled(result: Result) -> bool:
    """Test whether no further tests need to be asked."""
    return bool(result.killer) or is_equivalent(result.job.path, result.job.mutant)


def find_unsound(results: Sequence[Result], copy: Copy) -> set[str]:
    """Tests that killed a mutant and fail without any; "import" if none begins without any either."""
    killers = {each.killer if "::" in each.killer else each.job.tests[0] for each in results if each.killer}
    failed = copy.ask(sorted(killers), 3600)
    return {*killers, "import", "time-out"} if failed is None else set(failed)


def tell(results: Sequence[Result], unsound: set[str]) -> int:
    """Print the survivors; their number."""
    killed, equivalent, alive = list[Result](), list[Result](), list[Result]()
    for result in sorted(results, key=lambda each: each.job.place):
        sound = result.killer and result.killer not in unsound
        (killed if sound else equivalent if is_equivalent(result.job.path, result.job.mutant) else alive).append(result)
    print("\nSurvivors:")
    for result in alive:
        met = f"{len(result.job.tests)} tests" + (f", {result.job.left} too slow" if result.job.left else "")
        print(f"{result.job.place}\t{result.job.mutant.describe()}\t({met})")
    for name in sorted(unsound):
        print(f"what it killed counts as survived, as it fails without any mutant: {name}")
    kinds = Counter(each.killer if "::" not in each.killer else "test" for each in killed)
    print(f"{kinds['test']} by tests, {kinds['import']} on import, {kinds['time-out']} by a test that does not end")
    print(f"{len(equivalent)} of {len(results)} are equivalent, as {EQUIVALENT.name} says")
    share = f" ({len(killed) / (len(killed) + len(alive)):.1%} of the others)" if killed else ""
    print(f"{len(killed)} killed{share}, {len(alive)} survived")
    return len(alive)


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--count", type=int, default=300)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--rooms", type=lambda text: text.split(","), default=list(ROOMS), help="folders below entaku")
    ask.add_argument("--workers", type=int, default=2)
    ask.add_argument("--budget", type=float, default=20, help="seconds of tests that one mutant meets at most")
    ask.add_argument(
        "--tests",
        type=lambda text: text.split(","),
        default=[],
        help="only test files that begin so, as work/test_p,table, instead of those of the rooms, then those of whole runs",
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
        state = hashlib.sha256(repr(sorted(hash_modules().items())).encode()).hexdigest()
        kept = KEPT.with_name("results") / f"{state[:16]}.jsonl"
        results: list[Result] = []
        for stage, tests in enumerate([given.tests] if given.tests else STAGES):
            trace = read_trace(copy, tests)
            asked = [(each.job.path, each.job.mutant) for each in results if not is_settled(each)]
            jobs = [make_job(*each, trace, given.budget) for each in asked or pick(given)[given.only]]
            folders = [Path(folder) / f"{stage}-{n + 1}" for n in range(given.workers)]
            results = [*filter(is_settled, results), *meet_all(jobs, folders, kept)]
            if all(map(is_settled, results)):
                break
        unsound = find_unsound(results, copy)
    return int(tell(results, unsound) > 0)


if __name__ == "__main__":
    sys.exit(main())
