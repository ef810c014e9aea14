"""Pipelines that use every two features of the grammar together, with the rows that each must publish.

`FACTORS` are the features, `FORBIDDEN` says which of them exclude each other.  A row of the covering array becomes a
dataset of its own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from covering import Row, cover
from pair_fields import FIELD_FACTORS, forbids_field, make_field
from pair_files import OBJECTS, SHEETS, Sheet, find_suffix, write_file
from projects import NEXT_PUBLIC, PUBLIC

from entaku.formats.text import column_letters
from entaku.model.standards import list_standards

TEXTS = ("csv", "tsv", "semicolon", "pipe")
WASTE = list_standards()["ゴミの分別方法一覧"]
"""A standard dataset, of which tables have one column."""
FACTORS: Mapping[str, tuple[str, ...]] = {
    # ---- the file
    "carrier": (*TEXTS, *SHEETS, *OBJECTS),
    "source": ("file", "file since", "file for", "file since for", "file since days", "url", "url for", "url days", "ckan query", "ckan ids", "ckan both", "from", "stack"),
    "packing": ("", "gz", "bz2", "zip", "member", "members"),
    "encoding": ("", "cp932", "euc-jp", "utf-16"),
    "format": ("", "said"),
    "delimiter": ("", "said"),
    "records": ("", "result.rows"),
    "sheet": ("", "name", "pattern"),
    "columns": ("", "range"),
    "cells": ("", "shown", "stored"),
    "merged": ("", "first", "fill"),
    "hidden": ("", "skip"),
    "title": ("", "plain", "group"),
    "header": ("", "number", "row", "rows", "starts", "starts rows"),
    "section": ("", "group"),
    "skip": ("", "note"),
    "stop": ("", "line", "complete"),
    # ---- the source
    "overwritten": ("", "true"),
    "missing": ("", "error", "closed-day", "not-published"),
    "revisit": ("", "0"),
    "reverts": ("", "keep", "follow"),
    "headers": ("", "secret"),
    "limit": ("", "connections", "megabytes", "both"),
    "raw": ("", "publish", "keep"),
    "raw allow": ("", "kind"),
    # ---- steps
    "drop_empty_columns": ("", "plain", "named"),
    "distinct": ("", "yes"),
    "drop_empty_rows": ("", "plain", "columns"),
    "pivot": ("", "yes"),
    "fill_down": ("", "columns", "within", "marks", "marks within"),
    "check_sums": ("", "by", "parts", "above", "empty", "parts tolerance severity", "parts tolerance severity above empty"),
    "drop_rows": ("", "match", "any"),
    "keep_rows": ("", "match", "any"),
    "rename": ("", "yes"),
    "copy": ("", "yes"),
    "constant": ("", "yes"),
    "combine": ("", "plain", "separator"),
    "split": ("", "yes"),
    "divide": ("", "one", "several"),
    "mark_outside": ("", "plain", "of"),
    "extract": ("", "plain", "optional"),
    "trim": ("", "all", "columns", "alone"),
    "drop_invisible": ("", "all", "columns"),
    "normalise_width": ("", "usual", "key"),
    "replace": ("", "values", "pattern"),
    "parse_number": ("", "columns", "missing", "leading_zeros", "missing leading_zeros"),
    "map_codes": ("", "codes", "into", "else keep", "else empty", "into else keep", "file", "file label into else keep"),
    "parse_floors": ("", "yes"),
    "parse_date": ("", "column", "columns", "into", "missing", "datetime", "month", "year", "fiscal_year", "order", "serial", "serial 1904", "time", "many columns", "many into"),
    "parse_time": ("", "column", "columns", "into", "missing", "serial", "many columns", "many into"),
    "make_date": ("", "month", "day", "day fiscal"),
    "agree": ("", "error", "warning"),
    "drop_columns": ("", "yes"),
    "melt": ("", "rest", "columns"),
    "select": ("", "yes"),
    "deduplicate": ("", "first", "last"),
    "sort": ("", "plain", "descending"),
    # ---- the schema and what is expected
    "standard": ("", "named", "bare"),
    "primaryKey": ("", "one", "two"),
    "uniqueKeys": ("", "one", "two"),
    "foreignKeys": ("", "self", "named self", "other", "composite", "both", "after"),
    "missingValues": ("", "marks"),
    "expect": ("", "min", "max", "both", "fill", "all"),
    "charts": ("", "none", "line", "bars", "points"),
    "view": ("", "sort", "columns", "all"),
    "partition": ("", "value", "month"),
    "allow": ("", "column", "kind"),
    "description": ("", "both"),
    "fetched": ("", "listed", "listed named", "listed dates", "listed named dates"),
}  # fmt: skip

DATASET_FACTORS: Mapping[str, tuple[str, ...]] = {
    "landing_page": (
        "", "own", "own part", "other", "root", "theme", "publisher", "same", "source", "version", "file", "japanese",
    ),
    "coverage": ("", "from", "all"),
    "office": ("full", "bare", "path", "links"),
    "publisher": ("full", "bare", "same", "root"),
    "license": ("full", "same", "about", "own"),
    "themes": ("", "one", "all"),
    "easy": ("", "read"),
    "keywords": ("", "some"),
    "synonyms": ("", "some"),
    "requests": ("", "one", "two"),
    "credit": ("", "both"),
    "notes": ("", "two"),
    "words": ("plain", "english", "long", "markup"),
    "shared": ("", "all"),
}  # fmt: skip
"""The features of a dataset as a whole."""
FREQUENCIES = ("daily", "weekly", "monthly", "quarterly", "yearly", "irregular")

FORBIDDEN: tuple[tuple[Mapping[str, Sequence[str]], str], ...] = (
    ({"carrier": (*TEXTS, *OBJECTS, "xlsb", "ods"), "hidden": ("skip",)}, "only .xlsx and .xls tell what they hide"),
    ({"carrier": OBJECTS, "title": ("plain", "group")}, "JSON has no lines"),
    ({"carrier": OBJECTS, "header": ("number", "row", "rows", "starts", "starts rows")}, "JSON has no header"),
    ({"carrier": OBJECTS, "section": ("group",)}, "JSON has no lines"),
    ({"carrier": OBJECTS, "skip": ("note",)}, "JSON has no lines"),
    ({"carrier": OBJECTS, "stop": ("line", "complete")}, "JSON has no lines"),
    ({"carrier": (*SHEETS, *OBJECTS), "delimiter": ("said",)}, "only lines of text have delimiters"),
    ({"carrier": (*SHEETS, "jsonl", "geojson"), "encoding": ("cp932", "euc-jp", "utf-16")}, "the format has its own encoding"),
    ({"carrier": (*TEXTS, *SHEETS, "jsonl", "geojson"), "records": ("result.rows",)}, "only an object of JSON has keys that lead to records"),
    ({"carrier": (*TEXTS, *OBJECTS), "sheet": ("name", "pattern")}, "only workbooks have sheets"),
    ({"carrier": (*TEXTS, *OBJECTS), "columns": ("range",)}, "only sheets have lettered columns"),
    ({"carrier": (*TEXTS, *OBJECTS), "cells": ("shown", "stored")}, "only sheets have number formats"),
    ({"carrier": (*TEXTS, *OBJECTS), "merged": ("first", "fill")}, "only sheets have merged cells"),
    ({"carrier": ("jsonl", "geojson", "semicolon", "pipe"), "format": ("said",)}, "these have no name in `format`"),
    ({"title": ("plain", "group"), "header": ("",)}, "the header isn't the first row below a title line"),
    ({"title": ("",), "header": ("number", "row")}, "the header is the first row"),
    ({"source": ("from", "stack"), "overwritten": ("true",)}, "a source's key; the table has none of its own"),
    ({"source": ("from", "stack", "file", "file since", "file for", "file since for", "file since days"), "fetched": ("listed", "listed named", "listed dates", "listed named dates")}, "when a file is first seen depends on more than itself: tests/work/test_listed.py"),
    ({"source": ("from", "stack"), "standard": ("bare",), "select": ("yes",)}, "the table that has the source names no standard"),
    ({"source": ("from", "stack"), "missing": ("error", "closed-day", "not-published")}, "as above"),
    ({"source": ("from", "stack"), "revisit": ("0",)}, "as above"),
    ({"source": ("from", "stack"), "reverts": ("keep", "follow")}, "as above"),
    ({"source": ("from", "stack"), "headers": ("secret",)}, "as above"),
    ({"source": ("from", "stack"), "limit": ("connections", "megabytes", "both")}, "as above"),
    ({"source": ("from", "stack"), "raw": ("publish", "keep")}, "as above"),
    ({"source": ("from", "stack"), "raw allow": ("kind",)}, "as above"),
    ({"source": ("file", "file since", "file for", "file since for", "file since days"), "headers": ("secret",)}, "a file of the project is asked of no server"),
    ({"encoding": ("cp932", "euc-jp", "utf-16"), "sheet": ("name", "pattern")}, "text has no sheets, a workbook has its own encoding"),
    ({"encoding": ("cp932", "euc-jp", "utf-16"), "columns": ("range",)}, "as above"),
    ({"encoding": ("cp932", "euc-jp", "utf-16"), "cells": ("shown", "stored")}, "as above"),
    ({"encoding": ("cp932", "euc-jp", "utf-16"), "merged": ("first", "fill")}, "as above"),
    ({"encoding": ("cp932", "euc-jp", "utf-16"), "hidden": ("skip",)}, "as above"),
    ({"delimiter": ("said",), "sheet": ("name", "pattern")}, "text has no sheets"),
    ({"delimiter": ("said",), "columns": ("range",)}, "as above"),
    ({"delimiter": ("said",), "cells": ("shown", "stored")}, "as above"),
    ({"delimiter": ("said",), "merged": ("first", "fill")}, "as above"),
    ({"delimiter": ("said",), "hidden": ("skip",)}, "as above"),
    ({"delimiter": ("said",), "records": ("result.rows",)}, "lines have no keys, JSON no delimiter"),
    ({"records": ("result.rows",), "sheet": ("name", "pattern")}, "JSON has no sheets"),
    ({"records": ("result.rows",), "columns": ("range",)}, "as above"),
    ({"records": ("result.rows",), "cells": ("shown", "stored")}, "as above"),
    ({"records": ("result.rows",), "merged": ("first", "fill")}, "as above"),
    ({"records": ("result.rows",), "hidden": ("skip",)}, "as above"),
    ({"records": ("result.rows",), "title": ("plain", "group")}, "JSON has no lines"),
    ({"records": ("result.rows",), "header": ("number", "row", "rows", "starts", "starts rows")}, "as above"),
    ({"records": ("result.rows",), "section": ("group",)}, "as above"),
    ({"records": ("result.rows",), "skip": ("note",)}, "as above"),
    ({"records": ("result.rows",), "stop": ("line", "complete")}, "as above"),
)  # fmt: skip
"""Choices that can't stand together, and why."""


EXCLUDED: dict[tuple[str, str], list[tuple[list[tuple[str, Sequence[str]]], str]]] = {}
"""By a choice of a rule's first factor, the choices of its others: `FORBIDDEN`, found by what a row has."""
for _choices, _why in FORBIDDEN:
    (_first, _some), *_others = _choices.items()
    for _one in _some:
        EXCLUDED.setdefault((_first, _one), []).append((_others, _why))


def forbids(row: Mapping[str, str]) -> str:
    """Say why these choices can't stand together, or ""."""
    for item in row.items():
        for others, why in EXCLUDED.get(item, ()):
            if all(row.get(factor) in some for factor, some in others):
                return why
    return ""


@cache
def cover_all() -> tuple[list[Row], list[Row], list[Row]]:
    """Return the covering arrays of datasets, tables and fields."""
    return cover(DATASET_FACTORS, lambda row: ""), cover(FACTORS, forbids), cover(FIELD_FACTORS, forbids_field)


# ---- a table ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """A table of the covering array, and what it must publish."""

    name: str
    columns: list[str]
    rows: list[tuple[str, ...]]
    """In any order."""


@dataclass
class Dataset:
    """A dataset of the covering array: its YAML, its files and its tables."""

    name: str
    office: str
    pipeline: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)
    """By path below the project, or below a day of the mirror."""
    tables: list[Table] = field(default_factory=list)
    choices: set[tuple[str, str, str]] = field(default_factory=set)
    """What it is made of: "dataset", "table" or "field", a factor, and what is chosen of it."""


CHUNK = 3
"""Rows of each sheet, member or version."""


@dataclass
class Made:
    """A table in the making."""

    row: Row
    count: int
    names: list[str] = field(default_factory=list)
    """Columns of the file."""
    cells: list[list[Any]] = field(default_factory=list)
    """Their cells in the file, by column."""
    marked: list[dict[str, str]] = field(default_factory=list)
    """Rows that are dropped by a step, one of each in every chunk."""
    steps: list[tuple[float, Any]] = field(default_factory=list)
    """With the phase in which each is done."""
    fields: list[dict[str, Any]] = field(default_factory=list)
    shown: dict[str, list[str]] = field(default_factory=dict)
    """What is published, by field."""
    gone: list[str] = field(default_factory=list)
    """Columns that are left over."""
    doubled: int = 0
    """Rows that stand twice at the end of each chunk."""

    def put(self, name: str, cells: Sequence[Any]) -> None:
        """Add a column of the file."""
        self.names.append(name)
        self.cells.append(list(cells))

    def step(self, phase: float, name: str, options: Any = None) -> None:
        self.steps.append((phase, name if options is None else {name: options}))

    def out(self, name: str, shown: Sequence[str], **about: Any) -> None:
        """Add a field, and what is published in it."""
        self.fields.append({"name": name, **about})
        self.shown[name] = list(shown)

    def each(self, text: str) -> list[str]:
        return [f"{text}{n}" for n in range(self.count)]


def plan_columns(made: Made) -> None:
    """Add the columns that every table has, and those that its way of reading gives."""
    row, count = made.row, made.count
    made.put("id", [f"k{n:02}" for n in range(count)])
    made.out("id", made.cells[0], constraints={"required": True})
    if parts := list_parts(row):
        made.out("part", [parts[n * 2 // count] for n in range(count)])
    if row["source"].startswith("ckan"):
        made.out("fiscal", ["2026"] * count, type="year")
    if row["sheet"] == "pattern":
        made.out(
            "s_year",
            [
                ("表" if row["carrier"] == "xlsb" else "表1")
                if row["carrier"] != "xlsx"
                else "2025"
                if n // CHUNK % 2 == 0
                else "2026"
                for n in range(count)
            ],
        )
    if row["standard"]:
        made.put("注意点", made.each("注"))
        made.out("caution", made.cells[-1], title="注意点")
        made.step(3, "name_by_title", {"注意点": "caution"} if row["standard"] == "named" else None)
    made.put("群-甲", made.each("甲"))
    if row["rename"]:
        made.step(3, "rename", {"群-甲": "kou"})
        made.out("kou", made.each("甲"))
    else:
        made.gone.append("群-甲")
    if row["title"] == "group":
        made.out("t_year", ["2026"] * count, type="year")
    if row["section"]:
        made.out("sec", [f"区分{1 if n % CHUNK < CHUNK - 1 else 2}" for n in range(count)])
    if row["carrier"] == "geojson":
        made.out("longitude", ["139.5"] * count, type="number")
        made.out("latitude", ["35.5"] * count, type="number")
    if row["carrier"] in SHEETS:
        code = "11002" if row["cells"] == "stored" else "011002"
        made.put("code", [(11002, "000000")] * count)
        made.out("code", [code] * count)
    if row["merged"]:
        real = has_merged(row)
        made.put("m", ["" if real and n % CHUNK == 1 else f"m{n}" for n in range(count)])
        fill = row["merged"] == "fill"
        made.out("m", [(f"m{n - 1}" if fill else "") if real and n % CHUNK == 1 else f"m{n}" for n in range(count)])


def has_merged(row: Row) -> bool:
    """Whether cells are really merged; without `fill` a pivot would take the empty ones for other rows."""
    return row["carrier"] == "xlsx" and bool(row["merged"]) and not (row["pivot"] and row["merged"] == "first")


def plan_rows(made: Made) -> None:
    """Add the steps that take rows away or turn them, each with columns of its own."""
    row, count = made.row, made.count
    if row["drop_empty_columns"]:
        if row["drop_empty_columns"] == "named" or row["carrier"] in OBJECTS:
            made.put("空の列", [""] * count)
        else:
            made.put("", [""] * count)
        if row["drop_empty_columns"] == "named":
            made.step(0, "drop_empty_columns", {"named": True})
        else:
            made.step(0, "drop_empty_columns")
            made.gone += ["空の列"] if row["carrier"] in OBJECTS else []
    if row["distinct"]:
        made.doubled = 1
        made.step(0, "distinct")
    if row["drop_empty_rows"]:
        made.put("full", made.each("f"))
        made.out("full", made.each("f"))
        made.marked.append({"full": ""})
        made.step(0, "drop_empty_rows", {"columns": ["full"]} if row["drop_empty_rows"] == "columns" else None)
        if row["drop_empty_rows"] == "plain":
            made.marked[-1] = {"full": " ", "id": ""}
    if row["pivot"]:
        made.out("px", made.each("x"))
        made.out("py", made.each("y"))
    if row["fill_down"]:
        mark = "同" if "marks" in row["fill_down"] else "〃"
        start = [n for n in range(count) if n % CHUNK == 0 or (row["section"] and n % CHUNK == CHUNK - 1)]
        made.put("f", [f"f{n}" if n in start else ("" if n % CHUNK == 1 else mark) for n in range(count)])
        options: dict[str, Any] = {"columns": ["f"]}
        options |= {"within": ["f_group"]} if "within" in row["fill_down"] else {}
        options |= {"marks": ["同"]} if "marks" in row["fill_down"] else {}
        if "within" in row["fill_down"]:
            made.put("f_group", [f"g{n // CHUNK}" for n in range(count)])
            made.out("f_group", made.cells[-1])
        made.step(1, "fill_down", options)
        made.out("f", [f"f{max(each for each in start if each <= n)}" for n in range(count)])
    if row["check_sums"]:
        made.put("c_kind", [f"種{n % CHUNK}" for n in range(count)])
        made.put("c_by", [f"組{n // CHUNK}" for n in range(count)])
        made.put("c_value", [str(n % CHUNK + 1) for n in range(count)])
        more = {"parts": [f"種{n}" for n in range(CHUNK)]} if "parts" in row["check_sums"] else {}
        more |= {"tolerance": 0.5} if "tolerance" in row["check_sums"] else {}
        more |= {"severity": "warning"} if "severity" in row["check_sums"] else {}
        more |= {"above": True} if "above" in row["check_sums"] else {}
        more |= {"empty": "zero"} if "empty" in row["check_sums"] else {}
        made.marked.append({"c_kind": "合計", "c_by": "組{chunk}", "c_value": "6"})
        made.step(2, "check_sums", {"value": "c_value", "total": {"c_kind": "合計"}, "by": ["c_by"], **more})
        made.step(2, "drop_rows", {"match": {"c_kind": "^合計$"}})
        for name in ("c_kind", "c_by", "c_value"):
            made.out(name, made.cells[made.names.index(name)])
    for step, kept in (("drop_rows", "行"), ("keep_rows", "残す")):
        if row[step]:
            made.put(step, [kept] * count)
            made.out(step, [kept] * count)
            made.marked.append({step: "小計"})
            match = {step: "^小計$" if step == "drop_rows" else "^残す$"}
            more = {"any": True} if row[step] == "any" else {}
            made.step(2, step, {"match": match, **more})


def plan_values(made: Made) -> None:
    """Add the steps that change values, each with columns of its own."""
    row, count = made.row, made.count
    simple: dict[str, Any] = {
        "copy": ({"copied": "copy_of"}, "v", {"copy_of": "v"}),
        "combine": (
            {
                "columns": ["b", "b_too"],
                "into": "combined",
                **({"separator": "/"} if row["combine"] == "separator" else {}),
            },
            "",
            {},
        ),
        "split": ({"column": "s", "separator": "：", "into": ["s_one", "s_two"]}, "", {}),
        "extract": (
            {
                "column": "e",
                "pattern": "（(?P<e_code>[0-9]+)）",
                **({"optional": True} if row["extract"] == "optional" else {}),
            },
            "",
            {},
        ),
    }
    if row["copy"]:
        made.put("copied", made.each("v"))
        made.step(3, "copy", simple["copy"][0])
        made.out("copied", made.each("v"))
        made.out("copy_of", made.each("v"))
    if row["constant"]:
        made.step(3, "constant", {"always": "同じ"})
        made.out("always", ["同じ"] * count)
    if row["combine"]:
        between = "/" if row["combine"] == "separator" else ""
        made.put("b", made.each("b"))
        made.put("b_too", made.each("c"))
        made.step(3, "combine", simple["combine"][0])
        made.out("combined", [f"b{n}{between}c{n}" for n in range(count)])
        made.gone += ["b", "b_too"]
    if row["split"]:
        made.put("s", [f"甲{n}：乙{n}" for n in range(count)])
        made.step(3, "split", simple["split"][0])
        made.gone.append("s")
        made.out("s_one", made.each("甲"))
        made.out("s_two", made.each("乙"))
    plan_numbers(made)
    if row["extract"]:
        bare = row["extract"] == "optional"
        made.put("e", ["なし" if bare and n % CHUNK == 1 else f"（{n}）駅" for n in range(count)])
        made.step(3, "extract", simple["extract"][0])
        made.gone.append("e")
        made.out("e_code", ["" if bare and n % CHUNK == 1 else str(n) for n in range(count)])
    if row["trim"]:
        made.put("t", [f"　t{n} " for n in range(count)])
        made.step(3, "trim", {"all": "all", "columns": {"columns": ["t"]}, "alone": None}[row["trim"]])
        made.out("t", made.each("t"))
    if row["drop_invisible"]:
        made.put("i", made.each("i" if row["encoding"] in ("cp932", "euc-jp") else "i\u200b"))
        made.step(3, "drop_invisible", {"all": "all", "columns": {"columns": ["i"]}}[row["drop_invisible"]])
        made.out("i", made.each("i"))
    if row["normalise_width"]:
        one = "" if row["encoding"] == "euc-jp" else "①"
        made.put("w", [f"Ａ{n}ｶﾞ{one}" for n in range(count)])
        made.step(
            3,
            "normalise_width",
            {"columns": ["w"], "form": row["normalise_width"]} if row["normalise_width"] == "key" else ["w"],
        )
        made.out("w", [f"A{n}ガ{'1' if one and row['normalise_width'] == 'key' else one}" for n in range(count)])
    if row["replace"]:
        made.put("r", ["旧"] * count)
        how = {"values": {"旧": "新"}} if row["replace"] == "values" else {"pattern": "旧", "with": "新"}
        made.step(3, "replace", {"columns": ["r"], **how})
        made.out("r", ["新"] * count)
    if row["parse_number"]:
        absent = [n for n in range(count) if "missing" in row["parse_number"] and n % CHUNK == 1]
        zeros = "00" if "leading_zeros" in row["parse_number"] else ""
        made.put("n", ["-" if n in absent else f"{zeros}1,{n:03}" for n in range(count)])
        more = ({"missing": ["-"]} if absent else {}) | ({"leading_zeros": "drop"} if zeros else {})
        made.step(3, "parse_number", {"columns": ["n"], **more} if more else ["n"])
        made.out("n", ["" if n in absent else f"1{n:03}" for n in range(count)], type="integer")
    if row["map_codes"]:
        other, into = "else" in row["map_codes"], "into" in row["map_codes"]
        made.put("x", ["他" if other and n % CHUNK == 1 else "男" for n in range(count)])
        more = ({"into": "x_code"} if into else {}) | ({"else": row["map_codes"].split()[-1]} if other else {})
        codes: Any = CODES_FILE if "file" in row["map_codes"] else {"男": "m", "女": "f"}
        more |= {"label": "符号"} if "label" in row["map_codes"] else {}
        made.step(3, "map_codes", {"column": "x", "codes": codes, **more})
        made.gone += ["x"] if into else []
        left = {"keep": "他", "empty": ""}.get(row["map_codes"].split()[-1], "m")
        made.out("x_code" if into else "x", [left if n % CHUNK == 1 else "m" for n in range(count)])
    if row["parse_floors"]:
        made.put("stops", ["B1F～1F"] * count)
        made.step(3, "parse_floors", {"column": "stops", "into": "floors"})
        made.gone.append("stops")
        made.out("floors", ['["1F","B1F"]'] * count, type="array")
    if row["agree"]:
        differs = row["agree"] == "warning"
        made.put("a", made.each("a"))
        made.put("a_too", ["違う" if differs and n == 1 else f"a{n}" for n in range(count)])
        made.step(3, "agree", {"column": "a", "with": "a_too", **({"severity": "warning"} if differs else {})})
        made.out("a", made.each("a"))
        made.gone.append("a_too")
    plan_days(made)


MANY = {"to": "date", "order": "mdy", "serial": 1900, "time": "drop", "missing": ["未定"]}
DAYS: Mapping[str, tuple[dict[str, Any], str, str, str]] = {
    "column": ({"column": "d"}, "令和8年4月{day}日", "2026-04-{day:02}", "date"),
    "columns": ({"columns": ["d"]}, "2026/4/{day}", "2026-04-{day:02}", "date"),
    "into": ({"column": "d", "into": "d_day"}, "R8.4.{day}", "2026-04-{day:02}", "date"),
    "missing": ({"column": "d", "missing": ["未定"]}, "2026年4月{day}日", "2026-04-{day:02}", "date"),
    "datetime": ({"column": "d", "to": "datetime"}, "2026/4/{day} 9:00", "2026-04-{day:02}T09:00:00", "datetime"),
    "month": ({"column": "d", "to": "month"}, "2026年4月", "2026-04", "yearmonth"),
    "year": ({"column": "d", "to": "year"}, "令和8年", "2026", "year"),
    "fiscal_year": ({"column": "d", "to": "fiscal_year"}, "令和8年度", "2026", "year"),
    "order": ({"column": "d", "order": "mdy"}, "4/{day}/2026", "2026-04-{day:02}", "date"),
    "serial": ({"column": "d", "serial": 1900}, "{serial}", "2026-04-{day:02}", "date"),
    "serial 1904": ({"column": "d", "serial": 1904}, "4465{day}", "2026-04-{day:02}", "date"),
    "time": ({"column": "d", "time": "drop"}, "2026/4/{day} 9:00", "2026-04-{day:02}", "date"),
    "many columns": ({"columns": ["d"], **MANY}, "4/{day}/2026 9:00", "2026-04-{day:02}", "date"),
    "many into": ({"column": "d", "into": "d_day", **MANY}, "4/{day}/2026 9:00", "2026-04-{day:02}", "date"),
}  # fmt: skip
"""Options of parse_date, a value, what it becomes, and the type of that."""
TIMES: Mapping[str, tuple[dict[str, Any], str, str]] = {
    "column": ({"column": "h"}, "午後{hour}時", "{later}:00:00"),
    "columns": ({"columns": ["h"]}, "{hour}:30", "0{hour}:30:00"),
    "into": ({"column": "h", "into": "h_time"}, "{hour}時30分", "0{hour}:30:00"),
    "missing": ({"column": "h", "missing": ["休み"]}, "{hour}:05 PM", "{later}:05:00"),
    "serial": ({"column": "h", "serial": True}, "0.375", "09:00:00"),
    "many columns": ({"columns": ["h"], "serial": True, "missing": ["休み"]}, "{hour}:30", "0{hour}:30:00"),
    "many into": ({"column": "h", "into": "h_time", "serial": True, "missing": ["休み"]}, "0.375", "09:00:00"),
}


def plan_numbers(made: Made) -> None:
    """Add the steps that reckon with numbers."""
    row, count = made.row, made.count
    if row["divide"]:
        made.put("d_value", ["" if n % 3 == 2 else str(10 * n + 1) for n in range(count)])
        made.put("d_other", [str(n) for n in range(count)])
        made.put("d_by", ["" if n % 5 == 4 else "4" for n in range(count)])
        several = {"value": ["d_value", "d_other"], "digits": 2}
        made.step(3, "divide", {"by": "d_by", "into": "quotient", **(several if row["divide"] == "several" else {"value": "d_value"})})  # fmt: skip
        made.gone += ["d_value", "d_other", "d_by"]
        digits = 2 if row["divide"] == "several" else 1
        values = [n if n % 3 == 2 and digits == 2 else None if n % 3 == 2 else 10 * n + 1 for n in range(count)]
        shown = ["" if value is None or n % 5 == 4 else _round(value, digits) for n, value in enumerate(values)]
        made.out("quotient", shown, type="number")
    if row["mark_outside"]:
        made.put("o_value", [str(n % 4) for n in range(count)])
        made.put("o_by", ["甲" if n % 2 else "乙" for n in range(count)])
        of = {"by": "o_by", "of": {"甲": [3, 3]}} if row["mark_outside"] == "of" else {}
        made.step(3, "mark_outside", {"column": "o_value", "bounds": [0, 1.5], "into": "outside", **of})
        made.gone += ["o_value", "o_by"]
        inside = [n % 4 == 3 if of and n % 2 else n % 4 < 2 for n in range(count)]
        made.out("outside", ["false" if each else "true" for each in inside], type="boolean")


def _round(value: int, digits: int) -> str:
    """A quarter of a whole number as text, rounded half up."""
    cents = value * 25
    return f"{cents // 100}.{cents % 100:02}" if digits == 2 else f"{(cents + 5) // 100}.{(cents + 5) // 10 % 10}"


def plan_days(made: Made) -> None:
    row, count = made.row, made.count
    if row["parse_date"]:
        options, form, becomes, kind = DAYS[row["parse_date"]]
        days = [n % 9 + 1 for n in range(count)]
        absent = ["missing" in options and n % CHUNK == 1 for n in range(count)]
        made.put("d", ["未定" if absent[n] else form.format(day=days[n], serial=46112 + days[n]) for n in range(count)])
        made.step(3, "parse_date", options)
        made.gone += ["d"] if "into" in options else []
        texts = ["" if absent[n] else becomes.format(day=days[n]) for n in range(count)]
        made.out(options.get("into", "d"), texts, type=kind)
    if row["parse_time"]:
        options, form, becomes = TIMES[row["parse_time"]]
        hours = [n % 9 + 1 for n in range(count)]
        absent = ["missing" in options and n % CHUNK == 1 for n in range(count)]
        made.put("h", ["休み" if absent[n] else form.format(hour=hours[n]) for n in range(count)])
        made.step(3, "parse_time", options)
        made.gone += ["h"] if "into" in options else []
        texts = ["" if absent[n] else becomes.format(hour=hours[n], later=hours[n] + 12) for n in range(count)]
        made.out(options.get("into", "h"), texts, type="time")
    if row["make_date"]:
        daily, fiscal = "day" in row["make_date"], "fiscal" in row["make_date"]
        made.put("year", ["2026" if fiscal else "令和8年"] * count)
        made.put("month", [f"{n % 12 + 1}月" for n in range(count)])
        options = {"year": "year", "month": "month", "into": "of"}
        made.gone += ["year", "month"]
        if daily:
            made.put("day", ["5"] * count)
            made.gone.append("day")
        more = ({"day": "day"} if daily else {}) | ({"fiscal": True} if fiscal else {})
        made.step(3, "make_date", {**options, **more})
        years = [2027 if fiscal and n % 12 < 3 else 2026 for n in range(count)]
        texts = [f"{years[n]}-{n % 12 + 1:02}{'-05' if daily else ''}" for n in range(count)]
        made.out("of", texts, type="date" if daily else "yearmonth")


def plan_end(made: Made) -> None:
    """Add the steps that look at the table as it now is."""
    row, count = made.row, made.count
    if row["drop_columns"]:
        made.put("備考", made.each("x"))
        made.step(4, "drop_columns", ["備考"])
    if row["melt"]:
        made.put("m_a", made.each("a"))
        made.put("m_b", made.each("b"))
        made.out("m_name", ["m_a"] * count)
        made.out("m_value", made.each("a"))
    if row["fetched"]:
        plan_listed(made)
    if row["deduplicate"]:
        made.step(7, "deduplicate", {"by": ["id"], **({"keep": "last"} if row["deduplicate"] == "last" else {})})
    if row["sort"]:
        made.step(8, "sort", {"columns": ["id"], "descending": True} if row["sort"] == "descending" else ["id"])


LISTED = {"first": "since", "last": "until", "current": "there"}


def plan_listed(made: Made) -> None:
    """Add the columns that tell when rows were listed: in the versions of two days, or all on the first."""
    row, count = made.row, made.count
    options: dict[str, Any] = {"by": ["id"], "fetched": "listed"}
    if row["fetched"].endswith("dates"):
        made.put("about", [f"2026-{n % 12 + 1:02}-05" for n in range(count)])
        made.out("about", made.cells[-1], type="date")
        options |= {"dates": "about", "each": "year"}
    options |= LISTED if "named" in row["fetched"] else {}
    made.step(6.5, "mark_listed", options)
    each = count // (len(list_parts(row)) or 1)
    newer = [is_versioned(row) and n % each >= each // 2 for n in range(count)]
    stamps = [f"{DAYS_OF_MIRROR[is_new]}T00:00:00Z" for is_new in newer]
    for key, usual in (("first", "first_listed"), ("last", "last_listed")):
        made.out(options.get(key, usual), stamps, type="datetime")
    there = ["true" if is_new or not is_versioned(row) else "false" for is_new in newer]
    made.out(options.get("current", "current"), there, type="boolean")


ERRATA = [
    {"name": "right", "match": {"v_ja": "値"}, "was": {"v_ja": "値1"}, "set": {"v_ja": "直<し>た"}, "since": "2026-04-01",
     "by": {"ja": "局<b>", "en": "Office"}, "source": "https://office.example.org/notice", "why": {"ja": "理由&", "en": "Why"}},
    {"name": "unknown", "match": {"v_ja": "^値2$"}, "empty": "v_ja", "by": "局", "why": "理由"},
    {"name": "left", "match": {"v_ja": "^値0$", "k": "zz"}, "any": True, "left": ["v_ja"], "by": "局", "why": "理由"},
]  # fmt: skip
FILL = {"id": {"min": 1.0, "max": 1.0}, "k": {"min": 0.5}}


def plan_schema(made: Made, k: int) -> dict[str, Any]:
    """Return keys of the schema and of the resource, adding the columns that they need."""
    row, count = made.row, made.count
    schema: dict[str, Any] = {}
    more: dict[str, Any] = {"schema": schema}
    if row["standard"]:
        others = [column.title.ja for column in WASTE.columns if column.name != "caution"]
        schema |= {"standard": WASTE.title.ja, "without": others}
        made.fields.sort(key=lambda field: field["name"] != "caution")
    made.put("k", [f"q{n % 2}" for n in range(count)])
    made.out("k", made.cells[-1], **({"constraints": {"required": True}} if row["primaryKey"] == "two" else {}))
    if row["primaryKey"]:
        schema["primaryKey"] = "id" if row["primaryKey"] == "one" else ["id", "k"]
    if row["uniqueKeys"]:
        schema["uniqueKeys"] = [["id"]] if row["uniqueKeys"] == "one" else [["k", "id"], ["id"]]
    keys = {
        "self": [{"fields": "up", "reference": {"fields": "id"}}],
        "named self": [{"fields": ["up"], "reference": {"resource": f"table{k}", "fields": ["id"]}}],
        "other": [{"fields": "k", "reference": {"resource": f"codes{k}", "fields": "code"}}],
        "after": [{"fields": "k", "reference": {"resource": f"codes{k}", "fields": "code"}}],
        "composite": [{"fields": ["k", "up"], "reference": {"resource": f"codes{k}", "fields": ["code", "up"]}}],
        "both": [
            {"fields": "k", "reference": {"resource": f"codes{k}", "fields": "code"}},
            {"fields": "up", "reference": {"resource": "", "fields": "id"}},
        ],
    }
    if row["foreignKeys"]:
        made.put("up", ["k00"] * count)
        made.out("up", ["k00"] * count)
        schema["foreignKeys"] = keys[row["foreignKeys"]]
    if row["missingValues"]:
        made.put("gap", ["…" if n % CHUNK == 1 else str(n) for n in range(count)])
        made.out("gap", made.cells[-1], type="integer")
        schema["missingValues"] = ["", "…"]
    least, most = {"min": 1}, {"max": 100}
    expect: dict[str, Any] = {
        "min": {"rows": least}, "max": {"rows": most}, "both": {"rows": least | most}, "fill": {"fill": FILL}, "all": {"rows": least | most | {"keep": 0.9}, "fill": FILL, "accept": ["0" * 12]},
    }  # fmt: skip
    more |= {"expect": expect[row["expect"]]} if row["expect"] else {}
    if row["charts"]:
        more["charts"] = plan_charts(made)
    if row["view"]:
        made.put("v_ja", [f"値{n % 3}" for n in range(count)])
        made.out("v_ja", [("値0", "直<し>た", "")[n % 3] for n in range(count)])
        more["errata"] = ERRATA
        shown = {"sort": {"sort": "-k"}, "columns": {"columns": ["v_ja", "k"]}}
        more["view"] = shown.get(
            row["view"],
            {
                "sort": "v_ja",
                "columns": ["k", "v_ja"],
                "first": "v_ja",
                "hide": ["k"],
                "follow": "v_ja",
                "calendar": {"v_ja": "値0"},
            },
        )
        if row["view"] == "all":
            more["view"]["columns"] = ["v_ja"]
    if row["partition"]:
        more["partition"] = {"by": "id"}
    if row["partition"] == "month":
        made.put("p_day", [f"2026-0{4 + n * 2 // count}-01" for n in range(count)])
        made.out("p_day", made.cells[-1], type="date", constraints={"required": True})
        more["partition"] = {"by": "p_day", "each": "month"}
    if row["allow"]:
        made.put("tel", [f"03-1234-56{n:02}" for n in range(count)])
        made.out("tel", made.cells[-1])
        more["allow"] = {"tel" if row["allow"] == "column" else "phone-number": "窓口の番号です"}
    if row["description"]:
        more["description"] = {"ja": "表の<説明>", "en": "About & the table"}
    return more


def plan_charts(made: Made) -> list[dict[str, Any]]:
    count = made.count
    for name, cells, kind in (
        ("g_day", [f"2026-04-{n % 28 + 1:02}" for n in range(count)], "date"),
        ("g_number", [str(n) for n in range(count)], "integer"),
        ("g_lon", [f"139.{n:02}" for n in range(count)], "number"),
        ("g_lat", [f"35.{n:02}" for n in range(count)], "number"),
    ):  # fmt: skip
        made.put(name, cells)
        made.out(name, cells, type=kind)
    title = {"ja": "図", "en": "Chart"}
    return {
        "none": [],
        "line": [
            {
                "kind": "line",
                "x": "g_day",
                "y": "g_number",
                "by": "k",
                "how": "sum",
                "where": {"k": "q0"},
                "title": title,
            }
        ],
        "bars": [
            {"kind": "bars", "x": "k", "how": "count"},
            {"kind": "bars", "x": "k", "y": "g_number", "how": "mean"},
            {"kind": "parts", "x": "k", "how": "count"},
        ],
        "points": [
            {"kind": "points", "x": "g_lon", "y": "g_lat", "title": title},
            {"kind": "spread", "x": "g_number"},
        ],
    }[made.row["charts"]]


# ---- the source -------------------------------------------------------------------------------------------------


def count_chunks(row: Row) -> int:
    """Count the sheets, members, files and versions that the rows are spread over."""
    return (
        (len(list_parts(row)) or 1)
        * (2 if is_versioned(row) else 1)
        * (2 if row["packing"] == "members" else 1)
        * (2 if row["sheet"] == "pattern" and row["carrier"] == "xlsx" else 1)
    )


def list_parts(row: Row) -> list[str]:
    """List the values of `for`."""
    return {"for": ["p1", "p2"], "days": ["2026-04-01", "2026-04-02"]}.get(row["source"].split()[-1], [])


def is_versioned(row: Row) -> bool:
    """Whether there are two versions of each file, a day apart."""
    return bool(row["overwritten"]) and not row["source"].startswith("file")


DAYS_OF_MIRROR = ("2026-06-01", "2026-06-02")


def write_sources(made: Made, name: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return `source`, and every file that it needs."""
    row = made.row
    suffix = find_suffix(row) + {"gz": ".gz", "bz2": ".bz2"}.get(row["packing"], "")
    suffix = "zip" if row["packing"] in ("zip", "member", "members") else suffix
    kind = "file" if row["source"] in ("from", "stack") else row["source"].split()[0]
    spread = list_parts(row) or [""]
    each = made.count // len(spread)
    source: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    place = f"files/{name}" if kind == "file" else f"{name}.example.org"
    ending = "{part:%Y%m%d}" if row["source"].endswith("days") else "{part}" if len(spread) > 1 else "data"
    for n, part in enumerate(spread):
        at = ending.replace("{part:%Y%m%d}", part.replace("-", "")).replace("{part}", part)
        ids = range(n * each, (n + 1) * each)
        body = b""
        for v, day in enumerate(DAYS_OF_MIRROR):
            half = len(ids) // 2
            chosen = ids[v * half : (v + 1) * half] if is_versioned(row) else ids
            path = f"{place}/{at}.{suffix}"
            if is_versioned(row) or not body:  # a workbook or zip that is written again has another time in it
                body = write_file(row, cut(made, chosen))
            files[path if kind == "file" else f"{day}/{path}"] = body
    if kind == "url":
        source["url"] = f"https://{place}/{ending}.{suffix}"
    elif kind == "file":
        source["file"] = f"{place}/{ending}.{suffix}"
    else:
        source["ckan"], answers = describe_ckan(row, name, suffix)
        files |= {f"{day}/{path}": body for path, body in answers.items() for day in DAYS_OF_MIRROR}
    if row["source"].endswith("for"):
        source["for"] = {"part": spread}
    if row["source"].endswith("days"):
        source["for"] = {"part": {"from": spread[0], "until": spread[1]}}
    if "since" in row["source"]:
        source["since"] = "2026-05-01"
    for key in ("missing", "reverts", "raw"):
        source |= {key: row[key]} if row[key] else {}
    source |= {"allow": {"phone-number": "窓口の番号です"}} if row["raw allow"] else {}
    source |= {"overwritten": True} if row["overwritten"] else {}
    source |= {"fetched": "listed"} if row["fetched"] else {}
    source |= {"revisit": 0} if row["revisit"] else {}
    source |= {"headers": {"X-Key": {"env": "OFFICE_KEY"}}} if row["headers"] else {}
    limits = {
        "connections": {"connections": 2},
        "megabytes": {"megabytes": 5},
        "both": {"connections": 1, "megabytes": 9},
    }
    source |= {"limit": limits[row["limit"]]} if row["limit"] else {}
    return source, files


def describe_ckan(row: Row, name: str, suffix: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return `ckan`, and the answers of its API by path."""
    package = {
        "name": "p1",
        "title": "年報（2026年度）",
        "resources": [{"name": "表", "url": f"https://{name}.example.org/data.{suffix}"}],
    }
    ckan: dict[str, Any] = {
        "site": f"https://{name}.example.org",
        "resource": f"data.{suffix}",
        "title": r"(?P<fiscal>\d{4})年度",
    }
    folder = f"{name}.example.org/api/3/action"
    if row["source"] in ("ckan both", "ckan ids"):
        ckan["ids"] = ["p1"]
    if row["source"] != "ckan ids":
        ckan["query"] = "年報"
        answer = {"success": True, "result": {"count": 1, "results": [package]}}
        return ckan, {f"{folder}/package_search@q=年報&rows=1000": json.dumps(answer).encode()}
    return ckan, {f"{folder}/package_show@id=p1": json.dumps({"success": True, "result": package}).encode()}


def cut(made: Made, ids: Sequence[int]) -> list[Sheet]:
    """Return the sheets of the rows `ids`, a chunk in each."""
    sheets = []
    chunks = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    for at, chunk in enumerate(chunks):
        rows = [[cells[n] for cells in made.cells] for n in chunk]
        rows += [list(rows[-1])] * made.doubled
        for marks in made.marked:
            whole = {"id": "s", **marks}
            filler = " " if whole.get("full") == " " else ""
            rows.append([whole.get(name, filler).replace("{chunk}", str(chunk[0] // CHUNK)) for name in made.names])
        names = list(made.names)
        if made.row["pivot"]:
            rows = [[*cells, *pair] for cells in rows for pair in _turn(cells[0])]
            names += ["p_key", "p_value"]
        lines = 2 if made.row["pivot"] else 1
        merged = [(names.index("m"), 0, 2 * lines - 1)] if has_merged(made.row) else []
        sheets.append(Sheet(names, rows, ("2025", "2026")[at % 2], 2 * lines, merged))
    return sheets


def _turn(key: str) -> list[list[str]]:
    """Return the cells that a pivot turns into columns, of the row with this key."""
    if not key:
        return [[" ", " "]]
    return [[f"p{axis}", f"{axis}{int(key[1:])}" if key[1:] else ""] for axis in "xy"]


def list_columns(made: Made) -> list[str]:
    """List the columns of the table before its values are tidied, without those that are turned."""
    empty = {""} | ({"空の列"} if made.row["drop_empty_columns"] == "named" else set())
    given = ("part", "fiscal", "s_year", "t_year", "sec", "longitude", "latitude")
    return [*(name for name in made.names if name not in empty), *(name for name in given if name in made.shown),
            *(["listed"] if made.row["fetched"] else [])]  # fmt: skip


# ---- the dataset ------------------------------------------------------------------------------------------------


def make_datasets() -> list[Dataset]:
    """Make every dataset: a row of the covering array of datasets, with some tables of that of tables."""
    own, tables, fields = cover_all()
    made, slots = [], []
    for n in range(len(own)):
        slots.append(tables[n :: len(own)])
    columns = iter(choose_columns([row for some in slots for row in some], fields))
    for n, row in enumerate(own):
        name = f"pair-{n:03}"
        dataset = Dataset(name, row["office"], {"name": name, **describe_dataset(row, n), "resources": []})
        dataset.choices |= {("dataset", *item) for item in row.items()}
        for k, table in enumerate(slots[n]):
            add_table(dataset, k, table, next(columns))
        if row["shared"]:
            share(dataset.pipeline)
        made.append(dataset)
    return made


CODES_FILE = "sexes.csv"
CODES = {f"codes/{CODES_FILE}": "性別,符号\n男,m\n女,f\n".encode()}
"""The code lists of the project."""


def share(pipeline: dict[str, Any]) -> None:
    """Write once what every table of a pipeline has: a column, a step, and codes."""
    pipeline["fields"] = {"id": {"constraints": {"required": True}}, "q": {"name": "k", "type": "string"}}
    pipeline["steps"] = {"common": [{"trim": ["id"]}]}
    pipeline["codes"] = {"sexes": {"男": "m", "女": "f"}, "kinds": ["q0", "q1", ""]}
    for resource in pipeline["resources"]:
        fields = resource["schema"]["fields"]
        fields[:] = [_share_field(field) for field in fields]
        resource["tidy"] = [{"use": "common"}, *map(_share_codes, resource.get("tidy", []))]
        if resource["name"].startswith("codes"):
            del resource["tidy"][0]  # it has no column id


def _share_field(field: dict[str, Any]) -> Any:
    if field == {"name": "id", "constraints": {"required": True}}:
        return "id"
    if field["name"] == "k":
        constraints = {**field.get("constraints", {}), "enum": "kinds"}
        return {"use": "q", "constraints": constraints}
    return field


def _share_codes(step: Any) -> Any:
    if isinstance(step, dict) and isinstance(step.get("map_codes", {}).get("codes"), dict):
        return {"map_codes": {**step["map_codes"], "codes": "sexes"}}
    return step


def choose_columns(tables: Sequence[Row], fields: Sequence[Row]) -> list[list[Row]]:
    """Choose three fields for each table, so that the properties of fields stand with the choices of tables and with
    each other."""
    number: dict[tuple[str, str], int] = {}

    def mask(row: Row) -> int:
        return sum(1 << number.setdefault(item, len(number)) for item in row.items() if item[1])

    masks, around = [mask(row) for row in fields], [mask(row) for row in tables]
    held = [0] * len(number)  # for each property, what it has stood with
    bits = [[n for n in range(len(number)) if one >> n & 1] for one in masks]
    unused, chosen = set(range(len(fields))), []
    rare = {n for n, row in enumerate(fields) if row["type"] == "boolean" and row["unique"]}
    for table, there in zip(tables, around, strict=True):
        some: list[int] = []
        # A column with two cells is empty in some of a table's files.
        fit = [n for n in range(len(fields)) if not (n in rare and table["drop_empty_columns"])]
        for _ in range(3):
            gain = {n: sum((there & ~held[bit]).bit_count() for bit in bits[n]) for n in fit}
            best = max(gain, key=lambda n: (gain[n] + 4 * (n in unused), -n))
            some.append(best)
            unused.discard(best)
            there |= masks[best]
            for bit in {bit for n in some for bit in bits[n]}:
                held[bit] |= there
        chosen.append([fields[n] for n in some])
    assert not unused, "more tables are needed"
    return chosen


def add_table(dataset: Dataset, k: int, row: Row, fields: Sequence[Row]) -> None:
    """Add the table of a row of the covering array, with columns of that of fields."""
    name, table_name = f"{dataset.name}-{k}", f"table{k}"
    dataset.choices |= {("table", *item) for item in row.items()}
    dataset.choices |= {("field", *item) for each in fields for item in each.items()}
    made = Made(row, CHUNK * count_chunks(row))
    plan_columns(made)
    plan_rows(made)
    plan_values(made)
    plan_end(made)
    more = plan_schema(made, k)
    for each, properties in enumerate(fields):
        field, cells = make_field(f"v{each}", properties, made.count)
        made.put(f"v{each}", cells)
        made.fields.append(field)
        made.shown[f"v{each}"] = cells
    more["schema"]["fields"] = made.fields
    source, files = write_sources(made, name)
    dataset.files |= files
    table: dict[str, Any] = {"name": table_name, "title": {"ja": "表", "en": "Table"}, **more}
    table |= {"read": read} if (read := describe_reading(made)) else {}
    table |= {"tidy": tidy} if (tidy := list_steps(made)) else {}
    resources = [{**table, "source": source}]
    if row["source"] == "from":
        base = {
            "name": f"base{k}",
            "title": "元の表",
            "source": source,
            "read": read,
            "schema": {"fields": [{"name": "id"}]},
        }
        resources = [{**base, "tidy": [*tidy, {"select": ["id"]}]}, {**table, "from": f"base{k}"}]
    if row["source"] == "stack":
        steps = list_steps(made)
        first = next((n for n, step in enumerate(steps) if isinstance(step, dict) and {"deduplicate", "sort"} & {*step}), len(steps))  # fmt: skip
        plain = [{key: each[key] for key in each if key != "constraints"} for each in made.fields]
        base = {"name": f"base{k}", "title": "積む表", "source": source, "schema": {"fields": plain}}
        base["schema"] |= {key: more["schema"][key] for key in ("missingValues",) if key in more["schema"]}
        base |= {"read": read} if read else {}
        base |= {"allow": table["allow"]} if "allow" in table else {}
        rest = {key: value for key, value in table.items() if key not in ("read", "tidy")}
        resources = [
            {**base, "tidy": steps[:first]}, {**rest, "stack": [f"base{k}"], "tidy": [{"drop_columns": ["table"]}, *steps[first:]]},
        ]  # fmt: skip
    if row["foreignKeys"] in ("other", "after", "composite", "both"):
        codes = describe_codes(name, k)
        dataset.files |= {f"files/{name}/codes-{code}.csv": f"code,up\n{code},k00\n".encode() for code in ("q0", "q1")}
        resources = [*resources, codes] if row["foreignKeys"] == "after" else [codes, *resources]
    dataset.pipeline["resources"] += resources
    columns = [field["name"] for field in made.fields]
    dataset.tables.append(
        Table(table_name, columns, list(zip(*(made.shown[column] for column in columns), strict=True)))
    )


def describe_codes(name: str, k: int) -> dict[str, Any]:
    """Return the table that foreign keys refer to, of two files."""
    fields = [{"name": "code", "constraints": {"required": True}}, {"name": "up"}]
    source = {"file": f"files/{name}/codes-{{which}}.csv", "for": {"which": ["q0", "q1"]}}
    schema = {"primaryKey": ["code"], "fields": fields}
    return {
        "name": f"codes{k}",
        "title": {"ja": "符号", "en": "Codes"},
        "source": source,
        "tidy": [{"select": ["code", "up"]}],
        "schema": schema,
    }


def describe_reading(made: Made) -> dict[str, Any]:
    """Return `read`."""
    row = made.row
    read: dict[str, Any] = {}
    formats = {"jsonl": "json", "geojson": "json"}
    read |= {"format": formats.get(row["carrier"], row["carrier"])} if row["format"] else {}
    read |= (
        {"delimiter": {"csv": ",", "tsv": "tab", "semicolon": ";", "pipe": "|"}[row["carrier"]]}
        if row["delimiter"]
        else {}
    )
    for key in ("encoding", "cells", "merged", "hidden"):
        read |= {key: row[key]} if row[key] else {}
    read |= {"records": "result.rows"} if row["records"] else {}
    read |= (
        {"member": {"member": f"表.{find_suffix(row)}", "members": "/.*[0-9]年.*/"}[row["packing"]]}
        if row["packing"] in ("member", "members")
        else {}
    )
    pattern = "/(?P<s_year>[0-9]{4})年/" if row["carrier"] == "xlsx" else "/(?P<s_year>表1?)/"
    read |= (
        {"sheet": ("表" if row["carrier"] == "xlsb" else "表1") if row["sheet"] == "name" else pattern}
        if row["sheet"]
        else {}
    )
    read |= {"columns": f"B:{column_letters(len(made.names) + 2 * bool(row['pivot']))}"} if row["columns"] else {}
    line = r"集計 (?P<t_year>\d{4})年" if row["title"] == "group" else "集計"
    read |= {"title": [{"line": 1, "pattern": line}]} if row["title"] else {}
    first = 3 if row["title"] else 1
    headers = {
        "number": first,
        "row": {"row": first},
        "rows": {"row": first, "rows": 2, "join": "-"},
        "starts": {"starts": "id"},
        "starts rows": {"starts": "群", "rows": 2, "join": "-"},
    }
    read |= {"header": headers[row["header"]]} if row["header"] else {}
    read |= {"section": {"pattern": "^(?P<sec>[^（,]+)（単位"}} if row["section"] else {}
    read |= {"skip": ["^※"]} if row["skip"] else {}
    read |= {"stop": "^以上$"} if row["stop"] else {}
    return read | ({"complete": True} if row["stop"] == "complete" else {})


def list_steps(made: Made) -> list[Any]:
    """Return `tidy`, in the order of the phases."""
    row, columns, steps = made.row, list_columns(made), list(made.steps)
    if row["pivot"]:
        steps.append((1, {"pivot": {"keep": columns, "names_from": "p_key", "values_from": "p_value"}}))
        steps.sort(key=lambda step: (step[0], next(iter(step[1])) != "pivot"))
        columns = [*columns, "px", "py"]
    if row["melt"]:
        keep = [name for name in columns if name not in ("m_a", "m_b")]
        turned = {"columns": ["m_a", "m_b"]} if row["melt"] == "columns" else {}
        steps.append((2.5, {"melt": {"keep": keep, **turned, "names_to": "m_name", "values_to": "m_value"}}))
        steps.append((2.6, {"keep_rows": {"match": {"m_name": "^m_a$"}}}))
    if row["select"]:
        late = {"first_listed", "last_listed", "current", *LISTED.values()} if row["fetched"] else set()
        chosen = [field["name"] for field in made.fields if field["name"] not in late]
        steps.append((5, {"select": [*chosen, *(["listed"] if row["fetched"] else [])]}))
    elif made.gone:
        steps.append((5, {"drop_columns": made.gone}))
    return [step for _, step in sorted(steps, key=lambda step: step[0])]


ROOTS = {
    "full": "https://data.example.org/", "bare": "https://data.example.org", "path": "https://example.org/open/data/",
    "links": "https://data.example.org/",
}  # fmt: skip


def describe_dataset(row: Row, n: int) -> dict[str, Any]:
    """Return the keys of the dataset itself."""
    words = {"ja": f"題{n}", "en": f"Title {n}"}
    title: Any = {
        "both": words, "plain": f"題{n}", "english": {"en": f"Title {n}"}, "long": {"ja": f"長い{n}" * 60, "en": f"Long {n} " * 60},
        "markup": {"ja": f"<b>&amp;\"題{n}'", "en": f"{{{{ 7*7 }}}} </script> {n}"},
    }[row["words"]]  # fmt: skip
    own: dict[str, Any] = {"title": title, "description": title, "publisher": f"p-{row['publisher']}"}
    own |= {"license": f"l-{row['license']}", "frequency": FREQUENCIES[n % len(FREQUENCIES)]}
    own |= {"overdue": 900 + n} if n % 7 else {}
    later = {"from": "2027-04-01", "why": words, "columns": ["text", "gone"], "tables": ["former"]}
    own |= {"breaking": later} if n % 7 != 3 else {}
    sizes = {"tell": 1, "warn": 2.5, "hold": 1000}
    let = {"files": "0123456789ab", "kinds": ["rows-lost"], "columns": ["id"], "why": words}
    odd = {
        "releases": 5,
        "kinds": {"rows-jumped": sizes, "copy-stale": "ignore"},
        "columns": {"id": {"codes-cut": "warn", "dates-far": sizes}},
    }
    own |= {"anomalies": {**odd, "accept": [let]}} if n % 5 else {}
    dois = {"dataset": f"10.12345/pair.{n}", "versions": {"2026.06.01": f"10.12345/pair.{n}.1"}}
    own |= {"doi": dois} if n % 7 != 5 else {}
    few = {"daily": 30, "weekly": "all", "monthly": 12, "yearly": "all", "always": ["2026.06.01"]}
    own |= {"keep": few if n % 2 else "all"} if n % 3 else {}
    own |= {"themes": ["t-bare"] if row["themes"] == "one" else ["t-full", "t-bare"]} if row["themes"] else {}
    own |= {"easy": "電車《でんしゃ》の <b>｜乗り場《のりば》です。\n&"} if row["easy"] else {}
    own |= {"synonyms": ["よみ", "a<b"]} if row["synonyms"] else {}
    own |= {"keywords": ["駅", "stations", "a,b", "<i>"]} if row["keywords"] else {}
    own |= {"requests": ["ask-1"] if row["requests"] == "one" else ["ask-2", "ask-1"]} if row["requests"] else {}
    root = ROOTS[row["office"]].rstrip("/")
    pages = { "own": f"{root}/datasets/pair-{n:03}/", "own part": f"{root}/datasets/pair-{n:03}/#dataset",
        "other": f"{root}/datasets/pair-{(n + 4) % 48:03}/", "root": f"{root}/", "theme": f"{root}/themes/#scheme",
        "publisher": "https://office.example.org/about", "same": "https://office.example.org/", "source": f"https://pair-{n:03}-0.example.org/data.csv",
        "version": f"{root}/datasets/pair-{n:03}/2026.06.01/", "file": f"{root}/datasets/pair-{n:03}/table0.csv", "japanese": "https://office.example.org/頁?a=(b)&c='d'",
    }  # fmt: skip
    own |= {"landing_page": pages[row["landing_page"]]} if row["landing_page"] else {}
    own |= {"credit": {"ja": "出典：<局>", "en": "Source & office"}} if row["credit"] else {}
    own |= {"notes": ["注 1", {"ja": "注 2", "en": "Note 2"}]} if row["notes"] else {}
    days = {"from": "2025-04-01", "until": "2026-03-31"}
    coverage = {
        "from": {"place": "東京都", "from": days["from"]},
        "all": {"place": {"ja": "東京都", "en": "Tokyo"}, **days},
    }
    return own | ({"coverage": coverage[row["coverage"]]} if row["coverage"] else {})


def make_office(kind: str) -> dict[str, Any]:
    """Return a `catalogue.yaml`."""
    title = {"ja": "目録", "en": "Catalogue"}
    office: dict[str, Any] = {"title": title, "description": title, "base_url": ROOTS[kind]}
    if kind == "full":
        office |= {
            "contact": "data@example.org",
            "government": {"code": "130001", "title": {"ja": "東京都", "en": "Tokyo"}},
        }
        office |= {"timezone": "Asia/Tokyo", "store": "datapackages", "allow_hosts": ["intra.example.org"]}
        office["notify"] = [{"url": "https://hooks.example.org/entaku", "secret": "PAIRS_SECRET"}]
        keys = [{"public_key": PUBLIC, "until": "2027-03-31"}, {"public_key": NEXT_PUBLIC}]
        office["signing"] = {"keys": keys, "valid_days": 60}
        colours = {"accent": "#00693e", "header": "#00693e", "highlight": "#f2b705"}
        office["site"] = {
            "logo": {"file": "pictures/logo.svg", "dark": "pictures/logo.svg", "words": True},
            "icon": "pictures/logo.svg",
            "theme": "digital",
            "colours": {**colours, "dark": {**colours, "accent": "#9fe0c0"}},
            "footer": {"text": title, "links": [{"title": title, "url": "https://office.example.org/"}]},
            "home": {"lead": title, "datasets": ["pair-000"], "round_table": True},
            "map": {"tiles": "pictures/town.pmtiles", "attribution": title},
            "host": "netlify",
            "to": "s3://opendata/site",
            "downloads": ["jsonl", "xlsx", "geojson", "zip", "sqlite", "python", "typescript", "duckdb"],
            "packed": ["gz", "br"],
            "sql": "duckdb",
            "cards": True,
        }
        office["retired"] = {"pair-ended": {"since": "2026-05-01", "reason": title, "replaced_by": "pair-000"}}
        office["renamed"] = {"pair-before": {"to": "pair-000", "since": "2026-05-01"}}
    if kind == "links":
        office |= {"title": "目録", "contact": "https://office.example.org/", "timezone": "UTC", "store": "store/here"}
    office["publishers"] = {
        "p-full": {"title": title, "description": title, "url": "https://office.example.org/about", "email": "a@example.org", "feedback": "https://office.example.org/form"},
        "p-bare": {"title": "局"},
        "p-root": {"title": {"ja": "この目録", "en": "This catalogue"}, "url": ROOTS[kind].rstrip("/") + "/"},
        "p-same": {"title": {"en": "Office"}, "url": "https://office.example.org/", "feedback": "b@example.org"},
    }  # fmt: skip
    office["licenses"] = {
        "l-full": {"title": title, "url": "https://creativecommons.org/licenses/by/4.0/", "summary": title},
        "l-same": {"title": "規約", "url": "https://office.example.org/"},
        "l-about": {"title": "この目録の規約", "url": ROOTS[kind].rstrip("/") + "/about/#licences"},
        "l-own": {"title": "データセットの規約", "url": ROOTS[kind].rstrip("/") + "/datasets/pair-001/"},
    }
    office["themes"] = {"t-full": {"title": title, "description": title, "eu": "TRAN"}, "t-bare": {"title": "分野"}}
    return office


_SHEETS = ("sheet", "columns", "cells", "merged", "hidden")
_LINES = ("title", "header", "section", "skip", "stop", "complete", "delimiter")
EXCLUSIVE: Mapping[tuple[str, str], str] = {
    ("resources.source.url", "resources.source.file"): "a source is one of url, file and ckan",
    ("resources.source.url", "resources.source.ckan"): "as above",
    ("resources.source.file", "resources.source.ckan"): "as above",
    ("resources.source.url", "resources.source.since"): "since is of a file",
    ("resources.source.ckan", "resources.source.since"): "as above",
    ("resources.source.ckan", "resources.source.for"): "a CKAN lists its files itself",
    **{
        (key, other): "a file's first day depends on more than itself: tests/work/test_listed.py"
        for key in ("resources.source.fetched", "resources.tidy.mark_listed")
        for other in ("resources.source.file", "resources.source.since", "resources.from", "resources.stack")
    },
    ("resources.source.file", "resources.source.headers"): "a file of the project is asked of no server",
    ("resources.source.since", "resources.source.headers"): "as above",
    ("resources.from", "resources.source"): "`from` reads what another table's source has",
    **{
        ("resources.stack", f"resources.{key}"): "`stack` has what other tables' source, read and tidy make"
        for key in ("source", "read", "from", "tidy")
    },
    **{
        ("resources.read.records", f"resources.read.{key}"): "JSON has neither lines nor sheets"
        for key in (*_LINES, *_SHEETS)
    },
    **{("resources.read.delimiter", f"resources.read.{key}"): "text has no sheets" for key in _SHEETS},
    **{("resources.read.encoding", f"resources.read.{key}"): "a workbook has its own encoding" for key in _SHEETS},
    ("resources.read.header.row", "resources.read.header.starts"): "a header is told by its row or by its first cell",
    ("resources.tidy.replace.values", "resources.tidy.replace.pattern"): "whole values or a part of them",
    ("resources.tidy.replace.values", "resources.tidy.replace.with"): "`with` is what replaces a pattern",
    ("resources.tidy.parse_date.column", "resources.tidy.parse_date.columns"): "one column or several",
    ("resources.tidy.parse_date.columns", "resources.tidy.parse_date.into"): "several columns don't go into one",
    ("resources.tidy.parse_time.column", "resources.tidy.parse_time.columns"): "one column or several",
    ("resources.tidy.parse_time.columns", "resources.tidy.parse_time.into"): "several columns don't go into one",
}
"""Keys that no table has both of, each with what stands below it, and why."""
