"""A published site → the verdicts on what it says in JSON of itself: DCAT-US 3, OpenAPI, JSON Schema, MCP; and on the list.

The validators are those of `judges`, which has a row for each.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from entaku.catalogue import build
from entaku.formats.heavy import anyio, duckdb, frictionless, jsonschema, mcp_client, pq
from entaku.formats.rows_out import BATCH, write_lines
from entaku.formats.sqlite_write import quote
from entaku.model.files import SUMS, name_parquet, name_part_list
from entaku.model.nouns import Refused
from entaku.model.standards import find_standard
from entaku.work.database import PLAIN
from entaku.work.mcp_server import make_server, open_place
from entaku.work.mcp_site import SiteReader
from entaku.work.part_lists import read_parts

SHAPES = Path(__file__).parents[2] / "tests" / "shapes"
"""The official shapes and profiles; only a clone of the repository has them."""
DCAT_US = "dcat-us-3.json"
Faults = Iterator[tuple[Path, str] | None]
"""For each item judged None, or a file and its fault."""
SPREAD, EACH = 10, 20
"""Places of a table at which rows are judged, and rows at each."""
SAMPLED = 20
"""Datasets of which the MCP server is asked for rows."""


def check_dcat_us(folder: Path) -> Faults:
    """Check the catalogue and each dataset of DCAT-US 3 against the JSON Schema by which data.gov harvests.

    A dataset without a contact, which it requires, is no fault here: its publisher has no e-mail address, and is told so
    when the site is made (`contact-unset`).
    """
    path = folder / DCAT_US
    definitions = {file.stem: json.loads(file.read_bytes()) for file in (SHAPES / "dcat-us-3.0").glob("*.json")}
    catalog, dataset = (
        jsonschema.Draft202012Validator({"$ref": definitions[kind]["$id"], "$defs": definitions})
        for kind in ("Catalog", "Dataset")
    )
    try:
        described = json.loads(path.read_bytes())
        datasets = described["dataset"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        yield path, repr(error)
        return
    for validator, told in ((catalog, {**described, "dataset": []}), *((dataset, each) for each in datasets)):
        errors = [f"{error.json_path} {error.message}" for error in validator.iter_errors(told)]
        why = "; ".join(error for error in errors if error != "$ 'contactPoint' is a required property")
        yield (path, f"{told.get('@id')}: {why}") if why else None


def check_openapi(folder: Path) -> Faults:
    """Check `openapi.json` by the official schema, and that what it says of addresses without parameters is there."""
    path = folder / "openapi.json"
    try:
        told = json.loads(path.read_bytes())
        shape = json.loads((SHAPES / "openapi-3.1.json").read_bytes())
        validator = jsonschema.Draft202012Validator(shape, format_checker=jsonschema.FormatChecker())
        why = "; ".join(f"{error.json_path} {error.message}" for error in validator.iter_errors(told))
        paths = dict(told["paths"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        yield path, repr(error)
        return
    yield (path, why) if why else None
    for address in (one for one in paths if "{" not in one):
        yield None if (folder / address.lstrip("/")).is_file() else (path, f"{address}: no such file")
    for schema in list_schemas(told):
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
            yield None
        except jsonschema.SchemaError as error:
            yield path, f"{schema}: {error.message}"


def list_schemas(value: Any) -> Iterator[Any]:
    """Yield every JSON Schema in a description of OpenAPI."""
    if isinstance(value, dict):
        if "schema" in value:
            yield value["schema"]
        yield from value.get("schemas", {}).values()
        for each in value.values():
            yield from list_schemas(each)
    elif isinstance(value, list):
        for each in value:
            yield from list_schemas(each)


def check_rows(folder: Path) -> Faults:
    """Check each table's JSON Schema by the meta-schema, and rows of its Parquet and of its JSON Lines by the schema."""
    for path in sorted(folder.glob("datasets/*/*.schema.json")):
        try:
            schema = json.loads(path.read_bytes())
            jsonschema.Draft202012Validator.check_schema(schema)
            validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
            yield None
            for file, row in read_sample(path.with_name(path.name.removesuffix(".schema.json"))):
                errors = [f"{error.json_path} {error.message}" for error in validator.iter_errors(row)]
                yield (file, "; ".join(errors)) if errors else None
        except Exception as error:  # whatever is raised is the verdict
            yield path, repr(error)


def read_sample(table: Path) -> Iterator[tuple[Path, Any]]:
    """Yield rows as JSON with their file: some of all parts of a table's Parquet, the first of its JSON Lines if any."""
    file = table.with_name(name_parquet(table.name))
    if not file.is_file():
        file = read_parts(table.with_name(name_part_list(table.name)), "parquet")[-1]
    with pq.ParquetFile(file) as opened:
        groups = opened.num_row_groups
        for group in sorted({groups * n // SPREAD for n in range(SPREAD)} if groups else ()):
            batch = next(opened.iter_batches(EACH if groups > 1 else SPREAD * EACH, row_groups=[group]), None)
            rows = zip(*(column.to_pylist() for column in batch.columns), strict=True) if batch else ()
            yield from ((file, read_json(line)) for line in write_lines(opened.schema_arrow.names, rows))
    lines = table.with_name(f"{table.name}.jsonl")
    if lines.is_file():
        with lines.open(encoding="utf-8") as stream:
            yield from ((lines, read_json(line)) for line in islice(stream, SPREAD * EACH))


def read_json(line: str) -> Any:
    """Parse JSON as the standard has it, which knows no NaN.  Raises ValueError."""

    def refuse(mark: str) -> Any:
        raise ValueError(f"{mark} is no JSON")

    return json.loads(line, parse_constant=refuse)


def check_geojson(folder: Path) -> Faults:
    """Check each file of GeoJSON by frictionless's profile, and that it has a feature for each row of the Parquet."""
    validator = jsonschema.Draft4Validator(frictionless.settings.GEOJSON_PROFILE)
    for path in sorted(folder.glob("datasets/*/*.geojson")):
        try:
            told = read_json(path.read_text("utf-8"))
            why = "; ".join(f"{error.json_path} {error.message}" for error in islice(validator.iter_errors(told), 3))
            rows = pq.read_metadata(path.with_suffix(".parquet")).num_rows
            found = len(told["features"])
            yield (path, why) if why else None if found == rows else (path, f"{found} features, {rows} rows")
        except Exception as error:  # whatever is raised is the verdict
            yield path, repr(error)


def check_database(folder: Path) -> Faults:
    """Check by DuckDB that the database has a view for each table that it lists, which reads as many rows as it says.

    Nothing is fetched: for a moment a view of the site's own file has the address as its name.
    """
    path = folder / "catalog.duckdb"
    if not path.is_file():
        return
    try:
        with duckdb.connect(config=PLAIN) as connection:
            connection.execute(f"SET allowed_directories = [{quote_text(str(folder))}]")
            connection.execute("SET enable_external_access = false")
            connection.execute(f"ATTACH {quote_text(str(path))} AS told (READ_ONLY)")
            tables = connection.sql("SELECT dataset, name, rows, parquet FROM told.tables").fetchall()
            views = connection.sql("SELECT count(*) FROM duckdb_views() WHERE database_name = 'told' AND NOT internal")
            yield None if views.fetchall() == [(len(tables),)] else (path, f"{len(tables)} tables, not as many views")
            for dataset, table, rows, address in tables:
                file = folder / "datasets" / unquote(address.rpartition("/datasets/")[2])
                if not file.parents[1].is_dir():  # of a part of a site
                    continue
                listed = file.suffix == ".json"
                for part in read_parts(file, "parquet") if listed else [file]:
                    source = f"read_parquet({quote_text(str(part))})"
                    own = f"{address.rpartition('/')[0]}/{part.relative_to(file.parent).as_posix()}"
                    connection.execute(f"CREATE TEMP VIEW {quote(own if listed else address)} AS FROM {source}")
                view = f"told.{quote(build.name_schema(dataset))}.{quote(table)}"
                batches = connection.execute(f"FROM {view}").to_arrow_reader(BATCH)
                found = sum(batch.num_rows for batch in batches)
                yield None if found == rows else (path, f"{dataset}/{table}: {found} rows, not {rows}")
    except duckdb.Error as error:
        yield path, str(error)


def quote_text(text: str) -> str:
    """Quote a text of SQL."""
    return "'" + text.replace("'", "''") + "'"


def check_mcp(folder: Path) -> Faults:
    """Check `mcp.json` by the SDK of the Model Context Protocol, and what its client is answered over this site."""
    path = folder / "mcp.json"
    try:
        servers = json.loads(path.read_bytes())["mcpServers"]
        for told in servers.values():
            mcp_client.StdioServerParameters.model_validate(told)
        yield None if servers else (path, "no server")
    except Exception as error:  # whatever is raised is the verdict
        yield path, repr(error)
    try:
        with open_place(str(folder)) as site, tempfile.TemporaryDirectory(prefix="entaku-mcp-") as desk:
            library = SiteReader(site, Path(desk), "en")
            with ThreadPoolExecutor(1) as alone:  # a loop may run in this thread
                faults = alone.submit(anyio.run, ask_all, library).result()
        yield from ((folder / where, why) if why else None for where, why in faults)
    except Refused as refused:
        yield folder / SUMS, refused.finding.code


async def ask_all(library: SiteReader) -> list[tuple[str, str]]:
    """Ask the server of a library by the SDK's client: its tools, each dataset, rows of some; return files and faults."""
    told: list[tuple[str, str]] = []
    async with mcp_client.Client(make_server(library)) as client:
        for tool in (await client.list_tools()).tools:
            try:
                jsonschema.Draft202012Validator.check_schema(tool.input_schema)
                told.append(("mcp.json", ""))
            except jsonschema.SchemaError as error:
                told.append(("mcp.json", f"{tool.name}: {error.message}"))
        for n, name in enumerate(library.list_datasets()):
            descriptor = f"datasets/{name}/datapackage.json"
            answer = await client.call_tool("describe", {"dataset": name})
            tables = [table["name"] for table in (answer.structured_content or {}).get("tables", ())]
            why = str(answer.content[0]) if answer.is_error else "" if tables else "no tables"
            told.append((descriptor, why))
            if n < SAMPLED and tables:
                answer = await client.call_tool("sample", {"dataset": name, "table": tables[0], "limit": 1})
                told.append((descriptor, str(answer.content[0]) if answer.is_error else ""))
    return told


def check_list(folder: Path) -> Faults:
    """Check オープンデータ一覧 against the columns of the standard by frictionless-py; that each file is named once."""
    path, standard = folder / "open-data-list.csv", find_standard("オープンデータ一覧")
    assert standard is not None
    fields = [
        {"name": one.title.ja, "type": one.type, "constraints": LISTED.get(one.title.ja, {})}
        for one in standard.columns
    ]
    try:
        body = path.read_bytes()
        schema = frictionless.Schema.from_descriptor({"fields": fields})
        report = frictionless.Resource(data=body, format="csv", encoding="utf-8-sig", schema=schema).validate()
    except Exception as error:  # whatever it raises is its verdict
        yield path, repr(error)
        return
    faults = report.flatten(["rowNumber", "message"])
    yield from ((path, message) for _, message in faults)
    yield from [None] * (report.tasks[0].stats["rows"] - len({number for number, _ in faults if number}))


LISTED: dict[str, dict[str, bool | str]] = {
    "データセット_ID": {"required": True}, "データセット_タイトル": {"required": True},
    "データセット_公開日": {"required": True}, "データセット_最終更新日": {"required": True},
    "ファイル_ID": {"required": True, "unique": True}, "ファイル_ダウンロードURL": {"required": True, "unique": True},
    "ファイル_形式": {"required": True}, "ファイル_サイズ": {"pattern": "[1-9][0-9]*"},
}  # fmt: skip
"""What importers of the list need besides its headings: a key of each dataset and file, its address, format and days."""
