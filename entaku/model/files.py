"""What the files of a release are called, and those that the site adds for each table."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

DESCRIPTOR = "datapackage.json"
"""The Data Package."""
REPORT = "report.json"
"""The Frictionless report of the check."""
PROFILES = "profile.json"
"""What is in each column."""
MANIFEST = "manifest.json"
"""What the release was made from; that of a site names everything that the site was made from."""
SUMS = "SHA256SUMS"
"""A line for each of the other files, as sha256sum(1) writes and checks them."""
CHANGES = "changes.json"
"""What a release changed since another one."""
WITHDRAWN = "withdrawn.json"
"""The tombstones of what was withdrawn: of a dataset in the store, of a dataset and of everything on the site."""
ROOT = "catalogue-root.json"
"""The signed list of a site's versions and files.  Not in its SHA256SUMS, whose hash it holds."""
PARTS = ".parts/"
"""What stands between the names of a table and of a part of it."""
SOURCES = ".sources/"
"""What stands between the names of a table and of a list of its source files."""
REVISED = re.compile(r"(datapackage|manifest|report|profile|SHA256SUMS)[.]r([1-9][0-9]{0,8})((?:[.]json)?)")
"""A file that a revision of the metadata adds to a version: `datapackage.r2.json`, `SHA256SUMS.r2`."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a release."""

    path: str
    """Relative to the release."""
    bytes: int
    sha256: str


def name_revised(path: str, revision: int) -> str:
    """Name a file of a release in a revision of its metadata; the first has the plain name."""
    stem, dot, suffix = path.partition(".")
    return f"{stem}.r{revision}{dot}{suffix}" if revision > 1 else path


def name_plain(path: str) -> str:
    """Name a file of a release as in its first revision."""
    match = REVISED.fullmatch(path)
    return f"{match[1]}{match[3]}" if match else path


def find_file(files: Iterable[File], name: str) -> File | None:
    """Return the file of a release that has a plain name, whatever its revision."""
    return next((file for file in files if name_plain(file.path) == name), None)


def name_signature(path: str) -> str:
    """Name the signature of a file, as minisign(1) does."""
    return f"{path}.minisig"


def name_csv(table: str) -> str:
    """Name the CSV of a table."""
    return f"{table}.csv"


def name_places(table: str) -> str:
    """Name the file that says where the rows of a table were in its raw files."""
    return f"{table}.places.parquet"


def name_errata(table: str) -> str:
    """Name the file that lists the cells of a table which are known to be wrong in the source."""
    return f"{table}.errata.csv"


def name_parquet(table: str) -> str:
    """Name the Parquet of a table."""
    return f"{table}.parquet"


def name_part(table: str, part: str, suffix: str) -> str:
    """Name the CSV or the Parquet of a part of a table: in a folder that no table and no page can have."""
    return f"{table}{PARTS}{part}.{suffix}"


def name_part_list(table: str) -> str:
    """Name the list of the parts of a table."""
    return f"{table}.files.json"


def name_sources(table: str, sha256: str) -> str:
    """Name a list of source files of a table, by its content."""
    return f"{table}{SOURCES}{sha256[:16]}.jsonl"


def is_sources(path: str) -> bool:
    """Test whether a file of a release is a list of source files."""
    return SOURCES in path


def is_shared(path: str) -> bool:
    """Test whether a file of a release may be one of other releases, too: a part of a table, or of what is told of it."""
    return PARTS in path or SOURCES in path


def name_packed(path: str) -> str:
    """Return the name of a file packed by gzip."""
    return f"{path}.gz"


def name_excel(table: str) -> str:
    """Name the CSV of a table that Excel opens without being told its encoding; no table can have that name."""
    return f"{table}.excel.csv"


def name_csvw(table: str) -> str:
    """Name the metadata (CSV on the Web) of a table's CSV."""
    return f"{table}.csv-metadata.json"


def name_row_schema(table: str) -> str:
    """Name the JSON Schema of a table's rows."""
    return f"{table}.schema.json"


def name_followed(table: str, column: str, value: str, suffix: str) -> str:
    """Name the feed (`.atom`) or the calendar (`.ics`) of the rows with a value, in the folder of a dataset: by a hash, as
    a value may be anything, and file systems refuse or confuse much of that."""
    asked = json.dumps([table, column, value]).encode()
    return f"follow/{hashlib.sha256(asked).hexdigest()[:16]}{suffix}"


def name_follow_list(table: str) -> str:
    """Name the list of the values of a table that have a feed, in the folder of a dataset."""
    return f"follow/{table}.json"


def read_sums(body: bytes) -> tuple[list[tuple[str, str]], bool]:
    """Parse a SHA256SUMS to hashes and names; tell whether any line is malformed."""
    matches = [
        re.fullmatch(r"([0-9a-f]{64})  (\S.*)", line) for line in body.decode("utf-8", "replace").split("\n") if line
    ]
    broken = None in matches or not body.endswith(b"\n") or b"\r" in body
    return [(match[1], match[2]) for match in matches if match], broken
