"""The JSON Schema of rows: rows of every type are valid, wrong ones aren't, and servers lead to it."""

import json
import shutil
from dataclasses import replace
from functools import partial
from itertools import islice

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests
from ckan_sites import find_port, run_caddy, run_nginx
from loopback import serve_site
from projects import copy_tree, make_setting
from test_feeds_csvw import CELLS, FORMATS, make_table, make_world

from entaku.check import schema as schemas
from entaku.formats.rows_out import write_lines
from entaku.model.nouns import Finding
from entaku.model.table_schema import Constraints, Schema, SchemaField
from entaku.release.stats import Stats
from entaku.site.feeds import row_schema
from entaku.site.feeds.ckan.datastore import show_value
from entaku.work.load import load_catalogue, read_specs

BASE = "https://data.example.org/"
DRAFT = jsonschema.Draft202012Validator


def make_schema(*fields, **schema):
    world = make_world(make_table("t", *fields, **schema))
    assert list(row_schema.render(world)) == [], "where no JSON Lines are offered"
    site = replace(world.office.site, downloads=("jsonl",))
    made = list(row_schema.render(replace(world, office=replace(world.office, site=site))))
    assert not [each for each in made if isinstance(each, Finding)]
    [page] = made
    assert page.path == "datasets/types/t.schema.json"
    return json.loads(page.body)


def make_validator(schema):
    DRAFT.check_schema(schema)
    return DRAFT(schema, format_checker=jsonschema.FormatChecker())


def make_row(fields, cells):
    """A row of texts as the Parquet has it, as JSON."""
    values = {each.name: schemas.cast_column([cells[each.name]], each, ("",)).to_pylist()[0] for each in fields}
    return json.loads(json.dumps({name: show_value(value) for name, value in values.items()}))


WRONG = {
    "string": 1, "integer": 1.5, "number": "1.5", "boolean": "true", "date": "31/01/2026", "time": "9h30",
    "datetime": "2026-01-31", "year": "2026", "yearmonth": 202601, "duration": 1, "object": {"a": 1}, "array": [1],
    "list": "a,b", "geopoint": [35.6, 139.7], "geojson": {}, "any": 5,
}  # fmt: skip


def test_rows_of_every_type_are_valid_and_others_are_not():
    assert set(CELLS) == set(schemas.FIELD_TYPES) == set(WRONG)
    fields = [SchemaField(name=kind, type=kind) for kind in CELLS]
    validator = make_validator(make_schema(*fields))
    cells = {kind: cell.strip('"').replace('""', '"') for kind, cell in CELLS.items()}
    row = make_row(fields, cells)
    assert [error.message for error in validator.iter_errors(row)] == []
    assert validator.is_valid(dict.fromkeys(CELLS)) and validator.is_valid({})
    assert {kind for kind, wrong in WRONG.items() if validator.is_valid({**row, kind: wrong})} == set()
    assert not validator.is_valid({**row, "another": 1})


@pytest.mark.parametrize(("said", "good", "bad"), FORMATS)
def test_formats_and_constraints_mean_what_they_do_in_the_table_schema(said, good, bad):
    field = SchemaField(name="a", **said)
    validator = make_validator(make_schema(field))
    assert validator.is_valid(make_row([field], {"a": good.strip('"')}))
    if field.constraints != Constraints() and field.type != "date":  # JSON Schema knows no bounds of dates
        assert not validator.is_valid(make_row([field], {"a": bad}))


NUMBERS = Constraints(minimum="1.5", exclusiveMaximum=3)
ENUMS = [
    ("integer", (1, "2"), [1, 2], 3), ("number", (0.5, "1"), [0.5, 1], 2), ("string", ("a", "b"), ["a", "b"], "c"),
    ("boolean", (True,), [True], False), ("year", (2026,), [2026], 2025), ("yearmonth", ("2026-01",), ["2026-01"], "2026-02"),
    ("date", ("2026-01-31",), ["2026-01-31"], "2026-02-01"),
    ("array", ('["0F", "B1F"]', "[]"), [["0F", "B1F"], []], ["0F"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "allowed", "values", "other"), ENUMS)
def test_values_that_are_listed(kind, allowed, values, other):
    for required in (True, False):
        constraints = Constraints(enum=allowed, required=required)
        item = {"type": "string"} if kind == "array" else {}
        schema = make_schema(SchemaField(name="a", type=kind, arrayItem=item, constraints=constraints))
        assert schema["properties"]["a"]["enum"] == values + [None] * (not required)
        validator = make_validator(schema)
        assert all(validator.is_valid({"a": value}) for value in values) and not validator.is_valid({"a": other})
        assert validator.is_valid({"a": None}) is validator.is_valid({}) is not required


def test_bounds_keys_and_patterns():
    bounded = make_schema(SchemaField(name="a", type="number", constraints=NUMBERS))["properties"]["a"]
    assert (bounded["minimum"], bounded["exclusiveMaximum"]) == (1.5, 3)
    keyed = make_schema(SchemaField(name="a"), SchemaField(name="b"), primaryKey=("a",))
    assert keyed["required"] == ["a"] and keyed["properties"]["a"]["type"] == "string"
    for pattern, kept in (
        (r"[A-E]-\d{2}", True),
        (r"(?i)a", False),
        (r"(?P<x>a)", False),
        (r"a\-b", False),
        (r"a\Z", False),
    ):
        told = make_schema(SchemaField(name="a", constraints=Constraints(pattern=pattern)))["properties"]["a"]
        assert ("pattern" in told) is kept, pattern
    named = make_schema(SchemaField(name="a", format="municipality_code"))["properties"]["a"]
    assert named["pattern"] == "^(?:[0-9]{6})$"
    assert make_schema(SchemaField(name="a", format="email"))["properties"]["a"]["format"] == "email"


NUMBERED = [
    (["1.5", "NaN", "-INF", "", "INF"], True), (["1.5", "2", "", "-3e300", "7"], False), (["NaN", "NaN"], True),
    (["INF"], True), (["", ""], False), ([str(n / 7) for n in range(60_000)], True),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "marked"), NUMBERED, ids=range(len(NUMBERED)))
def test_numbers_that_json_has_not_are_marked_where_there_are_or_may_be_some(cells, marked):
    field = SchemaField(name="a", type="number")
    column = schemas.cast_column(cells, field, ("",))
    counted = Stats(Schema(fields=(field,)))
    counted.add(pa.RecordBatch.from_arrays([column], ["a"]))
    (profile,) = counted.close()
    own = row_schema.describe_field(field, Schema(fields=(field,)), (profile,))
    assert own["type"] == (["number", "string", "null"] if marked else ["number", "null"])
    validator = make_validator(own)
    for line in islice(write_lines(["a"], ([value] for value in column.to_pylist())), 100):
        assert validator.is_valid(json.loads(line, parse_constant=lambda mark: pytest.fail(mark))["a"])
    assert not validator.is_valid("1.5") and not validator.is_valid("Infinity")
    bounded = row_schema.describe_field(
        replace(field, constraints=Constraints(maximum=3, required=True)), Schema(fields=(field,)), (profile,)
    )
    assert not make_validator(bounded).is_valid(4) and make_validator(bounded).is_valid(3)


def test_rows_of_published_tables_are_valid(published):
    site, count = published[0] / "build" / "site", 0
    setting, (office, specs, _) = make_setting(published[0]), read_specs(published[0])
    made = (
        page
        for dataset in load_catalogue(setting, office, specs)[0].datasets
        for page in row_schema.write_dataset(BASE, dataset, dataset.current)
    )
    for page in made:
        schema, path = json.loads(page.body), site / page.path
        assert schema["$id"] == BASE + page.path
        validator = make_validator(schema)
        table = pq.read_table(path.with_name(path.name.replace(".schema.json", ".parquet")))
        assert list(schema["properties"]) == table.column_names
        for row in table.slice(0, 200).to_pylist():
            shown = {name: show_value(value) for name, value in row.items()}
            assert [error.message for error in validator.iter_errors(shown)] == [], path
            count += 1
    assert count > 500


@pytest.mark.parametrize("server", ["nginx", "caddy", "serve"])
def test_servers_lead_from_tables_to_what_describes_them(published, tmp_path, server):
    if server != "serve" and not shutil.which(server):
        pytest.skip(f"{server} is not installed")
    project = tmp_path / "p"
    copy_tree(published[0], project)
    site = project / "build" / "site"
    for name in ("schedule.jsonl", "schedule.schema.json"):  # as if they were offered
        (site / "datasets/toei-elevator-inspections" / name).write_text('{"type": "object"}\n', "utf-8")
    run = {"nginx": run_nginx, "caddy": run_caddy}.get(server)
    start = partial(run, site, tmp_path / "home", find_port()) if run else partial(serve_site, site)
    folder = "datasets/toei-elevator-inspections"
    version = next(path.parent.name for path in (site / folder).glob("*/schedule.csv"))
    wanted = {
        f"{folder}/schedule.csv": ["schedule.csv-metadata.json", "datapackage.json"],
        f"{folder}/schedule.parquet": ["datapackage.json"],
        f"{folder}/schedule.jsonl": ["schedule.schema.json", "datapackage.json"],
        f"{folder}/{version}/schedule.csv": ["datapackage.json"],
        f"{folder}/{version}/schedule.parquet": ["datapackage.json"],
    }
    with start() as url:
        for path, names in wanted.items():
            answer = requests.head(f"{url}/{path}", timeout=30)
            links = requests.utils.parse_header_links(answer.headers["Link"])
            assert answer.status_code == 200 and [each["url"] for each in links] == names
            assert {each["rel"] for each in links} == {"describedby"}
            for name in names:
                assert requests.get(f"{url}/{path.rpartition('/')[0]}/{name}", timeout=30).json()
        for path in (f"{folder}/schedule.excel.csv", f"{folder}/schedule.places.parquet", f"{folder}/none.csv", ""):
            assert "Link" not in requests.get(f"{url}/{path}", timeout=30).headers
