"""docs/benchmarks.md from what was measured."""

import re
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

WORDS = {
    "read_pyarrow": "bare pyarrow read",
    "read_csv_module": "csv module",
    "read_pandas": "pandas read",
    "read_entaku": "**entaku read**",
    "check_entaku": "**entaku check**",
    "check_frictionless": "frictionless-py",
    "check_pandera": "pandera",
    "check_pandas": "pandas by hand",
    "check_duckdb": "DuckDB SQL",
    "publish_entaku": "**entaku check + CSV + Parquet + statistics**",
    "write_csv_entaku": "**entaku CSV**",
    "write_csv_module": "csv module",
    "cast_only": "entaku typed columns alone",
    "stats_entaku": "**entaku typed columns + statistics**",
    "stats_pandas": "pandas describe, nunique, value_counts",
    "excel_calamine": "bare calamine read",
    "excel_openpyxl": "openpyxl, read-only",
    "excel_pandas": "pandas with calamine",
    "excel_frictionless": "frictionless-py (reads and checks)",
    "entaku": "**entaku publish** (archive, check, release, catalogue, site)",
    "script": "pandas + frictionless-py script (tidy, check, CSV, Parquet)",
    "one": "one worker",
    "two": "two workers",
}
PAGES = "## The pages of 1,000 datasets, beside Hugo"
"""The section that `make bench-pages` writes (`benchmarks/pages.py`)."""
KINDS = {"clean": "clean", "bad": "1 % of rows bad", "ruined": "every cell wrong"}

Result = Mapping[str, Any]


def write_page(results: Mapping[str, Any]) -> str:
    """The page: aims, tables, machine, method."""
    groups: dict[str, list[Result]] = {}
    for one in results["measured"]:
        groups.setdefault(one["group"], []).append(one)
    lines = [*_HEAD, "", "## Aims and what was reached", "", "| aim | reached |", "|---|---|"]
    lines += [f"| {aim} | {reached} |" for aim, reached in list_aims(groups)]
    for group, rows in groups.items():
        lines += ["", f"## {name_group(group)}", "", *draw_table(rows)]
    lines += ["", "## Machine", "", "| | |", "|---|---|"]
    lines += [f"| {key} | {value} |" for key, value in results["machine"].items()]
    return "\n".join(lines) + "\n"


_HEAD = """\
# Benchmarks

Written by `make bench`; the figures are those of its last run. CPU is user and system time of the finished process
with its children, the median of the runs [least–most]; peak is its largest resident memory. Every contender ran in a
process of its own, imports included, in turns within one run, so **compare ratios, not seconds**: on a shared machine the
same command moves by 20–45 %. What is written goes to an empty folder, as a release does.

To repeat it: `make bench`, or `make bench SIZES=100k,1m,10m ROUNDS=3` (with 10m 2 GB of disk and a
quarter of an hour on a quiet machine; 20m, 2 GB more, measures the peak beyond; `ONLY="check 1m"` measures the groups
that begin so and leaves this page alone).

The data are generated (`benchmarks/make_data.py`): a market's sales, 11 columns, 90 bytes a row, the same bytes every
time. Rules: 7 required columns, 3 enums, a pattern, 5 bounds, a length; *keys* adds a primary key of 6 columns and a
foreign key into 500 items. *bad* has a mistake in 1 % of its rows, of eight kinds. frictionless-py keeps all errors
(`limit_errors=10**9`) and runs up to 1m, as do pandera and pandas. pandera, pandas and DuckDB count mistakes but don't say where each is
(pandera lists them, once for each column of a repeated key); Entaku and frictionless-py give row, field and cell. A
contender that took more than 20 s ran once.
""".splitlines()


def name_group(group: str) -> str:
    """A group's heading."""
    kind, *rest = group.split()
    match kind:
        case "check":
            size, keys, data = rest
            return f"Check, {size} rows, {'with keys' if keys == 'keys' else 'without keys'}, {KINDS[data]}"
        case "publish":
            return f"Everything in one pass, {rest[0]} rows, with keys"
        case "read":
            return f"Read {rest[0]} rows of {'cp932' if rest[1] == 'cp932' else 'UTF-8'} CSV"
        case "pieces":
            return f"Writing and statistics, {rest[0]} rows, read included"
        case "excel":
            return "Excel, 100k rows × 11"
        case "pipeline":
            return "A whole pipeline: 60 daily files, 60,000 rows"
        case "days":
            return "5,000 daily files of 200 rows, read and tidied"
    return group


def draw_table(rows: list[Result]) -> Iterator[str]:
    """One group, with ratios to its first row that succeeded."""
    kind = rows[0]["group"].split()[0]
    key, against = {
        "days": ("wall", "wall"),
        "excel": ("own", "CPU without imports"),
        "read": ("own", "CPU without imports"),
    }.get(kind, ("cpu", "CPU"))
    base = next((row for row in rows if not row["failed"]), None)
    yield f"| | CPU s | wall s | peak MB | {against}, × the first | runs | mistakes found |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for row in rows:
        name = WORDS.get(row["name"], row["name"])
        if row["failed"] or base is None:
            yield f"| {name} | failed: {row['failed']} | | | | | |"
            continue
        ratio = median(row[key]) / median(base[key])
        yield (
            f"| {name} | {spread(row['cpu'])} | {median(row['wall']):.2f} | {row['megabytes']:.0f} | {ratio:.2f}× "
            f"| {len(row['cpu'])} | {row['found']:,} |"
        )


def spread(seconds: list[float]) -> str:
    """Median [least–most]."""
    if len(seconds) < 2:
        return f"{seconds[0]:.2f}"
    return f"{median(seconds):.2f} [{min(seconds):.2f}–{max(seconds):.2f}]"


def list_aims(groups: Mapping[str, list[Result]]) -> Iterator[tuple[str, str]]:
    """The aims set for the engine, and this run's figure for each that it measured."""

    def cpu(group: str, name: str) -> float | None:
        return _get(groups, group, name, "cpu")

    for keys in ("clean", "bad"):
        ours, theirs = cpu(f"check 1m keys {keys}", "check_entaku"), cpu(f"check 1m keys {keys}", "check_frictionless")
        if ours and theirs:
            yield f"1m rows with keys, {KINDS[keys]}: 25× less CPU than frictionless-py", f"{theirs / ours:.1f}×"
            small = [cpu(f"check 100k keys {keys}", name) for name in ("check_entaku", "check_frictionless")]
            if small[0] and small[1]:
                yield f"each further row, {KINDS[keys]}: 45× less", f"{(theirs - small[1]) / (ours - small[0]):.1f}×"
    for size, aim in (("1m", "times the bare read, for comparison"), ("10m", "at most 2× the bare read")):
        for kind in ("clean", "bad"):
            ours, bare = (cpu(f"check {size} keys {kind}", name) for name in ("check_entaku", "read_pyarrow"))
            if ours and bare:
                yield f"{size} rows with keys, {KINDS[kind]}: {aim}", f"{ours / bare:.2f}×"
    peaks = (
        ("check 10m keys clean", 512), ("check 20m keys clean", 512), ("check 10m plain clean", 300),
        ("check 100k keys ruined", 300),
    )  # fmt: skip
    for group, most in peaks:
        if peak := _get(groups, group, "check_entaku", "megabytes"):
            beyond = ", and no more than for 10m" if "20m" in group else ""
            yield f"{name_group(group)}: under {most} MB{beyond}", f"{peak:.0f} MB"
    ruined = "check 100k keys ruined"
    if (ours := cpu(ruined, "check_entaku")) and (theirs := cpu(ruined, "check_frictionless")):
        yield "100k rows that are all bad: 30× less than frictionless-py", f"{theirs / ours:.1f}×"
    for size in ("100k", "1m", "10m"):
        alone, whole = cpu(f"publish {size}", "check_entaku"), cpu(f"publish {size}", "publish_entaku")
        if alone and whole:
            yield f"check, CSV, Parquet and statistics at {size}: at most 1.6× check alone", f"{whole / alone:.2f}×"
    ours, bare = (_get(groups, "excel 100k", name, "own") for name in ("read_entaku", "excel_calamine"))
    if ours and bare:
        yield "100k-row xlsx: at most 1.5× what calamine takes (without imports)", f"{ours / bare:.2f}×"
    one, two = _get(groups, "days", "one", "wall"), _get(groups, "days", "two", "wall")
    if one and two:
        yield "5,000 daily files: two workers at least 1.6× quicker", f"{one / two:.2f}×"


def _get(groups: Mapping[str, list[Result]], group: str, name: str, key: str) -> float | None:
    for row in groups.get(group, ()):
        if row["name"] == name and not row["failed"]:
            return median(row[key]) if isinstance(row[key], list) else float(row[key])
    return None


def put_section(page: str, section: str) -> str:
    """`page` with the section in the place of what it had, or before the machine."""
    without = re.sub(rf"{re.escape(PAGES)}\n.*?(?=^## )", "", page, flags=re.DOTALL | re.MULTILINE)
    before, machine, after = without.partition("## Machine")
    return f"{before}{section}\n{machine}{after}"


def take_section(page: str) -> str:
    """The section that a page has, "" without."""
    found = re.search(rf"{re.escape(PAGES)}\n.*?(?=^## )", page, re.DOTALL | re.MULTILINE)
    return found[0].rstrip() + "\n" if found else ""
