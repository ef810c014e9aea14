"""frictionless-py against Entaku's own engine, on the same schemas and tables.

    python -m tests.oracle [DIR] [--seeds N] [--rate R] [--rows N] [--first N] [--force PATH …] [--standard]

Ours is asked at the door of `entaku check`: `check` on batches of text, as a reader gives them.  frictionless-py is asked on the CSV of the same cells.  Without DIR: tables made from seeds, of every type,
format and constraint that a pipeline may have, a share R of whose rows is odd.  With DIR: every datapackage.json under
it.  `--force` sends small tables down a path meant for large ones: vectors, hashes, collisions (almost all hashes
equal), spill.  Prints every difference and ends with 1 if there is one; `--standard` checks by the standard where
frictionless-py contradicts it (docs/verdicts.md) and counts the differences each rule explains.
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
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa

from entaku.check import Candidate, Verdict, check
from entaku.check import foreign as check_foreign
from entaku.check import keys as check_keys
from entaku.check import repeats as check_repeats
from entaku.check import rows as check_rows
from entaku.check import vectors as check_vectors
from entaku.check.keys import hash_texts
from entaku.check.outcome import Limits
from entaku.check.values import FRICTIONLESS, STANDARD
from entaku.model.grammar import Resource
from entaku.model.nouns import Place
from entaku.model.table_schema import Constraints, ForeignKey, Reference, Schema, SchemaField
from entaku.model.words import Text
from entaku.release.write import CastOnly
from entaku.store.desk import DiskSpill

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
SCHEMA_PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"
BATCH = 65_536
"""Rows of a batch, as `entaku check` has them."""


@dataclass(frozen=True)
class File:
    """A table of a case: its name, its schema's descriptor and its cells."""

    name: str
    schema: Mapping[str, Any]
    rows: Sequence[Sequence[str]]

    def write_csv(self) -> bytes:
        """Its CSV as Python writes it."""
        sink = io.StringIO(newline="")
        writer = csv.writer(sink, lineterminator="\r\n")
        writer.writerow(field["name"] for field in self.schema["fields"])
        writer.writerows(self.rows)
        return sink.getvalue().encode()


Errors = list[dict[str, Any]]


# ---- asking -----------------------------------------------------------------------------------------------------


def ask_frictionless(files: Sequence[File]) -> list[Errors]:
    """Each table's errors, all of them."""
    from frictionless import Dialect, Package
    from frictionless import Resource as Opened
    from frictionless import Schema as Described
    from frictionless.formats import CsvControl

    tables = []
    for file in files:
        schema = Described.from_descriptor({"$schema": SCHEMA_PROFILE, **json.loads(json.dumps(file.schema))})
        control = CsvControl(delimiter=",", quote_char='"', double_quote=True, skip_initial_space=False)
        tables.append(
            Opened(
                name=file.name, data=file.write_csv(), scheme="buffer", format="csv", encoding="utf-8",
                dialect=Dialect(header=True, header_rows=[1], controls=[control]), schema=schema,
                schema_profile=PROFILE, datapackage_version="v2",
            )
        )  # fmt: skip
    report = Package(name="oracle", resources=tables, schema_profile=PROFILE).validate(limit_errors=1 << 60)
    descriptor = report.to_descriptor()
    if not descriptor["tasks"]:
        raise ValueError("; ".join(error["message"] for error in descriptor["errors"]))
    return [task["errors"] for task in descriptor["tasks"]]


def ask_ours(files: Sequence[File], limits: Limits, size: int = BATCH) -> Verdict:
    """The verdict of `entaku check` on batches of `size` rows."""
    return check([make_candidate(file, size) for file in files], "columns", limits.make_spill, limits)


def list_ours(files: Sequence[File], limits: Limits, size: int = BATCH) -> list[Errors]:
    """Each table's errors, as many as the limits allow."""
    verdict = ask_ours(files, limits, size)
    if not verdict.report.descriptor:
        raise ValueError(f"no report: {verdict.report.findings}")
    return [json.loads(json.dumps(task["errors"])) for task in verdict.report.descriptor["tasks"]]


def make_candidate(file: File, size: int) -> Candidate:
    """The table as a reader gives it."""
    schema = read_schema(file.schema)
    names = [field.name for field in schema.fields]
    resource = Resource(name=file.name, title=Text(ja=file.name), schema=schema)
    columns = list(zip(*file.rows, strict=True)) or [()] * len(names)
    whole = pa.table([pa.array(cells, pa.string()) for cells in columns], names=names)

    def locate(row: int, column: str) -> Place:
        return Place(file=file.name, row=row, column=column)

    return Candidate(resource, tuple(names), whole.to_batches(max_chunksize=size), CastOnly(resource), locate, ())


def read_schema(descriptor: Mapping[str, Any]) -> Schema:
    """A Table Schema as a pipeline has it.  Raises ValueError for what none can say."""
    if more := set(descriptor) - {field.name for field in fields(Schema)}:
        raise ValueError(f"schema: {', '.join(sorted(more))}")
    keys = tuple(
        ForeignKey(
            fields=_freeze(key["fields"]),
            reference=Reference(resource=key["reference"].get("resource", ""), fields=_freeze(key["reference"]["fields"])),
        )
        for key in descriptor.get("foreignKeys", ())
    )  # fmt: skip
    unique = tuple(_freeze(names) for names in descriptor.get("uniqueKeys", ()))
    return Schema(
        fields=tuple(map(_read_field, descriptor["fields"])), primaryKey=_freeze(descriptor.get("primaryKey", ())),
        uniqueKeys=unique, foreignKeys=keys, missingValues=_freeze(descriptor.get("missingValues", [""])),
    )  # fmt: skip


def _read_field(descriptor: Mapping[str, Any]) -> SchemaField:
    said = {key: value for key, value in descriptor.items() if key.partition("@")[0] not in ("title", "description")}
    constraints = said.pop("constraints", {})
    for about, kind in ((said, SchemaField), (constraints, Constraints)):
        if more := set(about) - {field.name for field in fields(kind)}:
            raise ValueError(f"field: {', '.join(sorted(more))}")
    told = {key: _freeze(value) if isinstance(value, list) else value for key, value in said.items()}
    limits = {key: _freeze(value) if isinstance(value, list) else value for key, value in constraints.items()}
    return SchemaField(**told, constraints=Constraints(**limits))


def _freeze(names: Any) -> tuple[Any, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


# ---- comparing --------------------------------------------------------------------------------------------------


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
        field["missingValues"] = r.choice([["-"], ["", "-"], [], ["NA", ""]])
    constraints: dict[str, Any] = {}
    if r.random() < 0.4:
        constraints["required"] = r.random() < 0.9
    if kind in BOUND_VALUES and field.get("format", "default") == "default" and r.random() < 0.5:
        for key in r.sample(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], r.choice([1, 2])):
            if "decimalChar" not in field:
                constraints[key] = r.choice(BOUND_VALUES[kind])
    if kind in ENUMS and field.get("format", "default") == "default" and r.random() < 0.2:
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
            if odd < 0.8:
                tame = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} & set(
                    schema["fields"][at].get("constraints", {})
                )
                row[at] = r.choice(HOSTILE if tame else HOSTILE + AWARE)
            elif odd < 0.87:
                row = [r.choice(["", "-"]) for _ in row] if r.random() < 0.5 else [""] * len(row)
            elif made:
                row = list(r.choice(made[-200:]))
        made.append(row)
        yield row


def make_case(seed: int, rows: int, rate: float) -> list[File]:
    """Two tables, the second referring to the first."""
    r = random.Random(seed)
    parent = {"fields": [{"name": "p", "type": r.choice(["string", "integer"])}, {"name": "q", "type": "string"}]}
    pairs = [["a", "b"], ["b", ""], ["1", "産地"], ["01", "x"], ["品目1", "a"], ["", "a"], ["100", "b"], ["", ""]]
    schema = make_schema(r, r.choice([[], ["p"], ["p", "q"]]))
    return [File("parent", parent, pairs), File("t", schema, list(make_rows(r, schema, rows, rate)))]


# ---- folders ----------------------------------------------------------------------------------------------------


def read_package(path: Path) -> list[File]:
    """The CSV tables of a datapackage.json.  Raises ValueError for one that no pipeline could have made."""
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
        text = (path.parent / where).read_bytes().decode(resource.get("encoding", "utf-8"))
        header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        if header != [field["name"] for field in schema["fields"]] or {len(row) for row in rows} - {len(header)}:
            raise ValueError(f"{where}: its columns are not its schema's")
        files.append(File(resource["name"], schema, rows))
    names = {file.name for file in files}
    return [_without_strangers(file, names) for file in files]


def _without_strangers(file: File, names: set[str]) -> File:
    keys = [
        key for key in file.schema.get("foreignKeys", ()) if (key["reference"].get("resource") or file.name) in names
    ]
    schema = {key: value for key, value in file.schema.items() if key != "foreignKeys"}
    return File(file.name, {**schema, "foreignKeys": keys} if keys else schema, file.rows)


# ---- the run ----------------------------------------------------------------------------------------------------


def check_case(name: str, files: Sequence[File], tally: Tally, size: int = BATCH, **options: Any) -> bool:
    """Compare both on one case by frictionless-py's rules; False where frictionless-py itself breaks down."""
    try:
        theirs = ask_frictionless(files)
    except Exception as error:
        print(f"{name}: frictionless-py fails: {type(error).__name__}: {str(error)[:200]}")
        return False
    limits = Limits(rules=FRICTIONLESS, max_errors=None, **options)
    verdict = ask_ours(files, limits, size)
    tasks = verdict.report.descriptor.get("tasks", ())
    if len(tasks) != len(files):
        print(f"{name}: ours: {verdict.report.findings}")
        tally.spots += 1
        return True
    for file, errors, task in zip(files, theirs, tasks, strict=True):
        compare(f"{name}/{file.name}", errors, json.loads(json.dumps(task["errors"])), tally)
        rows = {error["rowNumber"] - 2 for error in errors}
        told = [finding.place.row for finding in verdict.report.findings if finding.place.file == file.name]
        if task["stats"]["errors"] != len(errors) or verdict.rows[file.name] != rows or not rows <= set(told):
            print(f"{name}/{file.name}: {task['stats']['errors']} counted of {len(errors)}")
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
    """Small tables take the paths of large ones; gives the options of `Limits`."""
    with ExitStack() as stack:
        for path in paths:
            for where, name, value in FORCED[path]:
                stack.enter_context(patch.object(where, name, value))
        yield {"make_spill": DiskSpill, "max_kept": 20} if "spill" in paths else {}


def explain(files: Sequence[File], found: Counter[str]) -> None:
    """Count, for each rule of the standard, the errors that come or go with it alone."""
    full = [Counter(map(spot, errors)) for errors in list_ours(files, Limits(max_errors=None))]
    for rule in sorted(STANDARD):
        less = list_ours(files, Limits(rules=STANDARD - {rule}, max_errors=None))
        gone = [Counter(map(spot, errors)) for errors in less]
        found[rule] += sum((a - b).total() + (b - a).total() for a, b in zip(full, gone, strict=True))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR")
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--rate", type=float, default=0.3)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--batch", type=int, default=BATCH, help="rows of a batch")
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
            failed += not check_case(name, files, tally, given.batch, **options)
        if given.standard:
            explain(files, rules)
    print(f"{len(cases)} cases, {tally.errors} errors, {failed} frictionless-py could not check")
    print(f"{tally.spots} differ in type, row, field or cell; {tally.details} tables differ in details or order")
    print(", ".join(f"{kind} {number}" for kind, number in sorted((tally.kinds or {}).items())))
    for rule, number in sorted(rules.items()):
        print(f"  {rule}: {number} errors come or go with it")
    return 1 if tally.spots or tally.details else 0


if __name__ == "__main__":
    sys.exit(main())
