"""docs/benchmarks.md from what was measured."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.projects import Case


@dataclass
class Measured:
    """A step in one size of a case, and its runs."""

    name: str
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    megabytes: float = 0.0
    found: int = 0
    """Mistakes; of Entaku, rows in error."""
    note: str = ""
    """Why there are no figures, or what is odd about them."""


@dataclass(frozen=True)
class Table:
    """One case in one size."""

    case: Case
    size: int
    steps: list[Measured]

    @property
    def title(self) -> str:
        """Its heading."""
        return f"{self.size:,} {self.case.unit}: {self.case.title}"


HEAD = """\
# Benchmarks

Written by `make bench SIZES={sizes} ROUNDS={rounds}`: whole processes, as users run them, on generated projects. `entaku check`
and `entaku publish` start without a cache, and `publish` with an empty store (unless the row says otherwise): it archives,
reads, tidies, checks, writes CSV, Parquet and statistics, and makes the site and its feeds. The other tools read the same
files. Imports are included.

CPU is user and system time of the process with its children; peak is the largest resident memory of one process. Figures
are medians of the rounds, which run in turns (A, B, C, A, B, C); another tool that took more than a minute of CPU ran once,
and none is given more than {limit} s of it. **Compare ratios, not seconds**: on a shared machine the same command moves by 20–45 %.

| | reads | checks | tells | writes |
|---|---|---|---|---|
| `entaku check` | encodings, workbooks and layouts as they come | types, constraints, keys, foreign keys; leaks, machine-readability | row, column and cell | rows in error |
| `entaku publish` | the same, and archives it | the same | the same; a mistake holds the release | CSV, Parquet, statistics, report, site, feeds |
| bare read | every cell as text (pyarrow; calamine for workbooks) | nothing | nothing | nothing |
| frictionless-py | row by row | types, constraints, keys, foreign keys | row, column and cell of all (`limit_errors` raised) | nothing |
| DuckDB | typed columns, in memory | types while reading, and such a row no further; constraints, keys and foreign keys in SQL | place of a cell of another type; else counts | Parquet |
| pandera | texts by pandas, made typed | types, constraints, keys; foreign keys as a list of words | row and cell; a cell of another type twice, every row of a repeated key | nothing |
| pointblank | texts by Polars, made typed | types, constraints, keys; foreign keys as a list of words | counts, and up to 500 rows of each broken rule; an empty cell twice, every row of a repeated key | nothing |

Of the many files of one table the others check only the types: date and market, of which its key is made, stand in the
files' names. None of the others makes a catalogue.
"""


def write_page(tables: Sequence[Table], rounds: int, limit: int, machine: Mapping[str, str]) -> str:
    """The page: what is compared, ratios, each case, the machine."""
    sizes = list(dict.fromkeys(table.size for table in tables if not table.case.most))
    lines = [
        HEAD.format(sizes=",".join(map(write_size, sizes)), rounds=rounds, limit=limit),
        *(["This is a small run; figures of larger sizes will follow.", ""] if max(sizes) < 10**6 else []),
        "## CPU, as multiples of `entaku check`",
        "",
        *draw_ratios(tables),
    ]
    for table in tables:
        lines += ["", f"## {table.title}", "", *draw_table(table)]
    lines += ["", "## Machine", "", "| | |", "|---|---|", *(f"| {key} | {value} |" for key, value in machine.items())]
    return "\n".join(lines) + "\n"


def write_size(rows: int) -> str:
    """100000 as 100k."""
    return f"{rows // 10**6}m" if rows % 10**6 == 0 else f"{rows // 1000}k"


def draw_ratios(tables: Sequence[Table]) -> Iterator[str]:
    """All cases, a line each."""
    names = [step.name for step in tables[0].steps][1:]
    yield f"| | {' | '.join(names)} |"
    yield f"|---|{'---:|' * len(names)}"
    for table in tables:
        steps = {step.name: step for step in table.steps}
        ratios = [f"{ratio:.2f}×" if (ratio := divide(steps[name], table.steps[0])) else "–" for name in names]
        yield f"| {table.title} | {' | '.join(ratios)} |"


def draw_table(table: Table) -> Iterator[str]:
    """One case, with ratios to its first row."""
    yield "| | CPU s | × check | wall s | peak MB | runs | mistakes found |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for step in table.steps:
        if not step.cpu:
            yield f"| {step.name} | {step.note} | | | | | |"
            continue
        told = step.note or f"{step.found:,}"
        yield (
            f"| {step.name} | {median(step.cpu):.2f} | {divide(step, table.steps[0]):.2f} | {median(step.wall):.2f} "
            f"| {step.megabytes:.0f} | {len(step.cpu)} | {told} |"
        )


def divide(step: Measured, base: Measured) -> float:
    """How many times the CPU of `base`; 0 where either has none."""
    return median(step.cpu) / median(base.cpu) if step.cpu and base.cpu else 0.0
