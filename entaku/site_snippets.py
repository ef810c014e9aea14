"""How to load a published table: code for people to copy, with the table's real URL and columns.  Pure text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from entaku.grammar import Resource, SchemaField


@dataclass(frozen=True, slots=True)
class Snippet:
    """Code in one tool."""

    tool: str
    """`pandas`, `duckdb`, `r`, `curl`."""
    title: str
    code: str


NUMERIC = ("integer", "number")
MEASURES = {"measure", "indicator", "variable", "unit", "指標", "項目", "単位"}
"""Names of columns whose rows each have a number of another kind."""
READR: Mapping[str, str] = {
    "integer": "d", "number": "d", "year": "d", "boolean": "l", "date": "D", "datetime": "T", "time": "t",
}  # fmt: skip
"""readr's one-letter column types.  Integers are read as doubles: R's own end at 2,147,483,647."""


def write_snippets(address: str, resource: Resource) -> tuple[Snippet, ...]:
    """The snippets for the table `resource`, whose files are at `address` + `.csv` and `.parquet`."""
    group, value = choose_columns(resource.schema.fields)
    return (
        Snippet("pandas", "Python (pandas)", write_pandas(address, group, value)),
        Snippet("duckdb", "DuckDB (SQL)", write_duckdb(address, group, value)),
        Snippet("r", "R (readr)", write_r(address, resource.schema.fields, group)),
        Snippet("curl", "curl", write_curl(address)),
    )


def choose_columns(fields: tuple[SchemaField, ...]) -> tuple[str, str]:
    """A column worth grouping by and one worth averaging ("" if there is none), for the examples.

    Where a column tells what is measured, or in what unit, a number without a unit of its own is many things: the
    example then only counts.
    """
    strings = [field for field in fields if field.type == "string"]
    mixing = next((field.name for field in strings if MEASURES & {field.name, field.title.ja, field.title.en}), "")
    numbers = [field.name for field in fields if field.type in NUMERIC and (field.unit or not mixing)]
    if mixing and not numbers:
        return mixing, ""
    listed = [field.name for field in strings if field.constraints.enum]
    plain = [field.name for field in strings if not field.constraints.unique]
    group = (listed or plain or [fields[0].name])[0]
    return group, next((name for name in numbers if name != group), "")


def write_pandas(address: str, group: str, value: str) -> str:
    """Typed Parquet into a DataFrame."""
    last = (
        f"df.groupby({json.dumps(group)})[{json.dumps(value)}].describe()"
        if value
        else f"df[{json.dumps(group)}].value_counts()"
    )
    return f'import pandas as pd\n\ndf = pd.read_parquet("{address}.parquet")\nprint(df.head())\nprint({last})\n'


def write_duckdb(address: str, group: str, value: str) -> str:
    """A query that fetches only the columns it needs, by range requests."""
    measure = f', avg("{value}") AS mean_{value}' if value else ""
    return (
        f'SELECT "{group}", count(*) AS n{measure}\n'
        f"FROM '{address}.parquet'\nGROUP BY \"{group}\"\nORDER BY n DESC\nLIMIT 10;\n"
    )


def write_r(address: str, fields: tuple[SchemaField, ...], group: str) -> str:
    """CSV into a tibble with the schema's types, one letter for each column."""
    types = "".join(READR.get(field.type, "c") for field in fields)
    return (
        f'library(readr)\n\ndf <- read_csv("{address}.csv", col_types = "{types}")\nhead(df)\ntable(df[["{group}"]])\n'
    )


def write_curl(address: str) -> str:
    """The file, and the checksums to hold it against."""
    folder, _, name = address.rpartition("/")
    return (
        f"curl -fLO {address}.csv\ncurl -fLO {folder}/SHA256SUMS\nsha256sum --check --ignore-missing SHA256SUMS\n"
        if name
        else ""
    )
