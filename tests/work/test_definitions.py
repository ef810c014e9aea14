"""Typed definitions of a dataset, where `site.downloads` asks for them: checked by mypy and tsc, run by Python and node."""

import importlib.util
import json
import math
import re
import shutil
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, date, datetime, time

import pyarrow.parquet as pq
import pytest
import rdflib
from browser import find_tool
from loopback import serve
from projects import CATALOGUE, make_project, put_sample, run

from entaku.catalogue.definitions import make_stem, tell_apart, wrap
from entaku.catalogue.definitions_python import name_module, quote_words
from entaku.catalogue.definitions_typescript import comment, quote_text
from entaku.work import cli
from entaku.work.serve import open_server

EVIL = '"""; raise SystemExit  # */ throw 1; /* \\\\ \\" ${x} `y`'
KINDS = f"""\
name: all-kinds
title: {{ja: いろいろな型, en: {json.dumps(EVIL)}}}
description:
  ja: |
    一行目 \\
    二行目 "
  en: A description for tests.
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: monthly
resources:
  - name: a1
    title: {{ja: 一, en: {json.dumps(EVIL)}}}
    source: {{url: "https://office.example.org/a1.csv"}}
    schema:
      primaryKey: [class]
      missingValues: ["", "-"]
      fields:
        - {{name: class, type: string, title: {{ja: 番号, en: {json.dumps(EVIL)}}}}}
        - {{name: whole, type: integer, unit: 円}}
        - {{name: huge, type: integer}}
        - {{name: bare, type: integer, bareNumber: false}}
        - {{name: grade, type: integer, constraints: {{enum: [1, 2, 3]}}}}
        - {{name: str, type: string, constraints: {{enum: ["a'b", "\\"", "</x>", "-a"]}}}}
        - {{name: float, type: number}}
        - {{name: comma, type: number, groupChar: ".", decimalChar: ","}}
        - {{name: bool, type: boolean}}
        - {{name: agreed, type: boolean, trueValues: [はい], falseValues: [いいえ]}}
        - {{name: refused, type: boolean, falseValues: ["no"]}}
        - {{name: granted, type: boolean, trueValues: ["yes"]}}
        - {{name: date, type: date}}
        - {{name: slashed, type: date, format: "%Y/%m/%d"}}
        - {{name: loose, type: date, format: any}}
        - {{name: time, type: time}}
        - {{name: short, type: time, format: "%H:%M"}}
        - {{name: datetime, type: datetime}}
        - {{name: instant, type: datetime}}
        - {{name: year, type: year}}
        - {{name: month, type: yearmonth}}
        - {{name: list, type: list}}
        - {{name: texts, type: array, arrayItem: {{type: string}}}}
        - {{name: object, type: object}}
        - {{name: place, type: geopoint}}
        - {{name: __proto__, type: string}}
        - {{name: __private, type: string, missingValues: []}}
        - {{name: constructor, type: string, constraints: {{required: true}}}}
        - {{name: A1StrValue, type: string}}
  - name: a-1
    title: {{ja: 二, en: Two}}
    source: {{url: "https://office.example.org/a-1.csv"}}
    schema:
      fields:
        - {{name: only, type: string}}
"""
HEADER = re.findall(r"- \{name: (\w+), type", KINDS)[:-1]
FULL = {
    "class": "001", "whole": "-5", "huge": "9007199254740993", "bare": "約12人", "grade": "2", "str": "a'b", "float": "0.5",
    "comma": '"1.234,5"', "bool": "true", "agreed": "いいえ", "refused": "1", "granted": "0", "date": "2026-06-01", "slashed": "2026/06/01", "loose": "June 1 2026",
    "time": "09:30:00", "short": "09:30", "datetime": "2026-06-01T09:30:00", "instant": "2026-06-01T09:30:00+09:00",
    "year": "2026", "month": "2026-06", "list": '"a,b"', "texts": '"[""a"",""b""]"', "object": '"{""a"":1}"',
    "place": '"139.7,35.6"', "__proto__": '"x ""y"", z\n二行目"', "__private": "", "constructor": "c", "A1StrValue": "v",
}  # fmt: skip
EMPTY = dict.fromkeys(FULL, "") | {"class": "002", "str": "-a", "whole": "-", "float": "NaN", "constructor": "d"}
ASKED = "site: {downloads: [python, typescript]}\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site of which the address is on loopback, while it is served there."""
    folder = tmp_path_factory.mktemp("kinds")
    site = folder / "build" / "site"
    site.mkdir(parents=True)
    with serve(open_server(site, 0)) as address:
        project = make_project(folder, **{"all-kinds": KINDS})
        office = CATALOGUE.replace("https://data.example.org/", f"{address}/") + ASKED
        (project / "catalogue.yaml").write_text(office)
        rows = "".join(",".join(row[name] for name in HEADER) + "\n" for row in (FULL, EMPTY))
        put_sample(project, ",".join(HEADER) + "\n" + rows, "https://office.example.org/a1.csv")
        put_sample(project, 'only\na\n"b"\n', "https://office.example.org/a-1.csv")
        site.rmdir()
        result = run(project)
        found = [*result.findings, *(each for one in result.outcomes for each in one.findings)]
        told = [(each.code, each.value, each.args) for each in found if each.severity == "error"]
        assert result.site == "published" and not told, told
        yield site


@pytest.fixture(scope="module")
def module(site, tmp_path_factory):
    path = tmp_path_factory.mktemp("module") / "all_kinds.py"
    shutil.copy(site / "datasets/all-kinds/all_kinds.py", path)  # Python writes its bytecode beside it
    spec = importlib.util.spec_from_file_location("all_kinds", path)
    loaded = importlib.util.module_from_spec(spec)
    sys.modules["all_kinds"] = loaded
    spec.loader.exec_module(loaded)
    yield loaded
    del sys.modules["all_kinds"]


def test_python_loads_the_rows_with_their_types(site, module):
    one, two = module.load_a1()
    assert isinstance(one, module.A1Row) and one == module.load_a1(module.PINNED)[0]
    assert one == module.load_a1(str(site / "datasets/all-kinds"))[0], "a folder will do"
    assert asdict(one) == {
        "class_": "001", "whole": -5, "huge": 9007199254740993, "bare": 12, "grade": 2, "str_": "a'b", "float_": 0.5,
        "comma": 1234.5, "bool_": True, "agreed": False, "refused": True, "granted": False, "date": date(2026, 6, 1), "slashed": date(2026, 6, 1),
        "loose": "June 1 2026", "time": time(9, 30), "short": time(9, 30), "datetime": datetime(2026, 6, 1, 9, 30),
        "instant": datetime(2026, 6, 1, 0, 30, tzinfo=UTC), "year": 2026, "month": "2026-06", "list_": ["a", "b"],
        "texts": ["a", "b"], "object": '{"a":1}', "place": "139.7,35.6", "proto_": 'x "y", z\n二行目', "private_": "",
        "constructor": "c", "A1StrValue_": "v",
    }  # fmt: skip
    empty = asdict(two)
    assert math.isnan(empty.pop("float_")) and (two.class_, two.str_, two.private_, two.constructor) == (
        "002",
        "-a",
        "",
        "d",
    )
    assert all(
        value is None for name, value in empty.items() if name not in ("class_", "str_", "private_", "constructor")
    )
    assert [row.only for row in module.load_a_1()] == ["a", "b"]
    assert module.VERSION == "2026.06.29" and module.PINNED.endswith("/datasets/all-kinds/2026.06.29/")


def test_python_has_the_values_of_the_parquet(site, module):
    rows = pq.read_table(site / "datasets/all-kinds/a1.parquet").to_pylist()
    fields = list(module.A1Row.__dataclass_fields__)
    for row, wanted in zip(module.load_a1(), rows, strict=True):
        for field, name in zip(fields, HEADER, strict=True):
            value = getattr(row, field)
            if name != "loose" and not (isinstance(value, float) and math.isnan(value)):
                assert value == wanted[name], name


def test_words_of_owners_are_words_in_python(module):
    assert module.__doc__.startswith('【見本】いろいろな型 / [SAMPLE] """; raise SystemExit  # */ throw 1;')
    assert '二行目 "' in module.__doc__ and "一行目 \\" in module.__doc__


def test_mypy_is_content_in_its_strict_mode(site, tmp_path):
    shutil.copy(site / "datasets/all-kinds/all_kinds.py", tmp_path)
    (tmp_path / "use.py").write_text(
        "import datetime\nfrom all_kinds import A1StrValue, load_a1\n"
        "row = load_a1()[0]\nname: str = row.class_\nday: datetime.date | None = row.date\n"
        "word: A1StrValue | None = row.str_\nwrong: int = row.whole\n"
        "if row.grade == 4:\n    pass\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--strict-equality", "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(
        [*command, "all_kinds.py", "use.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    told = [line for line in done.stdout.splitlines() if "error:" in line]
    assert [re.sub(r"(\w+\.py:\d+):.*\[(.*)\]", r"\1 \2", line) for line in told] == [
        "use.py:7 assignment",
        "use.py:8 comparison-overlap",
    ], done.stdout


def test_a_column_that_is_gone_is_told(site, module, tmp_path):
    (tmp_path / "a-1.csv").write_text("other\n1\n")
    with pytest.raises(ValueError, match="has no column only any more: get this file again from http"):
        module.load_a_1(str(tmp_path))


USE = """
import {{ LATEST, PINNED, load_a1, load_a_1, type A1Row, type A1StrValue }} from "./all-kinds.js";
const rows: A1Row[] = await load_a1();
const word: A1StrValue | null = rows[0]?.str ?? null;
const huge: bigint | null | undefined = rows[0]?.huge;
const sure: string | undefined = rows[0]?.class;
{wrong}
const show = (_: string, value: unknown) => typeof value === "bigint" ? `${{value}}n` : value;
console.log(JSON.stringify([rows, await load_a_1(PINNED), word, String(huge), sure, LATEST], show));
"""


def compile_typescript(folder, wrong=""):
    tsc = find_tool("typescript/bin/tsc", "node")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "use.ts").write_text(USE.format(wrong=wrong))
    options = "--strict --noUncheckedIndexedAccess --noUnusedLocals --noUnusedParameters --noImplicitReturns --exactOptionalPropertyTypes"
    kinds = "--target es2022 --module nodenext --lib es2022,dom"
    command = ["node", str(tsc), *options.split(), *kinds.split(), "use.ts"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.sweep
def test_typescript_is_strict_and_loads_the_same(site, module, tmp_path):
    shutil.copy(site / "datasets/all-kinds/all-kinds.ts", tmp_path)
    done = compile_typescript(tmp_path)
    assert done.returncode == 0, done.stdout
    ran = subprocess.run(["node", "use.js"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    rows, lone, word, huge, sure, latest = json.loads(ran.stdout)
    assert rows[0] == {
        "class": "001", "whole": -5, "huge": "9007199254740993n", "bare": 12, "grade": 2, "str": "a'b", "float": 0.5,
        "comma": 1234.5, "bool": True, "agreed": False, "refused": True, "granted": False, "date": "2026-06-01", "slashed": "2026/06/01", "loose": "June 1 2026",
        "time": "09:30:00", "short": "09:30", "datetime": "2026-06-01T09:30:00", "instant": "2026-06-01T09:30:00+09:00",
        "year": 2026, "month": "2026-06", "list": ["a", "b"], "texts": ["a", "b"], "object": '{"a":1}',
        "place": "139.7,35.6", "__proto__": 'x "y", z\n二行目', "__private": "", "constructor": "c", "A1StrValue": "v",
    }  # fmt: skip
    given = {name: value for name, value in rows[1].items() if value is not None}
    assert given == {"class": "002", "str": "-a", "__private": "", "constructor": "d"}, "NaN is null in JSON"
    assert [row["only"] for row in lone] == ["a", "b"]
    assert (word, huge, sure, latest) == ("a'b", "9007199254740993", "001", module.LATEST)


def test_typescript_refuses_what_is_wrong(site, tmp_path):
    shutil.copy(site / "datasets/all-kinds/all-kinds.ts", tmp_path)
    wrong = 'const none: number = rows[0]!.whole;\nif (rows[0]?.str === "other") console.log();'
    told = re.findall(r"use\.ts\((\d+),\d+\): error TS(\d+)", compile_typescript(tmp_path, wrong).stdout)
    assert [code for _, code in told] == ["2322", "6133", "2367"]


def test_the_page_tells_them_and_the_lists_of_data_do_not(site):
    folder = site / "datasets/all-kinds"
    assert sorted(path.name for path in folder.iterdir() if path.suffix in (".py", ".ts")) == [
        "all-kinds.ts",
        "all_kinds.py",
    ]
    for name in ("datasets/all-kinds/index.html", "en/datasets/all-kinds/index.html", "datasets/all-kinds/index.md"):
        text = (site / name).read_text()
        assert "all_kinds.py" in text and "all-kinds.ts" in text, name
    for name in (
        "catalog.ttl",
        "data.json",
        "dcat-us-3.json",
        "api/3/package_show/all-kinds.json",
        "open-data-list.csv",
    ):
        assert "all_kinds.py" not in (site / name).read_text(), name
    graph = rdflib.Graph().parse(site / "catalog.ttl")
    assert len(set(graph.objects(None, rdflib.DCAT.downloadURL))) == 4
    assert cli.main(["verify", str(site), "--project", str(site.parents[1])]) == 0


def test_names_that_are_none():
    assert [name_module(name) for name in ("a-b", "2026-data", "class", "ab")] == ["a_b", "_2026_data", "class_", "ab"]
    assert [make_stem(name) for name in ("a-b", "2026", "a_B", "_")] == ["AB", "N2026", "AB", "N"]
    assert tell_apart(["A", "a", "A_2", "a"], str.lower) == ["A", "a_2", "A_2_2", "a_3"]


@pytest.mark.parametrize(
    "text", ['"', '""', '"""', 'a"', "\\", '\\"', "a\\", 'a"""b', '\\"""', 'a\nb"', "", "\u2028x", "あ" * 200]
)
def test_any_text_is_a_docstring_and_a_comment(text):
    for indent in (0, 4):
        space = {}
        lines = "\n".join(
            f"{' ' * (4 - indent)}{line}" if line else "" for line in quote_words(text, indent).split("\n")
        )
        exec(f"def f():\n{lines}\n    return 1\n", space)
        shown = "".join(wrap(text))
        assert (
            "".join(line.strip() for line in (space["f"].__doc__ or "").split("\n")) == shown.strip()
            and space["f"]() == 1
        )
    told = comment(text.replace('"', "*/"))
    assert told.startswith("/**") and told.index("*/") == len(told) - 2


def test_nothing_turns_the_direction_of_a_line():
    assert wrap("a\u202eb\u2066") == ["a<U+202E>b<U+2066>"]


def test_texts_of_typescript_hide_nothing():
    assert quote_text('a"b\\\u202e\u2028\n') == '"a\\"b\\\\\\u202e\\u2028\\n"'
