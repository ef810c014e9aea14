"""What a release says of tables in parts, and these read back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from entaku.model.files import File, name_csv, name_parquet, name_part, name_part_list
from entaku.model.grammar import Resource
from entaku.model.nouns import Checked, Written
from entaku.model.parts import DataPart, Parted
from entaku.release.parts import join_files


@dataclass(frozen=True)
class TableData:
    """The data of a table in a release."""

    csv: File
    parquet: File
    parted: Parted | None = None


def list_written(written: Written) -> list[File]:
    """List the files of a table."""
    data = written.parted.files if written.parted else [written.csv, written.parquet]
    more = (written.places, written.errata.file if written.errata else None)
    return [*data, *(file for file in more if file is not None)]


def describe_parts(resource: Resource, written: Written) -> dict[str, Any]:
    """Return what the descriptor of a table says of its parts."""
    if written.parted is None or resource.partition is None:
        return {}
    return {
        "path": [part.csv.path for part in written.parted.parts],
        "partition": {**resource.partition.show(), "files": name_part_list(resource.name)},
    }


def show_parted(checked: Sequence[Checked]) -> dict[str, Any]:
    """Return what the manifest says of tables in parts: these in their order, size and hash of them as one CSV."""
    shown = {
        table.resource.name: {
            "names": [part.name for part in table.written.parted.parts],
            "csv": {"bytes": table.written.csv.bytes, "sha256": table.written.csv.sha256},
        }
        for table in checked
        if table.written.parted
    }
    return {"parts": shown} if shown else {}


def load_data(table: str, manifest: Mapping[str, Any], files: Mapping[str, File]) -> TableData:
    """Return the data of a table, given the manifest of its release and all files by path."""
    told = manifest.get("parts", {}).get(table)
    if told is None:
        return TableData(files[name_csv(table)], files[name_parquet(table)])
    parts = tuple(
        DataPart(name, files[name_part(table, name, "csv")], files[name_part(table, name, "parquet")])
        for name in told["names"]
    )
    whole = File(name_csv(table), **told["csv"])
    parquet = join_files(name_parquet(table), [part.parquet for part in parts])
    return TableData(whole, parquet, Parted(parts, files[name_part_list(table)]))
