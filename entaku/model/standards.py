"""The standard datasets of municipalities, デジタル庁「自治体標準オープンデータセット」: their columns, as data.

`standards.csv` lists the datasets and where their columns were learnt from, `standard_columns.csv` their columns.
Both are read when a schema names a standard, or a draft looks for one.  A project may have standards of its own, as
files of its folder `standards/`; what a schema must know of such a one goes with it (`OwnStandard`).
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from entaku.model.hints import fold
from entaku.model.table_schema import OwnStandard, Schema
from entaku.model.words import Text

Must = Literal["value", "column", "former", ""]
"""Whether a column is required: with a value in each row, or as a column; or by the former edition alone."""

TITLE = Text(ja="自治体標準オープンデータセット", en="Municipal Standard Open Datasets of Japan")
PAGE = "https://www.digital.go.jp/resources/open_data/municipal-standard-data-set-test"
TAG = "自治体標準ODS"
"""The keyword by which regional catalogues find datasets that follow the standard."""
HEADINGS = ("number", "ja", "name", "en", "must", "type", "format", "values", "unit", "about_ja", "about_en")
"""The headings of `standard_columns.csv`, and of a project's own standards."""
MOST_COLUMNS = 1_000
"""Columns of one standard of a project; they become part of the spec of each release."""


@dataclass(frozen=True, slots=True)
class StandardColumn:
    """A column of a standard dataset."""

    title: Text
    """Its heading, which the standard prescribes in Japanese."""
    name: str
    must: Must
    type: str
    format: str
    values: str
    """`有|無`: the values allowed; `[0-9]{7}`: a pattern; `0..`: the least number."""
    unit: str
    about: Text

    @property
    def needed(self) -> bool:
        """Whether a table without the column doesn't follow the standard."""
        return self.must in ("value", "column")

    def write_field(self) -> dict[str, Any]:
        """Return the field of a schema, as it would be written in YAML."""
        made: dict[str, Any] = {"name": self.name, "type": self.type, "title": _words(self.title)}
        made |= {"format": self.format} if self.format else {}
        made |= {"unit": self.unit} if self.unit else {}
        made |= {"description": _words(self.about)} if self.about.ja else {}
        constraints = dict(self._list_constraints())
        return {**made, "constraints": constraints} if constraints else made

    def _list_constraints(self) -> Iterator[tuple[str, Any]]:
        if self.must == "value":
            yield "required", True
        if self.values.endswith(".."):
            yield "minimum", int(self.values.removesuffix(".."))
        elif "[" in self.values:
            yield "pattern", self.values
        elif self.values:
            yield "enum", self.values.split("|")


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard dataset."""

    number: str
    title: Text
    file: str
    """How files are called that hold it: `<code>_<file>.csv`."""
    whole: bool
    """Whether all of its columns are known."""
    basis: str
    """What its columns were learnt from: the definition, published files, or programs that read those."""
    seen: str
    """When that was: the edition of the definition, or the day or year of the copy."""
    source: str
    columns: tuple[StandardColumn, ...]

    @property
    def name(self) -> str:
        """The name in full, in Japanese; one without a number is none of the municipal standard datasets."""
        return f"{TITLE.ja} {self.number} {self.title.ja}" if self.number else self.title.ja

    @property
    def edition(self) -> OwnStandard:
        """What a schema must know of it."""
        return OwnStandard(
            number=self.number, columns=tuple((one.name, one.title.ja, one.must) for one in self.columns)
        )

    def find(self, wanted: str) -> StandardColumn | None:
        """Return the column with a heading or a name."""
        return next((one for one in self.columns if wanted == one.name or fold(wanted) == fold(one.title.ja)), None)


@cache
def list_standards() -> Mapping[str, Standard]:
    """Return the standard datasets by their Japanese names."""
    columns: dict[str, list[StandardColumn]] = {}
    for row in _read("standard_columns.csv"):
        columns.setdefault(row["number"], []).append(
            StandardColumn(
                title=Text(ja=row["ja"], en=row["en"]), name=row["name"], must=row["must"],  # type: ignore[arg-type]
                type=row["type"], format=row["format"], values=row["values"], unit=row["unit"],
                about=Text(ja=row["about_ja"], en=row["about_en"]),
            )
        )  # fmt: skip
    return {
        row["ja"]: Standard(
            number=row["number"], title=Text(ja=row["ja"], en=row["en"]), file=row["file"], whole=row["whole"] == "yes",
            basis=row["basis"], seen=row["seen"], source=row["source"], columns=tuple(columns[row["number"]]),
        )
        for row in _read("standards.csv")
    }  # fmt: skip


def find_standard(wanted: str) -> Standard | None:
    """Return a standard dataset by its Japanese name, however wide its letters are."""
    return next((one for name, one in list_standards().items() if fold(name) == fold(wanted)), None)


def follow_schema(schema: Schema) -> Standard | None:
    """Return the standard dataset that a schema names: the project's own as it was, or one of this program."""
    own = schema.edition
    if own is None:
        return find_standard(schema.standard) if schema.standard else None
    columns = tuple(
        StandardColumn(
            title=Text(ja=heading), name=name, must=must, type="string", format="", values="", unit="", about=Text()
        )
        for name, heading, must in own.columns
    )
    return Standard(own.number, Text(ja=schema.standard), "", True, "", "", "", columns)


def name_standard(schema: Schema) -> str:
    """Return the full name of the standard dataset that a schema names, "" if none; one that this program doesn't know
    (any more) is called by its name."""
    standard = follow_schema(schema)
    return standard.name if standard else f"{TITLE.ja} {schema.standard}" if schema.standard else ""


def find_page(name: str) -> str:
    """Return the page of the standard with a full name, "" where none is known."""
    return PAGE if name.startswith(TITLE.ja) else ""


def suggest_standard(headings: Sequence[str], title: str = "", own: Sequence[Standard] = ()) -> Standard | None:
    """Return the standard dataset that a table with these headings is, or None.

    At least half of the headings, and four, are its own, every column that it requires is there, and either the title
    names it or two of the headings are of few others: 種別 alone, beside names and places, tells nothing.  `own`:
    standards of the project, which go before those of the same name.
    """
    there = {fold(heading) for heading in headings}
    best: tuple[int, bool, Standard] | None = None
    for one in {**list_standards(), **{one.title.ja: one for one in own}}.values():
        mine = [column for column in one.columns if fold(column.title.ja) in there]
        lacks = any(column.needed for column in one.columns if fold(column.title.ja) not in there)
        named = fold(one.title.ja).removesuffix("一覧") in fold(title)
        telling = sum(_count_owners().get(fold(column.title.ja), 0) < 3 for column in mine)
        if len(mine) < max(4, len(there) / 2) or lacks or not (named or telling > 1):
            continue
        if best is None or (len(mine), named) > best[:2]:
            best = (len(mine), named, one)
    return best[2] if best else None


@cache
def _count_owners() -> Mapping[str, int]:
    """Return how many standard datasets have each heading."""
    counts: dict[str, int] = {}
    for one in list_standards().values():
        for column in one.columns:
            heading = fold(column.title.ja)
            counts[heading] = counts.get(heading, 0) + 1
    return counts


def _words(text: Text) -> Any:
    return {"ja": text.ja, "en": text.en} if text.en else text.ja


def _read(name: str) -> Iterator[dict[str, str]]:
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
