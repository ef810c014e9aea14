"""The catalogue as a DuckDB database: SQL that makes a view of every current table, over its Parquet at its address.
Pure.

A database has a schema for each dataset, and in `main` the tables `datasets`, `tables` and `columns`, which tell what
there is.  Views read the version that was current when the database was made, at an address that never gets other
bytes.  They name the type of each column: DuckDB checks a view's types when it is used, and this way they need not be
read from the files when it is made.
"""

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from entaku.catalogue import facets
from entaku.catalogue.places import place_release
from entaku.check import schema as schemas
from entaku.formats.sqlite_write import quote as quote_name
from entaku.model.grammar import Office
from entaku.model.nouns import Catalogue, Release, ReleasedResource
from entaku.model.profile import list_zoned
from entaku.model.words import Text

DATABASE = "catalog.duckdb"
ALIAS = "c"
"""What the database is called while it is made."""
COMMENTED = 20_000
"""Columns of a catalogue up to which each has a comment too; beyond, they would take longer than all else."""
TYPES = {
    "string": "VARCHAR", "int64": "BIGINT", "int32": "INTEGER", "double": "DOUBLE", "bool": "BOOLEAN",
    "date32[day]": "DATE", "time64[us]": "TIME", "timestamp[us]": "TIMESTAMP",
    "timestamp[us, tz=UTC]": "TIMESTAMP WITH TIME ZONE", "list<item: string>": "VARCHAR[]",
}  # fmt: skip
"""DuckDB's names of the types that columns have."""
LISTS = {
    "datasets": "name VARCHAR, title VARCHAR, title_en VARCHAR, description VARCHAR, description_en VARCHAR, publisher VARCHAR, "
    "license VARCHAR, license_url VARCHAR, version VARCHAR, updated TIMESTAMP WITH TIME ZONE, sample BOOLEAN, page VARCHAR",
    "tables": "dataset VARCHAR, name VARCHAR, title VARCHAR, title_en VARCHAR, description VARCHAR, description_en VARCHAR, "
    "rows BIGINT, parquet VARCHAR, bytes BIGINT",
    "columns": "dataset VARCHAR, table_name VARCHAR, position INTEGER, name VARCHAR, type VARCHAR, title VARCHAR, title_en VARCHAR, "
    "unit VARCHAR, description VARCHAR, description_en VARCHAR",
}  # fmt: skip
"""The tables that tell what there is, with their columns."""


def offers_database(office: Office) -> bool:
    """Test whether a catalogue asks for the database."""
    return "duckdb" in office.site.downloads


def list_statements(catalogue: Catalogue) -> Iterator[str]:
    """Yield the SQL that fills an empty database called ALIAS, a dataset at a time."""
    current = [dataset.current for dataset in catalogue.datasets if dataset.current]
    count = sum(len(table.resource.schema.fields) for release in current for table in release.resources)
    yield "".join(f"CREATE TABLE {ALIAS}.main.{name} ({columns});\n" for name, columns in LISTS.items())
    for release in current:
        yield "".join(f"{line};\n" for line in write_dataset(catalogue.office, release, count <= COMMENTED))


def write_dataset(office: Office, release: Release, comments: bool) -> Iterator[str]:
    """Yield the statements for a dataset's current release; `comments`: with one on each column."""
    pipeline, sample, root = release.pipeline, "sample" in release.served, office.base_url.rstrip("/") + "/"
    title = facets.mark_sample(pipeline.title, sample)
    publisher, licence = office.publishers.get(pipeline.publisher), office.licenses.get(pipeline.license)
    about = [title.ja, title.en, pipeline.description.ja, pipeline.description.en]
    told = [publisher.title.get("ja") if publisher else pipeline.publisher, pipeline.license]
    told += [licence.url if licence else "", release.version, release.created]
    yield write_row("datasets", [release.dataset, *about, *told, sample, f"{root}datasets/{quote(release.dataset)}/"])
    schema = f"{ALIAS}.{quote_name(name_schema(release.dataset))}"
    yield f"CREATE SCHEMA IF NOT EXISTS {schema}"
    for table in release.resources:
        folder = root + quote(place_release(release))
        data = [part.parquet for part in table.parted.parts] if table.parted else [table.parquet]
        files = [folder + quote(file.path) for file in data]
        address = files[0] if not table.parted else folder + quote(table.parted.listed.path)
        title = facets.mark_sample(table.resource.title, sample)
        view = f"{schema}.{quote_name(table.name)}"
        yield from write_view(view, table, files)
        about = [title.ja, title.en, table.resource.description.ja, table.resource.description.en]
        yield write_row("tables", [release.dataset, table.name, *about, table.rows, address, table.parquet.bytes])
        yield f"COMMENT ON VIEW {view} IS {write_value(join_words(title, table.resource.description))}"
        for n, (field, (name, _, kind)) in enumerate(
            zip(table.resource.schema.fields, list_columns(table), strict=True)
        ):
            named = [release.dataset, table.name, n + 1, name, kind, field.title.ja, field.title.en, field.unit]
            yield write_row("columns", [*named, field.description.ja, field.description.en])
            if comments and (words := join_words(field.title, field.description, field.unit)):
                yield f"COMMENT ON COLUMN {view}.{quote_name(name)} IS {write_value(words)}"


def write_view(view: str, table: ReleasedResource, files: Sequence[str]) -> Iterator[str]:
    """Yield the statements that make a view.

    A view is bound when it is made, where its address may not be there yet, or not from here.  So for a moment another
    view has the address as its name, with the columns; where the database is read, DuckDB finds nothing of that name
    and takes it for the address that it is.
    """
    columns = list_columns(table)
    empty = ", ".join(f"CAST(NULL AS {kind}) AS {quote_name(name)}" for name, _, kind in columns)
    shown = ", ".join(f"CAST({quote_name(name)} AS {kind}) AS {quote_name(name)}" for name, _, kind in columns)
    yield from (f"CREATE TEMP VIEW {quote_name(address)} AS SELECT {empty}" for address in files)
    rows = (f"SELECT {shown} FROM {quote_name(address)}" for address in files)  # noqa: S608 - quoted
    yield f"CREATE VIEW {view} AS {' UNION ALL '.join(rows)}"
    yield from (f"DROP VIEW temp.main.{quote_name(address)}" for address in files)


def list_columns(table: ReleasedResource) -> list[tuple[str, str, str]]:
    """Return the name in DuckDB, the published name and the type of each column.

    DuckDB knows no case: a column whose name is there already gets a number after it, as DuckDB's reader of Parquet
    gives it.
    """
    zoned, seen, columns = list_zoned(table.profile), dict[str, int](), list[tuple[str, str, str]]()
    for field in table.resource.schema.fields:
        name = field.name
        while name.lower() in seen:
            seen[name.lower()] += 1
            name = f"{name}_{seen[name.lower()]}"
        seen[name.lower()] = 0
        columns.append((name, field.name, TYPES[str(schemas.arrow_type(field, field.name in zoned))]))
    return columns


def name_schema(dataset: str) -> str:
    """Return the schema of a dataset: its name, which can't be that of DuckDB's own schema."""
    return f"{dataset}_" if dataset == "main" else dataset


def join_words(title: Text, description: Text, unit: str = "") -> str:
    """Return a comment: titles and descriptions in both languages."""
    titles = " / ".join(filter(None, (title.ja, title.en))) + (f" [{unit}]" if unit else "")
    return "\n".join(filter(None, (titles.strip(), description.ja, description.en)))


def write_row(table: str, values: Iterable[object]) -> str:
    """Return the statement that adds a row to one of LISTS."""
    return f"INSERT INTO {ALIAS}.main.{table} VALUES ({', '.join(map(write_value, values))})"  # noqa: S608 - quoted


def write_value(value: object) -> str:
    """Return a value as SQL has it; an empty text is none."""
    if isinstance(value, bool | int):
        return str(value).upper()
    text = str(value).replace("\0", "")
    return "'" + text.replace("'", "''") + "'" if text else "NULL"
