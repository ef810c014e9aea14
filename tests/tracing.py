"""An oracle for traces: the cell that a trace names is read again by openpyxl or the csv module.

`ENTAKU_TRACE=1000 pytest tests/work/test_trace.py` traces a thousand values of each dataset instead of a few.
"""

import csv
import io
import os
import random
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl

from entaku.model.nouns import Raw
from entaku.table import trace
from entaku.work.load import read_specs
from entaku.work.setting import Setting
from entaku.work.tracer import Tracer, ValueTrace

MANY = int(os.environ.get("ENTAKU_TRACE", "60"))
"""Values of each dataset that are traced."""


@cache
def read_book(path: Path) -> Any:
    return openpyxl.load_workbook(path, data_only=True)


@cache
def read_lines(path: Path) -> dict[int, list[str]]:
    """The records of a text file by the line that each begins at."""
    body = path.read_bytes()
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("cp932")
    reader = csv.reader(io.StringIO(text, newline=""))
    records, line = {}, 1
    for cells in reader:
        records[line] = cells
        line = reader.line_num + 1
    return records


def show(value: object) -> str:
    """A cell as the text that is published of it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return str(value.date()) if value.time() == value.min.time() else value.isoformat()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def judge(path: Path, raw: Raw, source: trace.TracedSource) -> None:
    """Compare what a trace says of a raw file with the file at `path`."""
    origin, place = source.origin, source.place
    if origin.kind == "url":
        assert source.text in raw.values.values()
    elif origin.kind == "fetched":
        assert source.text == source.value == raw.fetched
    elif origin.kind == "name":
        assert source.text in place.sheet
    elif place.cell:
        sheet = read_book(path)[place.sheet.rpartition("/")[2]]
        assert sheet[place.cell].row == origin.row
        if origin.kind == "heading":
            first = show(sheet[place.cell].value)
            merged = any(place.cell in str(each) or sheet[place.cell].coordinate in each for each in sheet.merged_cells)
            assert merged or not first or first.replace("\n", "") in source.text, (place, first, source.text)
        else:
            assert show(sheet[place.cell].value) == source.text, place
    elif origin.at is not None:
        cells = read_lines(path)[origin.row or 0]
        found = cells[origin.at] if origin.at < len(cells) else ""
        assert found == source.text or (origin.kind == "heading" and found.strip() in source.text), place
    else:
        line = read_lines(path)[origin.row or 0] if path.suffix == ".csv" else None
        assert line is None or ",".join(line).rstrip(",") == source.text, place


def trace_some(setting: Setting, dataset: str, seed: str, count: int) -> list[ValueTrace]:
    """Trace values of a dataset's current release, picked at random, and compare each with its raw file."""
    _, specs, _ = read_specs(setting.project)
    tracer = Tracer(setting, dataset, next(spec for spec in specs if spec.pipeline.name == dataset))
    rows = [(table, row) for table in tracer.release.resources for row in tracer.read_rows(table)]
    random.seed(f"{dataset} {seed}")
    spots = [(*random.choice(rows), column) for _ in range(count) for column in [random.random()]] if rows else []
    made = []
    for table, row, share in sorted(spots, key=lambda spot: (spot[0].name, spot[1][0])):
        columns = list(row[1])
        one = tracer.trace(table, row, columns[int(share * len(columns))])
        check(setting, dataset, one)
        made.append(one)
    return made


def check(setting: Setting, dataset: str, one: ValueTrace) -> None:
    """Compare a trace with what was published and with the raw files."""
    assert one.traced in (one.value, None), one
    assert one.traced is not None or not one.value, one
    for raw, source in one.sources:
        assert source.value in source.text, source
        judge(setting.store.raw_path(dataset, raw.sha256), raw, source)
    if one.steps:
        assert {cell.text for cell in one.steps[0].before} == {source.value for _, source in one.sources}, one
    for before, after in zip(one.steps, one.steps[1:], strict=False):
        assert {cell.text for cell in after.before} == {cell.text for cell in before.after}, one
