"""What every step of `tidy` works with: its options' types, the columns it needs, and the findings it notes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from entaku.formats import text
from entaku.formats.arrays import make_flags, make_texts, to_numbers
from entaku.formats.heavy import pa, pd
from entaku.model.grammar import Step
from entaku.model.hints import fold, hint, hint_unit
from entaku.model.messages import EXAMPLES, OF_A_CELL, mask_keys, mask_texts, within
from entaku.model.nouns import Finding, Place, Severity, Sought
from entaku.model.patterns import find_regex_fault
from entaku.model.words import Text

if TYPE_CHECKING:
    from entaku.table.crossing import Crossing, Sources, Spot

LOOKED_AT, MOST_HEADERS = 20, 3
"""Rows at the top of a table in which a missing column's name is looked for, and rows that a header may have."""
MAX_NOTES = 100
"""Findings of one step and code that are told one by one."""


# ---- types of options -------------------------------------------------------------------------------------------


def _compile(pattern: str) -> str:
    if fault := find_regex_fault(pattern):
        raise ValueError(fault)
    return pattern


def _compile_groups(pattern: str) -> str:
    _compile(pattern)
    if not re.compile(pattern).groupindex:
        raise ValueError("(?P<名前>…) のグループがありません / it has no group (?P<name>…)")
    return pattern


def _to_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _to_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


Regex = Annotated[
    str, Field(min_length=1, max_length=500, json_schema_extra={"format": "regex"}), AfterValidator(_compile)
]
Groups = Annotated[
    str, Field(min_length=1, max_length=500, json_schema_extra={"format": "regex"}), AfterValidator(_compile_groups)
]
Cell = Annotated[str, BeforeValidator(_to_text), WithJsonSchema({"type": ["string", "number"]})]
"""A cell's text; a number in YAML stands for its text."""
Column = Annotated[str, Field(min_length=1)]
Listed = Annotated[tuple[Column, ...], Field(min_length=1)]
Columns = Annotated[Listed, BeforeValidator(_to_tuple, json_schema_input_type=Column | Listed)]
Strings = Annotated[tuple[str, ...], BeforeValidator(_to_tuple, json_schema_input_type=str | tuple[str, ...])]
"""One text or a list of them, perhaps empty."""


@dataclass(frozen=True)
class Shorthand:
    """Lets a step's options be written as their most important one alone: `- trim: all`, `- sort: [date, market]`."""

    key: str

    def expand(self, value: object) -> object:
        return _deep_tuples({self.key: value} if isinstance(value, str | list) else value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.expand, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
                handler(schema["schema"]),
            ]
        }


def _deep_tuples(value: object) -> object:
    """JSON's lists as the tuples that pydantic's strict mode wants after a validator has run."""
    if isinstance(value, list):
        return tuple(_deep_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _deep_tuples(item) for key, item in value.items()}
    return value


# ---- rows of text -----------------------------------------------------------------------------------------------

Labels = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class TextRows:
    """What steps by row work on: columns of text, never missing, and the label of each row.  It needs no pandas."""

    cells: Mapping[str, pa.StringArray]
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, column: str) -> pa.StringArray:
        return self.cells[column]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(self.cells)

    def assign(self, made: Mapping[str, pa.StringArray]) -> TextRows:
        """The rows with these columns: new ones come last."""
        return TextRows({**self.cells, **made}, self.labels)

    def select(self, columns: Iterable[str]) -> TextRows:
        """These columns, in this order."""
        return TextRows({name: self.cells[name] for name in columns}, self.labels)

    def drop(self, columns: Collection[str]) -> TextRows:
        """The other columns."""
        return self.select(name for name in self.cells if name not in columns)

    def rename(self, names: Mapping[str, str]) -> TextRows:
        """The columns with new names, by the old ones."""
        return TextRows({names.get(name, name): texts for name, texts in self.cells.items()}, self.labels)

    def keep(self, wanted: Sequence[bool]) -> TextRows:
        """The rows for which `wanted` is true."""
        mask = np.array(wanted, np.bool_)
        flags = make_flags(mask)
        return TextRows({name: texts.filter(flags) for name, texts in self.cells.items()}, self.labels[mask])

    def pick(self, column: str, places: Sequence[int]) -> tuple[list[int], list[str]]:
        """Labels and values at `places`, as `Job.note` takes them."""
        texts = self.cells[column]
        return self.labels[list(places)].tolist(), [texts[place].as_py() for place in places]


def to_text(column: Any) -> pa.StringArray:
    """A column of a frame or of an Arrow table as one array of text."""
    texts = column if isinstance(column, pa.Array | pa.ChunkedArray) else pa.array(column, pa.string())
    if isinstance(texts, pa.ChunkedArray):
        return texts.chunk(0) if texts.num_chunks == 1 else texts.combine_chunks()
    return texts


def to_text_rows(frame: pd.DataFrame | TextRows) -> TextRows:
    """A frame of text as TextRows."""
    if isinstance(frame, TextRows):
        return frame
    return TextRows({str(name): to_text(frame[name]) for name in frame.columns}, frame.index.to_numpy(np.int64))


def to_frame(rows: pd.DataFrame | TextRows) -> pd.DataFrame:
    """TextRows as a frame of text."""
    if not isinstance(rows, TextRows):
        return rows
    data = {name: pd.array(texts, dtype="str") for name, texts in rows.cells.items()}
    return pd.DataFrame(data, index=pd.Index(rows.labels, dtype="int64"), copy=False)


# ---- steps ------------------------------------------------------------------------------------------------------


@dataclass
class Lost:
    """What the steps after a step that could not be done can't rely on; findings that only follow stay untold."""

    columns: set[str] = field(default_factory=set)
    """Columns that aren't there, or aren't what they should be."""
    rows: bool = False
    """Whether rows are there that should not be."""


Cause = tuple[str, Severity, str, tuple[tuple[str, str], ...]]
"""What findings of a step have in common: code, severity, column of the raw file, and the args that tell the remedy."""


@dataclass
class Job:
    """One step at work: notes its findings with their places in the raw file."""

    step: Step
    locate: Callable[[int, str], Place]
    names: dict[str, str]
    """Each column's name in the raw file, by its name now."""
    starts: tuple[int, ...] = ()
    spec_file: str = ""
    file: str = ""
    """The raw file; "" where there are several."""
    lost: Lost = field(default_factory=Lost)
    found: list[Finding] = field(default_factory=list)
    told: set[tuple[str, Place, str]] = field(default_factory=set)
    counts: Counter[tuple[str, Severity]] = field(default_factory=Counter)
    causes: Counter[Cause] = field(default_factory=Counter)
    untold: Counter[Cause] = field(default_factory=Counter)
    """How many findings were only counted, by their cause."""
    sought: dict[Sought, bool] = field(default_factory=dict)
    rows: int = 0
    """How many the table has that the step is run on."""

    def seek(self, code: str, value: str, found: bool) -> None:
        """Keep whether `value` was there; `code` is told if it is in none of a table's files."""
        if not self.lost.rows and self.rows:
            key = Sought(code, self.step.name, value, self.step.line)
            self.sought[key] = self.sought.get(key, False) or found

    def note(
        self, code: str, labels: Iterable[int], column: str, values: Iterable[str],
        severity: Severity = "error", **args: str,
    ) -> None:  # fmt: skip
        """A finding for each row label and value of `column`, once for each place; of one code at most MAX_NOTES, and
        the first few of each cause."""
        raw = self.names.get(column, column)
        cause = code, severity, raw, tuple(sorted((key, text) for key, text in args.items() if key not in OF_A_CELL))
        for label, value in zip(labels, values, strict=True) if not self.lost.rows else ():
            if self.counts[code, severity] < MAX_NOTES or self.causes[cause] <= EXAMPLES:
                place = self.locate(int(label), raw)
                if (code, place, value) in self.told:
                    continue  # a value of a title line or of the URL stands in every row
                self.told.add((code, place, value))
                self.found.append(Finding(code, severity, place, value, {"step": self.step.name, **args}))
            else:
                self.untold[cause] += 1
            self.causes[cause] += 1
            self.counts[code, severity] += 1

    def note_spec(self, code: str, value: str, args: Mapping[str, str], severity: Severity = "error") -> None:
        """A finding at the step's line in the YAML."""
        place = Place(file=self.spec_file, line=self.step.line)
        finding = Finding(code, severity, place, value, {"step": self.step.name, **args})
        if finding not in self.found:  # the blocks of one file tell the same
            self.found.append(finding)

    def has(self, frame: pd.DataFrame | TextRows, columns: Sequence[str]) -> bool:
        """Whether `frame` has all `columns`; a finding for each that is missing, the first time that it is missed."""
        there = [str(name) for name in frame.columns]
        for column in columns:
            if column not in there and column not in self.lost.columns:
                args = {**hint(column, there), **hint_unit(column, there), **within(self.file)}
                self.note_spec("unknown-column", column, args | self._find_heading(frame, column))
                self.lost.columns.add(column)
        return not self.lost.columns.intersection(columns)

    def _find_heading(self, frame: pd.DataFrame | TextRows, column: str) -> dict[str, str]:
        """The hint that a row near the top is the header, as it holds the name of the column."""
        wanted = fold(column)
        rows = to_text_rows(frame)
        head = zip(*(rows[name][:LOOKED_AT].to_pylist() for name in rows.columns), strict=True)
        for label, cells in zip(rows.labels[:LOOKED_AT].tolist(), head, strict=False):
            row = self.locate(int(label), "").row
            if row and wanted in map(fold, cells):
                ja = f"{row} 行目にあります。そこが見出しなら、read に header: {{row: {row}}} と書いてください"
                en = f"It is in row {row}. If that is the header, write header: {{row: {row}}} in read"
                if 1 < row <= MOST_HEADERS:
                    ja += f"（見出しが何行かに分かれていれば header: {{row: 1, rows: {row}}}）"
                    en += f", or header: {{row: 1, rows: {row}}} if it has several rows"
                return {"hint_ja": f"{ja}。", "hint_en": f"{en}. "}
        return {}

    def lacks(self, frame: pd.DataFrame | TextRows, columns: Sequence[str]) -> bool:
        """Whether `columns` can be made: none is there yet and none named twice; a finding for each that can't."""
        taken = [name for n, name in enumerate(columns) if name in frame.columns or name in columns[:n]]
        for column in taken:
            self.note_spec("column-exists", column, within(self.file))
        return not taken

    def close(self) -> list[Finding]:
        """Everything noted, and how many more there were."""
        for (code, severity, column, args), count in self.untold.items():
            more = {"step": self.step.name, **dict(args), "count": str(count), "of": code}
            self.found.append(Finding("too-many-findings", severity, Place(file=self.file, column=column), "", more))
        return self.found


@dataclass(frozen=True, kw_only=True)
class StepKind:
    """A step that owners can write: what it does, what it is given, and its words in the documentation."""

    run: Callable[[Any, Any, Job], Any]
    """Its work on a DataFrame, or on TextRows if it is `by_row`."""
    options: Any
    """A type for pydantic's TypeAdapter; None for a step without options."""
    title: Text
    doc: Text
    example: str
    """YAML of one step."""
    needs: Callable[[Any], Sequence[str]] = lambda _: ()
    """The columns that must be there."""
    makes: Callable[[Any], Sequence[str]] = lambda _: ()
    """The columns that it adds and that must not be there yet."""
    one_of: tuple[str, ...] = ()
    """Options of which exactly one is given."""
    whole: bool = False
    """Whether it needs the whole table, not one raw file at a time."""
    by_row: bool = False
    """Whether what becomes of a row depends on nothing but that row, so that a file can pass block by block."""
    rows: bool = False
    """Whether without it there are rows, or values in them, that mean something else."""
    without: Callable[[Any, Collection[str]], Any] | None = None
    """The options without the columns that are lost, where the step can do the rest."""
    loses: Callable[[Any, Collection[str]], Iterable[str]] | None = None
    """The columns that are lost with those; otherwise all that it needs and makes."""
    removes: Mapping[str, Literal["texts", "keys"]] = field(default_factory=dict)
    """The options whose texts, or keys, are of cells that it removes or replaces ("": the options are such texts)."""
    sources: Callable[[Any, Crossing, Spot], Sources] | None = None
    """What a value after it was made from, unless from the same row and column, or from the columns that it needs."""

    def conceal(self, options: Any) -> Any:
        """Return options, as written or parsed, as readers of the site may see them: without what the step removes."""
        if "" in self.removes:
            return mask_texts(options)
        given = options if isinstance(options, Mapping) else getattr(options, "__dict__", {})
        hidden = {
            name: mask_keys(given[name]) if how == "keys" else mask_texts(given[name])
            for name, how in self.removes.items()
            if given.get(name) is not None
        }
        return (
            {**options, **hidden} if isinstance(options, Mapping) else replace(options, **hidden) if hidden else options
        )


# ---- columns of text --------------------------------------------------------------------------------------------


def to_series(values: Sequence[str], index: pd.Index) -> pd.Series:
    """Texts as a column."""
    return pd.Series(pd.array(list(values), dtype="str"), index=index)


def convert(texts: pa.StringArray, change: Callable[[str], str | None]) -> tuple[pa.StringArray, list[int]]:
    """`texts` with `change` applied to each distinct value, and the places of those it gives None for (kept)."""
    coded = texts.dictionary_encode()
    distinct: list[str] = coded.dictionary.to_pylist()
    changed = [change(value) for value in distinct]
    wrong = [n for n, value in enumerate(changed) if value is None]
    failed = np.flatnonzero(np.isin(to_numbers(coded.indices), wrong)).tolist() if wrong else []
    if changed == distinct:
        return texts, failed
    made = make_texts([old if new is None else new for old, new in zip(distinct, changed, strict=True)])
    return made.take(coded.indices), failed


# ---- reading values ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CellParser:
    """How values of one kind are read."""

    parse: Callable[[str], str | None]
    explain: Callable[[str], tuple[str, dict[str, str]]]
    """Gives the code and the args of the finding for a value that can't be read."""


def parse_columns(
    rows: TextRows, columns: tuple[str, ...], missing: tuple[str, ...], parser: CellParser, job: Job
) -> TextRows:
    """`columns` as `parser` reads them; `missing` are marks that become empty cells."""
    marks = {"", *map(_mark, missing)}
    explain = lru_cache(parser.explain)
    made = {}
    for column in columns:
        made[column], failed = convert(rows[column], lambda value: "" if _mark(value) in marks else parser.parse(value))
        for label, value in zip(*rows.pick(column, failed), strict=True):
            code, args = explain(value)
            job.note(code, [label], column, [value], "error", now=column, **args)
    return rows.assign(made)


def _mark(value: str) -> str:
    """A mark for comparing: every dash is "-", the long vowel mark alone too."""
    return _short_mark(value) if len(value) <= text.SHORT else _short_mark.__wrapped__(value)


@lru_cache(1 << 16)
def _short_mark(value: str) -> str:
    plain = text.to_half_width(value).strip()
    return "-" if plain == "ー" else plain
