"""Code to copy that loads a published table, with its real URL and columns; feedback.  Pure.

`tests/test_snippets.py` runs every snippet that can run on the test machine, against the published site.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from entaku.audit import rulebook
from entaku.catalogue import charts
from entaku.model.files import SUMS, name_csv, name_parquet
from entaku.model.grammar import Office, Resource
from entaku.model.table_schema import Schema, SchemaField
from entaku.site.citation import one_line

# ---- feedback ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Letter:
    """A message about a version of a dataset."""

    dataset: str
    version: str
    """The version; "" before the first."""
    page: str
    """URL of that version's page."""
    subject: str
    ask: str
    """The first line of its body."""


def find_feedback(office: Office, publisher: str) -> str:
    """Return the e-mail or web address for feedback on a publisher's data, by its key; "" without one."""
    given = office.publishers.get(publisher)
    return (given and (given.feedback or given.email)) or office.contact or ""


def address_feedback(to: str, letter: Letter) -> str:
    """Return the URL that sends a letter to an e-mail or web address; "" for anything else.

    An e-mail is filled in (RFC 6068), a web address gets the parameters `dataset`, `version` and `page`.
    """
    version = letter.version
    if to.startswith(("https://", "http://")):
        try:
            parts = urlsplit(to)
        except ValueError:
            return ""
        added = [("dataset", letter.dataset), ("version", version), ("page", letter.page)]
        kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in dict(added)]
        return urlunsplit(parts._replace(query=urlencode([*kept, *(pair for pair in added if pair[1])])))
    if not re.fullmatch(r"[^\s@/:?&,]+@[^\s@/:?&,]+", to):
        return ""
    told = [f"dataset: {letter.dataset}", *([f"version: {version}"] if version else []), f"page: {letter.page}"]
    lines = [letter.ask, "", "", "--", *told]
    body = "\r\n".join(lines)
    return (
        f"mailto:{quote(to, safe='@+')}?subject={quote(one_line(letter.subject), safe='')}&body={quote(body, safe='')}"
    )


@dataclass(frozen=True, slots=True)
class Snippet:
    """A code example for one tool."""

    tool: str
    """`pandas`, `polars`, `duckdb`, `r`, `javascript`, `powerquery`, `curl`."""
    title: str
    code: str


NUMERIC = ("integer", "number")
READR: Mapping[str, str] = {
    "integer": "d", "number": "d", "year": "d", "boolean": "l", "date": "D", "datetime": "T", "time": "t",
}  # fmt: skip
"""readr's one-letter column types.  Integers are read as doubles, because R's integers end at 2,147,483,647."""
POWER_QUERY: Mapping[str, str] = {
    "integer": "Int64.Type", "number": "type number", "year": "Int64.Type", "boolean": "type logical",
    "date": "type date", "datetime": "type datetime", "time": "type time",
}  # fmt: skip
"""M's types: https://learn.microsoft.com/powerquery-m/m-spec-types ."""


def write_snippets(
    folder: str, resource: Resource, zoned: Collection[str] = (), *, lasting: bool = True
) -> tuple[Snippet, ...]:
    """Write the snippets for the table `resource`, whose files are in the folder with this URL.

    `zoned`: the columns of moments with offsets from UTC; `lasting`: whether the files never change.  Of those that do,
    Polars and hyparquet would mix two releases, as they read by ranges without asking whether the file is the same:
    they are given the whole file, by one request.  DuckDB compares ETags, and the others make one request anyway.
    """
    csv, parquet, sums = (
        quote(folder + name, safe=":/?#[]@!$&()*+,;=%~-._")
        for name in (name_csv(resource.name), name_parquet(resource.name), SUMS)
    )
    fields = resource.schema.fields
    group, value = choose_columns(resource.schema)
    return (
        Snippet("pandas", "Python (pandas)", write_pandas(parquet, group, value)),
        Snippet("polars", "Python (Polars)", write_polars(parquet, group, value, lasting)),
        Snippet("duckdb", "SQL (DuckDB)", write_duckdb(parquet, group, value)),
        Snippet("r", "R (readr)", write_r(csv, fields, group)),
        Snippet("javascript", "JavaScript (hyparquet)", write_javascript(parquet, lasting)),
        Snippet("powerquery", "Excel (Power Query)", write_power_query(csv, fields, zoned)),
        Snippet("curl", "curl", write_curl(csv, sums)),
    )


def choose_columns(schema: Schema) -> tuple[str, str]:
    """Choose a column to group by and one to average ("" if there is none) for the examples.

    In a table where another column gives the quantity or the unit, a number column without a unit of its own mixes
    quantities and isn't averaged: the example then only counts.
    """
    fields = schema.fields
    strings = [field for field in fields if field.type == "string"]
    mixing = next(iter(charts.find_mixing(fields)), "")
    keys = {*schema.primaryKey, *(name for key in schema.foreignKeys for name in key.fields)}
    numbers = [
        field.name for field in fields if is_quantity(field) and field.name not in keys and (field.unit or not mixing)
    ]
    if mixing and not numbers:
        return mixing, ""
    listed = [field.name for field in strings if field.constraints.enum]
    plain = [field.name for field in strings if not is_alone(field, schema)]
    group = (listed or plain or [fields[0].name])[0]
    return group, next((name for name in numbers if name != group), "")


def is_quantity(field: SchemaField) -> bool:
    """Test whether a mean of the column is meaningful: it holds a quantity, no codes, coordinates or unique values."""
    if field.type not in NUMERIC or field.constraints.unique or charts.is_degree(field):
        return False
    return bool(field.unit) or rulebook.measures(field.title.ja or field.title.en or field.name)


def is_usual(field: SchemaField) -> bool:
    """Test whether tools read the column's values by its type alone: other formats of days and times stay text."""
    return field.type not in ("date", "time", "datetime") or field.format == "default"


def is_alone(field: SchemaField, schema: Schema) -> bool:
    """Test whether the values of the column are unique."""
    return field.constraints.unique or (field.name,) in (schema.primaryKey, *schema.uniqueKeys)


def write_pandas(address: str, group: str, value: str) -> str:
    """Write code that reads typed Parquet into a DataFrame."""
    last = (
        f"df.groupby({json.dumps(group)})[{json.dumps(value)}].describe()"
        if value
        else f"df[{json.dumps(group)}].value_counts()"
    )
    return (
        "# pip install pandas pyarrow\nimport pandas as pd\n\n"
        f'df = pd.read_parquet("{address}", dtype_backend="pyarrow")\nprint(df.head())\nprint({last})\n'
    )


def write_polars(address: str, group: str, value: str, lasting: bool) -> str:
    """Write code that reads typed Parquet and, of a file that never changes, fetches only the columns that are used."""
    mean = f', pl.col("{value}").mean().alias("mean_{value}")' if value else ""
    by_range = f'import polars as pl\n\ndf = pl.scan_parquet("{address}")\n'
    whole = (
        "import io\nfrom urllib.request import urlopen\nimport polars as pl\n\n"
        f'df = pl.scan_parquet(io.BytesIO(urlopen("{address}").read()))\n'
    )
    return (
        f"# pip install polars\n{by_range if lasting else whole}print(df.head().collect())\n"
        f'print(df.group_by("{group}").agg(pl.len().alias("n"){mean}).sort("n", descending=True).collect())\n'
    )


def write_duckdb(address: str, group: str, value: str) -> str:
    """Write a query that fetches only the columns it needs, by range requests."""
    measure = f', avg("{value}") AS "mean_{value}"' if value else ""
    return (
        f'SELECT "{group}", count(*) AS n{measure}\n'
        f"FROM '{address}'\nGROUP BY \"{group}\"\nORDER BY n DESC\nLIMIT 10;\n"
    )


def name_in_sql(name: str) -> str:
    """Return a table's name as SQL accepts it without quotes: `lift-hours` is `lift_hours`."""
    name = re.sub(r"\W", "_", name)
    return f"t_{name}" if name[:1].isdigit() else name


def write_query(resource: Resource) -> str:
    """Write a query over the table by its name, for the SQL of its page."""
    group, value = choose_columns(resource.schema)
    measure = f', AVG("{value}") AS "mean_{value}"' if value else ""
    return (
        f'SELECT "{group}", COUNT(*) AS n{measure}\n'
        f'FROM {name_in_sql(resource.name)}\nGROUP BY "{group}"\nORDER BY n DESC\nLIMIT 10'
    )


def write_r(address: str, fields: Sequence[SchemaField], group: str) -> str:
    """Write code that reads CSV into a tibble with the schema's types, one letter for each column."""
    types = "".join(READR.get(field.type, "c") if is_usual(field) else "c" for field in fields)
    return (
        '# install.packages("readr")\nlibrary(readr)\n\n'
        f'df <- read_csv("{address}", col_types = "{types}", na = "")\nhead(df)\ntable(df[["{group}"]])\n'
    )


def write_javascript(address: str, lasting: bool) -> str:
    """Write code that reads typed Parquet into objects, in a browser or in Node.

    The files' compression is read by `hyparquet-compressors`: https://github.com/hyparam/hyparquet .
    """
    by_range = f'await asyncBufferFromUrl({{ url: "{address}" }})'
    whole = f'await (await fetch("{address}")).arrayBuffer()'
    return (
        "// npm install hyparquet hyparquet-compressors\n"
        f'import {{ {"asyncBufferFromUrl, " * lasting}parquetReadObjects }} from "hyparquet";\n'
        'import { compressors } from "hyparquet-compressors";\n\n'
        f"const file = {by_range if lasting else whole};\n"
        "const rows = await parquetReadObjects({ file, compressors });\n"
        "console.log(rows.length, rows[0]);\n"
    )


def write_types(fields: Sequence[SchemaField], zoned: Collection[str]) -> str:
    """Write the types of columns for Power Query, a line each."""
    known = dict.fromkeys(zoned, "type datetimezone")
    kinds = (known.get(field.name) or POWER_QUERY.get(field.type, "type text") for field in fields)
    return ",\n".join(
        f'        {{"{field.name}", {kind if is_usual(field) else "type text"}}}'
        for field, kind in zip(fields, kinds, strict=True)
    )


def write_power_query(address: str, fields: Sequence[SchemaField], zoned: Collection[str] = ()) -> str:
    """Write code that reads CSV with the schema's types, so that Excel keeps leading zeros and makes no dates of codes.

    The language: https://learn.microsoft.com/powerquery-m/ .  The culture makes it read dates as ISO 8601.
    """
    types = write_types(fields, zoned)
    return (
        "let\n"
        f'    Source = Csv.Document(Web.Contents("{address}"),\n'
        '        [Delimiter = ",", Encoding = 65001, QuoteStyle = QuoteStyle.Csv]),\n'
        "    Headers = Table.PromoteHeaders(Source, [PromoteAllScalars = true]),\n"
        f'    Typed = Table.TransformColumnTypes(Headers, {{\n{types}\n    }}, "en-US")\n'
        "in\n    Typed\n"
    )


def write_curl(address: str, sums: str) -> str:
    """Write commands that download the file and verify its checksum."""
    return f"curl -fLO {address}\ncurl -fLO {sums}\nsha256sum --check --ignore-missing {SUMS}\n"
