"""A release made again from the one before and the files of their comparison, by plain Python: what
docs/changes.md tells anybody to do; and what pandas says of two tables."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from entaku.model.changes import Change, keep_change, read_change
from entaku.release import diff
from entaku.store.desk import DiskSpill

Row = dict[str, str]


def read_rows(body: bytes) -> list[Row]:
    """Read a published CSV."""
    return list(csv.DictReader(io.StringIO(body.decode("utf-8"), newline="")))


def replay(before: Sequence[Row], change: Mapping[str, Any], files: Mapping[str, bytes]) -> list[Row]:
    """Return the rows of the later table.  `change`: the table's part of changes.json; `files`: those that it names."""
    kind, _, was, now = change["marks"]
    former = {one["column"]: one["before"] for one in change["structure"] if one["what"] == "column-renamed"}
    changed = [row for name in files if name == f"{change['table']}.csv" for row in read_rows(files[name])]
    fresh = [row for name in files if name == f"{change['table']}.columns.csv" for row in read_rows(files[name])]
    placed = {int(row[now]): row for row in (*changed, *fresh) if row.get(kind) in ("added", "after", None)}
    gone = {int(row[was]) for row in changed if row[kind] in ("removed", "before")}
    gone |= {int(row[was]) for row in fresh}
    kept = iter((at, row) for at, row in enumerate(before, 1) if at not in gone)
    result = []
    for at in range(1, change["rows"]["after"] + 1):
        row = placed.get(at, {})
        if row.get(kind):
            old: Mapping[str, str] = {}
        else:
            old = before[int(row[was]) - 1] if row else next(kept)[1]
        made = {name: row[name] if name in row else old[former.get(name, name)] for name in change["columns"]}
        result.append(made)
    assert not list(kept)
    return result


def compare(old: diff.Side | None, new: diff.Side | None) -> tuple[Change, dict[str, bytes]]:
    """Compare two tables; return what changed, and the files."""
    sinks: dict[str, io.BytesIO] = {}

    def open_(path: str) -> io.BytesIO:
        sinks[path] = io.BytesIO()
        return sinks[path]

    change = diff.compare_tables(old, new, diff.Outlet(open_, DiskSpill))
    assert read_change(json.loads(json.dumps(keep_change(change)))) == change
    return change, {file.path: sinks[file.path].getvalue() for file in change.files}


def count_by_pandas(
    old: pd.DataFrame, new: pd.DataFrame, key: tuple[str, ...], renamed: Mapping[str, str]
) -> tuple[int, int, int, dict[str, int]]:
    """Count what changed by pandas alone: rows added, removed, corrected, and these by column."""
    old = old.rename(columns={former: name for name, former in renamed.items()})
    both = [name for name in new.columns if name in old.columns]
    if not key:
        signed = pd.concat([new[both].assign(more=1), old[both].assign(more=-1)])
        more = signed.groupby(both)["more"].sum()
        return int(more[more > 0].sum()), int(-more[more < 0].sum()), 0, {}
    joined = old[both].merge(new[both], on=list(key), how="outer", suffixes=(" old", " new"), indicator="which")
    here = joined[joined["which"] == "both"]
    differs = {name: here[f"{name} old"] != here[f"{name} new"] for name in both if name not in key}
    corrected = int(pd.DataFrame(differs).any(axis=1).sum()) if differs else 0
    counted = {name: int(mask.sum()) for name, mask in differs.items() if mask.any()}
    return int((joined["which"] == "right_only").sum()), int((joined["which"] == "left_only").sum()), corrected, counted
