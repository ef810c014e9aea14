"""Definitions → one file of Python: a frozen dataclass for the rows of each table, and a function that loads them from
the CSV with their types.  It needs the standard library alone, and passes mypy's strict mode.  Pure."""

import keyword
from collections.abc import Iterator, Sequence

from entaku.catalogue.definitions import DefinedColumn, DefinedTable, Definitions, tell_apart, wrap
from entaku.check import schema as schemas

TAKEN = ("str", "int", "float", "bool", "list", "None", "True", "False", "Literal")
"""Names that a field can't have, as the types of others are called so."""
TYPES = {
    "integer": "int", "number": "float", "boolean": "bool", "year": "int", "list": "list[str]",
    "date": "_dt.date", "time": "_dt.time", "datetime": "_dt.datetime",
}  # fmt: skip
"""The types of values; any other is a text."""
HELPERS = {
    "_integer": '''
def _integer(cell: str) -> int:
    return int(_re.sub(r"^[^0-9+-]+|[^0-9]+$", "", cell))
''',
    "_number": '''
def _number(cell: str, group: str, point: str, bare: bool) -> float:
    text = cell.replace(group, "") if group else cell
    text = text if bare else _re.sub(r"^[^0-9+\\-.,]+|[^0-9.,]+$", "", text)
    return float(text.replace(point, "."))
''',
    "_boolean": '''
def _boolean(cell: str, true: tuple[str, ...], false: tuple[str, ...]) -> bool:
    if cell not in (*true, *false):
        raise ValueError(f"{cell!r} is neither true nor false")
    return cell in true
''',
    "_time": '''
def _time(cell: str) -> _dt.time:
    return _dt.time(0) if cell == "24:00:00" else _dt.time.fromisoformat(cell)
''',
    "_datetime": '''
def _datetime(cell: str) -> _dt.datetime:
    if cell[10:] == "T24:00:00":
        return _dt.datetime.fromisoformat(cell[:10]) + _dt.timedelta(days=1)
    return _dt.datetime.fromisoformat(cell)
''',
    "_parse": '''
def _parse(cell: str, form: str) -> _dt.datetime:
    return _dt.datetime.strptime(cell, form)
''',
    "_texts": '''
def _texts(cell: str) -> list[str]:
    found = _json.loads(cell)
    if not isinstance(found, list):
        raise ValueError(f"{cell!r} is no list")
    return [str(each) for each in found]
''',
}  # fmt: skip
"""What reads cells, by name; a file has those that it needs."""
HEAD = """
from __future__ import annotations

import csv as _csv
import datetime as _dt
import io as _io
import json as _json
import re as _re
from collections.abc import Iterator as _Iterator
from dataclasses import dataclass as _dataclass
from pathlib import Path as _Path
from typing import Literal as _Literal, cast as _cast
from urllib.request import urlopen as _urlopen

"""
READ = '''

def _rows(at: str, name: str, columns: tuple[str, ...]) -> _Iterator[list[str]]:
    """Yield the cells of a CSV, in the order of these columns."""
    if "://" in at:
        with _urlopen(at + name) as answer:
            text = bytes(answer.read()).decode("utf-8-sig")
    else:
        text = _Path(at, name).read_bytes().decode("utf-8-sig")
    _csv.field_size_limit(max(_csv.field_size_limit(), len(text)))
    rows = _csv.reader(_io.StringIO(text, newline=""), strict=True)
    header = next(rows)
    lost = [column for column in columns if column not in header]
    if lost:
        raise ValueError(f"{at}{name} has no column {', '.join(lost)} any more: get this file again from {LATEST}")
    order = [header.index(column) for column in columns]
    for row in rows:
        yield [row[n] for n in order]
'''


def name_module(dataset: str) -> str:
    """Return the name of a dataset's file, which can be imported."""
    name = dataset.replace("-", "_")
    return f"{'_' if name[0].isdigit() else ''}{name}{'_' if keyword.iskeyword(name) else ''}"


def write_python(told: Definitions) -> str:
    """Write the file."""
    parts = [part for table in told.tables for part in write_table(table)]
    text = "".join(parts)
    helpers = "".join(f"\n{body}" for name, body in HELPERS.items() if f"{name}(" in text)
    facts = [
        told.about, "",
        f"This is version {told.version}; newer ones, with this file, are at {told.latest}",
        *([f"License: {told.license}"] if told.license else []),
    ]  # fmt: skip
    constants = {"VERSION": told.version, "LATEST": told.latest, "PINNED": told.pinned}
    words = {
        "VERSION": "The version that this file was made of.",
        "LATEST": "Where the newest version is.",
        "PINNED": "Where that version stays.",
    }
    lines = "".join(f'{name} = {value!r}\n"""{words[name]}"""\n' for name, value in constants.items())
    return f"{quote_words(chr(10).join(facts))}{HEAD}{lines}{text}{READ}{helpers}"


def write_table(table: DefinedTable) -> Iterator[str]:
    """Yield the definitions for a table."""
    row, names = f"{table.stem}Row", name_fields(table.columns)
    for column in table.columns:
        if column.values:
            listed = ", ".join(map(repr, column.values))
            yield f"\n{column.alias} = _Literal[{listed}]\n"
            yield f"{quote_words(f'Values of {column.name}.')}\n"
    yield f"\n\n@_dataclass(frozen=True)\nclass {row}:\n{quote_words(table.about or table.name, 4)}\n\n"
    for column, name in zip(table.columns, names, strict=True):
        kind = column.alias if column.values else name_type(column)
        yield f"    {name}: {kind}{'' if column.required else ' | None'}\n"
        about = column.about if name == column.name else f"{column.about}\n(the column {column.name})".strip()
        yield f"{quote_words(about, 4)}\n" if about else ""
    function = table.name.replace("-", "_")
    columns = "".join(f"        {column.name!r},\n" for column in table.columns)
    yield f"\n\ndef load_{function}(at: str = LATEST) -> list[{row}]:\n"
    yield f'    """Load the table {table.name}; `at` is LATEST, PINNED or a folder with its CSV."""\n'
    yield f"    columns = (\n{columns}    )\n    return [\n        {row}(\n"
    for n, (column, name) in enumerate(zip(table.columns, names, strict=True)):
        cell = read_cell(column, f"row[{n}]")
        cell = f"_cast({column.alias!r}, {cell})" if column.values else cell
        empty = ", ".join(map(repr, sorted(set(column.missing))))
        none = f"None if row[{n}] in ({empty},) else " if empty and not column.required else ""
        yield f"            {name}={none}{cell},\n"
    yield f"        )\n        for row in _rows(at, {table.csv!r}, columns)\n    ]\n"


def name_fields(columns: Sequence[DefinedColumn]) -> list[str]:
    """Return the names of the fields: those of the columns, but for keywords and what Python takes for another name."""
    named, taken = list[str](), {*TAKEN, *(column.alias for column in columns if column.values)}
    for column in columns:
        odd = keyword.iskeyword(column.name) or column.name in taken or column.name.startswith("_")
        named.append(f"{column.name.strip('_') or 'column'}_" if odd else column.name)
        named[-1] = f"column_{named[-1]}" if not named[-1].isidentifier() else named[-1]
    return tell_apart(named)


def name_type(column: DefinedColumn) -> str:
    """Return the type of a column's values."""
    return "str" if is_foreign(column) else TYPES.get(column.type, "str")


def is_foreign(column: DefinedColumn) -> bool:
    """Test whether the standard library has nothing that reads a column, which then is the text of the CSV."""
    return column.type in ("date", "time", "datetime") and column.format == "any"


def read_cell(column: DefinedColumn, cell: str) -> str:
    """Return the expression that reads a cell."""
    field = column.field
    if is_foreign(column):
        return cell
    match column.type:
        case "integer":
            return f"int({cell})" if field.bareNumber else f"_integer({cell})"
        case "year":
            return f"int({cell})"
        case "number":
            odd = field.groupChar or field.decimalChar not in ("", ".") or not field.bareNumber
            return (
                f"_number({cell}, {field.groupChar!r}, {field.decimalChar or '.'!r}, {field.bareNumber})"
                if odd
                else f"float({cell})"
            )
        case "boolean":
            return f"_boolean({cell}, {field.trueValues or schemas.TRUE!r}, {field.falseValues or schemas.FALSE!r})"
        case "list":
            return f"_texts({cell})" if column.format == "json" else f'{cell}.split(",")'
        case "date" | "time" | "datetime" if column.format != "default":
            end = {"date": ".date()", "time": ".time()"}.get(column.type, "")
            return f"_parse({cell}, {column.format!r}){end}"
        case "date":
            return f"_dt.date.fromisoformat({cell})"
        case "time":
            return f"_time({cell})"
        case "datetime":
            return f"_datetime({cell}).astimezone(_dt.timezone.utc)" if column.zoned else f"_datetime({cell})"
    return cell


def quote_words(text: str, indent: int = 0) -> str:
    """Return a text as a docstring, which ends nowhere but at its end."""
    space = " " * indent
    lines = [line.replace("\\", "\\\\") for line in wrap(text)]
    lines = [line.replace('"', '\\"') if '"""' in line or line.endswith('"') else line for line in lines]
    if len(lines) == 1:
        return f'{space}"""{lines[0]}"""'
    body = "\n".join(f"{space}{line}" if line else "" for line in lines).removeprefix(space)
    return f'{space}"""{body}\n{space}"""'
