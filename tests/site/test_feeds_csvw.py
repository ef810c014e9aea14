"""CSVW: every type and key, judged by the csvw package.

It wants an older library than frictionless does, so it lives in an environment of its own, .venv/csvw.
"""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from wholes import build_catalogue
from worlds import make_catalogue, make_office, make_pipeline, make_release, make_schedule, make_spec

from entaku.model.grammar import Resource
from entaku.model.nouns import Finding
from entaku.model.table_schema import Constraints, ForeignKey, Reference, Schema, SchemaField
from entaku.model.words import Text
from entaku.site.feeds import csvw, open_data_list

LIFTS = make_pipeline("elevators", (make_schedule(),))
SCRIPT = """
import sys
from csvw import CSVW
for path in sys.argv[1:]:
    try:
        print(bool(CSVW(path, validate=True).is_valid))
    except Exception as error:
        print(False, error, file=sys.stderr)
        print(False)
"""


def find_validator():
    """The Python that has csvw, or None."""
    own = Path(__file__).parents[2] / ".venv" / "csvw" / "bin" / "python"
    script = shutil.which("csvwvalidate")
    beside = Path(script).with_name("python") if script else own
    return next((str(path) for path in (own, beside) if path.is_file()), None)


CSVW = find_validator()
NEEDED = pytest.mark.skipif(not CSVW, reason="csvw is not installed (make test does): CSVW is not validated")


def validate_csvw(paths):
    """Whether each of these metadata files and the CSV beside it are valid."""
    done = subprocess.run([CSVW, "-c", SCRIPT, *map(str, paths)], capture_output=True, text=True, check=True)
    print(done.stderr)
    return [line == "True" for line in done.stdout.split()]


CELLS = {
    "string": "円", "integer": "12", "number": "1.5", "boolean": "true", "date": "2026-01-31", "time": "09:30:00",
    "datetime": "2026-01-31T09:30:00", "year": "2026", "yearmonth": "2026-01", "duration": "P1D",
    "object": '"{""a"":1}"', "array": '"[1,2]"', "list": '"a,b"', "geopoint": '"35.6,139.7"',
    "geojson": '"{""type"":""Point"",""coordinates"":[139.7,35.6]}"', "any": "x",
}  # fmt: skip


def make_world(*tables):
    pipeline = make_pipeline("types", tables)
    release = make_release(pipeline, "2026-01-31")
    return build_catalogue(make_office(), [make_spec(pipeline)], {"types": (release,)}, {}, {}, "1")


def write(folder, catalogue, **tables):
    """The metadata of each table and a CSV beside it."""
    for page in csvw.render(catalogue):
        if not isinstance(page, Finding):
            (folder / Path(page.path).name).write_bytes(page.body)
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, "utf-8", newline="")
    return [folder / f"{name}.csv-metadata.json" for name in tables]


def make_table(name, *fields, **schema):
    return Resource(name=name, title=Text(ja="表"), schema=Schema(fields=fields, **schema))


@NEEDED
def test_every_type_is_accepted(tmp_path):
    fields = [SchemaField(name=kind, type=kind, title=Text(ja=f"列{kind}")) for kind in CELLS]
    empty = ",".join("" for _ in CELLS)
    text = f"{','.join(CELLS)}\n{','.join(CELLS.values())}\n{empty}\n"
    assert validate_csvw(write(tmp_path, make_world(make_table("t", *fields)), t=text)) == [True]


FORMATS = [
    ({"type": "date", "format": "%d/%m/%Y"}, "31/01/2026", "2026-01-31"),
    ({"type": "time", "format": "%H:%M"}, "09:30", "9h30"),
    ({"type": "datetime", "format": "%Y-%m-%d %H:%M"}, "2026-01-31 09:30", "yesterday"),
    ({"type": "boolean", "trueValues": ("有",), "falseValues": ("無",)}, "有", "true"),
    ({"type": "integer", "groupChar": ","}, '"12,345"', "12x"),
    ({"type": "number", "constraints": Constraints(minimum=0, maximum=100)}, "100", "101"),
    ({"type": "date", "constraints": Constraints(minimum="2026-01-01")}, "2026-01-31", "2025-12-31"),
    ({"type": "string", "constraints": Constraints(pattern=r"[A-E]-\d{2}")}, "A-12", "A-123"),
    ({"type": "string", "constraints": Constraints(enum=("a.b", "c"))}, "a.b", "axb"),
    ({"type": "string", "constraints": Constraints(minLength=2, maxLength=3)}, "あい", "あ"),
    ({"type": "integer", "constraints": Constraints(required=True)}, "1", ""),
    ({"type": "number", "missingValues": ("-",)}, "-", "x"),
]


@NEEDED
def test_formats_and_constraints_are_understood(tmp_path):
    paths, wanted = [], []
    for number, (said, good, bad) in enumerate(FORMATS):
        catalogue = make_world(make_table("t", SchemaField(name="id"), SchemaField(name="a", **said)))
        for cell in (good, bad):
            folder = tmp_path / f"{number}{cell == good}"
            folder.mkdir()
            paths += write(folder, catalogue, t=f"id,a\n1,{cell}\n")
            wanted.append(cell == good)
    assert validate_csvw(paths) == wanted


@NEEDED
def test_keys_and_foreign_keys_are_understood(tmp_path):
    stations = make_table("stations", SchemaField(name="code"), primaryKey=("code",))
    key = ForeignKey(fields=("station",), reference=Reference(resource="stations", fields=("code",)))
    lifts = make_table(
        "lifts", SchemaField(name="id"), SchemaField(name="station"), primaryKey=("id",), foreignKeys=(key,)
    )
    catalogue = make_world(stations, lifts)
    answers = []
    for name, rows in {"good": "1,A\n2,A\n", "twice": "1,A\n1,A\n", "nowhere": "1,B\n"}.items():
        folder = tmp_path / name
        folder.mkdir()
        answers += validate_csvw(write(folder, catalogue, stations="code\nA\n", lifts=f"id,station\n{rows}")[1:])
    assert answers == [True, False, False]


def test_what_csvw_can_not_say_is_a_string_and_told():
    odd = (
        SchemaField(name="era", type="date", format="%Y年%m月%d日"),
        SchemaField(name="price", type="number", bareNumber=False),
        SchemaField(name="open", type="boolean", trueValues=("○", "◎"), falseValues=("×",)),
    )
    made = list(csvw.render(make_world(make_table("t", *odd))))
    findings = [each for each in made if isinstance(each, Finding)]
    assert [finding.value.partition(":")[0] for finding in findings] == ["t.era", "t.price", "t.open"]
    [page] = [each for each in made if not isinstance(each, Finding)]
    columns = json.loads(page.body)["tableSchema"]["columns"]
    assert [column["datatype"] for column in columns] == ["string"] * 3


def test_units_labels_and_licence_are_there():
    [page] = [
        each for each in csvw.render(make_catalogue()) if each.path == "datasets/elevators/schedule.csv-metadata.json"
    ]
    said = json.loads(page.body)
    capacity = next(column for column in said["tableSchema"]["columns"] if column["name"] == "capacity")
    assert capacity["schema:unitText"] == "kg" and capacity["datatype"] == {
        "base": "integer",
        "minimum": 0,
        "maximum": 5000,
    }
    assert capacity["dc:title"] == [
        {"@value": "重量制限", "@language": "ja"},
        {"@value": "Capacity", "@language": "en"},
    ]
    assert said["tableSchema"]["primaryKey"] == ["elevator_id", "date"] and said["url"] == "schedule.csv"
    assert said["dc:license"]["@id"].startswith("https://creativecommons.org/")


def test_a_table_that_refers_to_nothing_known_has_no_foreign_key():
    key = ForeignKey(fields=("a",), reference=Reference(resource="gone", fields=("b",)))
    table = make_table("t", SchemaField(name="a"))
    table = replace(table, schema=replace(table.schema, foreignKeys=(key,)))
    [page] = csvw.render(make_world(table))
    assert "foreignKeys" not in json.loads(page.body)["tableSchema"]


def test_the_day_of_the_last_change_is_that_of_the_list():
    late = replace(make_release(LIFTS, "2026-06-29"), created="2026-06-29T16:00:00Z")  # the 30th in Tokyo
    catalogue = build_catalogue(make_office(), [make_spec(LIFTS)], {"elevators": (late,)}, {}, {}, "0.1.0")
    (described, *_) = [json.loads(page.body) for page in csvw.render(catalogue) if page.path.endswith(".json")]
    listed = next(page.body.decode("utf-8-sig") for page in open_data_list.render(catalogue))
    assert described["dc:modified"] == "2026-06-30" and ",2026-06-30," in listed and "2026-06-29" not in listed
