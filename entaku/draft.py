"""A look at a file → the draft of a pipeline YAML, for its owner to finish."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from entaku.dates import parse_date
from entaku.grammar import Header, Office, Read
from entaku.model import Finding, Raw, Table
from entaku.read import read
from entaku.text import parse_number

MAX_HEADER_ROW = 10
MISSING = ("", "-", "－", "−", "―", "…", "***", "x", "X")
_CLEAR = 0.9
"""The share of values that must be numbers or dates for a column to be taken for one."""


@dataclass(frozen=True)
class Column:
    """What a column seems to be."""

    label: str
    """Its heading in the file."""
    name: str
    """The name proposed for it."""
    type: str
    parse: str
    """The step that makes its values readable, or ""."""


def draft_pipeline(
    name: str, source: str, raw: Raw, body: bytes, office: Office | None
) -> tuple[str, tuple[Finding, ...]]:
    """The YAML text for a file, and what could not be read of it.

    `source`: the URL or project path it came from.  The header is taken to be the row of the first MAX_HEADER_ROW
    that gives the most headings and the fewest findings.
    """
    row, tables, findings = _find_header(raw, body)
    if not tables:
        return "", findings
    columns = guess_columns(tables[0])
    kept = tuple(finding for finding in findings if finding.severity == "error")
    return _write_yaml(name, source, row, columns, office), kept


def _find_header(raw: Raw, body: bytes) -> tuple[int, tuple[Table, ...], tuple[Finding, ...]]:
    best: tuple[tuple[int, int, int], int, tuple[Table, ...], tuple[Finding, ...]] | None = None
    for row in range(1, MAX_HEADER_ROW + 1):
        tables, findings = read(raw, body, Read(header=Header(row=row)))
        if not tables or not len(tables[0].frame):
            if best is None and row == 1 and not tables:
                best = ((0, 0, 0), row, tables, findings)
            continue
        headings = [column for column in tables[0].frame.columns if not re.fullmatch(r"column_\d+", str(column))]
        numbers = sum(parse_number(str(heading)) is not None for heading in headings)
        errors = sum(finding.severity == "error" for finding in findings)
        score = (len(headings) - 2 * numbers, -errors, -row)
        if best is None or score > best[0]:
            best = (score, row, tables, findings)
    assert best is not None
    return best[1], best[2], best[3]


def guess_columns(table: Table) -> tuple[Column, ...]:
    """What each column of a table seems to be."""
    columns = []
    taken: set[str] = set()
    for n, label in enumerate(table.frame.columns, 1):
        values = [value.strip(" 　") for value in table.frame[label].tolist()]
        filled = [value for value in values if value not in MISSING]
        kind, parse = _guess_type(filled)
        name = _propose_name(str(label), n)
        while name in taken:
            name += "_"
        taken.add(name)
        columns.append(Column(str(label), name, kind, parse))
    return tuple(columns)


def _guess_type(values: Sequence[str]) -> tuple[str, str]:
    if not values:
        return "string", ""
    if any(re.fullmatch(r"0\d+", value) for value in values):
        return "string", ""  # codes with leading zeros
    numbers = [number for value in values if (number := parse_number(value)) is not None]
    if len(numbers) >= _CLEAR * len(values):
        whole = all("." not in number for number in numbers)
        return ("integer" if whole else "number"), "parse_number"
    dates = sum(parse_date(value) is not None for value in values)
    if dates >= _CLEAR * len(values):
        return "date", "parse_date"
    return "string", ""


def _propose_name(label: str, n: int) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and re.search(r"[a-z]", label.lower()) else f"c{n}"


def _write_yaml(name: str, source: str, row: int, columns: Sequence[Column], office: Office | None) -> str:
    def first(names: Sequence[str]) -> str:
        return f"{names[0]}  # {' / '.join(names)}" if names else "？"

    publishers = list(office.publishers) if office else []
    licenses = list(office.licenses) if office else []
    place = f"url: {_quote(source)}" if re.match(r"https?://", source) else f"file: {_quote(source)}"
    numbers = [column.name for column in columns if column.parse == "parse_number"]
    dates = [column.name for column in columns if column.parse == "parse_date"]
    lines = [
        "# yaml-language-server: $schema=../docs/pipeline.schema.json",
        "# entaku new が作った下書きです。題名、説明、列の名前と意味を直してください。",
        f"name: {name}",
        f"title: {{ja: {name}, en: {name}}}",
        "description: {ja: 何のデータか、誰が何のために作ったか。, en: What it is and why it exists.}",
        f"publisher: {first(publishers)}",
        f"license: {first(licenses)}",
        "frequency: irregular  # daily / weekly / monthly / quarterly / yearly / irregular",
        "resources:",
        "  - name: table",
        "    title: {ja: 表, en: Table}",
        f"    source: {{{place}}}",
        *([f"    read: {{header: {row}}}"] if row != 1 else []),
        "    tidy:",
        "      - drop_empty_columns",
        "      - trim: all",
        *_rename(columns),
        *([f"      - parse_number: [{', '.join(numbers)}]"] if numbers else []),
        *[f"      - parse_date: {{column: {name_}}}" for name_ in dates],
        "    schema:",
        "      fields:",
        *(f"        - {{name: {c.name}, type: {c.type}, title: {_quote(c.label)}}}" for c in columns),
        "    expect: {rows: {min: 1}}",
    ]
    return "\n".join(lines) + "\n"


def _rename(columns: Sequence[Column]) -> list[str]:
    renamed = [column for column in columns if column.label != column.name]
    return ["      - rename:", *(f"          {_quote(c.label)}: {c.name}" for c in renamed)] if renamed else []


def _quote(text: str) -> str:
    """Text that YAML reads as that text."""
    return json.dumps(text, ensure_ascii=False)
