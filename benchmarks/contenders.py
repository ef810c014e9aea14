"""What Entaku is measured beside, each in a process of its own: `python -m benchmarks.contenders NAME FOLDER`.

Each reads the tables of FOLDER/datapackage.json, holds them against the schemas told there as far as it can, and prints
how many mistakes it found.
"""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Table:
    """A resource of the package."""

    name: str
    paths: list[str]
    encoding: str
    schema: dict[str, Any]

    @property
    def kinds(self) -> dict[str, str]:
        """The type of each column."""
        return {field["name"]: field["type"] for field in self.schema["fields"]}

    def list_limits(self) -> Iterator[tuple[str, str, Any]]:
        """Column, name and value of each constraint; bounds of dates as dates."""
        for field in self.schema["fields"]:
            for limit, value in field.get("constraints", {}).items():
                bound = field["type"] == "date" and limit in ("minimum", "maximum")
                yield field["name"], limit, date.fromisoformat(value) if bound else value

    @property
    def key(self) -> list[str]:
        return self.schema.get("primaryKey", [])

    def list_references(self) -> Iterator[tuple[str, str, str]]:
        """Column, table referred to, column there."""
        for key in self.schema.get("foreignKeys", []):
            yield key["fields"][0], key["reference"]["resource"], key["reference"]["fields"][0]


def read_package(folder: Path) -> list[Table]:
    """The tables, those that are referred to before those that refer to them."""
    tables = []
    for told in json.loads((folder / "datapackage.json").read_text("utf-8"))["resources"]:
        paths = told["path"] if isinstance(told["path"], list) else [told["path"]]
        places = [str(folder / path) for path in paths]
        tables.append(Table(told["name"], places, told.get("encoding", "utf-8"), told["schema"]))
    return tables


def read(folder: Path) -> int:
    """The bare read: every cell as text, nothing checked.  pyarrow for CSV, calamine for workbooks."""
    import pyarrow as pa
    import pyarrow.csv as pc
    from python_calamine import CalamineWorkbook

    for table in read_package(folder):
        texts = pc.ConvertOptions(column_types=dict.fromkeys(table.kinds, pa.string()))
        for path in table.paths:
            if path.endswith(".xlsx"):
                CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
            else:
                for _ in pc.open_csv(path, pc.ReadOptions(encoding=table.encoding), convert_options=texts):
                    pass
    return 0


def frictionless(folder: Path) -> int:
    """All of the schema; row, column and cell of every mistake."""
    from frictionless import Package, system

    with system.use_context(trusted=True):
        package = Package(str(folder / "datapackage.json"))
        report = package.validate(limit_errors=10**9)
    return int(report.stats["errors"])


# ---- DuckDB -----------------------------------------------------------------------------------------------------

DUCKDB_TYPES = {"integer": "bigint", "number": "double", "date": "date", "string": "varchar"}


def duckdb(folder: Path) -> int:
    """Typed columns, with cells of other types set aside by place; the other rules counted in SQL; Parquet out."""
    from duckdb import connect

    base, found = connect(), 0
    out = folder / "out"
    out.mkdir(exist_ok=True)
    for table in read_package(folder):
        columns = {name: DUCKDB_TYPES[kind] for name, kind in table.kinds.items()}
        name = f'"{table.name}"'
        base.execute(
            f"create table {name} as from read_csv(?, header=true, columns=?, store_rejects=true)",
            [table.paths, columns],
        )
        queries = ["select count(*) from reject_errors", *_list_queries(table, name)]
        found += sum(int(base.execute(query).fetchone()[0]) for query in queries)
        base.execute("drop table reject_errors")
        base.execute("drop table reject_scans")
        base.execute(f"copy {name} to '{out / table.name}.parquet' (compression zstd)")
    return found


def _list_queries(table: Table, name: str) -> Iterator[str]:
    """Each a count of mistakes; the cells' rules in one pass."""
    rules = []
    for column, limit, value in table.list_limits():
        match limit:
            case "required":
                rules.append(f'"{column}" is null')
            case "enum":
                rules.append(f'"{column}" not in {tuple(value)}')
            case "pattern":
                rules.append(f"not regexp_full_match(\"{column}\", '{value}')")
            case "maxLength":
                rules.append(f'length("{column}") > {value}')
            case "minimum" | "maximum":
                sign = "<" if limit == "minimum" else ">"
                rules.append(f"\"{column}\" {sign} '{value}'")
    if rules:
        counts = " + ".join(f"count(*) filter ({rule})" for rule in rules)
        yield f"select {counts} from {name}"
    if table.key:
        columns = ", ".join(f'"{column}"' for column in table.key)
        yield f"select coalesce(sum(n - 1), 0) from (select count(*) n from {name} group by {columns} having n > 1)"
    for column, other, theirs in table.list_references():
        yield f'select count(*) from {name} anti join "{other}" on {name}."{column}" = "{other}"."{theirs}" where "{column}" is not null'


# ---- pandera, pointblank ----------------------------------------------------------------------------------------


def read_pandas(table: Table) -> Any:
    """The table as texts, empty cells as nulls."""
    import pandas as pd

    nulls: dict[str, Any] = {"dtype": "str", "keep_default_na": False, "na_values": [""]}
    if table.paths[0].endswith(".xlsx"):
        return pd.read_excel(table.paths[0], engine="calamine", **nulls)
    return pd.concat([pd.read_csv(path, encoding=table.encoding, **nulls) for path in table.paths], ignore_index=True)


def pandera(folder: Path) -> int:
    """All of the schema, over pandas; the row and cell of every mistake, lazily."""
    import pandas as pd
    import pandera.pandas as pa

    make = {
        "enum": pa.Check.isin, "pattern": lambda value: pa.Check.str_matches(f"^(?:{value})$"),
        "maxLength": lambda value: pa.Check.str_length(max_value=value),
        "minimum": lambda value: pa.Check.ge(pd.Timestamp(value) if isinstance(value, date) else value),
        "maximum": lambda value: pa.Check.le(pd.Timestamp(value) if isinstance(value, date) else value),
    }  # fmt: skip
    types = {"integer": "Int64", "number": float, "date": "datetime64[ns]", "string": str}
    found, frames = 0, {}
    for table in read_package(folder):
        frame = frames[table.name] = read_pandas(table)
        checks: dict[str, list[Any]] = {name: [] for name in table.kinds}
        for column, limit, value in table.list_limits():
            checks[column] += [make[limit](value)] if limit in make else []
        for column, other, theirs in table.list_references():
            checks[column].append(pa.Check.isin(frames[other][theirs].tolist()))
        required = {column for column, limit, _ in table.list_limits() if limit == "required"}
        columns = {
            name: pa.Column(types[kind], checks[name], nullable=name not in required, coerce=kind != "string")
            for name, kind in table.kinds.items()
        }
        try:
            pa.DataFrameSchema(columns, unique=table.key or None).validate(frame, lazy=True)
        except pa.errors.SchemaErrors as error:
            found += len(error.failure_cases)
    return found


def read_polars(table: Table) -> Any:
    """Each column twice: as text, and with its type."""
    import polars as pl

    if table.paths[0].endswith(".xlsx"):
        texts = pl.from_pandas(read_pandas(table))
    else:
        encoding = "utf8" if table.encoding == "utf-8" else table.encoding
        texts = pl.concat([pl.read_csv(path, infer_schema=False, encoding=encoding) for path in table.paths])
    types = {"integer": pl.Int64(), "number": pl.Float64(), "date": pl.Date(), "string": pl.String()}
    typed = [
        pl.col(name).str.to_date("%Y-%m-%d", strict=False) if kind == "date" else pl.col(name).cast(types[kind], strict=False)
        for name, kind in table.kinds.items()
    ]  # fmt: skip
    return texts.with_columns(*typed, *(pl.col(name).alias(f"{name} as text") for name in texts.columns))


def pointblank(folder: Path) -> int:
    """All of the schema, over Polars; counts, and up to 500 rows of each rule that is broken."""
    import pointblank as pb
    import polars as pl

    found, frames = 0, {}
    for table in read_package(folder):
        frame = frames[table.name] = read_polars(table)
        plan = pb.Validate(data=frame)
        for name in table.kinds:
            plan = plan.col_vals_expr(pl.col(name).is_not_null() | pl.col(f"{name} as text").is_null())
        for name, limit, value in table.list_limits():
            match limit:
                case "required":
                    plan = plan.col_vals_not_null(f"{name} as text")
                case "enum":
                    plan = plan.col_vals_in_set(name, value)
                case "pattern":
                    plan = plan.col_vals_regex(name, f"^(?:{value})$", na_pass=True)
                case "maxLength":
                    plan = plan.col_vals_str_len(name, max_val=value, na_pass=True)
                case "minimum":
                    plan = plan.col_vals_ge(name, value, na_pass=True)
                case "maximum":
                    plan = plan.col_vals_le(name, value, na_pass=True)
        for column, other, theirs in table.list_references():
            plan = plan.col_vals_in_set(column, frames[other][theirs].to_list())
        if table.key:
            plan = plan.rows_distinct(table.key)
        found += sum(plan.interrogate().n_failed().values())
    return int(found)


CONTENDERS: dict[str, Callable[[Path], int]] = {
    "bare read": read,
    "frictionless-py": frictionless,
    "DuckDB": duckdb,
    "pandera": pandera,
    "pointblank": pointblank,
}

if __name__ == "__main__":
    print(CONTENDERS[sys.argv[1]](Path(sys.argv[2])))
