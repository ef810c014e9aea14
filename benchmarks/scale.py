"""What a catalogue costs as it grows: `make bench-scale SIZES=100,300,1000`.

For each size a project of so many datasets of 50 rows is generated and published as a user would, in whole processes:
from nothing, again with nothing changed, the first time (each dataset is looked at once) and from then on, and with one
dataset changed, the first time (the site before the last isn't there yet) and from then on.  CPU time is user and system time of the process with its children; the growth per dataset
follows from the two largest sizes.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench import Run, make_project, run
from benchmarks.projects import CASES

MANY = next(case for case in CASES if case.name == "many")
PUBLISH = (sys.executable, "-m", "entaku", "publish")
STEPS = (
    "from nothing", "nothing changed, the first time", "nothing changed", "one changed, the first time", "one changed",
)  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """What one step took in one size."""

    step: str
    size: int
    cpu: float
    wall: float
    megabytes: float


def measure_scale(size: int) -> Iterator[Cost]:
    """Publish a project of this size and yield the cost of each step."""
    with TemporaryDirectory(prefix="entaku-scale-", dir=os.environ.get("SCALE_DIR")) as home:
        project = Path(home) / "project"
        make_project(MANY, size, project)
        for step, later in zip(STEPS, (None, None, None, True, False), strict=True):
            if later is not None:
                make_project(MANY, size, project, later)
            yield cost(step, size, run(PUBLISH, project))


def cost(step: str, size: int, told: Run) -> Cost:
    """Return what a run took.  Raises RuntimeError if it didn't publish."""
    if told.code:
        raise RuntimeError(f"{step} of {size}: exit code {told.code}\n{told.out[-2000:]}")
    return Cost(step, size, told.cpu, told.wall, told.megabytes)


def write_table(costs: list[Cost]) -> str:
    """Return the costs as a table, with the growth per dataset between the two largest sizes."""
    lines = [f"{'':32}{'datasets':>9}{'CPU s':>9}{'wall s':>9}{'MB':>7}"]
    for step in STEPS:
        mine = sorted((one for one in costs if one.step == step), key=lambda one: one.size)
        lines += [f"{one.step:32}{one.size:>9,}{one.cpu:>9.2f}{one.wall:>9.2f}{one.megabytes:>7.0f}" for one in mine]
        if len(mine) > 1:
            less, more = mine[-2:]
            grown = 1000 * (more.cpu - less.cpu) / (more.size - less.size)
            lines.append(f"{'':32}{'':9}{grown:>9.2f} ms of CPU for each further dataset")
    return "\n".join(lines)


def main() -> None:
    """Measure all sizes and print the table."""
    sizes = sorted(map(int, os.environ.get("SIZES", "100,300,1000").split(",")))
    costs = []
    for size in sizes:
        for one in measure_scale(size):
            costs.append(one)
            print(f"{one.size:>9,} {one.step:32} {one.cpu:8.2f} s of CPU", file=sys.stderr, flush=True)
    print(write_table(costs))


if __name__ == "__main__":
    main()
