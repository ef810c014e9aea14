"""A pattern that would take for ever holds its dataset, with a finding; the other datasets are published."""

import io
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
from projects import make_project, run
from sweeping import halve

from entaku.fetch.asks import read_ckan
from entaku.model import patterns
from entaku.model.patterns import find_expression
from entaku.model.source import Ckan

SLOW = "a" * 40 + "!"

HEAD = """\
name: {name}
title: {{ja: 題, en: T}}
description: {{ja: 説明, en: D}}
publisher: office
license: CC-BY-4.0
frequency: yearly
resources:
  - name: r
    title: {{ja: 表, en: R}}
    source: {{file: {file}}}
"""
SCHEMA = "    schema: {fields: [{name: k}]}\n"


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "PATTERN_SECONDS", 0.2)
    find_expression.cache_clear()


def write_workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "a" * 30 + "!"
    book.active.append(["k"])
    book.active.append(["1"])
    book.save(path)


def write_zip(path: Path) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as packed:
        packed.writestr(f"{SLOW}.csv", "k\n1\n")
    path.write_bytes(sink.getvalue())


STEPS = {
    "replace": "[{replace: {columns: [k], pattern: '(a+)+$', with: x}}]",
    "extract": "[{extract: {column: k, pattern: '(?P<g>(a|a)*$)'}}]",
    "drop_rows": "[{drop_rows: {match: {k: '(.*a){20}$'}}}]",
    "keep_rows": "[{keep_rows: {match: {k: '^(a+)*$'}}}]",
    "after the whole table is there": "[{sort: [k]}, {replace: {columns: [k], pattern: '(a+)+$', with: x}}]",
}
READS = {
    "title": "{title: [{line: 1, pattern: '(a+)+$'}], header: {row: 2}}",
    "section": "{section: {pattern: '(a+)+$'}}",
    "skip": "{skip: ['(a+)+$']}",
    "stop": "{stop: '(a+)+$'}",
}
FIELDS = {
    "pattern": "{name: k, constraints: {pattern: '(a+)+'}}",
    "alternatives": "{name: k, constraints: {pattern: '(a|a)*'}}",
    "look-ahead": "{name: k, constraints: {pattern: '(?=(a+)+$).*'}}",
    "item": "{name: k, type: array, arrayItem: {type: string, constraints: {pattern: '(a+)+$'}}}",
}
CELLS = {"item": f'"[""{SLOW}""]"'}

CASES = {
    **{f"step {name}": f"    tidy: {text}\n{SCHEMA}" for name, text in STEPS.items()},
    **{f"read {name}": f"    read: {text}\n{SCHEMA}" for name, text in READS.items()},
    **{f"field {name}": f"    schema: {{fields: [{text}]}}\n" for name, text in FIELDS.items()},
    "sheet": f"    read: {{sheet: '/(a+)+/'}}\n{SCHEMA}",
    "member": f"    read: {{member: '/(a+)+/'}}\n{SCHEMA}",
}


@pytest.mark.parametrize("case", halve(CASES))
def test_it_is_held_and_told_and_the_others_go_out(tmp_path: Path, case: str) -> None:
    file = {"sheet": "f.xlsx", "member": "f.zip"}.get(case, "f.csv")
    project = make_project(
        tmp_path / "p",
        bad=HEAD.format(name="bad", file=file) + CASES[case],
        good=HEAD.format(name="good", file="g.csv") + SCHEMA,
    )
    cell = CELLS.get(case.removeprefix("field "), SLOW)
    (project / "f.csv").write_text(f"{SLOW}\nk\n{SLOW}\n" if case == "read title" else f"k\n{cell}\n", "utf-8")
    (project / "g.csv").write_text("k\n1\n", "utf-8")
    write_workbook(project / "f.xlsx")
    write_zip(project / "f.zip")
    before = time.process_time()
    bad, good = run(project, site=False).outcomes
    assert time.process_time() - before < 20
    assert (good.what, bad.what) == ("released", "held")
    told = [finding for finding in bad.findings if finding.severity == "error"]
    assert {finding.code for finding in told} == {"slow-pattern"}
    assert "aaaa" in told[0].args["text"] and told[0].value in CASES[case]
    if case.startswith(("field", "step")) and case != "field item":
        assert told[0].place.file == "pipelines/bad.yaml" and told[0].place.line


def test_frictionless_as_the_engine_is_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entaku.check.verdict.PATTERN_SECONDS", 0.5)
    project = make_project(
        tmp_path / "p",
        bad=HEAD.format(name="bad", file="f.csv") + f"    schema: {{fields: [{FIELDS['pattern']}]}}\n",
        good=HEAD.format(name="good", file="g.csv") + SCHEMA,
    )
    (project / "f.csv").write_text(f"k\n{SLOW}\n", "utf-8")
    (project / "g.csv").write_text("k\n1\n", "utf-8")
    bad, good = run(project, engine="frictionless", site=False).outcomes
    assert (good.what, bad.what) == ("released", "held")
    assert [finding.code for finding in bad.findings] == ["slow-pattern"]


def test_a_ckan_title_is_bounded() -> None:
    body = b'{"success": true, "result": {"results": [{"name": "n", "title": "%s", "resources": []}]}}' % SLOW.encode()
    _, findings = read_ckan(Ckan(site="https://x.example", resource="r", query="q", title="(a+)+$"), [body])
    assert [(one.code, one.severity, one.value) for one in findings] == [("slow-pattern", "error", "(a+)+$")]


def test_a_large_table_with_an_honest_pattern_passes(tmp_path: Path) -> None:
    """Thousands of distinct texts that RE2 doesn't match as Python does are compared one by one, in their time."""
    field = "{name: k, constraints: {pattern: '(?=[0-9])[0-9]+(-[0-9]+)*'}}"
    project = make_project(
        tmp_path / "p", good=HEAD.format(name="good", file="g.csv") + f"    schema: {{fields: [{field}]}}\n"
    )
    (project / "g.csv").write_text("k\n" + "".join(f"{n}-{n}\n" for n in range(30_000)), "utf-8")
    (good,) = run(project, site=False).outcomes
    assert good.what == "released"
