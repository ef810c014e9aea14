"""`assets/rows.js` under Node: every type that a release's Parquet has, with and without nulls, page by page."""

import datetime as dt
import json
import shutil
import subprocess

import pyarrow as pa
import pytest
from loopback import serve_site
from projects import ROOT

from entaku.release.files import ParquetFile

TRY = """
import { show, Table } from "./rows.js";
import { find_rows, sort_rows } from "./view-query.js";
const { url, bytes, rows, query } = JSON.parse(process.argv[2]);
const signal = new AbortController().signal, tell = () => {};
const table = await new Table(url, bytes).open(signal);
const values = await table.readRows(rows, table.columns, signal);
const found = await find_rows(table, query, signal, tell);
const orders = {};
for (const column of table.columns) {
  for (const down of [false, true]) orders[`${column.name} ${down}`] = [...await sort_rows(table, null, column, down, signal, tell)];
}
console.log(JSON.stringify({
  rows: table.rows, kinds: table.columns.map((column) => column.kind), found: found && [...found], orders,
  cells: values.map((each, n) => each.map((value) => value === null ? null : show(value, table.columns[n]))),
}));
"""
COLUMNS = {
    "small": (pa.int64(), [3, None, -7, 0, 2**53 - 1], "integer"),
    "wide": (pa.int64(), [2**63 - 1, None, -(2**63), 2**53 + 1, 2**53], "integer"),
    "number": (pa.float64(), [0.1, None, -1e300, 2.5, -0.0], "number"),
    "truth": (pa.bool_(), [True, None, False, True, False], "boolean"),
    "day": (pa.date32(), [dt.date(2026, 7, 1), None, dt.date(1868, 10, 23), dt.date(1, 1, 1), dt.date(9999, 12, 31)], "date"),
    "time": (pa.time64("us"), [dt.time(9, 5), None, dt.time(23, 59, 59, 1), dt.time(0), dt.time(12)], "time"),
    "moment": (
        pa.timestamp("us"),
        [dt.datetime(2026, 7, 1, 9, 5), None, dt.datetime(1900, 1, 1), dt.datetime(1969, 12, 31, 23, 59, 59, 999999), dt.datetime(9999, 12, 31, 23, 59, 59)],
        "datetime",
    ),
    "instant": (
        pa.timestamp("us", "UTC"),
        [dt.datetime(2026, 7, 1, 0, 5), None, dt.datetime(1900, 1, 1), dt.datetime(1969, 12, 31, 23, 59, 59, 999999), dt.datetime(9999, 12, 31, 23, 59, 59)],
        "datetime",
    ),
    "year": (pa.int32(), [2026, None, 1868, 1, 9999], "integer"),
    "text": (pa.string(), ["駅", None, "", "a,b\n\"c\"", "𠮷野家"], "text"),
    "none": (pa.string(), [None] * 5, "text"),
    "list": (pa.list_(pa.string()), [["a", "b"], None, [], ["c"], ["d", None]], "list"),
}  # fmt: skip
SHOWN = {
    "small": ["3", None, "-7", "0", "9007199254740991"],
    "wide": ["9223372036854775807", None, "-9223372036854775808", "9007199254740993", "9007199254740992"],
    "number": ["0.1", None, "-1e+300", "2.5", "0"],
    "truth": ["true", None, "false", "true", "false"],
    "day": ["2026-07-01", None, "1868-10-23", "0001-01-01", "9999-12-31"],
    "time": ["09:05:00", None, "23:59:59.000001", "00:00:00", "12:00:00"],
    "moment": ["2026-07-01T09:05:00", None, "1900-01-01T00:00:00", "1969-12-31T23:59:59.999999", "9999-12-31T23:59:59"],
    "instant": [
        "2026-07-01T00:05:00Z",
        None,
        "1900-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59Z",
    ],
    "year": ["2026", None, "1868", "1", "9999"],
    "text": ["駅", None, "", 'a,b\n"c"', "𠮷野家"],
    "none": [None] * 5,
    "list": ["a,b", None, "", "c", "d,"],
}


def ask(folder, table, rows, query):
    """What rows.js reads of `table`, written as a release is."""
    if not shutil.which("node") or not (ROOT / "build" / "vendor" / "parquet.js").is_file():
        pytest.skip("no Node.js, or nothing bundled by `make`")
    for source in [*(ROOT / "site_templates" / "assets").glob("*.js"), *(ROOT / "build" / "vendor").glob("*.js")]:
        shutil.copy(source, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "try.mjs").write_text(TRY)
    name, size = write(folder, table) if isinstance(table, pa.Table) else write_parts(folder, table)
    with serve_site(folder) as address:
        url = f"{address}/{name}"
        given = json.dumps({"url": url, "bytes": size, "rows": rows, "query": query})
        done = subprocess.run(["node", "try.mjs", given], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def write(folder, table, name="x.parquet"):
    """Write a table as a release is; return the file's name and size."""
    with (folder / name).open("wb") as sink:
        file = ParquetFile(sink, table.schema)
        for batch in table.to_batches():
            file.add(batch)
        return name, file.close(name).bytes


def write_parts(folder, parts):
    """Write a table in parts; return the name and size of their list."""
    (folder / "x.parts").mkdir(exist_ok=True)
    files = [write(folder, part, f"x.parts/{n}.parquet") for n, part in enumerate(parts)]
    body = json.dumps([{"parquet": {"path": name, "bytes": size}} for name, size in files]).encode()
    (folder / "x.files.json").write_bytes(body)
    return "x.files.json", len(body)


ALL = {"search": "", "filters": [], "sort": "", "down": False}


def test_every_type_is_shown_as_it_is(tmp_path):
    table = pa.table({name: pa.array(values, kind) for name, (kind, values, _) in COLUMNS.items()})
    got = ask(tmp_path, table, list(range(5)), ALL)
    assert got["kinds"] == [kind for _, _, kind in COLUMNS.values()]
    for name, cells in zip(COLUMNS, got["cells"], strict=True):
        assert cells == SHOWN[name], name
    for name, (_, values, kind) in COLUMNS.items():
        if kind in ("list", "text"):
            continue
        filled = [n for n in range(5) if values[n] is not None]
        for down in (False, True):
            want = sorted(filled, key=lambda n: values[n], reverse=down)
            assert got["orders"][f"{name} {str(down).lower()}"] == [*want, 1], name


def test_pages_of_many_groups_without_nulls_and_an_empty_table(tmp_path):
    many = 250_000
    table = pa.table({"n": pa.array(range(many)), "t": pa.array([f"x{n % 7}" for n in range(many)])})
    rows = [0, 99_999, 100_000, 123_456, 249_999, 5]
    query = {
        **ALL,
        "filters": [{"column": "n", "op": "ge", "value": "249990"}, {"column": "t", "op": "in", "value": ["x3"]}],
    }
    got = ask(tmp_path, table, rows, query)
    assert got["cells"] == [[str(n) for n in rows], [f"x{n % 7}" for n in rows]]
    assert got["found"] == [n for n in range(249_990, many) if n % 7 == 3]
    assert got["orders"]["n true"][:3] == [249_999, 249_998, 249_997]
    assert got["orders"]["t false"][:3] == [0, 7, 14]
    got = ask(tmp_path, table.slice(0, 0), [], query)
    assert (got["rows"], got["found"], got["cells"]) == (0, [], [[], []])


def test_parts_are_read_as_one_table(tmp_path):
    parts = [
        pa.table({"n": pa.array(range(start, start + count)), "t": pa.array([f"x{n % 7}" for n in range(start, start + count)])})
        for start, count in ((0, 130_000), (130_000, 1), (130_001, 3), (130_004, 20_000))
    ]  # fmt: skip
    rows, query = (
        [0, 129_999, 130_000, 130_003, 150_003, 7],
        {**ALL, "filters": [{"column": "t", "op": "eq", "value": "x3"}]},
    )
    (one := tmp_path / "one").mkdir()
    got, whole = ask(tmp_path, parts, rows, query), ask(one, pa.concat_tables(parts), rows, query)
    assert got == whole and got["rows"] == 150_004 and got["cells"][0] == [str(n) for n in rows]


def test_moments_of_utc_are_found_by_what_people_type(tmp_path):
    moments = [dt.datetime(2026, 7, 1, hour, tzinfo=dt.UTC) for hour in range(12)]
    table = pa.table(
        {"at": pa.array(moments, pa.timestamp("us", "UTC")), "here": pa.array(moments, pa.timestamp("us"))}
    )

    def find(column: str, value: str):
        return ask(tmp_path, table, [], {**ALL, "filters": [{"column": column, "op": "ge", "value": value}]})["found"]

    assert find("at", "2026-07-01T10:00:00Z") == find("at", "2026-07-01 10:00") == [10, 11]
    assert find("at", "2026-07-01T19:00:00+09:00") == find("at", "2026-07-01T05:00:00-0500") == [10, 11]
    assert find("here", "2026-07-01T10:00") == [10, 11]
