"""frictionless-py against Entaku's own engine, on the same schemas and tables.

    python -m tests.oracle [DIR] [--seeds N] [--rate R] [--rows N] [--first N] [--force PATH …] [--standard]

Without DIR: tables made from seeds, of every type, format and constraint, a share R of whose rows is odd.  With DIR:
every datapackage.json under it.  `--force` sends small tables down a path meant for large ones: vectors, hashes,
collisions (almost all hashes equal), spill.  Prints every difference and ends with 1 if there is one; `--standard` checks by the
standard where frictionless-py contradicts it (docs/verdicts.md) and counts the differences each rule explains.
"""

import argparse
import csv
import io
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from entaku.check import foreign as check_foreign
from entaku.check import keys as check_keys
from entaku.check import repeats as check_repeats
from entaku.check import rows as check_rows
from entaku.check import vectors as check_vectors
from entaku.check.csv import BLOCK, DoorError, open_csv
from entaku.check.keys import hash_texts
from entaku.check.outcome import Outcome
from entaku.check.report import describe_report, list_errors
from entaku.check.rows import Table
from entaku.check.stream import check_tables
from entaku.check.values import FRICTIONLESS, STANDARD
from entaku.store.desk import DiskSpill

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
SCHEMA_PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"


@dataclass(frozen=True)
class File:
    """A table of a case: its name, its schema's descriptor and its bytes."""

    name: str
    schema: Mapping[str, Any]
    body: bytes
    encoding: str = "utf-8"
    delimiter: str = ","


Errors = list[dict[str, Any]]


def ask_frictionless(files: Sequence[File]) -> list[Errors]:
    """Each table's errors, all of them."""
    from frictionless import Dialect, Package, Schema
    from frictionless import Resource as Opened
    from frictionless.formats import CsvControl

    tables = []
    for file in files:
        schema = Schema.from_descriptor({"$schema": SCHEMA_PROFILE, **json.loads(json.dumps(file.schema))})
        control = CsvControl(delimiter=file.delimiter, quote_char='"', double_quote=True, skip_initial_space=False)
        tables.append(
            Opened(
                name=file.name, data=file.body, scheme="buffer", format="csv", encoding=file.encoding,
                dialect=Dialect(header=True, header_rows=[1], controls=[control]), schema=schema,
                schema_profile=PROFILE, datapackage_version="v2",
            )
        )  # fmt: skip
    report = Package(name="oracle", resources=tables, schema_profile=PROFILE).validate(limit_errors=1 << 60)
    descriptor = report.to_descriptor()
    if not descriptor["tasks"]:
        raise ValueError("; ".join(error["message"] for error in descriptor["errors"]))
    return [task["errors"] for task in descriptor["tasks"]]


def ask_ours(files: Sequence[File], rules: frozenset[str], block: int = BLOCK, **options: Any) -> list[Outcome]:
    """Each table's outcome, with all errors."""
    tables = []
    for file in files:
        width = len(file.schema["fields"])
        source = open_csv(
            lambda body=file.body: io.BytesIO(body), encoding=file.encoding, delimiter=file.delimiter, width=width,
            block=block,
        )  # fmt: skip
        tables.append(Table(file.name, source.labels, source, file.schema))
    return check_tables(tables, rules=rules, max_errors=None, **options)


Spot = tuple[str, int, str, str]


def spot(error: Mapping[str, Any]) -> Spot:
    """What an error is compared by: type, row, field, cell."""
    cell = error.get("cell", error.get("label", ""))
    return error["type"], error.get("rowNumber", 0), f"{error.get('fieldNumber', '')}", str(cell)


@dataclass
class Tally:
    errors: int = 0
    spots: int = 0
    """Differences in type, row, field or cell."""
    details: int = 0
    """Differences only in notes, messages, other details or order."""
    kinds: Counter[str] | None = None


def compare(name: str, theirs: Errors, ours: Errors, tally: Tally, show: int = 5) -> None:
    """Count and print how two lists of errors differ."""
    tally.errors += len(theirs)
    if tally.kinds is not None:
        tally.kinds.update(error["type"] for error in theirs)
    if theirs == ours:
        return
    left, right = Counter(map(spot, theirs)), Counter(map(spot, ours))
    if left != right:
        for who, only in (("frictionless", left - right), ("ours", right - left)):
            tally.spots += only.total()
            for found, number in list(only.items())[:show]:
                print(f"{name}: only {who}: {found} ×{number}")
        return
    tally.details += 1
    for their, our in zip(theirs, ours, strict=True):
        if their != our:
            print(f"{name}: details differ:\n  frictionless: {their}\n  ours:         {our}")
            return


# ---- cases ------------------------------------------------------------------------------------------------------

HOSTILE = [
    "", "-", " ", "　", "None", "null", "NA", "x", "１２", "٣", "1", "01", "+1", "-0", "007", "1_000", "1_0.5", " 5 ", "　5",
    "5\t", "1.0", "1e3", "1E400", "0x1F", "0X1f", "NaN", "nan", "NaN123", "inf", "-INF", "Infinity", ".5", "5.", "-.5", "１．５",
    "1,000", ",,1", "1,0,0", "1.234,5", "△5", "(12)", "5-", "95%", "99999999999999999999", "-9223372036854775809",
    "0.0999999999999999999999999", "0.1", "100", "100.0", "100.00000000000000001", "true", "TRUE", "yes", "0",
    "2025-04-01", "2025-4-1", " 2025-04-01", "2025-04-01 ", "2025-02-30", "0000-01-01", "9999-12-31", "2025/04/01",
    "２０２５-04-01", "2025年4月1日", "2025-04-01T10:00:00", "2025-04-01 10:00:00", "2025-04-01T24:00:00",
    "2025-04-01T10:00:60", "2025-02-30T10:00:00", "2025-04-01T10:00:00.5", "20250401", "2025-04-01T10:00", "10:00:00",
    "9:00:00", "24:00:00", "10:00:00.25", "25:00:00", "2025", "+202", " 202", "２０２５", "0000", "-001", "12025", "25-4",
    "2025-04", " 2025 - 4 ", "2025-13", "P1Y", "P2W", "PT5M", "P1Y2M3DT4H5M6.5S", "P", "PT", "-P1D", "{}", '{"a":1}',
    '{"lon":1,"lat":2}', '{"lon":999,"lat":2}', "[]", "[1,2]", '["a"]', "[null]", "a,b", "1,2", "1,", ",", "90.5, 45.5",
    "200,0", "NaN,1", '{"type":"Point","coordinates":[1,2]}', '{"type":"Topology","objects":{},"arcs":[]}', "a@b.co",
    "http://x.y/z", "http:", "b\n", "axx", "a\nb", "a\r\nb", 'q"q', '"', "が", "か\u3099", "!!!!", "YQ==", "😀", "\u00a0",
    "123e4567-e89b-12d3-a456-426614174000", "a" * 40, "産地", "品目9",
]  # fmt: skip
AWARE = ["2025-04-01T10:00:00Z", "2025-04-01T10:00:00+09:00", "10:00:00Z", "10:00:00+09:00"]

GOOD: dict[str, Any] = {
    "string": lambda r: r.choice(["a", "b", "産地", "品目1", "品目2", "ab", "abc"]) if r.random() < 0.7 else f"s{r.randrange(10**6)}",
    "integer": lambda r: str(r.randrange(-5, 200)) if r.random() < 0.7 else str(r.randrange(10**9)),
    "number": lambda r: f"{r.randrange(2000) / 10}" if r.random() < 0.7 else f"{r.random() * 100:.9f}",
    "boolean": lambda r: r.choice(["true", "false", "1", "0"]),
    "date": lambda r: f"{r.randrange(1990, 2030)}-{r.randrange(1, 13):02}-{r.randrange(1, 29):02}",
    "time": lambda r: f"{r.randrange(24):02}:{r.randrange(60):02}:00",
    "datetime": lambda r: f"20{r.randrange(10, 30)}-0{r.randrange(1, 10)}-1{r.randrange(10)}T{r.randrange(24):02}:{r.randrange(60):02}:{r.randrange(60):02}",
    "year": lambda r: str(r.randrange(1900, 2100)),
    "yearmonth": lambda r: f"{r.randrange(1990, 2030)}-{r.randrange(1, 13):02}",
    "duration": lambda r: r.choice(["P1Y", "PT5M", "P3D", "P1M"]),
    "object": lambda r: r.choice(["{}", '{"a":1}', '{"a":1,"b":2}']),
    "array": lambda r: r.choice(["[]", "[1]", "[1,2,3]", '["a"]']),
    "list": lambda r: r.choice(["1", "1,2", "1,2,3"]),
    "geopoint": lambda r: f"{r.randrange(-180, 180)},{r.randrange(-90, 90)}",
    "geojson": lambda r: json.dumps({"type": "Point", "coordinates": [r.randrange(9), 2]}),
    "any": lambda r: r.choice(["x", "1", "2025-01-01"]),
}  # fmt: skip
FORMATS: dict[str, list[dict[str, Any]]] = {
    "string": [{"format": name} for name in ("email", "uri", "uuid", "binary")],
    "integer": [{"bareNumber": False}],
    "number": [{"bareNumber": False}, {"groupChar": ","}, {"decimalChar": ",", "groupChar": "."}, {"decimalChar": ","}],
    "boolean": [{"trueValues": ["yes", "1"], "falseValues": ["no", "0"]}],
    "date": [{"format": "%Y/%m/%d"}, {"format": "%Y年%m月%d日"}],
    "time": [{"format": "%H:%M"}],
    "datetime": [{"format": "%Y-%m-%d %H:%M:%S"}],
    "array": [{"arrayItem": {"type": "integer", "constraints": {"minimum": 2}}}, {"arrayItem": {"type": "string"}}],
    "list": [{"itemType": "integer"}, {"delimiter": ";"}, {"itemType": "date"}],
    "geopoint": [{"format": "array"}, {"format": "object"}],
    "geojson": [{"format": "topojson"}],
}
BOUND_VALUES: dict[str, list[Any]] = {
    "integer": [0, 1, "100", -3],
    "number": [0, "0.1", 100, "100.0", 12.5],
    "date": ["2000-01-01", "2025-04-01"],
    "time": ["10:00:00", "20:30:00"],
    "datetime": ["2015-01-01T00:00:00", "2025-04-01T10:00:00"],
    "year": ["2000", 2025],
    "yearmonth": ["2000-01", "2025-04"],
}
ENUMS: dict[str, list[Any]] = {
    "string": ["a", "b", "産地", "品目1", ""],
    "integer": ["1", 5, "100", "x"],
    "number": ["1.0", "0.1", 100],
    "boolean": ["true"],
    "date": ["2025-04-01"],
    "year": ["2025", "1999"],
    "object": [{}, {"a": 1}],
    "array": [[], [1]],
    "any": ["x", "1"],
}
PATTERNS = ["[a-z]+", "a|b", "品目\\d", "^a.*$", ".{2,3}", "s\\d+"]
UNHASHABLE = ("object", "array", "list", "geojson")


def make_field(r: random.Random, name: str) -> dict[str, Any]:
    """A field of any type, format and constraints."""
    kind = r.choice([*GOOD, "string", "integer", "number", "date", "string", "integer", "number"])
    field: dict[str, Any] = {"name": name, "type": kind}
    if kind in FORMATS and r.random() < 0.3:
        field |= r.choice(FORMATS[kind])
    if r.random() < 0.2:
        field["missingValues"] = r.choice([["-"], ["", "-"], [], ["NA", ""], [{"value": "-", "label": "none"}]])
    constraints: dict[str, Any] = {}
    if r.random() < 0.4:
        constraints["required"] = r.random() < 0.9
    if kind in BOUND_VALUES and field.get("format", "default") == "default" and r.random() < 0.5:
        for key in r.sample(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], r.choice([1, 2])):
            if "decimalChar" not in field:
                constraints[key] = r.choice(BOUND_VALUES[kind])
    if kind in ENUMS and kind != "list" and field.get("format", "default") == "default" and r.random() < 0.2:
        constraints["enum"] = ENUMS[kind]
    if kind in ("string", "object", "array", "list") and r.random() < 0.3:
        constraints[r.choice(["minLength", "maxLength"])] = r.choice([1, 2, 3])
    if kind == "string" and r.random() < 0.3:
        constraints["pattern"] = r.choice(PATTERNS)
    if kind not in UNHASHABLE and r.random() < 0.15:
        constraints["unique"] = True
    if constraints:
        field["constraints"] = constraints
    return field


def make_schema(r: random.Random, parent: Sequence[str]) -> dict[str, Any]:
    """A schema, perhaps with keys."""
    fields = [make_field(r, f"f{n}") for n in range(r.randint(1, 7))]
    keyable = [field["name"] for field in fields if field["type"] not in UNHASHABLE]
    schema: dict[str, Any] = {"fields": fields}
    if r.random() < 0.4:
        schema["missingValues"] = r.choice([["", "-"], ["-"], [], ["", "NA", "null"]])
    if keyable and r.random() < 0.5:
        schema["primaryKey"] = r.sample(keyable, r.randint(1, min(3, len(keyable))))
    keys = []
    if keyable and r.random() < 0.3:
        some = r.sample(keyable, r.randint(1, min(2, len(keyable))))
        keys.append({"fields": some, "reference": {"resource": "", "fields": r.sample(keyable, len(some))}})
    if keyable and parent and r.random() < 0.4:
        some = r.sample(keyable, min(len(keyable), len(parent), r.randint(1, 2)))
        keys.append({"fields": some, "reference": {"resource": "parent", "fields": list(parent[: len(some)])}})
    if keys:
        schema["foreignKeys"] = keys
    return schema


def make_rows(r: random.Random, schema: Mapping[str, Any], rows: int, rate: float) -> Iterator[list[str]]:
    """Rows for a schema, of which this share is odd."""
    made: list[list[str]] = []
    for _ in range(rows):
        row = [GOOD[field["type"]](r) for field in schema["fields"]]
        if r.random() < rate:
            at = r.randrange(len(row))
            odd = r.random()
            if odd < 0.7:
                tame = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} & set(
                    schema["fields"][at].get("constraints", {})
                )
                row[at] = r.choice(HOSTILE if tame else HOSTILE + AWARE)
            elif odd < 0.78:
                row = row[:at]
            elif odd < 0.84:
                row += [r.choice(["", "extra", "x,y"]) for _ in range(r.randint(1, 2))]
            elif odd < 0.9:
                row = [r.choice(["", "-"]) for _ in row] if r.random() < 0.5 else [""] * len(row)
            elif made:
                row = list(r.choice(made[-200:]))
        made.append(row)
        yield row


def write(labels: Sequence[str], rows: Iterator[list[str]], line: str) -> bytes:
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator=line)
    writer.writerow(labels)
    for row in rows:
        writer.writerow(row) if row else sink.write(line)
    return sink.getvalue().encode()


def make_case(seed: int, rows: int, rate: float) -> list[File]:
    """Two tables, the second referring to the first."""
    r = random.Random(seed)
    line = r.choice(["\n", "\r\n"])
    parent = {"fields": [{"name": "p", "type": r.choice(["string", "integer"])}, {"name": "q", "type": "string"}]}
    pairs = [
        ["a", "b"],
        ["b", ""],
        ["1", "産地"],
        ["01", "x"],
        ["品目1", "a"],
        ["", "a"],
        ["100", "b"],
        ["a"],
        ["x", "y", "z"],
    ]
    first = File("parent", parent, write(["p", "q"], iter(pairs), line))
    schema = make_schema(r, r.choice([[], ["p"], ["p", "q"]]))
    labels = [field["name"] for field in schema["fields"]]
    body = list(make_rows(r, schema, rows, rate))
    if r.random() < 0.25:
        schema["fieldsMatch"] = r.choice(["equal", "subset", "superset", "partial", "exact"])
        change = r.random()
        if change < 0.3 and len(labels) > 1:
            labels[0], labels[1] = labels[1], labels[0]
            body = [[row[1], row[0], *row[2:]] if len(row) > 1 else row for row in body]
        elif change < 0.5:
            labels.append("more")
            body = [[*row, "x"] for row in body]
        elif change < 0.7 and len(labels) > 1:
            labels.pop()
            body = [row[: len(labels)] for row in body]
        elif change < 0.9:
            labels[r.randrange(len(labels))] = r.choice(["", "other", labels[0]])
    return [first, File("t", schema, write(labels, iter(body), line))]


# ---- folders ----------------------------------------------------------------------------------------------------


def read_package(path: Path) -> list[File]:
    """The CSV tables of a datapackage.json."""
    descriptor = json.loads(path.read_text("utf-8"))
    files = []
    for resource in descriptor.get("resources", ()):
        where, schema = resource.get("path"), resource.get("schema")
        if not isinstance(where, str) or not where.endswith(".csv") or not schema:
            continue
        if isinstance(schema, str):
            schema = json.loads((path.parent / schema).read_text("utf-8"))
        schema = {key: value for key, value in schema.items() if key != "$schema"}
        delimiter = (resource.get("dialect") or {}).get("delimiter", ",")
        body = (path.parent / where).read_bytes()
        files.append(File(resource["name"], schema, body, resource.get("encoding", "utf-8"), delimiter))
    names = {file.name for file in files}
    return [_without_strangers(file, names) for file in files]


def _without_strangers(file: File, names: set[str]) -> File:
    keys = [
        key for key in file.schema.get("foreignKeys", ()) if (key["reference"].get("resource") or file.name) in names
    ]
    schema = {key: value for key, value in file.schema.items() if key != "foreignKeys"}
    return File(
        file.name, {**schema, "foreignKeys": keys} if keys else schema, file.body, file.encoding, file.delimiter
    )


# ---- the run ----------------------------------------------------------------------------------------------------


def check_case(name: str, files: Sequence[File], tally: Tally, block: int = BLOCK, **options: Any) -> bool:
    """Compare both on one case by frictionless-py's rules; False where frictionless-py itself breaks down."""
    try:
        theirs = ask_frictionless(files)
    except Exception as error:
        print(f"{name}: frictionless-py fails: {type(error).__name__}: {str(error)[:200]}")
        return False
    try:
        outcomes = ask_ours(files, FRICTIONLESS, block, **options)
    except DoorError as error:
        print(f"{name}: ours: {error}")
        tally.spots += 1
        return True
    for file, errors, outcome in zip(files, theirs, outcomes, strict=True):
        ours = [json.loads(json.dumps(error)) for error in list_errors(outcome)]
        compare(f"{name}/{file.name}", errors, ours, tally)
        if outcome.errors != len(errors):
            print(f"{name}/{file.name}: {outcome.errors} counted of {len(errors)}")
            tally.spots += 1
    return True


def _collide(hashes: Sequence[Any]) -> Any:
    return sum(hashes) & np.uint64(7)


def _collide_texts(texts: Any, salt: Any = None) -> Any:
    return hash_texts(texts) & np.uint64(7)


FORCED: dict[str, list[tuple[Any, str, Any]]] = {
    "vectors": [(check_vectors, "SAMPLE", 1), (check_vectors, "MANY", 1 << 30), (check_vectors, "FEW", 0)],
    "hashes": [(check_foreign, "MAX_EXACT", 0)],
    "collisions": [(check_keys, "join_numbers", _collide), (check_keys, "hash_texts", _collide_texts)],
    "many-collisions": [
        (check_keys, "join_numbers", _collide), (check_keys, "hash_texts", _collide_texts), (check_rows, "MAX_COMPARED", 0),
    ],
    "spill": [(check_repeats, "FEW", 10), (check_foreign, "MAX_EXACT", 0)],
}  # fmt: skip


@contextmanager
def forced(paths: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Small tables take the paths of large ones; gives the options for `check_tables`."""
    with ExitStack() as stack:
        for path in paths:
            for where, name, value in FORCED[path]:
                stack.enter_context(patch.object(where, name, value))
        yield {"make_spill": DiskSpill, "max_kept": 20} if "spill" in paths else {}


def explain(files: Sequence[File], found: Counter[str]) -> None:
    """Count, for each rule of the standard, the errors that come or go with it alone."""
    full = [Counter(map(spot, list_errors(outcome))) for outcome in ask_ours(files, STANDARD)]
    for rule in sorted(STANDARD):
        less = [Counter(map(spot, list_errors(outcome))) for outcome in ask_ours(files, STANDARD - {rule})]
        found[rule] += sum((a - b).total() + (b - a).total() for a, b in zip(full, less, strict=True))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR")
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--rate", type=float, default=0.3)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--block", type=int, default=BLOCK, help="bytes parsed at once")
    parser.add_argument("--force", nargs="*", default=[], choices=list(FORCED))
    parser.add_argument("--standard", action="store_true")
    given = parser.parse_args(arguments)
    if given.folder:
        cases = [(str(path), read_package(path)) for path in sorted(given.folder.rglob("datapackage.json"))]
    else:
        seeds = range(given.first, given.first + given.seeds)
        cases = [(f"seed {seed}", make_case(seed, given.rows, given.rate)) for seed in seeds]
    tally, failed, rules = Tally(kinds=Counter()), 0, Counter[str]()
    for name, files in cases:
        if not files:
            continue
        with forced(given.force) as options:
            failed += not check_case(name, files, tally, given.block, **options)
        if given.standard:
            explain(files, rules)
            describe_report(ask_ours(files, STANDARD))
    print(f"{len(cases)} cases, {tally.errors} errors, {failed} frictionless-py could not check")
    print(f"{tally.spots} differ in type, row, field or cell; {tally.details} tables differ in details or order")
    print(", ".join(f"{kind} {number}" for kind, number in sorted((tally.kinds or {}).items())))
    for rule, number in sorted(rules.items()):
        print(f"  {rule}: {number} errors come or go with it")
    return 1 if tally.spots or tally.details else 0


if __name__ == "__main__":
    sys.exit(main())
