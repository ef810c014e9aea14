"""`errata` of a table: what is known to be wrong in its source, in which rows, and what is done about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from entaku.model.files import File
from entaku.model.patterns import Regex
from entaku.model.words import DAY, STRICT, FieldName, HttpUrl, Name, Names, Words

Done = Literal["left", "set", "empty"]
"""What is done about an erratum: the cells stay as they are, get the right value, or are emptied."""


def _to_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Cell = Annotated[str, BeforeValidator(_to_text), WithJsonSchema({"type": ["string", "number"]})]
"""A cell's text; a number in YAML stands for its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erratum:
    """An error that is known to be in the source, and what is done about it; docs/errata.md tells how."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    name: Annotated[Name, Field(description="正誤の名前（表の中で一つだけ）/ its name, unique in the table")]
    match: Annotated[
        Mapping[FieldName, Regex],
        Field(
            min_length=1,
            description="まちがいのある行：公開する列と、値に含まれるべき正規表現（drop_rows と同じ）/ the rows that have it: "
            "columns as published and what their values must contain, as for drop_rows",
        ),
    ]
    any: Annotated[bool, Field(description="一つでも合えばよい（ふつうは全部）/ one match is enough")] = False
    was: Annotated[
        Mapping[FieldName, Cell],
        Field(
            description="いまのまちがった値。ほかの値になった行には何もしない / the wrong values as they are now; rows with "
            "other values are left alone"
        ),
    ] = field(default_factory=dict)
    left: Annotated[
        Names, Field(description="まちがっているが、そのまま載せる列 / columns that are wrong and left as they are")
    ] = ()
    set: Annotated[Mapping[FieldName, Cell], Field(description="列と正しい値 / columns and their right values")] = (
        field(default_factory=dict)
    )
    empty: Annotated[
        Names, Field(description="正しい値が分からず、空にする列 / columns that are emptied, as the truth is unknown")
    ] = ()
    since: Annotated[
        str | None,
        Field(pattern=DAY, description="元のデータがまちがっているのはいつからか / since when the source is wrong"),
    ] = None
    by: Annotated[Words, Field(description="だれの言葉によるか（公開）/ by whose word; published")]
    source: Annotated[HttpUrl | None, Field(description="その言葉のあるページ / the page that says so")] = None
    why: Annotated[
        Words, Field(description="何がまちがいで、なぜそう言えるか（公開）/ what is wrong, and why; published")
    ]

    @property
    def done(self) -> Done:
        """Return what is done about it."""
        return "set" if self.set else "empty" if self.empty else "left"

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that are wrong."""
        return (*self.left, *self.set, *self.empty)

    @property
    def right(self) -> Mapping[str, str]:
        """Return what is published in the columns instead; nothing for those that are left."""
        return {**self.set, **dict.fromkeys(self.empty, "")}


Errata = Annotated[
    tuple[Erratum, ...],
    Field(
        description="元のデータのまちがいと、その扱い（docs/errata.md）/ known errors of the source, and what is done about them"
    ),
]


# ---- in a release -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Touched:
    """An erratum in a release: how many rows it concerns, and how many cells."""

    name: str
    rows: int
    cells: int


@dataclass(frozen=True, slots=True)
class ErratumCell:
    """A cell that an erratum concerns."""

    erratum: str
    row: int
    """Its row in the CSV, from 1."""
    column: str
    source: str
    """The text that the source gives."""
    published: str


@dataclass(frozen=True, slots=True)
class TableErrata:
    """The errata of a table in a release."""

    file: File
    """The file that lists the cells."""
    touched: tuple[Touched, ...]
    """Each erratum, in the order of the YAML."""
    first: tuple[ErratumCell, ...] = ()
    """The first cells of each."""
    marked: tuple[tuple[int, str, str], ...] = ()
    """Of the rows that pages show first: position (from 0), column and erratum of the cells concerned."""


def show_touched(errata: TableErrata) -> dict[str, dict[str, int]]:
    """Convert counts to plain values for JSON, by erratum."""
    return {one.name: {"rows": one.rows, "cells": one.cells} for one in errata.touched}


def read_touched(shown: Mapping[str, Mapping[str, int]]) -> tuple[Touched, ...]:
    """Parse the output of `show_touched`."""
    return tuple(Touched(name, int(one["rows"]), int(one["cells"])) for name, one in shown.items())


def show_errata(errata: Iterable[Erratum], told: TableErrata | None) -> dict[str, Any]:
    """Return the key `errata` of a resource's descriptor: each erratum with its counts; nothing without any."""
    if told is None:
        return {}
    counts = {one.name: one for one in told.touched}
    listed = [show_erratum(one, counts[one.name]) for one in errata if one.name in counts]
    return {"errata": {"path": told.file.path, "sha256": told.file.sha256, "list": listed}}


def show_erratum(erratum: Erratum, touched: Touched) -> dict[str, Any]:
    """Convert an erratum to plain values for JSON."""
    shown: dict[str, Any] = {"name": erratum.name, "done": erratum.done, "columns": list(erratum.columns)}
    shown |= {"match": dict(erratum.match), **({"any": True} if erratum.any else {})}
    for key, cells in (("was", erratum.was), ("set", erratum.set)):
        shown |= {key: dict(cells)} if cells else {}
    shown |= {key: text for key, text in (("since", erratum.since), ("source", erratum.source)) if text}
    for key, words in (("by", erratum.by), ("why", erratum.why)):
        shown[key] = {lang: text for lang, text in (("ja", words.ja), ("en", words.en)) if text}
    return {**shown, "rows": touched.rows, "cells": touched.cells}
