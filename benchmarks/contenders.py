"""What is measured, each in a process of its own: `python -m benchmarks.contenders NAME FILE [keys]`.

Each reads the file itself and prints how many rows it saw and how many mistakes it found.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks.make_data import CATEGORIES, COLUMNS, GRADES, ITEM_SCHEMA, MARKETS, describe

Found = tuple[int, int]
"""Rows seen and mistakes found."""
KEY = ("date", "market", "item", "origin", "brand", "grade")


@contextmanager
def own_time() -> Iterator[None]:
    """What is told as the time without imports."""
    began = process_time()
    yield
    OWN.append(process_time() - began)


OWN: list[float] = []


# ---- reading ----------------------------------------------------------------------------------------------------


def stream_pyarrow(path: Path, names: Sequence[str] = COLUMNS) -> Iterator[Any]:
    """The bare read: every cell as text, batch by batch, on one thread."""
    import pyarrow as pa
    import pyarrow.csv as pc

    with pc.open_csv(
        path,
        read_options=pc.ReadOptions(use_threads=False, block_size=4 << 20),
        parse_options=pc.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=pc.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    ) as reader:
        yield from reader


def read_pyarrow(path: Path, _keys: bool) -> Found:
    import pyarrow.csv  # noqa: F401

    with own_time():
        return sum(batch.num_rows for batch in stream_pyarrow(path)), 0


def read_csv_module(path: Path, _keys: bool) -> Found:
    import csv

    with own_time(), path.open(encoding="cp932" if "cp932" in path.name else "utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1, 0


def read_pandas(path: Path, _keys: bool) -> Found:
    import pandas as pd

    encoding = "cp932" if "cp932" in path.name else "utf-8"
    with own_time():
        return len(pd.read_csv(path, dtype="str", keep_default_na=False, encoding=encoding)), 0


def read_entaku(path: Path, _keys: bool) -> Found:
    import pandas  # noqa: F401

    from entaku.model.grammar import Read
    from entaku.model.nouns import Raw
    from entaku.table.read import read

    body = path.read_bytes()
    raw = Raw(f"https://office.example.org/{path.name}", {}, "file", "2026-11-23T00:00:00Z", "", len(body))
    with own_time():
        tables, findings = read(raw, body, Read())
    return sum(len(table.frame) for table in tables), len(findings)


# ---- Excel ------------------------------------------------------------------------------------------------------


def excel_calamine(path: Path, _keys: bool) -> Found:
    from python_calamine import CalamineWorkbook

    with own_time(), CalamineWorkbook.from_path(str(path)) as book:
        return len(book.get_sheet_by_index(0).to_python(skip_empty_area=False)) - 1, 0


def excel_openpyxl(path: Path, _keys: bool) -> Found:
    from openpyxl import load_workbook

    with own_time():
        return sum(1 for _ in load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True)) - 1, 0


def excel_pandas(path: Path, _keys: bool) -> Found:
    import pandas as pd
    import python_calamine  # noqa: F401

    with own_time():
        return len(pd.read_excel(path, engine="calamine", dtype="str")), 0


def excel_frictionless(path: Path, _keys: bool) -> Found:
    from frictionless import Resource, Schema, system

    with own_time(), system.use_context(trusted=True):
        report = Resource(path=str(path), schema=Schema.from_descriptor(describe(False))).validate(limit_errors=10**9)
    return _count_report(report)


# ---- checking ---------------------------------------------------------------------------------------------------


def check_frictionless(path: Path, keys: bool) -> Found:
    from frictionless import Dialect, Package, Resource, Schema, system

    with system.use_context(trusted=True):
        tables = [
            Resource(
                name=name, path=str(file), encoding="utf-8", dialect=Dialect(),
                schema=Schema.from_descriptor(schema),
            )
            for name, file, schema in (
                ("sales", path, describe(keys)), ("items", path.with_name("items.csv"), ITEM_SCHEMA),
            )
        ]  # fmt: skip
        report = Package(resources=tables).validate(limit_errors=10**9)
    return _count_report(report)


def _count_report(report: Any) -> Found:
    return report.tasks[0].stats["rows"], sum(len(task.errors) for task in report.tasks)


def check_pandas(path: Path, keys: bool) -> Found:
    """What a careful analyst writes by hand: counts, no places."""
    import pandas as pd

    frame = pd.read_csv(path, dtype="str", keep_default_na=False)
    none = {name: frame[name].isin(["", "-"]) for name in COLUMNS}
    bad = sum(
        int(none[name].sum()) for name in ("date", "market", "category", "item", "origin", "grade", "quantity_kg")
    )
    dates = pd.to_datetime(frame["date"], format="%Y-%m-%d", errors="coerce")
    bad += int((dates.isna() & ~none["date"]).sum()) + int((dates < "2000-01-01").sum())
    for name, words in (("market", MARKETS), ("category", CATEGORIES), ("grade", GRADES)):
        bad += int((~frame[name].isin(words) & ~none[name]).sum())
    bad += int((~frame["origin"].str.fullmatch("[^0-9]+") & ~none["origin"]).sum())
    bad += int((frame["brand"].str.len() > 20).sum())
    for name, most in (("quantity_kg", 100_000), ("price_high", 10**6), ("price_mid", 10**6), ("price_low", 10**6)):
        numbers = pd.to_numeric(frame[name].where(~none[name]), errors="coerce")
        bad += int((numbers.isna() & ~none[name]).sum()) + int(((numbers < 0) | (numbers > most)).sum())
    if keys:
        bad += int(frame.duplicated(list(KEY)).sum())
        bad += int((~frame["item"].isin(pd.read_csv(path.with_name("items.csv"), dtype="str")["item"])).sum())
    return len(frame), bad


def check_pandera(path: Path, keys: bool) -> Found:
    import pandas as pd
    import pandera.pandas as pa

    words = pd.read_csv(path.with_name("items.csv"), dtype="str")["item"].tolist() if keys else None
    columns = {
        "date": pa.Column("datetime64[ns]", pa.Check.ge(pd.Timestamp("2000-01-01")), coerce=True),
        "market": pa.Column(str, pa.Check.isin(MARKETS)),
        "category": pa.Column(str, pa.Check.isin(CATEGORIES)),
        "item": pa.Column(str, pa.Check.isin(words) if words else None),
        "origin": pa.Column(str, pa.Check.str_matches("^[^0-9]+$")),
        "brand": pa.Column(str, pa.Check.str_length(max_value=20), nullable=True),
        "grade": pa.Column(str, pa.Check.isin(GRADES)),
        "quantity_kg": pa.Column(float, pa.Check.in_range(0, 100_000), coerce=True),
        **{
            name: pa.Column(float, pa.Check.in_range(0, 10**6), nullable=True, coerce=True)
            for name in ("price_high", "price_mid", "price_low")
        },
    }
    frame = pd.read_csv(path, dtype="str", keep_default_na=False, na_values=["", "-"])
    try:
        pa.DataFrameSchema(columns, unique=list(KEY) if keys else None).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        return len(frame), len(error.failure_cases)
    return len(frame), 0


def check_duckdb(path: Path, keys: bool) -> Found:
    """One query over all-text columns: counts, no places."""
    import duckdb

    def among(words: list[str]) -> str:
        return ", ".join(f"'{word}'" for word in words)

    def number(name: str, most: int) -> str:
        cast = f"try_cast({name} as double)"
        return f"count(*) filter ({name} not in ('', '-') and ({cast} is null or {cast} < 0 or {cast} > {most}))"

    required = ("date", "market", "category", "item", "origin", "grade", "quantity_kg")
    rules = [f"count(*) filter ({name} in ('', '-'))" for name in required]
    cast = "try_strptime(date, '%Y-%m-%d')"
    rules += [f"count(*) filter (date not in ('', '-') and ({cast} is null or {cast} < date '2000-01-01'))"]
    rules += [
        f"count(*) filter ({name} not in ('', '-', {among(words)}))"
        for name, words in (("market", MARKETS), ("category", CATEGORIES), ("grade", GRADES))
    ]
    rules += ["count(*) filter (origin not in ('', '-') and not regexp_full_match(origin, '[^0-9]+'))"]
    rules += ["count(*) filter (length(brand) > 20)"]
    rules += [number("quantity_kg", 100_000), *(number(f"price_{kind}", 10**6) for kind in ("high", "mid", "low"))]
    table = f"read_csv('{path}', all_varchar=true, header=true, nullstr='\\N')"
    if keys:
        items = path.with_name("items.csv")
        rules += [f"count(*) filter (item not in (select item from read_csv('{items}', all_varchar=true)))"]
    connection = duckdb.connect()
    rows, *counts = connection.sql(f"select count(*), {', '.join(rules)} from {table}").fetchall()[0]
    if keys:
        doubles = f"select coalesce(sum(n - 1), 0) from (select count(*) n from {table} group by {', '.join(KEY)} having n > 1)"
        counts += connection.sql(doubles).fetchall()[0]
    return rows, int(sum(counts))


def check_entaku(path: Path, keys: bool) -> Found:
    from benchmarks.engine import check

    return check(path, keys)


def publish_entaku(path: Path, keys: bool) -> Found:
    """Check, CSV, Parquet and statistics in one pass."""
    from benchmarks.engine import publish

    return publish(path, keys)


# ---- pieces -----------------------------------------------------------------------------------------------------


def write_csv_entaku(path: Path, _keys: bool) -> Found:
    from entaku.release.files import CsvFile

    with (path.parent / "out" / path.name).open("wb") as sink:
        file = CsvFile(sink, COLUMNS)
        rows = 0
        for batch in stream_pyarrow(path):
            file.add(batch)
            rows += batch.num_rows
    return rows, 0


def write_csv_module(path: Path, _keys: bool) -> Found:
    import csv

    rows = 0
    with (path.parent / "out" / path.name).open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink, lineterminator="\n")
        writer.writerow(COLUMNS)
        for batch in stream_pyarrow(path):
            writer.writerows(zip(*(column.to_pylist() for column in batch.columns), strict=True))
            rows += batch.num_rows
    return rows, 0


def stats_entaku(path: Path, _keys: bool) -> Found:
    from benchmarks.engine import cast_batch, grammar
    from benchmarks.make_data import describe
    from entaku.release.stats import Stats

    stats = Stats(grammar(describe(False)))
    for batch in stream_pyarrow(path):
        stats.add(cast_batch(batch))
    return stats.close()[0].rows, 0


def cast_only(path: Path, _keys: bool) -> Found:
    from benchmarks.engine import cast_batch

    return sum(cast_batch(batch).num_rows for batch in stream_pyarrow(path)), 0


def stats_pandas(path: Path, _keys: bool) -> Found:
    import pandas as pd

    frame = pd.read_csv(path, na_values=["-"])
    frame.describe(include="all")
    for name in COLUMNS:
        frame[name].nunique()
        frame[name].value_counts().head(10)
    return len(frame), 0


CONTENDERS: dict[str, Callable[[Path, bool], Found]] = {
    name: made for name, made in list(globals().items())
    if name.partition("_")[0] in ("read", "excel", "check", "publish", "write", "stats", "cast") and callable(made)
}  # fmt: skip


def main(name: str, file: str, *flags: str) -> None:
    """Run one contender and print what it found as JSON."""
    rows, found = CONTENDERS[name](Path(file), "keys" in flags)
    print(json.dumps({"rows": rows, "found": found, **({"own": OWN[0]} if OWN else {})}))


if __name__ == "__main__":
    main(*sys.argv[1:])
