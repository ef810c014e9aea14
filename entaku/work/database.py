"""The catalogue's DuckDB database: made where `site.downloads` asks for it, kept in the cache by the SQL that makes it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from entaku.catalogue import build
from entaku.formats.heavy import duckdb
from entaku.model.grammar import Office
from entaku.model.nouns import EPOCH, Catalogue, Finding, Place
from entaku.model.words import LOCAL_ADDRESS
from entaku.store import site as sites
from entaku.work.setting import Setting

OPTIONS = "STORAGE_VERSION 'v1.0.0', BLOCK_SIZE 16384"
"""The oldest form of the file that has comments, which DuckDB from 1.1 on reads; small blocks, as it is read by ranges."""
PLAIN: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
"""Nothing is fetched, and the file's bytes follow from the statements alone."""


def add_database(
    setting: Setting, catalogue: Catalogue, copies: dict[str, Path | sites.Headed], sums: dict[str, str]
) -> tuple[Catalogue, tuple[Finding, ...]]:
    """Add the database to the files of the site, by path, and to their SHA-256.

    Where it can't be made, return the catalogue without it, and why.
    """
    office = catalogue.office
    if not build.offers_database(office):
        return catalogue, ()
    version, statements = find_duckdb(office), list(build.list_statements(catalogue))
    finding = None
    if office.base_url == LOCAL_ADDRESS:
        finding = Finding("database-address", "warning", Place("catalogue.yaml"), build.DATABASE)
    elif not version:
        finding = Finding("no-duckdb", "warning", Place("catalogue.yaml"), build.DATABASE)
    else:
        asked = json.dumps([EPOCH, version, OPTIONS, statements])
        key, told = (hashlib.sha256(f"database {part} {asked}".encode()).hexdigest() for part in ("bytes", "sum"))
        kept, file = setting.cache.get(told), setting.cache.open(key)
        if file is not None:
            file.close()
        if kept is None or file is None:
            try:
                body = write_database(statements)
            except duckdb.Error as error:
                finding = Finding("database-failed", "warning", value=build.DATABASE, args={"why": str(error)[:600]})
            else:
                kept = hashlib.sha256(body).hexdigest().encode()
                setting.cache.put(key, body)
                setting.cache.put(told, kept)
        if finding is None and kept is not None:
            copies[build.DATABASE] = sites.Headed(b"", setting.cache.locate(key), tail=setting.cache.TAIL)
            sums[build.DATABASE] = kept.decode()
            return catalogue, ()
    rest = tuple(kind for kind in office.site.downloads if kind != "duckdb")
    shown = replace(office, site=replace(office.site, downloads=rest))
    return replace(catalogue, office=shown), (finding,) if finding else ()


def find_duckdb(office: Office) -> str:
    """Return the version of DuckDB that makes the database; "" if it isn't asked for, or not installed."""
    try:
        return metadata.version("duckdb") if build.offers_database(office) else ""
    except metadata.PackageNotFoundError:
        return ""


def tell_duckdb(office: Office) -> Mapping[str, str]:
    """Return what the manifest of the site says of it: with another DuckDB it is another file."""
    return {"duckdb": find_duckdb(office)} if build.offers_database(office) else {}


def write_database(statements: list[str]) -> bytes:
    """Return the database that SQL makes of an empty one.  Raises duckdb.Error."""
    with TemporaryDirectory(prefix="entaku-duckdb-") as folder:
        path = Path(folder) / build.DATABASE
        with duckdb.connect(config=PLAIN) as connection:
            connection.execute("SET python_enable_replacements = false")
            connection.execute(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS {build.ALIAS} ({OPTIONS})")
            connection.execute("BEGIN")
            for each in statements:
                connection.execute(each)
            connection.execute("COMMIT")
            connection.execute(f"CHECKPOINT {build.ALIAS}")
            connection.execute(f"DETACH {build.ALIAS}")
        return path.read_bytes()
