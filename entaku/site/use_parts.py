"""Code to copy that loads a published table whose files are parts, by the list of these.  Pure."""

from collections.abc import Collection, Sequence
from urllib.parse import quote

from entaku.model.files import PARTS, SUMS, name_part_list
from entaku.model.grammar import Resource
from entaku.model.table_schema import SchemaField
from entaku.site.use import READR, Snippet, choose_columns, is_usual, write_types


def write_part_snippets(folder: str, resource: Resource, zoned: Collection[str] = ()) -> tuple[Snippet, ...]:
    """Write the snippets for the table `resource`, as `write_snippets`: of the version in the folder with this URL."""
    folder = quote(folder, safe=":/?#[]@!$&()*+,;=%~-._")
    listed, fields = name_part_list(resource.name), resource.schema.fields
    group, value = choose_columns(resource.schema)
    return (
        Snippet("pandas", "Python (pandas)", write_pandas(folder, listed, group)),
        Snippet("polars", "Python (Polars)", write_polars(folder, listed, group)),
        Snippet("duckdb", "SQL (DuckDB)", write_duckdb(folder, listed, group, value)),
        Snippet("r", "R (readr)", write_r(folder, listed, fields, group)),
        Snippet("javascript", "JavaScript (hyparquet)", write_javascript(folder, listed)),
        Snippet("powerquery", "Excel (Power Query)", write_power_query(folder, listed, fields, zoned)),
        Snippet("curl", "curl", write_curl(folder, resource.name)),
    )


def write_pandas(folder: str, listed: str, group: str) -> str:
    """Write code that reads typed Parquet into a DataFrame."""
    return (
        "# pip install pandas pyarrow\nimport json\nfrom urllib.request import urlopen\nimport pandas as pd\n\n"
        f'folder = "{folder}"\nparts = json.load(urlopen(folder + "{listed}"))\n'
        'files = [folder + part["parquet"]["path"] for part in parts]\n'
        'df = pd.concat([pd.read_parquet(file, dtype_backend="pyarrow") for file in files], ignore_index=True)\n'
        f'print(df.head())\nprint(df["{group}"].value_counts())\n'
    )


def write_polars(folder: str, listed: str, group: str) -> str:
    """Write code that fetches only the columns that are used."""
    return (
        "# pip install polars\nimport json\nfrom urllib.request import urlopen\nimport polars as pl\n\n"
        f'folder = "{folder}"\nparts = json.load(urlopen(folder + "{listed}"))\n'
        'df = pl.scan_parquet([folder + part["parquet"]["path"] for part in parts])\nprint(df.head().collect())\n'
        f'print(df.group_by("{group}").agg(pl.len().alias("n")).sort("n", descending=True).collect())\n'
    )


def write_duckdb(folder: str, listed: str, group: str, value: str) -> str:
    """Write a query that fetches only the columns that it needs."""
    measure = f', avg("{value}") AS "mean_{value}"' if value else ""
    listing = f"SELECT list('{folder}' || parquet.path)\n  FROM read_json('{folder}{listed}')"  # noqa: S608 - to copy
    return (
        f"SET VARIABLE files = ({listing});\n"
        f'SELECT "{group}", count(*) AS n{measure}\n'
        f"FROM read_parquet(getvariable('files'))\nGROUP BY \"{group}\"\nORDER BY n DESC\nLIMIT 10;\n"
    )


def write_r(folder: str, listed: str, fields: Sequence[SchemaField], group: str) -> str:
    """Write code that reads CSV into a tibble with the schema's types."""
    types = "".join(READR.get(field.type, "c") if is_usual(field) else "c" for field in fields)
    return (
        '# install.packages(c("readr", "jsonlite"))\nlibrary(readr)\n\n'
        f'folder <- "{folder}"\nparts <- jsonlite::fromJSON(paste0(folder, "{listed}"))\n'
        f'read_part <- function(path) read_csv(paste0(folder, path), col_types = "{types}", na = "")\n'
        f'df <- do.call(rbind, lapply(parts$csv$path, read_part))\nhead(df)\ntable(df[["{group}"]])\n'
    )


def write_javascript(folder: str, listed: str) -> str:
    """Write code that reads typed Parquet into objects, in a browser or in Node."""
    return (
        "// npm install hyparquet hyparquet-compressors\n"
        'import { asyncBufferFromUrl, parquetReadObjects } from "hyparquet";\n'
        'import { compressors } from "hyparquet-compressors";\n\n'
        f'const folder = "{folder}";\nconst parts = await (await fetch(folder + "{listed}")).json();\n'
        "const rows = [];\nfor (const part of parts) {\n"
        "  const file = await asyncBufferFromUrl({ url: folder + part.parquet.path });\n"
        "  for (const row of await parquetReadObjects({ file, compressors })) rows.push(row);\n}\n"
        "console.log(rows.length, rows[0]);\n"
    )


def write_power_query(folder: str, listed: str, fields: Sequence[SchemaField], zoned: Collection[str]) -> str:
    """Write code that reads CSV with the schema's types."""
    types = write_types(fields, zoned)
    return (
        f'let\n    Folder = "{folder}",\n    Parts = Json.Document(Web.Contents(Folder & "{listed}")),\n'
        "    Read = (part) => Table.PromoteHeaders(Csv.Document(Web.Contents(Folder & part[csv][path]),\n"
        '        [Delimiter = ",", Encoding = 65001, QuoteStyle = QuoteStyle.Csv]), [PromoteAllScalars = true]),\n'
        "    Rows = Table.Combine(List.Transform(Parts, Read)),\n"
        f'    Typed = Table.TransformColumnTypes(Rows, {{\n{types}\n    }}, "en-US")\nin\n    Typed\n'
    )


def write_curl(folder: str, table: str) -> str:
    """Write commands that download the CSV of every part and verify the checksums."""
    return (
        f"curl -fLO {folder}{SUMS}\n"
        f"grep -o ' {table}{PARTS}.*[.]csv$' {SUMS} | while read -r file; do\n"
        f'  curl -fL --create-dirs -o "$file" "{folder}$file"\ndone\n'
        f"sha256sum --check --ignore-missing {SUMS}\n"
    )
