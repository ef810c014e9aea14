"""What a release changed since the one before: rows and cells of each table, its columns, keys and code lists, and how
much of that breaks programs that read it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from entaku.model.words import Text

Level = Literal["patch", "minor", "major"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""patch: rows changed; minor: columns or codes were added; major: what was there is gone or means something else."""
What = Literal[
    "table-added", "table-removed", "column-added", "column-removed", "column-renamed", "type", "unit", "format",
    "codes-added", "codes-removed", "primary-key", "unique-keys", "foreign-keys", "constraint", "reading",
]  # fmt: skip
"""What can change of a table's structure.  constraint: another constraint of a column; reading: how its texts are read
(marks for no value, decimal marks, spellings of true)."""
MARKS = ("_change", "_columns", "_row_before", "_row_after")
"""The columns that files of changed rows have beside those of the table."""


@dataclass(frozen=True, slots=True)
class StructureChange:
    """One change of a table's structure."""

    what: What
    column: str = ""
    """The column's name, of a renamed one the new; "" for the whole table."""
    before: Any = None
    """As in JSON: a text, a list; the name of a renamed column; the codes that were removed."""
    after: Any = None

    @property
    def breaks(self) -> bool:
        """Test whether a program that reads the table may fail or be misled by it.

        What was not promised before can't be broken: a first unit, a first key, a first list of codes.  Texts have one
        format for every reader.
        """
        if self.what in ("unit", "primary-key"):
            return bool(self.before)
        return self.what in ("table-removed", "column-removed", "column-renamed", "type", "format", "codes-removed")


@dataclass(frozen=True, slots=True)
class RowsFile:
    """A file of changed rows."""

    path: str
    """In the folder of the comparison: `<table>.csv`, `<table>.parquet`, `<table>.columns.csv` …"""
    bytes: int
    sha256: str
    rows: int
    kept: str = ""
    """Where its bytes are kept until they are published."""


@dataclass(frozen=True)
class Change:
    """The difference of one table between two releases."""

    table: str
    before: int
    """Rows of the earlier release."""
    after: int
    added: int
    removed: int
    changed: int
    """Rows with the same key and other values; 0 where whole rows were compared."""
    key: tuple[str, ...] = ()
    """The columns by which rows were recognized; none where whole rows were compared."""
    reordered: bool = False
    """Whether rows that both have stand in another order."""
    cells: Mapping[str, int] | None = None
    """By column the number of rows that were corrected in it."""
    columns: tuple[str, ...] = ()
    """The columns of the later release, in order; none if it has no such table."""
    structure: tuple[StructureChange, ...] = ()
    marks: tuple[str, ...] = MARKS
    files: tuple[RowsFile, ...] = ()
    examples: tuple[str, ...] = ()
    """A few of each, as `+ …`, `- …`, `~ key: column old → new`."""

    @property
    def any(self) -> bool:
        """Test whether anything changed."""
        return bool(self.added or self.removed or self.changed or self.structure or self.reordered)

    @property
    def columns_added(self) -> tuple[str, ...]:
        """List the columns that are new."""
        return tuple(one.column for one in self.structure if one.what == "column-added")

    @property
    def columns_removed(self) -> tuple[str, ...]:
        """List the columns that are gone."""
        return tuple(one.column for one in self.structure if one.what == "column-removed")


@dataclass(frozen=True)
class Comparison:
    """The differences between two releases of a dataset."""

    before: str
    """A version."""
    after: str
    tables: tuple[Change, ...]
    """Those with any change."""

    @property
    def level(self) -> Level:
        """Return the greatest level of all changes."""
        structure = [one for table in self.tables for one in table.structure]
        return "major" if any(one.breaks for one in structure) else "minor" if structure else "patch"


# ---- in words ---------------------------------------------------------------------------------------------------

LEVEL_WORDS: Mapping[Level, Text] = {
    "patch": Text(ja="行だけの変更", en="rows only"),
    "minor": Text(ja="列などの追加", en="additions"),
    "major": Text(ja="読むプログラムが止まりうる変更", en="changes that can break programs"),
}
STRUCTURE_WORDS: Mapping[What, Text] = {
    "table-added": Text(ja="新しい表", en="new table"),
    "table-removed": Text(ja="表を廃止", en="table removed"),
    "column-added": Text(ja="列 {column} を追加", en="column {column} added"),
    "column-removed": Text(ja="列 {column} を削除", en="column {column} removed"),
    "column-renamed": Text(ja="列 {before} の名前を {column} に変更", en="column {before} renamed to {column}"),
    "type": Text(ja="列 {column} の型を {before} から {after} に変更", en="type of {column}: {before} → {after}"),
    "unit": Text(ja="列 {column} の単位を {before} から {after} に変更", en="unit of {column}: {before} → {after}"),
    "format": Text(ja="列 {column} の書式を {before} から {after} に変更", en="format of {column}: {before} → {after}"),
    "codes-added": Text(ja="列 {column} に値 {after} を追加", en="codes added to {column}: {after}"),
    "codes-removed": Text(ja="列 {column} から値 {before} を削除", en="codes removed from {column}: {before}"),
    "primary-key": Text(ja="主キーを {before} から {after} に変更", en="primary key: {before} → {after}"),
    "unique-keys": Text(ja="一意な列の組を変更", en="unique keys changed"),
    "foreign-keys": Text(ja="外部キーを変更", en="foreign keys changed"),
    "constraint": Text(ja="列 {column} の制約を変更", en="constraints of {column} changed"),
    "reading": Text(ja="値の書き方の決まりを変更 {column}", en="how values are written changed {column}"),
}


def tell_structure(one: StructureChange) -> Text:
    """Return a change of the structure in words."""
    words = STRUCTURE_WORDS[one.what]
    made = [
        sentence.format(
            column=one.column, before=_say(one.before, mark, none), after=_say(one.after, mark, none)
        ).strip()
        for sentence, mark, none in ((words.ja, "、", "なし"), (words.en, ", ", "none"))
    ]
    return Text(ja=made[0], en=made[1])


def _say(value: Any, mark: str, none: str) -> str:
    return (mark.join(map(str, value)) if isinstance(value, list | tuple) else str(value or "")) or none


def tell_rows(change: Change) -> Text:
    """Return how many rows came, went and were corrected, in words; none if no row did."""
    counts = [
        (change.added, "+{:,} 行", "+{:,} rows"),
        (change.removed, "-{:,} 行", "-{:,} rows"),
        (change.changed, "訂正 {:,} 行", "{:,} corrected"),
    ]
    told = [(ja.format(count), en.format(count)) for count, ja, en in counts if count]
    if change.reordered:
        told.append(("並び順の変更", "another order"))
    return Text(ja="、".join(ja for ja, _ in told), en=", ".join(en for _, en in told))


def tell_change(change: Change) -> Text:
    """Return what changed of a table on one line."""
    told = [tell_rows(change), *map(tell_structure, change.structure)]
    return Text(ja="、".join(one.ja for one in told if one.ja), en=", ".join(one.en for one in told if one.en))


TOLD = 3
"""Changes of the structure that a summary names."""


def tell_total(comparison: Comparison) -> Text:
    """Return what changed of all tables on one short line; none if nothing did."""
    tables = comparison.tables
    added, removed, corrected = (
        sum(getattr(table, name) for table in tables) for name in ("added", "removed", "changed")
    )
    reordered = any(table.reordered for table in tables)
    structure = [one for table in tables for one in table.structure]
    told = [
        tell_rows(Change("", 0, 0, added, removed, corrected, reordered=reordered)),
        *map(tell_structure, structure[:TOLD]),
    ]
    if (more := len(structure) - TOLD) > 0:
        told.append(Text(ja=f"ほか {more} 件", en=f"{more} more"))
    return Text(ja="、".join(one.ja for one in told if one.ja), en=", ".join(one.en for one in told if one.en))


# ---- as JSON ----------------------------------------------------------------------------------------------------


def show_comparison(dataset: str, comparison: Comparison) -> dict[str, Any]:
    """Convert a comparison to plain values for JSON (`changes.schema.json`)."""
    return {
        "dataset": dataset,
        "before": comparison.before,
        "after": comparison.after,
        "level": comparison.level,
        "tables": [show_change(each) for each in comparison.tables],
    }


def show_change(change: Change) -> dict[str, Any]:
    """Convert the change of one table to plain values for JSON."""
    rows = {
        "before": change.before, "after": change.after, "added": change.added, "removed": change.removed,
        "corrected": change.changed,
    }  # fmt: skip
    return {
        "table": change.table,
        "rows": rows,
        "key": list(change.key),
        "reordered": change.reordered,
        "corrected": dict(change.cells or {}),
        "columns": list(change.columns),
        "structure": [show_structure(one) for one in change.structure],
        "marks": list(change.marks),
        "files": [
            {"path": file.path, "bytes": file.bytes, "sha256": file.sha256, "rows": file.rows} for file in change.files
        ],
    }


def show_structure(one: StructureChange) -> dict[str, Any]:
    """Convert a change of the structure to plain values for JSON."""
    shown = {"what": one.what, "column": one.column, "before": one.before, "after": one.after, "breaking": one.breaks}
    return {key: value for key, value in shown.items() if value not in (None, "")}


def keep_change(change: Change) -> dict[str, Any]:
    """Convert a change to plain values from which `read_change` makes it again."""
    return asdict(change)


def read_change(kept: Mapping[str, Any]) -> Change:
    """Parse what `keep_change` returned.  Raises KeyError or TypeError for anything else."""
    made = {field.name: _freeze(kept[field.name]) for field in fields(Change)}
    made["structure"] = tuple(StructureChange(**one) for one in kept["structure"])
    made["files"] = tuple(RowsFile(**one) for one in kept["files"])
    return Change(**made)


def _freeze(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def list_breaking(changes: Iterable[Change]) -> tuple[tuple[str, StructureChange], ...]:
    """List the breaking changes with the tables that they concern."""
    return tuple((change.table, one) for change in changes for one in change.structure if one.breaks)
