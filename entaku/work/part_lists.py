"""The lists of parts in a published folder, and whether the parts are as these say."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from entaku.formats.heavy import pa, pq
from entaku.model.files import PARTS, name_part_list
from entaku.model.nouns import Finding
from entaku.store import disk


def list_data_files(folder: Path) -> list[Path]:
    """List the CSV and Parquet files of a release, those of parts too, in order."""
    found = (path for part in (".", f"*{PARTS}") for path in folder.glob(f"{part}/*"))
    return sorted(path for path in found if path.suffix in (".csv", ".parquet"))


def read_parts(listed: Path, kind: str) -> list[Path]:
    """Return the files of one kind that a list of parts names.  Raises OSError, LookupError or ValueError."""
    return [disk.below(listed.parent, part[kind]["path"]) for part in json.loads(listed.read_bytes())]


def verify_parts(folder: Path, resource: Mapping[str, Any], shown: str) -> Iterator[Finding]:
    """Yield what is wrong of the parts of a table: their hashes, their numbers of rows, and those of all."""
    name = name_part_list(str(resource["name"]))
    try:
        parts = json.loads((folder / name).read_bytes())
        rows = [pq.read_metadata(disk.below(folder, part["parquet"]["path"])).num_rows for part in parts]
        paths = [part["csv"]["path"] for part in parts]
        files = [part[kind] for part in parts for kind in ("csv", "parquet")]
        odd = [file["path"] for file in files if disk.hash_file(folder / file["path"]) != file["sha256"]]
        sound = rows == [part["rows"] for part in parts] and sum(rows) == resource["rows"] and paths == resource["path"]
    except (OSError, ValueError, LookupError, TypeError, pa.ArrowException) as error:
        if isinstance(error, MemoryError):
            raise
        yield Finding("store-broken", value=f"{shown}{name}", args={"why": str(error)})
        return
    yield from (Finding("checksum", value=f"{shown}{path}") for path in ([] if sound else [name]) + odd)
