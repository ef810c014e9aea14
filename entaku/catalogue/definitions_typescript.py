"""Definitions → one module of TypeScript: an interface for the rows of each table, and a function that fetches its CSV and
gives the rows their types.  It imports nothing, and passes `tsc --strict`.  Pure."""

import json
from collections.abc import Iterator

from entaku.catalogue.definitions import DefinedColumn, DefinedTable, Definitions, wrap
from entaku.check import schema as schemas

TYPES = {
    "integer": "number", "number": "number", "boolean": "boolean", "year": "number", "list": "string[]",
}  # fmt: skip
"""The types of values; any other is a text, as it is in the CSV."""
HELPERS = {
    "to_integer": '''
function to_integer(cell: string): number {
  const value = Number(cell.replace(/^[^0-9+-]+|[^0-9]+$/g, ""));
  if (cell === "" || !Number.isSafeInteger(value)) throw new TypeError(`${cell} is no whole number that a number holds`);
  return value;
}
''',
    "to_bigint": '''
function to_bigint(cell: string): bigint {
  return BigInt(cell.replace(/^[^0-9+-]+|[^0-9]+$/g, "").replace(/^[+]/, ""));
}
''',
    "to_number": '''
function to_number(cell: string, group = "", point = ".", bare = true): number {
  let text = group ? cell.split(group).join("") : cell.trim();
  if (!bare) text = text.replace(/^[^0-9+\\-.,]+|[^0-9.,]+$/g, "");
  const special = /^([+-]?)(nan|inf)$/i.exec(text);
  if (special) return special[2]?.toLowerCase() === "nan" ? NaN : special[1] === "-" ? -Infinity : Infinity;
  const value = Number(text.replace(point, "."));
  if (text === "" || Number.isNaN(value)) throw new TypeError(`${cell} is no number`);
  return value;
}
''',
    "to_boolean": '''
function to_boolean(cell: string, yes: readonly string[], no: readonly string[]): boolean {
  if (!yes.includes(cell) && !no.includes(cell)) throw new TypeError(`${cell} is neither true nor false`);
  return yes.includes(cell);
}
''',
    "to_texts": '''
function to_texts(cell: string): string[] {
  const found: unknown = JSON.parse(cell);
  if (!Array.isArray(found)) throw new TypeError(`${cell} is no list`);
  return found.map(String);
}
''',
}  # fmt: skip
"""What reads cells, by name; a file has those that it needs."""
READ = """
/** Split a CSV (RFC 4180) into its cells. */
function split_csv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\\r\\n]*))(,|\\r?\\n|$)/gy;
  pattern.lastIndex = text.startsWith("\\ufeff") ? 1 : 0;
  while (pattern.lastIndex < text.length) {
    const [, quoted, plain, end] = pattern.exec(text) ?? [];
    if (end === undefined) throw new SyntaxError("the CSV has a quotation mark where none may be");
    row.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
    if (end !== ",") {
      rows.push(row);
      row = [];
    } else if (pattern.lastIndex === text.length) {
      rows.push([...row, ""]);
    }
  }
  return rows;
}

/** Fetch a CSV and return its cells, in the order of these columns. */
async function fetch_rows(at: string, name: string, columns: readonly string[]): Promise<string[][]> {
  const answer = await fetch(at + name);
  if (!answer.ok) throw new Error(`${at}${name}: ${answer.status} ${answer.statusText}`);
  const [header = [], ...rows] = split_csv(await answer.text());
  const order = columns.map((column) => header.indexOf(column));
  const lost = columns.filter((_, n) => order[n] === -1);
  if (lost.length) throw new TypeError(`${at}${name} has no column ${lost.join(", ")} any more: get this file again from ${LATEST}`);
  return rows.map((row) => order.map((n) => row[n] ?? ""));
}
"""


def write_typescript(told: Definitions) -> str:
    """Write the file."""
    text = "".join(part for table in told.tables for part in write_table(table))
    helpers = "".join(body for name, body in HELPERS.items() if f" {name}(" in text)
    facts = [
        told.about, "",
        f"This is version {told.version}; newer ones, with this file, are at {told.latest}",
        *([f"License: {told.license}"] if told.license else []),
    ]  # fmt: skip
    constants = {
        "VERSION": ("The version that this file was made of.", told.version),
        "LATEST": ("Where the newest version is.", told.latest),
        "PINNED": ("Where that version stays.", told.pinned),
    }
    lines = "".join(
        f"\n{comment(words)}\nexport const {name} = {quote_text(value)};\n"
        for name, (words, value) in constants.items()
    )
    return f"{comment(chr(10).join(facts))}\n{lines}{text}{READ}{helpers}"


def write_table(table: DefinedTable) -> Iterator[str]:
    """Yield the definitions for a table."""
    row = f"{table.stem}Row"
    for column in table.columns:
        if column.values:
            listed = " | ".join(map(quote_value, column.values))
            yield f"\n{comment(f'Values of {column.name}.')}\nexport type {column.alias} = {listed};\n"
    yield f"\n{comment(table.about or table.name)}\nexport interface {row} {{\n"
    for column in table.columns:
        yield f"{comment(column.about, 2)}\n" if column.about else ""
        yield f"  readonly {column.name}: {name_type(column)}{'' if column.required else ' | null'};\n"
    columns = ", ".join(quote_text(column.name) for column in table.columns)
    words = f"Load the table {table.name}; `at` is LATEST, PINNED or another folder with its CSV."
    yield f"}}\n\n{comment(words)}\n"
    yield f"export async function load_{table.name.replace('-', '_')}(at: string = LATEST): Promise<{row}[]> {{\n"
    yield f"  const rows = await fetch_rows(at, {quote_text(table.csv)}, [{columns}]);\n"
    cells = ", ".join(f'c{n} = ""' for n in range(len(table.columns)))
    yield f"  return rows.map(([{cells}]) => ({{\n"
    for n, column in enumerate(table.columns):
        empty = " || ".join(f"c{n} === {quote_text(mark)}" for mark in sorted(set(column.missing)))
        none = f"{empty} ? null : " if empty and not column.required else ""
        cast = f" as {column.alias}" if column.values else ""
        name = '["__proto__"]' if column.name == "__proto__" else column.name
        yield f"    {name}: {none}{read_cell(column, f'c{n}')}{cast},\n"
    yield "  }));\n}\n"


def name_type(column: DefinedColumn) -> str:
    """Return the type of a column's values."""
    if column.values:
        return column.alias
    return "bigint" if column.large else TYPES.get(column.type, "string")


def read_cell(column: DefinedColumn, cell: str) -> str:
    """Return the expression that reads a cell."""
    field = column.field
    match column.type:
        case "integer" | "year":
            return f"to_{'bigint' if column.large else 'integer'}({cell})"
        case "number":
            told = [quote_text(field.groupChar), quote_text(field.decimalChar or "."), str(field.bareNumber).lower()]
            odd = told != ['""', '"."', "true"]
            return f"to_number({', '.join([cell, *told] if odd else [cell])})"
        case "boolean":
            yes, no = field.trueValues or schemas.TRUE, field.falseValues or schemas.FALSE
            return f"to_boolean({cell}, {json.dumps(yes, ensure_ascii=True)}, {json.dumps(no, ensure_ascii=True)})"
        case "list":
            return f"to_texts({cell})" if column.format == "json" else f'{cell}.split(",")'
    return cell


def quote_value(value: str | int) -> str:
    """Return a value as TypeScript writes it."""
    return quote_text(value) if isinstance(value, str) else str(value)


def quote_text(text: str) -> str:
    """Return a text as TypeScript writes it; characters that can't be seen are escaped."""
    return "".join(
        each if each.isprintable() else json.dumps(each)[1:-1] for each in json.dumps(text, ensure_ascii=False)
    )


def comment(text: str, indent: int = 0) -> str:
    """Return a text as a comment, which ends nowhere but at its end."""
    space = " " * indent
    lines = [line.replace("*/", "* /") for line in wrap(text)]
    if len(lines) == 1:
        return f"{space}/** {lines[0]} */"
    return f"{space}/**\n" + "".join(f"{space} * {line}".rstrip() + "\n" for line in lines) + f"{space} */"
