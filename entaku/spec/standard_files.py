"""The CSVs of a project's folder `standards/`: standard datasets of its own, or another edition of those shipped.

Such a file has the form of `entaku/model/standard_columns.csv`, a row for each column, and its name is the standard's.
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePosixPath
from typing import get_args

from pydantic import TypeAdapter, ValidationError

from entaku.check import schema as schemas
from entaku.formats.text import decode
from entaku.model.hints import fold, guess_meant, hint
from entaku.model.nouns import Finding, Place
from entaku.model.patterns import find_regex_fault
from entaku.model.standards import HEADINGS, MOST_COLUMNS, Must, Standard, StandardColumn, find_standard, list_standards
from entaku.model.table_schema import FieldType, SchemaField
from entaku.model.words import FIELD_NAME, PATTERNS, Text

FOLDER = "standards/"
OWN = "own"
"""What the columns of such a standard were learnt from (`Standard.basis`)."""
CELL = 2_000
"""Characters of a cell."""
BYTES = 4 << 20
"""Size of a file."""
NEEDED = ("ja", "name", "type")
"""Headings that the file must have; the others may be left out."""


@dataclass(frozen=True)
class StandardFiles:
    """The files of the folder, read when they are named."""

    files: Mapping[str, bytes]
    """The bytes of the project's files by path."""
    _read: dict[str, tuple[Standard | None, tuple[Finding, ...]]] = field(default_factory=dict)

    def list_paths(self) -> list[str]:
        """List the files of the folder."""
        return sorted(name for name in self.files if name.startswith(FOLDER) and name.endswith(".csv"))

    def list_own(self) -> list[str]:
        """List the names of the project's standards."""
        return [*map(_name, self.list_paths())]

    def list_names(self) -> list[str]:
        """List the names of all standards."""
        return list(dict.fromkeys([*list_standards(), *self.list_own()]))

    def find(self, wanted: str) -> tuple[Standard | None, tuple[Finding, ...]]:
        """Return a standard by its name, the project's own before one of this program, and what is wrong with its
        file."""
        for path in self.list_paths():
            if fold(_name(path)) == fold(wanted):
                return self.read(path)
        return find_standard(wanted), ()

    def read(self, path: str) -> tuple[Standard | None, tuple[Finding, ...]]:
        """Return the standard of a file, None with findings if there are mistakes in it."""
        if path not in self._read:
            self._read[path] = read_standard(path, self.files[path])
        return self._read[path]


def _name(path: str) -> str:
    return unicodedata.normalize("NFC", PurePosixPath(path).stem)


def read_standard(path: str, body: bytes) -> tuple[Standard | None, tuple[Finding, ...]]:
    """Read a file of the folder; None with findings if there are mistakes in it."""
    rows, findings = _read_rows(path, body)
    findings += tuple(_find_faults(path, rows))
    if findings:
        return None, findings
    columns = tuple(_make_column(row) for _, row in rows)
    number = rows[0][1].get("number", "")
    return Standard(number, Text(ja=_name(path)), "", True, OWN, "", path, columns), ()


Rows = Sequence[tuple[int, Mapping[str, str]]]
"""The rows of a file by heading, with their lines."""


def _read_rows(path: str, body: bytes) -> tuple[Rows, tuple[Finding, ...]]:
    if len(body) > BYTES:
        return [], (_tell(path, f"{BYTES >> 20} MB を超えています", f"it is larger than {BYTES >> 20} MB"),)
    decoded = decode(body, None)
    if decoded.bad:
        return [], (_tell(path, "文字コードがわかりません", "its encoding can't be told"),)
    rows: list[tuple[int, list[str]]] = []
    with io.StringIO(decoded.text, newline="") as stream:
        reader, line = csv.reader(stream), 1
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    rows.append((line, [cell.strip() for cell in cells]))
                line = reader.line_num + 1
        except csv.Error as error:
            return [], (_tell(path, f"{line} 行目：{error}", f"line {line}: {error}"),)
    headings = rows[0][1] if rows else []
    if lacking := [one for one in NEEDED if one not in headings]:
        some = ", ".join(lacking)
        return [], (_tell(path, f"1 行目に見出し {some} がありません", f"row 1 has no heading {some}"),)
    if len(rows) < 2:
        return [], (_tell(path, "見出しの下に行がありません", "there are no rows below the headings"),)
    if len(rows) - 1 > MOST_COLUMNS:
        return [], (_tell(path, f"行が {MOST_COLUMNS:,} を超えています", f"it has more than {MOST_COLUMNS:,} rows"),)
    strange = tuple(
        Finding(
            "standard-cell",
            "error",
            Place(path, rows[0][0]),
            one,
            {"column": "見出し / heading", **hint(one, HEADINGS)},
        )
        for n, one in enumerate(headings)
        if one and (one not in HEADINGS or one in headings[:n])
    )
    return [(line, dict(zip(headings, cells, strict=False))) for line, cells in rows[1:]], strange


def _tell(path: str, ja: str, en: str) -> Finding:
    return Finding(
        "bad-standard", "error", Place(path), path, {"why_ja": ja, "why_en": en, "allowed": ",".join(HEADINGS)}
    )


def _find_faults(path: str, rows: Rows) -> Iterator[Finding]:
    """Yield what is wrong with cells, in the order of the lines."""
    known: dict[tuple[str, str], int] = {}
    for line, row in rows:
        for column, value, args in _judge_row(row, rows[0][1]):
            yield Finding("standard-cell", "error", Place(path, line), value, {"column": column, **_plain(args)})
        for column in ("ja", "name"):
            value = row.get(column, "")
            first = known.setdefault((column, fold(value)), line)
            if value and first != line:
                yield Finding(
                    "standard-twice", "error", Place(path, line), value, {"column": column, "line": str(first)}
                )


def _plain(args: Mapping[str, str]) -> dict[str, str]:
    return {"hint_ja": "", "hint_en": "", **args}


def _judge_row(row: Mapping[str, str], first: Mapping[str, str]) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Yield column, value and what is allowed of each cell with a mistake."""
    for column, value in row.items():
        if len(value) > CELL or not value.isprintable():
            yield column, value[:80], {"allowed": f"{CELL:,} 文字までの一行 / one line of up to {CELL:,} characters"}
            return
    title, name, must, kind = (row.get(key, "") for key in ("ja", "name", "must", "type"))
    if not title:
        yield "ja", title, {"allowed": "標準の見出し / the heading of the column"}
    if not re.fullmatch(FIELD_NAME, name):
        yield "name", name, {"allowed": PATTERNS[FIELD_NAME], **guess_meant(name, FIELD_NAME, row.get("en", ""))}
    if must not in get_args(Must):
        yield "must", must, hint(must, [*filter(None, get_args(Must))])
    number = row.get("number", "")
    if number != first.get("number", ""):
        yield (
            "number",
            number,
            {"allowed": f"どの行も同じ番号（{first.get('number') or '空'}）/ one number in all rows"},
        )
    if kind not in get_args(FieldType):
        yield "type", kind, hint(kind, list(get_args(FieldType)))
    else:
        yield from _judge_values(row)


def _judge_values(row: Mapping[str, str]) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Yield what is wrong with the format and the values of a row whose type is right."""
    values = row.get("values", "")
    if values.endswith("..") and not re.fullmatch(r"-?\d{1,15}\.\.", values):
        yield "values", values, {"allowed": "0.. （0 以上）/ 0.. (0 or more)"}
        return
    try:
        made = _adapter().validate_json(json.dumps(_make_column({**row, "name": "x"}).write_field()))
    except ValidationError:
        yield "values", values, {"allowed": "有|無, [0-9]{7}, 0.."}
        return
    if allowed := schemas.find_bad_format(made):
        yield "format", made.format, hint(made.format, allowed.split(", "))
        return
    if fault := find_regex_fault(made.constraints.pattern):
        yield "values", values, {"allowed": f"正規表現（{fault}）/ a regular expression"}
    for _, value, allowed in schemas.find_bad_bounds(made):
        yield "values", value, {"allowed": allowed}
    for _, value in schemas.find_bad_values(made):
        yield (
            "values",
            value,
            {"allowed": f"型 {made.type} の値を | で区切ったもの / values of type {made.type}, with | between them"},
        )


@cache
def _adapter() -> TypeAdapter[SchemaField]:
    return TypeAdapter(SchemaField)


def _make_column(row: Mapping[str, str]) -> StandardColumn:
    return StandardColumn(
        title=Text(ja=row.get("ja", ""), en=row.get("en", "")), name=row["name"], must=row.get("must", ""),  # type: ignore[arg-type]
        type=row["type"], format=row.get("format", ""), values=row.get("values", ""), unit=row.get("unit", ""),
        about=Text(ja=row.get("about_ja", ""), en=row.get("about_en", "")),
    )  # fmt: skip
