"""What one more day costs a table in parts: `make bench-days DAYS=4000,16000`.

For each number of days a project of so many daily files of 100 rows, one table that is cut by month, is generated and
published as a user would, in whole processes: without the last days, then with one of them more each time, and again
with nothing changed.  CPU time is user and system time of the process with its children; what was written are the bytes
of the files of store and site that weren't there before: other names of the same file cost nothing.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.bench import run
from benchmarks.projects import ITEMS, METHODS, WARDS, begin, write_csv, write_pipeline

PUBLISH = (sys.executable, "-m", "entaku", "publish")
MORE = 3
"""Days that are added one by one: of the first, the site before the last isn't there yet."""
FIELDS: list[dict[str, Any]] = [
    {"name": "date", "type": "date", "constraints": {"required": True}},
    {"name": "item", "type": "string", "constraints": {"required": True}},
    {"name": "ward", "type": "string", "constraints": {"required": True, "enum": WARDS}},
    {"name": "method", "type": "string", "constraints": {"enum": METHODS}},
    {"name": "quantity", "type": "integer", "constraints": {"minimum": 0}},
    {"name": "price", "type": "number", "constraints": {"minimum": 0}},
]


@dataclass(frozen=True)
class Day:
    """What one publication took."""

    step: str
    days: int
    cpu: float
    wall: float
    megabytes: float
    """The most memory."""
    written: int
    """Bytes in files of store and site that weren't there before."""


def list_days(count: int) -> list[date]:
    """Return so many days, of which the last is today."""
    return [date.today() - timedelta(n) for n in reversed(range(count))]


def write_day(files: Path, day: date) -> None:
    """Write the file of a day."""
    draw = Random(day.toordinal())
    rows = (
        [ITEMS[n % 25], WARDS[n // 25], METHODS[n % 2], str(draw.randrange(10_000)), f"{draw.randrange(99_999) / 100:.2f}"]
        for n in range(100)
    )  # fmt: skip
    write_csv(files / f"{day:%Y%m%d}.csv", [field["name"] for field in FIELDS[1:]], rows)


def make_days(project: Path, days: list[date], last: int) -> None:
    """Write a project whose files are those of all but the `last` days."""
    files = begin(project)
    for day in days[: len(days) - last]:
        write_day(files, day)
    write_csv(files / "items.csv", ["item"], ([item] for item in ITEMS))
    schema = {
        "fields": FIELDS,
        "primaryKey": ["date", "item", "ward"],
        "foreignKeys": [{"fields": ["item"], "reference": {"resource": "items", "fields": ["item"]}}],
    }
    source = {
        "file": "pipelines/files/{date:%Y%m%d}.csv",
        "for": {"date": {"from": str(days[0]), "until": "today"}},
        "missing": "closed-day",
    }
    kinds = {"fields": [{"name": "item", "constraints": {"required": True}}], "primaryKey": ["item"]}
    write_pipeline(project, "days", [
        {"name": "items", "source": {"file": "pipelines/files/items.csv"}, "schema": kinds},
        {"name": "prices", "source": source, "partition": {"by": "date", "each": "month"}, "schema": schema},
    ])  # fmt: skip


Seen = dict[int, tuple[int, int, str]]
"""By inode: when a file last changed, its size and its path."""


def find_files(project: Path) -> Seen:
    """Return the files of the store, the site, and the site before, of which the next one is made."""
    found: Seen = {}
    for top in (project / "datapackages", project / "build" / "site", project / "build" / ".site.old"):
        for path in top.rglob("*"):
            if path.is_file():
                state = path.lstat()
                found[state.st_ino] = state.st_mtime_ns, state.st_size, str(path)
    return found


def count_written(before: Seen, after: Seen) -> int:
    """Return the bytes that were written: of a file that grew where it is, as a ledger does, what it grew by."""
    count = 0
    for inode, (when, size, path) in after.items():
        former = before.get(inode)
        if former is None:
            count += size
        elif former[0] != when:
            count += size - former[1] if former[2] == path and size > former[1] else size
    return count


def measure_days(count: int) -> Iterator[Day]:
    """Publish a project of so many days and yield the cost of each step."""
    with TemporaryDirectory(prefix="entaku-days-", dir=os.environ.get("SCALE_DIR")) as home:
        project, days = Path(home) / "project", list_days(count)
        make_days(project, days, MORE)
        before: Seen = {}
        for step in ("from nothing", *(f"day {n + 1}" for n in range(MORE)), "nothing changed"):
            if step.startswith("day"):
                write_day(project / "pipelines" / "files", days[-MORE + int(step[4:]) - 1])
            told = run(PUBLISH, project)
            if told.code:
                raise RuntimeError(f"{step} of {count}: exit code {told.code}\n{told.out[-2000:]}")
            after = find_files(project)
            yield Day(step, count, told.cpu, told.wall, told.megabytes, count_written(before, after))
            before = after


def main() -> None:
    """Measure all numbers of days and print them."""
    print(f"{'days':>8} {'':16} {'CPU s':>8} {'wall s':>8} {'MB':>6} {'written kB':>11}")
    for count in sorted(map(int, os.environ.get("DAYS", "4000,16000").split(","))):
        for one in measure_days(count):
            print(
                f"{one.days:>8,} {one.step:16} {one.cpu:8.2f} {one.wall:8.2f} {one.megabytes:6.0f} {one.written / 1000:11,.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
