"""`partition:` of a resource: the files of its releases are parts, one for each day, month or year, or for each value of a
column; a new release shares those that have not changed with the one before."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import ConfigDict, Field

from entaku.model.files import File
from entaku.model.words import STRICT, FieldName

MOST_PARTS = 1000
"""Parts of a table: each release lists every one of them, and the site has each of them in the folder of each version."""
WHOLE_BYTES = 5_000_000
"""Size of its CSV up to which the site also has a table in parts as one file, which each new release writes anew."""
LETTERS: Mapping[str, int] = {"day": 10, "month": 7, "year": 4}
"""How many letters of a day, as `2026-05-01`, name the part of a row."""
EACH: Mapping[str, tuple[str, ...]] = {
    "date": ("day", "month", "year"), "datetime": ("day", "month", "year"), "yearmonth": ("month", "year"),
}  # fmt: skip
"""What may be written as `each` of columns of these types."""
EMPTY = "empty"
"""The one part of a table without rows."""
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,59}")
_TAKEN = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionPlan:
    """What the parts of a table are."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    by: Annotated[
        FieldName,
        Field(
            description="行をどの列で分けるか。空のない列（required） / the column that tells the part of a row; it must be required"
        ),
    ]
    each: Annotated[
        Literal["day", "month", "year"] | None,
        Field(
            description="日付の列なら、日、月、年ごと。書かなければ値ごと / of days: a part for each day, month or year; else for each value"
        ),
    ] = None

    def show(self) -> dict[str, str]:
        """Return it as it is written."""
        return {"by": self.by, **({"each": self.each} if self.each else {})}


Partition = Annotated[
    PartitionPlan | None,
    Field(
        description="版のデータを月ごとなどのファイルに分け、変わったものだけを書く。docs/parts.md / the files of a release are "
        "parts, of which only those that changed are written"
    ),
]


class DataPart(NamedTuple):
    """A part of a table."""

    name: str
    """Its month, or the value that its rows have in common."""
    csv: File
    parquet: File


class Parted(NamedTuple):
    """A table in parts: then its `csv` and `parquet` are no files, but tell the size and the hash of all parts as one
    CSV, and of all their Parquet."""

    parts: tuple[DataPart, ...]
    """In the order of its rows."""
    listed: File
    """The list of them."""
    whole: File | None = None
    """All of their Parquet as one file, which the site has of current tables up to a size.  No part of a release."""

    @property
    def files(self) -> list[File]:
        """List its files."""
        return [self.listed, *(file for part in self.parts for file in (part.csv, part.parquet))]


@dataclass(frozen=True, slots=True)
class PartFacts:
    """What a part holds."""

    rows: int
    ranges: Mapping[str, tuple[Any, Any]]
    """The least and the greatest value of each column of numbers, days or moments that has any."""


def is_name(name: str) -> bool:
    """Test whether a value can name a file on any system, and be in an address as it is: many clients encode nothing."""
    return bool(_SAFE.fullmatch(name)) and not _TAKEN.match(name)


def show_parts(parts: list[tuple[DataPart, PartFacts]]) -> list[dict[str, Any]]:
    """Return the list of the parts of a table as JSON, which is a file of its release."""
    return [
        {
            "name": part.name,
            "rows": facts.rows,
            **{
                kind: {"path": file.path, "bytes": file.bytes, "sha256": file.sha256}
                for kind, file in (("csv", part.csv), ("parquet", part.parquet))
            },
            "columns": {name: {"min": least, "max": most} for name, (least, most) in facts.ranges.items()},
        }
        for part, facts in parts
    ]
